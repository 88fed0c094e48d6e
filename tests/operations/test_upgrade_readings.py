"""The migration of readings: documents of before stay, and count as not read."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table, write_document

BEFORE, AFTER = "0002", "0003"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def test_documents_of_before_are_kept_and_were_not_read(address: str) -> None:
    migrations.upgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        document = write_document(connection)
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        kept = connection.scalars(sa.select(table(connection, "documents").c.id)).all()
        assert [uuid.UUID(str(one)) for one in kept] == [document]
        assert connection.execute(sa.select(table(connection, "document_readings"))).all() == []
    migrations.downgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        assert "document_readings" not in sa.inspect(connection).get_table_names()
