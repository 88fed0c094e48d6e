"""The migration of challenges: sessions and tries of before stay."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table, typed, write_document

BEFORE, AFTER = "0003", "0004"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def write_attempt(connection: sa.Connection) -> uuid.UUID:
    """A try in a capture session, as it was written before."""
    write_document(connection)
    person = connection.scalars(sa.select(table(connection, "persons").c.id)).one()
    region = connection.scalars(sa.select(table(connection, "regions").c.id)).one()
    link, session, attempt = (uuid.uuid4() for _ in range(3))
    now = datetime.now(UTC)
    rows = {
        "links": {
            "id": link,
            "holder_id": uuid.UUID(str(person)),
            "region_id": uuid.UUID(str(region)),
            "state": "awaiting_face",
            "face_subject": "relative",
            "route": "face",
            "scopes": [],
            "opened_at": now,
            "lapses_at": now,
            "version": 1,
        },
        "capture_sessions": {
            "id": session,
            "link_id": link,
            "token_hash": "t",
            "via": "own",
            "challenge": "c",
            "language": "en",
            "opened_at": now,
            "expires_at": now,
            "unusable": 0,
        },
        "attempts": {
            "id": attempt,
            "link_id": link,
            "capture_session_id": session,
            "reserved_at": now,
        },
    }
    for name, values in rows.items():
        connection.execute(sa.insert(typed(table(connection, name), values)).values(values))
    return attempt


def columns(connection: sa.Connection, name: str) -> set[str]:
    return {one["name"] for one in sa.inspect(connection).get_columns(name)}


def test_sessions_and_tries_of_before_are_kept_up_and_down(address: str) -> None:
    migrations.upgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        attempt = write_attempt(connection)
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        tries = table(connection, "attempts")
        kept = connection.execute(sa.select(tries.c.id, tries.c.challenge_id)).all()
        assert [(uuid.UUID(str(one)), challenge) for one, challenge in kept] == [(attempt, None)]
        assert "challenge" not in columns(connection, "capture_sessions")
    migrations.downgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        tables = sa.inspect(connection).get_table_names()
        assert not {"capture_challenges", "capture_prints"} & set(tables)
        assert "challenge" in columns(connection, "capture_sessions")
        assert len(connection.execute(sa.select(table(connection, "attempts").c.id)).all()) == 1
