"""What is known about an application when its last step is taken; every verb starts from it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.activation import policy as rules
from ecard.activation.models import Attempt
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.config import Settings
from ecard.errors import InvalidInput
from ecard.family import service as family
from ecard.family.errors import IllegalMove
from ecard.notices import service as notices
from ecard.persons import service as persons
from ecard.policy.service import Policy

if TYPE_CHECKING:
    from ecard.family.models import Link

FACE_PROCESSING, PORTRAIT_KEPT = "face_processing", "portrait_kept"


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one link whose relative is confirmed."""

    policy: Policy
    relative_id: uuid.UUID
    adult: bool
    must_accept: bool
    """An adult who has not accepted yet."""
    subject_id: uuid.UUID
    """The person whose face is asked for."""
    subject_age: int
    consent_by: str
    """guardian or person."""
    consent: str
    """given, declined, withdrawn or missing."""
    allowed: rules.Allowance
    next: str


def facts(session: Session, call: Call, link: Link) -> Facts:
    """Everything that decides the next step. Raises IllegalMove before the family account."""
    if link.relative_id is None:
        raise IllegalMove(state=link.state)
    policy = family.policy_of(session, call, link)
    age = family.relative_age(session, call, link)
    guardian = link.face_subject == "guardian"
    subject_id = link.holder_id if guardian else link.relative_id
    must_accept = age >= policy.adult_age and link.accepted_at is None
    consent_by = rules.consent_by(age, link.face_subject, policy.own_consent_age)
    consent = _consent(session, call, link, policy, subject_id, consent_by)
    allowed = rules.SHUT if link.face_shut_at else allowance(session, call, link)
    return Facts(
        policy=policy,
        relative_id=link.relative_id,
        adult=age >= policy.adult_age,
        must_accept=must_accept,
        subject_id=subject_id,
        subject_age=_age_of(session, call, link, subject_id) if guardian else age,
        consent_by=consent_by,
        consent=consent,
        allowed=allowed,
        next=rules.next_step(
            link.state,
            must_accept=must_accept,
            consent=consent,
            consent_by=consent_by,
            allowed=allowed,
        ),
    )


def allowance(session: Session, call: Call, link: Link) -> rules.Allowance:
    """What the mismatches leave, whatever phone they came from.

    All applications of this holder for this relative count together: a fresh one must not be a
    fresh set of tries. Another holder's do not, or a stranger could use up a family's.
    """
    of_pair = Attempt.link_id.in_(family.of_same_pair(session, link))
    query = sa.select(Attempt.reserved_at, Attempt.outcome).where(of_pair)
    tried = [rules.Tried(at, outcome) for at, outcome in session.execute(query)]
    return rules.allowance(tried, call.now, mismatch_limits(call.settings))


def mismatch_limits(settings: Settings) -> rules.MismatchLimits:
    """The process's limits of mismatches."""
    return rules.MismatchLimits(
        in_a_row=settings.mismatches_in_a_row,
        first_wait_seconds=settings.mismatch_wait_seconds,
        longest_wait_seconds=settings.mismatch_wait_longest_seconds,
        a_day=settings.mismatches_a_day,
        in_all=settings.mismatches_total,
    )


def chosen_scopes(link: Link, scopes: Sequence[str]) -> list[str]:
    """What an adult agrees to: some of what was asked for, or of what they chose before. Raises
    InvalidInput, with what there is to choose from."""
    chosen = set(scopes)
    if not chosen or not chosen <= set(link.scopes):
        why = "not_asked_for" if chosen else "required"
        raise InvalidInput(fields={"scopes": [why]}, asked_for=list(link.scopes))
    return sorted(chosen)


def write_acceptance(session: Session, call: Call, link: Link, via: str, scopes: list[str]) -> None:
    """An adult accepted. Who came of age while the application ran does so without a move."""
    if link.state == "evidence_accepted":
        family.accept(session, call, link, via, scopes)
    else:
        link.accepted_at, link.accepted_via = call.now, via
        link.scopes = scopes
    session.flush()


def keep_last_day(session: Session, call: Call, link: Link, ends_on: date | None) -> None:
    """An adult who accepted said until when, or did not. Raises EndDateNeedsOrder, EndDatePassed,
    EndDateTooFar."""
    if ends_on is not None:
        family.set_by_relative(session, call, link, ends_on)


def _consent(
    session: Session,
    call: Call,
    link: Link,
    policy: Policy,
    subject_id: uuid.UUID,
    consent_by: str,
) -> str:
    row = notices.consent(session, link.id, FACE_PROCESSING)
    if row is None or row.person_id != subject_id:  # about somebody named before
        return "missing"
    if row.given_by != consent_by:  # by the guardian of who has become old enough to decide
        return "missing"
    shown = notices.current(session, link.region_id, FACE_PROCESSING, row.language, call.now)
    return rules.consent_standing(
        row.decision,
        version=row.version,
        at=row.at,
        version_now=shown.version,
        now=call.now,
        months=policy.notice_months,
    )


def _age_of(session: Session, call: Call, link: Link, person_id: uuid.UUID) -> int:
    today = persons.local_day(call.now, agencies.time_zone(session, link.region_id))
    return persons.age_on(persons.particulars(session, call, person_id).birth_date, today)
