"""The migration of the life of a link: when an active link was last used is known afterwards."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table, typed, write_document

BEFORE, AFTER = "0010", "0011"
OPENED, USED = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 6, 7, tzinfo=UTC)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def write(connection: sa.Connection, name: str, **values: Any) -> None:
    found = table(connection, name)
    connection.execute(sa.insert(typed(found, values)).values(values))


def write_link(connection: sa.Connection, person: uuid.UUID, region: uuid.UUID, state: str) -> Any:
    values: dict[str, Any] = {"id": uuid.uuid4(), "holder_id": person, "region_id": region}
    values |= {"state": state, "relative_id": person, "face_subject": "relative", "route": "face"}
    values |= {"opened_at": OPENED, "lapses_at": OPENED, "activated_at": OPENED, "version": 1}
    write(connection, "links", scopes=[], **values)
    return values["id"]


def test_the_last_use_of_each_active_link_is_known_and_what_is_in_dispute_is_a_case(
    address: str,
) -> None:
    migrations.upgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        write_document(connection)
        (person, region) = connection.execute(
            sa.select(table(connection, "persons").c["id", "region_id"])
        ).one()
        person, region = uuid.UUID(str(person)), uuid.UUID(str(region))
        idle, used, _ended, held = (
            write_link(connection, person, region, state)
            for state in ("active", "active", "ended", "disputed")
        )
        act = {"scope": "rights", "action": "rights.read", "channel": "app", "at": USED}
        act |= {"id": uuid.uuid4(), "actor_kind": "holder", "actor_id": person}
        write(connection, "acts", relative_id=person, link_id=used, **act)
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        rows = connection.execute(sa.select(table(connection, "link_uses"))).all()
        kept = {uuid.UUID(str(one.link_id)): str(one.last_used_at)[:10] for one in rows}
        assert kept == {idle: "2026-01-05", used: "2026-06-07"}
        (case,) = connection.execute(sa.select(table(connection, "cases"))).all()
        assert (uuid.UUID(str(case.link_id)), case.kind, case.state) == (held, "dispute", "open")
    migrations.downgrade(address, BEFORE)
    migrations.upgrade(address, AFTER)
