"""People known to us: made from what the registry says, opened for those who need it."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ecard import audit
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.db import held
from ecard.errors import NotFound, Unavailable, VersionChanged
from ecard.persons.models import Person
from ecard.persons.policy import age_on, birthday, local_day
from ecard.registry.port import Contact, RegistryPerson, RegistryUnavailable
from ecard.registry.service import normalise

__all__ = [
    "Particulars",
    "Person",
    "age_on",
    "birthday",
    "by_number_index",
    "choose_language",
    "contact",
    "ensure",
    "language_choice",
    "local_day",
    "number_index",
    "particulars",
    "registry_ref",
    "row_of",
    "time_zone",
]

PLACE = "persons.particulars"


@dataclass(frozen=True, slots=True)
class Particulars:
    """A person's particulars, opened. Never logged, never sent whole to another person."""

    person_id: uuid.UUID
    name: str
    number: str
    birth_date: date
    sex: str
    language: str
    registry_ref: str
    region_id: uuid.UUID


def number_index(call: Call, number: str) -> str:
    """Blind index of a social security number, however it is written."""
    return call.dependencies.vault.index("person_number", normalise(number))


def ensure(session: Session, call: Call, registry_person: RegistryPerson) -> Person:
    """The row of a registry person, created or refreshed. Not committed.

    Raises Unavailable where the registry names a region that we do not have, or gives a number
    that belongs to somebody else already: then nothing may be decided from what it says.
    """
    region_id = _region_of(session, registry_person)
    query = sa.select(Person).filter_by(registry_ref=registry_person.ref)
    row = session.scalar(query)
    if row is None:
        try:
            with session.begin_nested():
                return _create(session, call, registry_person, region_id)
        except IntegrityError as error:  # another request was first, or the number is taken
            row = session.scalar(query)
            if row is None:
                raise Unavailable from error
    _refresh(session, call, row, registry_person, region_id)
    return row


def particulars(session: Session, call: Call, person_id: uuid.UUID) -> Particulars:
    """Open a person's particulars; raises NotFound."""
    row = held(session, Person, person_id)
    if row is None:
        raise NotFound
    opened = _open(session, call, row)
    birth_date = date.fromisoformat(opened.pop("birth_date"))
    opened["language"] = row.chosen_language or opened["language"]
    return Particulars(
        person_id=row.id,
        birth_date=birth_date,
        registry_ref=row.registry_ref,
        region_id=row.region_id,
        **opened,
    )


def time_zone(session: Session, person_id: uuid.UUID) -> ZoneInfo:
    """Where a person's days begin and end: at the place of their own card."""
    return agencies.time_zone(session, session.get_one(Person, person_id).region_id)


def time_zone_of(session: Session, known: RegistryPerson) -> ZoneInfo:
    """The same of somebody whom only the registry knows yet; raises Unavailable where their region
    is none of ours."""
    return agencies.time_zone(session, _region_of(session, known))


def language_choice(session: Session, person_id: uuid.UUID) -> tuple[str | None, int]:
    """The language that somebody chose to be written to in, and the version of that choice."""
    row = session.get_one(Person, person_id)
    return row.chosen_language, row.version


def choose_language(
    session: Session, call: Call, person_id: uuid.UUID, language: str | None, version: int
) -> None:
    """From now on messages come in this language; None: as the registry says. Not committed.

    Raises VersionChanged.
    """
    row = session.get_one(Person, person_id, with_for_update=True, populate_existing=True)
    if row.version != version:
        raise VersionChanged
    row.chosen_language = language
    row.version += 1
    audit.record(session, call, "person.language", "person", person_id, reason=language)


def by_number_index(session: Session, call: Call, index: str) -> Particulars | None:
    """The person whose number has this blind index, as far as we know them."""
    person_id = session.scalar(sa.select(Person.id).filter_by(number_index=index))
    return particulars(session, call, person_id) if person_id is not None else None


def contact(call: Call, registry_ref: str) -> Contact:
    """How the registry reaches a person, asked outside a session; raises Unavailable."""
    try:
        found = call.dependencies.registry.person(registry_ref)
    except RegistryUnavailable as error:
        raise Unavailable from error
    return found.contact if found is not None else Contact()


def registry_ref(session: Session, person_id: uuid.UUID) -> str | None:
    """The registry's name of a person, without opening their particulars."""
    return session.scalar(sa.select(Person.registry_ref).filter_by(id=person_id))


def portrait(call: Call, registry_ref: str) -> bytes | None:
    """The registry's portrait of a person, asked outside a session; raises Unavailable."""
    try:
        return call.dependencies.registry.portrait(registry_ref)
    except RegistryUnavailable as error:
        raise Unavailable from error


def _create(session: Session, call: Call, known: RegistryPerson, region_id: uuid.UUID) -> Person:
    person_id = uuid.uuid4()
    row = Person(
        id=person_id,
        registry_ref=known.ref,
        number_index=number_index(call, known.number),
        particulars=_seal(session, call, person_id, known),
        region_id=region_id,
        created_at=call.now,
    )
    session.add(row)
    session.flush()
    return row


def row_of(
    call: Call, person_id: uuid.UUID, known: RegistryPerson, region_id: uuid.UUID
) -> tuple[bytes, dict[str, Any]]:
    """A new person's wrapped key and row, without a session: where many are written at once."""
    text = json.dumps(_content(known))
    wrapped, sealed = call.dependencies.vault.first_seal(person_id, PLACE, person_id, text)
    return wrapped, {
        "id": person_id,
        "registry_ref": known.ref,
        "number_index": number_index(call, known.number),
        "particulars": sealed,
        "region_id": region_id,
        "created_at": call.now,
    }


def _refresh(
    session: Session, call: Call, row: Person, known: RegistryPerson, region_id: uuid.UUID
) -> None:
    row.region_id = region_id
    row.number_index = number_index(call, known.number)
    if _open(session, call, row) != _content(known):
        row.particulars = _seal(session, call, row.id, known)
    session.flush()


def _region_of(session: Session, known: RegistryPerson) -> uuid.UUID:
    try:
        return agencies.region_by_code(session, known.region_code).id
    except agencies.UnknownRegion as error:
        raise Unavailable from error


def _content(known: RegistryPerson) -> dict[str, Any]:
    return {
        "name": known.name,
        "number": normalise(known.number),
        "birth_date": known.birth_date.isoformat(),
        "sex": known.sex,
        "language": known.language,
    }


def _seal(session: Session, call: Call, person_id: uuid.UUID, known: RegistryPerson) -> bytes:
    text = json.dumps(_content(known))
    return call.dependencies.vault.seal(session, person_id, PLACE, person_id, text)


def _open(session: Session, call: Call, row: Person) -> dict[str, Any]:
    text = call.dependencies.vault.open(session, row.id, PLACE, row.id, row.particulars)
    return dict(json.loads(text))
