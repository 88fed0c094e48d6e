"""What the family account's addresses take and give."""

from __future__ import annotations

import marshmallow as ma

from ecard.api import Schema
from ecard.family.policy import CONFIRMED, REJECTED, REJECTED_FOR, RELATIONS, SCOPES, STATES
from ecard.fields import IDENTITY_DOCUMENTS, one_of

DEFAULT_SCOPES = ("rights", "certification", "card_status")


class OpenApplicationSchema(Schema):
    """The step-up grant that opens an application."""

    step_up_id = ma.fields.UUID(required=True)


class LinkNoticeSchema(ma.Schema):
    """The text to show for an application, and what to send back as proof of having shown it."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True)
    version = ma.fields.String(required=True)
    language = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    text = ma.fields.String(required=True)
    text_sha256 = ma.fields.String(
        required=True, metadata={"description": "SHA-256 of `text` as UTF-8, hex"}
    )
    effective_from = ma.fields.AwareDateTime(required=True, format="iso")


class AcknowledgementSchema(Schema):
    """Which notice was read, and the digest of exactly that text."""

    notice_id = ma.fields.UUID(required=True)
    text_sha256 = ma.fields.String(
        required=True, validate=ma.validate.Regexp(r"^[0-9a-f]{64}\Z", error="not_a_digest")
    )


_UNSEEN = r"\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
"""Controls, and what turns the direction of writing."""
_NO_LETTER = r"\u0020-\u0040\u005b-\u0060\u007b-\u00a9\u2000-\u206f\u3000-\u303f"
"""Blanks, digits, punctuation."""
NAME = rf"^[^{_UNSEEN}]*[^{_UNSEEN}{_NO_LETTER}][^{_UNSEEN}]*$"
"""A name has something like a letter, and nothing that cannot be seen."""


class LinkNameSchema(Schema):
    """How the holder calls their relative."""

    name = ma.fields.String(
        required=True,
        validate=(
            ma.validate.Length(1, 100, error="length"),
            ma.validate.Regexp(NAME, error="invalid"),
        ),
    )


class FamilyAccountSchema(LinkNameSchema):
    """Who the relative is."""

    number = ma.fields.String(required=True, validate=ma.validate.Length(5, 30, error="length"))
    relation = ma.fields.String(required=True, validate=ma.validate.OneOf(RELATIONS))
    scopes = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(SCOPES)),
        load_default=list(DEFAULT_SCOPES),
        validate=ma.validate.Length(1, len(SCOPES)),
    )


class ScopesOnMeSchema(Schema):
    """All that the link is to allow from now on."""

    scopes = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(SCOPES)),
        required=True,
        validate=ma.validate.Length(1, len(SCOPES)),
    )


class FaceProofSchema(ma.Schema):
    """A proof of the own face that was begun."""

    id = ma.fields.UUID(required=True)
    expires_at = ma.fields.AwareDateTime(required=True, format="iso")
    next = ma.fields.String(required=True)


class ConfirmationSchema(ScopesOnMeSchema):
    """As above, with the proofs that it is the young person who confirms."""

    step_up_id = ma.fields.UUID(required=True, metadata={"description": "A grant for confirm_link"})
    face_proof_id = ma.fields.UUID(
        metadata={"description": "Needed where the registry holds the person's portrait"}
    )


class CounterConfirmationSchema(ScopesOnMeSchema):
    """As above; whose link it is and what the clerk looked at."""

    number = ma.fields.String(required=True, validate=ma.validate.Length(5, 30, error="length"))
    identity_document = one_of(*IDENTITY_DOCUMENTS)


class EndDateSchema(Schema):
    """The last day on which the link holds."""

    ends_on = ma.fields.Date(
        required=True, allow_none=True, metadata={"description": "null: no last day"}
    )


class CounterEndDateSchema(EndDateSchema):
    """As above; on whom the link is, and what the clerk looked at."""

    number = ma.fields.String(required=True, validate=ma.validate.Length(5, 30, error="length"))
    seen = one_of(*IDENTITY_DOCUMENTS, description="The relative's document")


class RecordOrderSchema(EndDateSchema):
    """What the court order says, what identifies it, and on whom the link is."""

    number = ma.fields.String(required=True, validate=ma.validate.Length(5, 30, error="length"))
    court = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 100, error="length"),
        metadata={"description": "The court that issued it"},
    )
    file_number = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 60, error="length"),
        metadata={"description": "The court's number of the file"},
    )


class AnswerOrderSchema(Schema):
    """Confirmed as it was recorded, or rejected with a reason."""

    outcome = one_of(CONFIRMED, REJECTED)
    reason = ma.fields.String(
        load_default=None,
        validate=ma.validate.OneOf(REJECTED_FOR),
        metadata={"description": "Needed where it is rejected, and only there"},
    )


class EndDateOrderSchema(ma.Schema):
    """A court order about a link's last day, for clerks of the link's region."""

    id = ma.fields.UUID(required=True)
    link_id = ma.fields.UUID(required=True)
    relative = ma.fields.String(required=True, metadata={"description": "On whom the link is"})
    number_masked = ma.fields.String(required=True)
    holder = ma.fields.String(required=True)
    relation = ma.fields.String(required=True, allow_none=True)
    link_ends_on = ma.fields.Date(
        required=True, allow_none=True, metadata={"description": "The link's last day as of now"}
    )
    ends_on = ma.fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "What the order says; null: no last day"},
    )
    court = ma.fields.String(required=True)
    file_number = ma.fields.String(required=True)
    recorded_at = ma.fields.AwareDateTime(required=True, format="iso")
    lapses_at = ma.fields.AwareDateTime(required=True, format="iso")
    may_answer = ma.fields.Boolean(
        required=True, metadata={"description": "False for whoever recorded it"}
    )
    answered_at = ma.fields.AwareDateTime(required=True, allow_none=True, format="iso")
    outcome = ma.fields.String(required=True, allow_none=True)
    reason = ma.fields.String(required=True, allow_none=True)
    version = ma.fields.Integer(
        required=True,
        metadata={"description": "The link's: for If-Match of `answerEndDateOrder`"},
    )


class LastDaySchema(ma.Schema):
    """What a clerk reads of a link whose last day they wrote down."""

    id = ma.fields.UUID(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    ends_on = ma.fields.Date(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)


class ScopesSchema(ScopesOnMeSchema):
    """As above; with a grant where something is given."""

    step_up_id = ma.fields.UUID(
        metadata={"description": "A grant for give_scope: needed where a scope is added"}
    )


class LinkSchema(ma.Schema):
    """A link as one of its two sides sees it."""

    id = ma.fields.UUID(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    reason = ma.fields.String(required=True, allow_none=True)
    relation = ma.fields.String(required=True, allow_none=True)
    name = ma.fields.String(required=True, allow_none=True)
    number_masked = ma.fields.String(required=True, allow_none=True)
    face_subject = ma.fields.String(required=True)
    route = ma.fields.String(required=True)
    scopes = ma.fields.List(ma.fields.String(), required=True)
    may_act = ma.fields.Boolean(required=True)
    may_read = ma.fields.Boolean(required=True)
    acts_from = ma.fields.AwareDateTime(required=True, allow_none=True)
    acts_until = ma.fields.AwareDateTime(required=True, allow_none=True)
    reads_until = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When reading ends, where the relative comes of age"},
    )
    opened_at = ma.fields.AwareDateTime(required=True)
    lapses_at = ma.fields.AwareDateTime(required=True)
    activated_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    confirmed_at = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When the relative confirmed it, come of age"},
    )
    ends_on = ma.fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "The last day, where the relative's card is at home"},
    )
    ended_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    next = ma.fields.String(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)


class ChangeSchema(ma.Schema):
    """One line of a link's history: a move, or what happened while it stayed in its state."""

    from_state = ma.fields.String(required=True, allow_none=True)
    to_state = ma.fields.String(required=True)
    reason = ma.fields.String(required=True, allow_none=True)
    actor_kind = ma.fields.String(required=True)
    channel = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)
    ends_on = ma.fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "The last day that was set with it, or that an order names"},
    )


class NotMeSchema(Schema):
    """The token of a "this was not me" address."""

    token = ma.fields.String(required=True, validate=ma.validate.Length(20, 100, error="length"))


class StaffActionSchema(Schema):
    """What safeguarding staff do with a link."""

    action = ma.fields.String(
        required=True, validate=ma.validate.OneOf(("suspend", "resume", "end"))
    )


class GuardedLinkSchema(ma.Schema):
    """Another guardian's link on a child of the signed-in guardian."""

    id = ma.fields.UUID(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    child = ma.fields.String(required=True)
    holder = ma.fields.String(required=True, metadata={"description": "Who opened the link"})
    activated_at = ma.fields.AwareDateTime(required=True, format="iso")
    object_until = ma.fields.AwareDateTime(required=True, format="iso")
    may_object = ma.fields.Boolean(required=True)
    objected = ma.fields.Boolean(
        required=True, metadata={"description": "Whether the signed-in guardian did, once"}
    )
