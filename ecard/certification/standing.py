"""How a person's benefits stand today, from the days that are kept and the registry's word."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.certification import policy as rules
from ecard.certification.errors import BenefitClosed, NoBenefit
from ecard.certification.models import (
    Certification,
    CertificationCase,
    RecordedDeath,
    Reinstatement,
)
from ecard.certification.policy import Death, History, Question, Standing, Terms
from ecard.errors import Unavailable
from ecard.persons import service as persons
from ecard.persons.service import Particulars
from ecard.policy import service as policies
from ecard.registry.port import Benefit, RegistryUnavailable


@dataclass(frozen=True, slots=True)
class Stands:
    """One benefit on a day."""

    benefit: Benefit
    standing: Standing
    terms: Terms


def benefits_of(call: Call, registry_ref: str) -> tuple[Benefit, ...]:
    """What a person draws; no session may be open. Raises Unavailable."""
    try:
        return call.dependencies.registry.benefits(registry_ref)
    except RegistryUnavailable as error:
        raise Unavailable from error


def today_at(session: Session, call: Call, person: Particulars) -> date:
    """The day at the place of the person's card."""
    return persons.local_day(call.now, agencies.time_zone(session, person.region_id))


def standings(
    session: Session, call: Call, person: Particulars, benefits: tuple[Benefit, ...]
) -> list[Stands]:
    """How each benefit stands today."""
    today = today_at(session, call, person)
    policy = policies.current(session, person.region_id, call.now)
    found = []
    for benefit in benefits:
        terms = rules.terms_for(benefit.kind, policy)
        dates = rules.Benefit(
            birth_date=person.birth_date, since=benefit.since, until=benefit.until
        )
        history = history_of(session, person.person_id, benefit.ref)
        found.append(Stands(benefit, rules.standing(dates, history, today, terms), terms))
    return found


def refuse_unless_certifiable(found: list[Stands]) -> None:
    """Raise NoBenefit, or BenefitClosed where nothing is left that a proof could keep."""
    states = {one.standing.state for one in found} - {rules.OVER, rules.DIED}
    if not states:
        raise NoBenefit
    if states == {rules.CLOSED}:
        raise BenefitClosed


def history_of(session: Session, person_id: uuid.UUID, benefit_ref: str) -> History:
    """Every day that counts for a benefit; what a person accepted counts by its case."""
    days = sa.select(Certification.day).filter_by(person_id=person_id, case_id=None)
    again = sa.select(Reinstatement.day).filter_by(person_id=person_id, benefit_ref=benefit_ref)
    cases = session.scalars(sa.select(CertificationCase).filter_by(person_id=person_id))
    deaths = session.scalars(sa.select(RecordedDeath).filter_by(person_id=person_id))
    return History(
        certified=tuple(session.scalars(days)),
        questions=tuple(
            Question(one.opened_on, one.counts_from, one.decided_on, bool(one.accepted))
            for one in cases
        ),
        deaths=tuple(Death(one.died_on, one.known_on, one.revoked_on) for one in deaths),
        reinstated=tuple(session.scalars(again)),
    )
