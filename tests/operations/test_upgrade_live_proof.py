"""The migration of the live proof of life: consents and cases of before stay as they were."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table, typed, write_document

BEFORE, AFTER = "0007", "0008"
NEW = {"certification_captures", "certification_attempts", "certification_case_files"}
NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def write(connection: sa.Connection, name: str, **values: object) -> uuid.UUID:
    row = {"id": uuid.uuid4(), **values}
    connection.execute(sa.insert(typed(table(connection, name), row)).values(row))
    return row["id"]


def write_consent(connection: sa.Connection) -> uuid.UUID:
    """A consent, and a case, as they were written before."""
    write_document(connection)
    region = uuid.UUID(str(connection.scalar(sa.select(table(connection, "regions").c.id))))
    person = uuid.UUID(str(connection.scalar(sa.select(table(connection, "persons").c.id))))
    text = {"version": "1", "language": "en", "text_sha256": "0" * 64}
    notice = write(
        connection, "notices", region_id=region, kind="face_processing", title="", text="",
        effective_from=NOW, **text,
    )  # fmt: skip
    link = write(
        connection, "links", holder_id=person, region_id=region, state="active", version=1,
        scopes=[], opened_at=NOW, lapses_at=NOW, route="face", face_subject="relative",
    )  # fmt: skip
    write(
        connection, "certification_cases", person_id=person, region_id=region, kind="visit",
        opened_by=person, opened_at=NOW, opened_on=date(2026, 11, 27),
        counts_from=date(2026, 11, 27), grounds=b"", due_at=NOW, version=1,
    )  # fmt: skip
    return write(
        connection, "consents", link_id=link, number=1, kind="face_processing", decision="given",
        given_by="person", actor_kind="holder", notice_id=notice, at=NOW, **text,
    )  # fmt: skip


def consents(connection: sa.Connection) -> list[uuid.UUID]:
    found = connection.scalars(sa.select(table(connection, "consents").c.id))
    return [uuid.UUID(str(one)) for one in found]


def test_consents_stay_unchangeable_and_cases_have_no_reasons_of_a_machine(address: str) -> None:
    migrations.upgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        consent = write_consent(connection)
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        assert consents(connection) == [consent]
        (case,) = connection.execute(sa.select(table(connection, "certification_cases"))).all()
        assert (case.kind, str(case.reasons), str(case.facts)) == ("visit", "[]", "{}")
        assert set(sa.inspect(connection).get_table_names()) >= NEW
        with pytest.raises(DatabaseError, match="never changed"), connection.begin_nested():
            connection.execute(sa.delete(table(connection, "consents")))
    migrations.downgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        assert consents(connection) == [consent]
        assert NEW.isdisjoint(sa.inspect(connection).get_table_names())
