"""Whose data it is, and whether whoever asks may decide about it."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from ecard.accounts import service as accounts
from ecard.acts import service as acts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.family import service as family
from ecard.kept import Whose
from ecard.own_data.errors import GuardianDecides
from ecard.own_data.policy import SCOPE
from ecard.persons import service as persons
from ecard.policy import service as policies


def refuse_too_young(session: Session, call: Call, person_id: uuid.UUID) -> None:
    """Raise GuardianDecides below the age of own consent."""
    person = persons.particulars(session, call, person_id)
    today = persons.local_day(call.now, agencies.time_zone(session, person.region_id))
    age = policies.current(session, person.region_id, call.now).own_consent_age
    if persons.age_on(person.birth_date, today) < age:
        raise GuardianDecides(age=age)


def at_counter(call: Call, number: str) -> uuid.UUID:
    """Who stands at the counter. Kept apart from what is then done: locks on people are not taken
    before those on links. Raises NotAllowed, NotFound (nobody of the clerk's region), Unavailable.
    """
    known = accounts.numbered_person_at_counter(call, number)
    with call.db.write() as session:
        person_id = persons.ensure(session, call, known).id
        session.commit()
    return person_id


def as_guardian(session: Session, call: Call, link_id: uuid.UUID) -> Whose:
    """Whose data the guardian reads on this link. Raises what ``guardian_link`` does."""
    link = family.guardian_link(session, call, link_id)
    return Whose(link.relative_id or link.holder_id, call.holder.person_id, link.id)


def refuse_guardian(call: Call, link_id: uuid.UUID) -> None:
    """Raise unless the guardian may read for the person now: what ``as_guardian`` raises, and as
    of this call CardNotUsable (the guardian's own), RelativeNotConfirmed (who died), Unavailable.
    Asks the registry: no session may be open."""
    with call.db.read() as session:
        as_guardian(session, call, link_id)
    family.refuse_unless_standing(call, link_id, any_card=True)


def note(session: Session, call: Call, whose: Whose, action: str) -> None:
    """Write it into the history that both sides read. Not committed."""
    acts.write(
        session,
        call,
        person_id=whose.person_id,
        link_id=whose.link_id,
        scope=SCOPE,
        action=action,
    )
