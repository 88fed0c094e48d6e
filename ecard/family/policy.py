"""A link's state machine, and the rules of relation, age and caps. Pure: no session, no clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ecard.family.errors import (
    AgeDoesNotFit,
    ApplicationExpired,
    CapReached,
    EndDatePassed,
    EndDateTooFar,
    IllegalMove,
    RelationNeedsGuardian,
)
from ecard.persons.policy import age_on, local_day, local_midnight, months_after
from ecard.policy.policy import Policy

DRAFT = "draft"
NOTICED = "noticed"
SUBMITTED = "submitted"
EVIDENCE_ACCEPTED = "evidence_accepted"
AWAITING_FACE = "awaiting_face"
IN_REVIEW = "in_review"
ACTIVE = "active"
SUSPENDED = "suspended"
ENDED = "ended"
REJECTED = "rejected"
WITHDRAWN = "withdrawn"
EXPIRED = "expired"
DISPUTED = "disputed"

MOVES: Mapping[str | None, frozenset[str]] = {
    None: frozenset({DRAFT}),
    DRAFT: frozenset({NOTICED, WITHDRAWN, EXPIRED}),
    NOTICED: frozenset({SUBMITTED, WITHDRAWN, EXPIRED}),
    SUBMITTED: frozenset({EVIDENCE_ACCEPTED, IN_REVIEW, WITHDRAWN, EXPIRED}),
    EVIDENCE_ACCEPTED: frozenset({AWAITING_FACE, WITHDRAWN, EXPIRED}),
    AWAITING_FACE: frozenset({ACTIVE, IN_REVIEW, WITHDRAWN, EXPIRED}),
    IN_REVIEW: frozenset({EVIDENCE_ACCEPTED, ACTIVE, REJECTED, WITHDRAWN, EXPIRED}),
    ACTIVE: frozenset({SUSPENDED, DISPUTED, ENDED}),
    SUSPENDED: frozenset({ACTIVE, DISPUTED, ENDED}),
    DISPUTED: frozenset({ACTIVE, SUSPENDED, ENDED}),
    REJECTED: frozenset({IN_REVIEW}),
    ENDED: frozenset({ACTIVE, DISPUTED}),
    WITHDRAWN: frozenset(),
    EXPIRED: frozenset(),
}
ONLY_FOR: Mapping[tuple[str, str], frozenset[str]] = {
    (IN_REVIEW, EXPIRED): frozenset({"end_date_reached"}),
    (REJECTED, IN_REVIEW): frozenset({"appealed"}),
    (DISPUTED, ACTIVE): frozenset({"dispute_settled"}),
    (SUSPENDED, DISPUTED): frozenset({"safeguarding_lifted"}),
    (ENDED, DISPUTED): frozenset({"appealed"}),
    (ENDED, ACTIVE): frozenset({"death_revoked"}),
}
"""Moves that are legal for these reasons alone."""
STATES = tuple(state for state in MOVES if state is not None)
APPLYING = frozenset({DRAFT, NOTICED, SUBMITTED, EVIDENCE_ACCEPTED, AWAITING_FACE})
"""Open applications; these lapse. One in review does not, since the wait is ours, but it ends with
the last day that the relative gave it."""
STANDING = frozenset({ACTIVE, SUSPENDED, DISPUTED})
ENDED_BY_DECISION = frozenset({"relation_changed", "no_legal_basis"})
"""Why staff end a link that was disputed: the dispute is over with it, and by nothing else."""
OVER = frozenset({ENDED, REJECTED, WITHDRAWN, EXPIRED})
COUNTED = APPLYING | STANDING | {IN_REVIEW}
"""What takes a place under the holder's caps."""
PROVEN = STANDING | {EVIDENCE_ACCEPTED, AWAITING_FACE}
"""What takes one of a relative's places: an unproven application must not block a parent."""

REASONS = frozenset(
    {
        "opened",
        "notice_acknowledged",
        "evidence_given",
        "evidence_confirmed",
        "evidence_accepted_by_reviewer",
        "evidence_needs_person",
        "nothing_to_accept",
        "accepted_by_relative",
        "face_matched",
        "face_needs_person",
        "digits_need_person",
        "approved_by_reviewer",
        "rejected_by_reviewer",
        "appealed",
        "confirmed_at_counter",
        "lapsed",
        "no_consent",
        "identity_not_verified",
        "no_legal_basis",
        "end_date_reached",
        "unused",
        "person_died",
        "death_revoked",
        "relation_changed",
        "misuse",
        "reported_not_me",
        "objected_by_guardian",
        "dispute_settled",
        "safeguarding",
        "safeguarding_lifted",
        "taken_over",
        "requested_by_holder",
        "requested_by_relative",
        "age_milestone",
    }
)
STAYS: Mapping[str, frozenset[str]] = {
    "confirmed_by_relative": frozenset({ACTIVE}),
    "end_date_set": STANDING | {EVIDENCE_ACCEPTED, AWAITING_FACE},
    "end_date_removed": frozenset({ACTIVE}),
    "end_date_order_recorded": frozenset({ACTIVE, SUSPENDED}),
    "end_date_order_rejected": STANDING,
}
"""What is written into a link's history beside its moves, since both sides must read it there:
reason → the states in which it may happen, and in which the link stays."""
HIDDEN_FROM_HOLDER = frozenset({"safeguarding", "safeguarding_lifted"})

GROUPS: Mapping[str, str] = {
    "child": "children",
    "ward": "children",
    "parent": "parents",
    "parent_in_law": "parents",
    "grandparent": "parents",
    "spouse": "spouse",
    "sibling": "others",
    "other": "others",
}
RELATIONS = tuple(GROUPS)
GUARDED = frozenset({"child", "ward"})
COURT_ORDER = "court_order"
"""What staff saw who set the last day for a relative who does not decide about it."""
CONFIRMED = "confirmed"
"""What becomes of a court order that a second clerk finds as it was recorded; else REJECTED."""
REJECTED_FOR = ("order_not_seen", "order_says_otherwise", "order_not_in_force")
"""Why a second clerk rejects a court order."""
SCOPES = ("rights", "certification", "transfer", "card_status", "qr", "money")


def check_move(from_state: str | None, to_state: str, reason: str) -> None:
    """Raise IllegalMove unless the state machine has this move; the reason must be a known code."""
    if reason not in REASONS:
        raise ValueError(f"{reason} is not a reason code")
    only_for = ONLY_FOR.get((from_state or "", to_state), REASONS)
    if to_state not in MOVES[from_state] or reason not in only_for:
        raise IllegalMove(state=from_state or "none")


def check_stay(state: str, reason: str) -> None:
    """Raise IllegalMove unless this may happen to a link that stays in its state."""
    if state not in STAYS[reason]:
        raise IllegalMove(state=state)


def shown_reason(reason: str | None, *, to_holder: bool) -> str | None:
    """The reason as one side may read it."""
    return "not_disclosed" if to_holder and reason in HIDDEN_FROM_HOLDER else reason


@dataclass(frozen=True, slots=True)
class Terms:
    """The times at which a link moves by itself; None: not in sight."""

    lapses_at: datetime
    """An application's end."""
    reads_until: datetime | None = None
    """The end of reading on a link whose relative came of age and did not confirm it."""
    unused_until: datetime | None = None
    """The end of an unused link; None while nobody was warned of it."""
    ends_at: datetime | None = None
    """The end of the last day that a link was given."""


MADE_BY_TIME: tuple[tuple[frozenset[str], str, str, str], ...] = (
    (APPLYING, EXPIRED, "lapsed", "lapses_at"),
    (STANDING, ENDED, "age_milestone", "reads_until"),
    (frozenset({ACTIVE}), ENDED, "unused", "unused_until"),
    (STANDING, ENDED, "end_date_reached", "ends_at"),
    (APPLYING | {IN_REVIEW}, EXPIRED, "end_date_reached", "ends_at"),
)
"""From which states, to which, for which reason, at which of the terms."""


@dataclass(frozen=True, slots=True)
class Due:
    """A move that time alone makes."""

    state: str
    reason: str
    at: datetime


def due_move(state: str, terms: Terms, now: datetime) -> Due | None:
    """What time has made of a link by now, whether or not the sweep ran. The earliest wins."""
    due = [
        Due(to_state, reason, at)
        for states, to_state, reason, term in MADE_BY_TIME
        if state in states and (at := getattr(terms, term)) is not None and now >= at
    ]
    return min(due, key=lambda one: one.at, default=None)


def check_open(state: str, terms: Terms, now: datetime) -> None:
    """Raise where time alone has ended it: ApplicationExpired, or IllegalMove."""
    due = due_move(state, terms, now)
    if due is not None:
        raise ApplicationExpired if due.state == EXPIRED else IllegalMove(state=due.state)


def check_move_now(state: str, to_state: str, reason: str, terms: Terms, now: datetime) -> None:
    """As `check_move`; and what time has ended is moved nowhere else any more."""
    due = due_move(state, terms, now)
    if due is None or due.state != to_state:
        check_open(state, terms, now)
    check_move(state, to_state, reason)


def state_at(state: str, terms: Terms, now: datetime) -> str:
    """The state as of now: what time has ended is over even before the sweep."""
    due = due_move(state, terms, now)
    return state if due is None else due.state


def reads_until(
    acts_until: datetime | None, policy: Policy, held_until: datetime | None = None
) -> datetime | None:
    """Reading stays some days past the end of acting (mission.md, "Growing up"); while a person is
    asked whether the link goes on, until ``held_until`` at least."""
    if acts_until is None:
        return None
    until = acts_until + timedelta(days=policy.reading_days_from_adult)
    return max(until, held_until or until)


def idle_from(last_used_at: datetime, zone: ZoneInfo, policy: Policy) -> datetime:
    """When a link has been unused for ``unused_months``: the midnight at which that day begins."""
    day = months_after(local_day(last_used_at, zone), policy.unused_months)
    return local_midnight(day, zone)


def warn_of_idleness_at(last_used_at: datetime, zone: ZoneInfo, policy: Policy) -> datetime:
    """When both sides are warned that a link is about to end unused."""
    return idle_from(last_used_at, zone, policy) - timedelta(days=policy.unused_warning_days)


def unused_until(
    last_used_at: datetime, warned_at: datetime | None, zone: ZoneInfo, policy: Policy
) -> datetime | None:
    """When an unused link ends: never without the warning, and never sooner after it than the
    policy says, so that a warning sent late moves the end with it."""
    if warned_at is None:
        return None
    warned_for = warned_at + timedelta(days=policy.unused_warning_days)
    return max(idle_from(last_used_at, zone, policy), warned_for)


def lasts_longer(last_day: date | None, than: date | None) -> bool:
    """Whether a link with this last day goes on for longer than one with that; None: no last day.
    It is then extended, which is more than to cut it short."""
    return than is not None and (last_day is None or last_day > than)


def check_last_day(last_day: date, today: date, policy: Policy) -> None:
    """Raise EndDatePassed, EndDateTooFar; today itself is a day on which a link may end."""
    if last_day < today:
        raise EndDatePassed
    if last_day > months_after(today, policy.end_date_most_months):
        raise EndDateTooFar(months=policy.end_date_most_months)


def ends_at(last_day: date, zone: ZoneInfo) -> datetime:
    """The midnight with which the last day of a link is over."""
    return local_midnight(last_day + timedelta(days=1), zone)


def check_relation(
    relation: str, holder_birth: date, relative_birth: date, today: date, policy: Policy
) -> None:
    """Raise unless the two ages fit the relation; both birth dates are known from the numbers.

    How much older somebody is does not change with the day: it is the age at the other's birth."""
    age = age_on(relative_birth, today)
    older_by = age_on(holder_birth, relative_birth)
    younger_by = age_on(relative_birth, holder_birth)
    if age < policy.adult_age and relation not in GUARDED:
        raise RelationNeedsGuardian(age=policy.adult_age)
    gap = policy.parent_child_min_years
    fits = {
        "child": older_by >= gap,
        "ward": holder_birth < relative_birth,
        "parent": younger_by >= gap,
        "parent_in_law": younger_by >= gap // 2,
        "grandparent": younger_by >= 2 * gap,
        "spouse": age >= policy.spouse_min_age,
    }
    if not fits.get(relation, True):
        raise AgeDoesNotFit


def check_caps(relation: str, held: Collection[str], new_this_month: int, policy: Policy) -> None:
    """Raise CapReached when one more ``relation`` beside the ``held`` relations is too many."""
    group = GROUPS[relation]
    caps = {
        "children": policy.cap_children,
        "parents": policy.cap_parents,
        "spouse": policy.cap_spouse,
        "others": policy.cap_others,
    }
    in_group = sum(GROUPS[other] == group for other in held)
    if in_group >= caps[group]:
        raise CapReached(group=group, cap=caps[group])
    if len(held) >= policy.cap_all:
        raise CapReached(group="all", cap=policy.cap_all)
    if new_this_month >= policy.new_links_a_month:
        raise CapReached(group="month", cap=policy.new_links_a_month, next="counter")


def accepts_in_person(age: int, policy: Policy) -> bool:
    """Whether the relative is an adult here and must accept before the camera opens."""
    return age >= policy.adult_age


def face_subject(age: int, policy: Policy) -> str:
    """Whose live face is asked for."""
    return "guardian" if age < policy.face_match_min_age else "relative"


def speaks_for(relation: str | None, age: int, policy: Policy) -> bool:
    """Whether the holder decides about the relative's data: a guardian below the age of own
    consent, and the guardian of an adult under guardianship."""
    if relation not in GUARDED:
        return False
    return age < policy.own_consent_age or (relation == "ward" and age >= policy.adult_age)


@dataclass(frozen=True, slots=True)
class Window:
    """From when and until when the holder may act; outside it an active link only reads."""

    acts_from: datetime
    acts_until: datetime | None


def acting_window(
    now: datetime, *, via: str | None, adult_at: datetime | None, policy: Policy
) -> Window:
    """Handed over on the holder's phone: reading only at first; a child's: until they are adult."""
    wait = policy.handed_over_wait_hours if via == "handed_over" else 0
    return Window(now + timedelta(hours=wait), adult_at)


def may_read(state: str, until: datetime | None, now: datetime) -> bool:
    """Whether an active link still reads; ``until`` when: ``reads_until``."""
    return state == ACTIVE and (until is None or now < until)


def may_act(
    state: str, acts_from: datetime | None, acts_until: datetime | None, now: datetime
) -> bool:
    """Whether the holder may act (not only read) at this moment."""
    if state != ACTIVE or acts_from is None or now < acts_from:
        return False
    return acts_until is None or now < acts_until


def next_step(state: str, *, has_account: bool, adult: bool, route: str) -> str | None:
    """The step now allowed, so that the phone never asks "what now?"."""
    if state == NOTICED:
        return "add_evidence" if has_account else "give_family_account"
    if state == AWAITING_FACE and route == "counter":
        return "go_to_counter"
    return {
        DRAFT: "acknowledge_notice",
        SUBMITTED: "wait_for_review",
        IN_REVIEW: "wait_for_review",
        EVIDENCE_ACCEPTED: "invite_or_hand_over" if adult else "open_capture_session",
        AWAITING_FACE: "open_capture_session",
        REJECTED: "appeal",
        EXPIRED: "open_application",
    }.get(state)
