"""The migration of own data: people of before are written to as the registry says."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table, typed, write_document

BEFORE, AFTER = "0008", "0009"
NOW = datetime(2026, 11, 27, tzinfo=UTC)
NEW = {"data_corrections", "face_withdrawals", "face_withdrawal_files", "face_erasures"}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def test_people_of_before_stay_up_and_down_and_have_chosen_no_language(address: str) -> None:
    migrations.upgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        write_document(connection)
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        people = table(connection, "persons")
        kept = connection.execute(sa.select(people.c.chosen_language, people.c.version)).all()
        assert [tuple(row) for row in kept] == [(None, 1)]
        assert set(sa.inspect(connection).get_table_names()) >= NEW
    migrations.downgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        assert not NEW & set(sa.inspect(connection).get_table_names())
        assert connection.scalars(sa.select(table(connection, "persons").c.registry_ref)).all() == [
            "p"
        ]


def test_withdrawals_are_protected_by_the_migration_itself(address: str) -> None:
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        write_document(connection)
        found = table(connection, "face_withdrawals")
        person = uuid.UUID(str(connection.scalar(sa.select(table(connection, "persons").c.id))))
        values = {
            "id": uuid.uuid4(),
            "person_id": person,
            "link_ids": {},
            "given_by": "person",
            "actor_id": person,
            "channel": "app",
            "at": NOW,
        }
        connection.execute(sa.insert(typed(found, values)).values(values))
    with (
        pytest.raises(DBAPIError, match="never changed"),
        migrations.migrating(address) as connection,
    ):
        connection.execute(sa.text("DELETE FROM face_withdrawals"))
