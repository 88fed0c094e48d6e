"""The migration of the intake: documents of before stay, and are one page of one."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard import migrations
from ecard.db import UtcDateTime
from tests.operations.conftest import new_database

BEFORE, AFTER = "0001", "0002"
NEW = {"tried_pictures", "partial_uploads", "partial_upload_pieces"}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def table(connection: sa.Connection, name: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), autoload_with=connection)


def typed(found: sa.Table, values: dict[str, object]) -> sa.TableClause:
    """The table as its columns are meant; what is reflected from SQLite knows no ids."""
    meant = {uuid.UUID: sa.Uuid(), dict: sa.JSON(), datetime: UtcDateTime()}
    columns = [sa.column(n, meant.get(type(v), found.c[n].type)) for n, v in values.items()]
    return sa.table(found.name, *columns)


def write_document(connection: sa.Connection) -> uuid.UUID:
    """A document as it was written before."""
    region, person, document = (uuid.uuid4() for _ in range(3))
    now = datetime.now(UTC)
    rows = {
        "regions": {
            "id": region,
            "code": "xx",
            "level": "ministry",
            "names": {},
            "time_zone": "UTC",
        },
        "persons": {
            "id": person,
            "registry_ref": "p",
            "number_index": "i",
            "particulars": b"",
            "region_id": region,
            "created_at": now,
        },
        "documents": {
            "id": document,
            "holder_id": person,
            "kind": "passport",
            "pages": 1,
            "uploaded_at": now,
        },
    }
    for name, values in rows.items():
        connection.execute(sa.insert(typed(table(connection, name), values)).values(values))
    return document


def test_documents_of_before_are_kept_up_and_down(address: str) -> None:
    migrations.upgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        document = write_document(connection)
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        there = table(connection, "documents")
        kept = connection.execute(sa.select(there.c.id, there.c.pages_in_file)).all()
        assert [(uuid.UUID(str(found)), pages) for found, pages in kept] == [(document, 1)]
        assert set(sa.inspect(connection).get_table_names()) >= NEW
    migrations.downgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        assert connection.execute(sa.select(table(connection, "documents").c.id)).all()
        assert not NEW & set(sa.inspect(connection).get_table_names())
