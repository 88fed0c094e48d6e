"""The migration of marks: the number by which a document was known stays known."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table, write_document

BEFORE, AFTER = "0006", "0007"
READINGS = sa.table(
    "document_readings",
    sa.column("document_id", sa.Uuid()),
    sa.column("read_at", sa.DateTime(timezone=True)),
    sa.column("turned", sa.Integer()),
    sa.column("hints", sa.JSON()),
    sa.column("number_mark", sa.String()),
)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def test_a_number_that_was_known_is_known_afterwards_and_again_before(address: str) -> None:
    migrations.upgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        document = write_document(connection)
        row = {"document_id": document, "read_at": datetime.now(UTC), "turned": 0, "hints": []}
        connection.execute(sa.insert(READINGS).values(number_mark="k:1", **row))
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        (mark,) = connection.execute(sa.select(table(connection, "document_marks"))).all()
        assert (uuid.UUID(str(mark.document_id)), mark.kind, mark.mark) == (
            document,
            "number",
            "k:1",
        )
    migrations.downgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        readings = table(connection, "document_readings")
        assert connection.scalars(sa.select(readings.c.number_mark)).all() == ["k:1"]
