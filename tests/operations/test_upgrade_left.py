"""The migration of what was left: withdrawals of before stay, and nobody changes them; videos that
confirm a link have no place before it."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table, write_document
from tests.operations.test_upgrade_life import write, write_link

BEFORE, AFTER = "0011", "0012"
NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def write_withdrawal(connection: sa.Connection) -> None:
    write_document(connection)
    person = uuid.UUID(str(connection.scalar(sa.select(table(connection, "persons").c.id))))
    of_person = {"person_id": person, "actor_id": person, "given_by": "person"}
    write(
        connection,
        "face_withdrawals",
        **{"id": uuid.uuid4(), **of_person, "link_ids": {}, "channel": "app", "at": NOW},
    )


def test_withdrawals_of_before_were_written_down_by_no_clerk_and_stay_protected(
    address: str,
) -> None:
    migrations.upgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        write_withdrawal(connection)
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        kept = connection.execute(sa.select(table(connection, "face_withdrawals"))).one()
        assert (kept.given_by, kept.channel, kept.staff_id) == ("person", "app", None)
    refuse_deleting(address)
    migrations.downgrade(address, BEFORE)
    refuse_deleting(address)
    migrations.upgrade(address, AFTER)


def test_videos_of_before_stay_and_those_that_confirm_a_link_do_not_go_back(address: str) -> None:
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        write_document(connection)
        people = table(connection, "persons")
        ids = connection.execute(sa.select(people.c["id", "region_id"])).one()
        link = write_link(connection, *(uuid.UUID(str(one)) for one in ids), "active")
        video = {"id": uuid.uuid4(), "link_id": link, "digits": "1234"}
        write(connection, "digits_videos", **video, drawn_at=NOW, expires_at=NOW)
    migrations.downgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        assert connection.execute(sa.select(table(connection, "digits_videos"))).all() == []
        assert len(connection.execute(sa.select(table(connection, "links"))).all()) == 1
    migrations.upgrade(address, AFTER)


def refuse_deleting(address: str) -> None:
    with (
        pytest.raises(DBAPIError, match="never changed"),
        migrations.migrating(address) as connection,
    ):
        connection.execute(sa.text("DELETE FROM face_withdrawals"))
