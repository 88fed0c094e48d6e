"""What is said of a person's own data, and how a correction of it may be answered. Pure."""

from __future__ import annotations

SCOPE = "own_data"
"""Under which what is done with somebody's data stands in the history of both sides."""
FACES = frozenset({"reference_photo", "face_photo", "review_frame"})
"""Pictures that are kept to be compared with a live face."""

CATEGORIES = {
    "card_changes": ("from_state", "to_state", "reason", "actor_kind", "channel"),
    "card_password": ("locked_at", "wrong_tries"),
    "password_resets": ("channel", "expires_at", "face_matched_at", "used_at"),
    "devices": ("name", "last_sign_in_at", "removed_at", "card_since"),
    "sessions": ("device_id", "ended_at", "reason"),
    "recoveries": ("channel", "ready_at", "completed_at", "cancelled_at"),
    "links_held": (
        *("state", "reason", "relation", "name", "number_masked", "scopes", "route"),
        *("activated_at", "ends_on", "ended_at"),
    ),
    "links_on_me": (
        *("state", "reason", "relation", "name", "number_masked", "scopes", "route"),
        *("activated_at", "ends_on", "ended_at"),
    ),
    "end_date_orders": ("court", "file_number", "ends_on", "outcome", "reason", "link_id"),
    "acknowledgements": (
        *("kind", "title", "version", "text_sha256", "language", "in_force", "link_id"),
    ),
    "consents": (
        *("kind", "title", "version", "text_sha256", "language", "in_force", "link_id"),
        *("decision", "given_by"),
    ),
    "documents": ("kind", "pages", "uploaded_by_me", "link_id", "kept_because", "destroyed_at"),
    "reference_photos": (
        *("source", "link_id", "lapses_at", "kept_because", "destroyed_at", "reason", "receipt"),
    ),
    "captures": ("outcome", "link_id"),
    "cases": (
        *("kind", "state", "level", "link_id", "due_at", "outcome", "reason", "explanation"),
        "frames_kept",
    ),
    "face_withdrawals": ("given_by", "link_ids", "state", "receipt"),
    "corrections": ("field", "wanted", "due_at", "outcome", "reason", "explanation"),
    "history": ("actor", "actor_kind", "action", "said", "scope", "channel", "link_id"),
    "proofs_of_life": ("day", "route", "helped", "channel", "link_id", "receipt"),
    "proof_cases": ("kind", "due_at", "decided_on", "accepted", "reason", "link_id"),
    "proof_captures": ("outcome",),
    "rights_certificates": ("sha256", "link_id", "about_me", "good_until"),
    "qr_uses": ("operation", "shown_by", "shown_for", "place", "link_id"),
    "transfers": ("state", "reason", "ended_at", "link_id"),
    "card_applications": ("state", "reason", "ended_at", "link_id"),
    "messages": ("kind", "medium", "sent_at", "language", "text"),
}
"""Category → its facts; docs/own_data.md says what they are."""

FIELDS = ("name", "number", "birth_date", "sex", "phone", "email", "card", "other")
"""What the registry holds and may hold wrongly."""
WANTED_LEAST, WANTED_MOST = 3, 500
EXPLANATION_LEAST, EXPLANATION_MOST = 10, 1_000
"""Characters."""
CORRECTED, REFUSED = "corrected", "refused"
REASONS = {
    CORRECTED: frozenset({"corrected_in_registry"}),
    REFUSED: frozenset({"registry_is_right", "not_proven", "another_office"}),
}
"""What an answer may give as its reason."""


def reason_fits(outcome: str, reason: str) -> bool:
    """Whether an answer may give this reason."""
    return reason in REASONS[outcome]
