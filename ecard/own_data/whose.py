"""Whose data it is, and whether whoever asks may decide about it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.own_data.errors import GuardianDecides
from ecard.persons import service as persons
from ecard.policy import service as policies


def refuse_too_young(session: Session, call: Call) -> None:
    """Raise GuardianDecides below the age of own consent."""
    person = persons.particulars(session, call, call.holder.person_id)
    today = persons.local_day(call.now, agencies.time_zone(session, person.region_id))
    age = policies.current(session, person.region_id, call.now).own_consent_age
    if persons.age_on(person.birth_date, today) < age:
        raise GuardianDecides(age=age)
