"""What evidence, acceptance, faces and reviewers decide about an application."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.family import policy as rules
from ecard.family.caps import hold_places, refuse_full
from ecard.family.errors import (
    AcceptanceNotNeeded,
    CannotActivateNow,
    IllegalMove,
)
from ecard.family.guardians import tell_other_guardians
from ecard.family.lapsing import plan_coming_of_age
from ecard.family.links import move, over_at_once, policy_of, relative_age, still_open
from ecard.family.models import Link
from ecard.persons import service as persons
from ecard.persons.policy import birthday, local_midnight
from ecard.policy.policy import Policy


def evidence_given(session: Session, call: Call, link: Link) -> None:
    """The evidence is complete: noticed becomes submitted."""
    still_open(session, call, link)
    if link.relative_id is None:
        raise IllegalMove(state=link.state)
    move(session, call, link, rules.SUBMITTED, "evidence_given")


def evidence_accepted(session: Session, call: Call, link: Link, reason: str) -> None:
    """Evidence holds; with nobody to accept in person the face is next."""
    move(session, call, link, rules.EVIDENCE_ACCEPTED, reason)
    policy = policy_of(session, call, link)
    if not rules.accepts_in_person(relative_age(session, call, link), policy):
        move(session, call, link, rules.AWAITING_FACE, "nothing_to_accept")


def accept(session: Session, call: Call, link: Link, via: str, scopes: list[str]) -> None:
    """The adult relative accepts, in person, the scopes they chose among those asked for."""
    still_open(session, call, link)
    policy = policy_of(session, call, link)
    adult = rules.accepts_in_person(relative_age(session, call, link), policy)
    if not adult or link.state != rules.EVIDENCE_ACCEPTED:
        raise AcceptanceNotNeeded
    hold_places(session, link)
    link.accepted_at, link.accepted_via = call.now, via
    link.scopes = sorted(set(scopes) & set(link.scopes))
    move(session, call, link, rules.AWAITING_FACE, "accepted_by_relative")


def refuse_as_relative(session: Session, call: Call, link: Link) -> None:
    """The adult relative declined in their capture session."""
    move(session, call, link, rules.WITHDRAWN, "no_consent")


def activate(session: Session, call: Call, link: Link, reason: str) -> None:
    """Open the link: from the face, from a reviewer, or from a counter.

    No adult's link opens before they accepted: who turned adult while a person looked at it goes
    back to accepting. Raises CannotActivateNow where a cap is full by now.
    """
    still_open(session, call, link)
    if link.relative_id is None:
        raise IllegalMove(state=link.state)
    policy = policy_of(session, call, link)
    hold_places(session, link)
    if _must_accept(session, call, link, policy):
        move(session, call, link, rules.EVIDENCE_ACCEPTED, "age_milestone")
        return
    refuse_full(session, call, link, policy)
    link.activated_at = call.now
    window = rules.acting_window(
        call.now,
        via=link.accepted_via,
        adult_at=_adult_at(session, call, link, policy),
        policy=policy,
    )
    link.acts_from, link.acts_until = window.acts_from, window.acts_until
    move(session, call, link, rules.ACTIVE, reason)
    tell_other_guardians(session, call, link)
    plan_coming_of_age(session, call, link)


def _must_accept(session: Session, call: Call, link: Link, policy: Policy) -> bool:
    adult = rules.accepts_in_person(relative_age(session, call, link), policy)
    return adult and link.accepted_at is None


def _adult_at(session: Session, call: Call, link: Link, policy: Policy) -> datetime | None:
    if link.relative_id is None or rules.accepts_in_person(
        relative_age(session, call, link), policy
    ):
        return None
    relative = persons.particulars(session, call, link.relative_id)
    zone = persons.time_zone(session, link.relative_id)
    return local_midnight(birthday(relative.birth_date, policy.adult_age), zone)


def take_back(session: Session, call: Call, link: Link, to_state: str) -> None:
    """An appeal brings a decided link back before people. Raises CannotActivateNow where what ended
    has no place any more, or has had its last day."""
    hold_places(session, link)
    if over_at_once(session, call, link):
        raise CannotActivateNow
    if link.state == rules.ENDED:
        refuse_full(session, call, link, policy_of(session, call, link))
    move(session, call, link, to_state, "appealed")


def face_given_up(session: Session, call: Call, link: Link) -> None:
    """Nobody may look at the face any more: out of review, back to the last step, another way."""
    move(session, call, link, rules.EVIDENCE_ACCEPTED, "no_consent")
    if not _must_accept(session, call, link, policy_of(session, call, link)):
        move(session, call, link, rules.AWAITING_FACE, "nothing_to_accept")


def reject(session: Session, call: Call, link: Link) -> None:
    """A reviewer rejected the case; it can be appealed."""
    move(session, call, link, rules.REJECTED, "rejected_by_reviewer")
