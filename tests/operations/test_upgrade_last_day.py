"""The migration of the last day: no link of before has one; what was no move does not go back."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table, write_document
from tests.operations.test_upgrade_life import write, write_link

BEFORE, AFTER = "0012", "0013"
NOW = datetime(2026, 11, 27, tzinfo=UTC)
DAY = date(2027, 3, 1)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def write_change(connection: sa.Connection, link: uuid.UUID, number: int, **values: object) -> None:
    about = {"reason": "face_matched", "actor_kind": "holder", "channel": "app", "at": NOW}
    about |= {"from_state": "awaiting_face", "to_state": "active", "number": number, **values}
    write(connection, "link_changes", id=uuid.uuid4(), link_id=link, **about)


def test_links_and_history_stay_and_take_a_last_day_which_does_not_go_back(address: str) -> None:
    migrations.upgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        write_document(connection)
        people = table(connection, "persons")
        ids = connection.execute(sa.select(people.c["id", "region_id"])).one()
        link = write_link(connection, *(uuid.UUID(str(one)) for one in ids), "active")
        write_change(connection, link, 1)
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        links, history = table(connection, "links"), table(connection, "link_changes")
        assert connection.execute(sa.select(links.c["state", "ends_on"])).all() == [
            ("active", None)
        ]
        assert connection.scalars(sa.select(history.c.ends_on)).all() == [None]
        connection.execute(sa.update(links).values(ends_on=DAY))
        stays = {"from_state": "active", "reason": "end_date_set", "ends_on": DAY}
        write_change(connection, link, 2, **stays)
    refuse_deleting(address)
    migrations.downgrade(address, BEFORE)
    refuse_deleting(address)
    with migrations.migrating(address) as connection:
        kept = connection.scalars(sa.select(table(connection, "link_changes").c.reason)).all()
        assert kept == ["face_matched"]
        assert len(connection.execute(sa.select(table(connection, "links"))).all()) == 1
    migrations.upgrade(address, AFTER)


def refuse_deleting(address: str) -> None:
    with (
        pytest.raises(DBAPIError, match="never changed"),
        migrations.migrating(address) as connection,
    ):
        connection.execute(sa.text("DELETE FROM link_changes"))
