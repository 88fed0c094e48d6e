"""People known to us: one row each, sealed, refreshed from the registry."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from ecard.call import Call
from ecard.errors import NotFound, Unavailable
from ecard.persons import service
from ecard.persons.models import Person
from ecard.registry.port import Contact, RegistryPerson, RegistryUnavailable
from ecard.registry.sql import SqlRegistry
from ecard.vault import KeyDestroyed
from tests.demo.ground import Ground


class SilentRegistry(SqlRegistry):
    """A core system that does not answer."""

    def person(self, ref: str) -> RegistryPerson | None:
        raise RegistryUnavailable("no answer")


def ensure(ground: Ground, known: RegistryPerson) -> uuid.UUID:
    with ground.joined.db.write() as session:
        person = service.ensure(session, ground.call, known)
        session.commit()
        return person.id


def opened(ground: Ground, person_id: uuid.UUID) -> service.Particulars:
    with ground.joined.db.read() as session:
        return service.particulars(session, ground.call, person_id)


def test_a_person_has_one_row_however_often_they_come(ground: Ground) -> None:
    known = ground.people.persons["lucia"]
    assert ensure(ground, known) == ensure(ground, known)
    with ground.joined.db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 1


def test_particulars_are_those_of_the_registry(ground: Ground) -> None:
    known = ground.people.persons["fang"]
    person = opened(ground, ensure(ground, known))
    assert (person.name, person.number, person.birth_date) == (
        known.name,
        known.number,
        known.birth_date,
    )
    assert (person.sex, person.language, person.registry_ref) == ("female", "zh-Hans", "fang")


def test_parallel_first_visits_make_one_person(ground: Ground) -> None:
    known = ground.people.persons["lucia"]
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: ensure(ground, known), range(8)))
    assert len(found) == 1


def test_a_number_that_is_somebody_else_s_stops_us(ground: Ground) -> None:
    known = ground.people.persons["lucia"]
    ensure(ground, known)
    with pytest.raises(Unavailable):
        ensure(ground, replace(known, ref="impostor"))


def test_what_the_registry_changed_is_refreshed(ground: Ground) -> None:
    known = ground.people.persons["lucia"]
    person_id = ensure(ground, known)
    moved = replace(
        known, name="Lucía Nueva", region_code="south-harbour", birth_date=date(1990, 1, 2)
    )
    assert ensure(ground, moved) == person_id
    person = opened(ground, person_id)
    assert (person.name, person.birth_date) == ("Lucía Nueva", date(1990, 1, 2))
    anna = opened(ground, ensure(ground, ground.people.persons["anna"]))
    assert person.region_id == anna.region_id


def test_a_number_s_index_does_not_depend_on_how_it_is_written(ground: Ground) -> None:
    known, other = ground.people.persons["carmen"], ground.people.persons["anna"]
    written = f"{known.number[:6]} {known.number[6:]}".lower()
    index = service.number_index(ground.call, written)
    assert index == service.number_index(ground.call, known.number)
    assert index != service.number_index(ground.call, other.number)


def test_nothing_of_a_person_can_be_read_in_the_row(ground: Ground) -> None:
    known = ground.people.persons["lucia"]
    person_id = ensure(ground, known)
    with ground.joined.db.read() as session:
        row = session.get_one(Person, person_id)
    for text in (known.name, known.number, known.birth_date.isoformat()):
        assert text.encode() not in row.particulars + row.number_index.encode()


def test_an_unknown_person_is_not_found(ground: Ground) -> None:
    with pytest.raises(NotFound):
        opened(ground, uuid.uuid4())


def test_without_the_person_s_key_nothing_opens(ground: Ground) -> None:
    person_id = ensure(ground, ground.people.persons["lucia"])
    vault = ground.joined.dependencies.vault
    with ground.joined.db.write() as session:
        vault.destroy_person_key(session, person_id, ground.clock())
        session.commit()
    with pytest.raises(KeyDestroyed):
        opened(ground, person_id)


def test_a_region_that_we_do_not_have_stops_us_without_a_row(ground: Ground) -> None:
    lost = replace(ground.people.persons["lucia"], region_code="atlantis")
    with pytest.raises(Unavailable):
        ensure(ground, lost)
    with ground.joined.db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 0


def test_a_contact_is_asked_of_the_registry(ground: Ground) -> None:
    assert service.contact(ground.call, "elena").phone == "+447700900112"
    assert service.contact(ground.call, "greta") == Contact(None, None)
    assert service.contact(ground.call, "nobody") == Contact(None, None)


def test_a_silent_registry_is_unavailable(ground: Ground) -> None:
    dependencies = ground.joined.dependencies
    silent = SilentRegistry(ground.joined.db, dependencies.vault)
    call: Call = replace(ground.call, dependencies=replace(dependencies, registry=silent))
    with pytest.raises(Unavailable):
        service.contact(call, "elena")
