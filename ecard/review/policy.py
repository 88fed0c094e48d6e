"""Rules of the people's desk: due dates, who looks, who decides, what each side reads. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ecard.family.policy import ENDED_BY_DECISION

ONE_DAY = timedelta(days=1)
WORKING_WEEKDAYS = frozenset(range(5))
"""Monday to Friday."""
CONSENT_WITHDRAWN = "consent_withdrawn"
"""Why a face was destroyed whose person wants it compared no more."""
FACES = frozenset({"frame", "portrait"})
"""Roles of pictures of a face: of a capture, and the registry's, to compare a video with."""
TEMPORARY_ROLES = FACES | {"digits_video"}
"""What is kept only because a person has to look: destroyed with the final decision."""
EXPLANATION_LEAST, EXPLANATION_MOST = 10, 1_000
GROUNDS_LEAST, GROUNDS_MOST = 10, 2_000
"""Characters."""


class CaseKind(StrEnum):
    """What a case is about."""

    EVIDENCE = "evidence"
    FACE = "face"
    DIGITS_VIDEO = "digits_video"
    DISPUTE = "dispute"
    """A guardian objected to another's link."""
    CONFIRMATION = "confirmation"
    """The relative came of age and confirms by a digits video. All but the last two are about an
    application."""


ON_PAPER = frozenset({CaseKind.EVIDENCE, CaseKind.DISPUTE})
"""Cases in which papers are looked at that may have a last day."""


class CaseState(StrEnum):
    """How far a case is."""

    OPEN = "open"
    DECIDED = "decided"
    """Rejected, and may still be appealed."""
    APPEALED = "appealed"
    CLOSED = "closed"


class DecisionOutcome(StrEnum):
    """What a reviewer may decide."""

    APPROVED = "approved"
    REJECTED = "rejected"


WAITING = frozenset({CaseState.OPEN.value, CaseState.APPEALED.value})
"""States in which a reviewer is to decide."""
PENDING = WAITING | {CaseState.DECIDED.value}
"""States in which the last word has not been spoken."""
REVIEW_REASONS = {
    CaseKind.EVIDENCE: "evidence_needs_person",
    CaseKind.FACE: "face_needs_person",
    CaseKind.DIGITS_VIDEO: "digits_need_person",
    CaseKind.DISPUTE: "objected_by_guardian",
    CaseKind.CONFIRMATION: "digits_need_person",
}
"""Why a link is moved into review, in the words of the link's state machine."""
COURT_ORDER = "court_order"
"""The role of a page without which no dispute is settled."""
AGREEMENT_IN_VIDEO = "agreement_in_video"
"""Why a case is a person's: what an adult agrees to is said in the video, and heard there only."""
AGREED = frozenset({"agreement_confirmed"})
CONFIRMED = {
    CaseKind.EVIDENCE: frozenset({"documents_confirmed"}),
    CaseKind.FACE: frozenset({"face_confirmed"}),
    CaseKind.DIGITS_VIDEO: frozenset({"digits_confirmed"}),
    CaseKind.CONFIRMATION: AGREED,
}
"""What an approval says of what was looked at."""
DECISION_REASONS = {
    DecisionOutcome.APPROVED: AGREED.union(*CONFIRMED.values()),
    DecisionOutcome.REJECTED: frozenset(
        {
            "document_not_legible",
            "document_does_not_prove_it",
            "evidence_lapsed",
            "person_differs",
            "identity_not_verified",
            "no_consent",
            "no_legal_basis",
            "misuse",
            "safeguarding",
        }
    ),
}
NOT_DISCLOSED = "not_disclosed"
HIDDEN_REASONS = frozenset({"safeguarding"})
"""Never named to the holder: the reason could put somebody in danger."""


DISPUTE_REASONS = {
    DecisionOutcome.APPROVED: frozenset({"order_allows_it", "objection_unfounded"}),
    DecisionOutcome.REJECTED: ENDED_BY_DECISION,
}
"""Of a dispute: the link goes on, or it ends, then for a reason of the link's state machine."""


def reasons_of(
    kind: CaseKind, outcome: DecisionOutcome, why_a_person: Collection[str] = ()
) -> frozenset[str]:
    """What a decision on a case of this kind may give as its reason.

    ``why_a_person``: the case's own reasons. Where the agreement is in the video, whoever approves
    says that they heard it: nothing else proves that the adult agreed.
    """
    if kind is CaseKind.DISPUTE:
        return DISPUTE_REASONS[outcome]
    if outcome is DecisionOutcome.REJECTED:
        return DECISION_REASONS[outcome]
    return AGREED if AGREEMENT_IN_VIDEO in why_a_person else CONFIRMED[kind]


def state_while_open(kind: CaseKind) -> str:
    """The link's state while a person is to decide."""
    special = {CaseKind.DISPUTE: "disputed", CaseKind.CONFIRMATION: "active"}
    return special.get(kind, "in_review")


def decided_by(kind: CaseKind) -> str:
    """The role of whoever decides."""
    return "safeguarding" if kind is CaseKind.DISPUTE else "reviewer"


def due_at(opened_at: datetime, working_days: int, zone: ZoneInfo) -> datetime:
    """The end of the n-th working day after the day of opening, in the region's time zone, as UTC.

    Monday to Friday count. Public holidays are not known here, so a due date is early, never late.
    """
    day, left = opened_at.astimezone(zone).date(), working_days
    while left > 0:
        day += timedelta(days=1)
        left -= day.weekday() in WORKING_WEEKDAYS
    return _midnight(day + timedelta(days=1), zone)


def after_days(now: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The end of the day on which so many days are over, in the region's time zone, as UTC."""
    last = (now + timedelta(days=days)).astimezone(zone)
    return (
        last.astimezone(UTC) if last.time() == time.min else _midnight(last.date() + ONE_DAY, zone)
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def in_conflict(own_index: str | None, side_indexes: Collection[str]) -> bool:
    """Whether a member of staff is one of the two sides of the case."""
    return own_index is not None and own_index in side_indexes


def state_after(kind: CaseKind, outcome: DecisionOutcome, level: int) -> CaseState:
    """An approval and an appeal's decision are final; a first rejection may be appealed, and each
    first decision about a dispute: there somebody is always refused."""
    against_somebody = outcome is DecisionOutcome.REJECTED or kind is CaseKind.DISPUTE
    return CaseState.DECIDED if against_somebody and level == 1 else CaseState.CLOSED


def state_when_decided(kind: CaseKind, outcome: DecisionOutcome) -> str:
    """The link's state after a decision that may be appealed. What a video did not confirm goes on
    being read, and can be confirmed in another way."""
    if kind is CaseKind.CONFIRMATION:
        return "active"
    if kind is not CaseKind.DISPUTE:
        return "rejected"
    return "active" if outcome is DecisionOutcome.APPROVED else "ended"


def shown_reason(reason: str, *, to_holder: bool) -> str:
    """The reason as one side may read it."""
    return NOT_DISCLOSED if to_holder and reason in HIDDEN_REASONS else reason


def may_be_sent(reason: str) -> bool:
    """Whether reason and words may go out by message: a family's phone is read by others too."""
    return reason not in HIDDEN_REASONS


def is_overtaken(kind: CaseKind, case_state: str, link_state: str) -> bool:
    """Whether the link left review without a decision (withdrawn, ended): nothing to decide.

    What is about a standing link outlasts a stop for somebody's safety: the link comes back.
    """
    standing = {"active", "suspended", "disputed"}
    stays = {
        CaseKind.DISPUTE: {"disputed", "suspended"},
        CaseKind.CONFIRMATION: standing,
    }
    return case_state in WAITING and link_state not in stays.get(kind, {"in_review"})


def told(parts: Mapping[str, int], least: int) -> dict[str, int | None]:
    """Parts of a whole as they may be shown: all, or none where one is about 1 to ``least`` - 1.

    A single hidden part could be reckoned back from the whole and the others.
    """
    small = any(0 < count < least for count in parts.values())
    return {name: None if small else count for name, count in parts.items()}
