"""The migration of transfers and card applications: cards of before stay, for no application."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table, typed

BEFORE, AFTER = "0009", "0010"
NEW = {
    "card_application_moves",
    "card_applications",
    "desk_messages",
    "registry_arrears",
    "registry_transfers",
    "transfer_moves",
    "transfers",
}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def write_card(connection: sa.Connection) -> uuid.UUID:
    """A card as it was written before."""
    person, card = uuid.uuid4(), uuid.uuid4()
    rows = {
        "registry_persons": {"id": person, "ref": "p", "number_index": "i", "record": b""},
        "registry_cards": {
            "id": card,
            "person_ref": "p",
            "card_number_index": "c",
            "record": b"",
            "state": "normal",
        },
    }
    for name, values in rows.items():
        connection.execute(sa.insert(typed(table(connection, name), values)).values(values))
    return card


def cards(connection: sa.Connection) -> list[uuid.UUID]:
    found = connection.scalars(sa.select(table(connection, "registry_cards").c.id))
    return [uuid.UUID(str(one)) for one in found]


def test_cards_of_before_stay_and_were_issued_for_no_application(address: str) -> None:
    migrations.upgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        card = write_card(connection)
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        assert cards(connection) == [card]
        there = table(connection, "registry_cards")
        assert connection.scalars(sa.select(there.c.issued_for)).all() == [None]
        for name in NEW:
            assert connection.execute(sa.select(table(connection, name))).all() == [], name
    migrations.downgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        assert cards(connection) == [card]
        assert NEW.isdisjoint(sa.inspect(connection).get_table_names())
