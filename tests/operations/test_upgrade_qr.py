"""The migration of QR codes: what was there stays, and codes have their tables."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table, write_document

BEFORE, AFTER = "0004", "0005"
NEW = {"qr_keys", "qr_codes"}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def test_documents_of_before_are_kept_and_codes_have_their_tables(address: str) -> None:
    migrations.upgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        document = write_document(connection)
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        kept = connection.scalars(sa.select(table(connection, "documents").c.id)).all()
        assert [uuid.UUID(str(one)) for one in kept] == [document]
        assert set(sa.inspect(connection).get_table_names()) >= NEW
    migrations.downgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        assert not NEW & set(sa.inspect(connection).get_table_names())
