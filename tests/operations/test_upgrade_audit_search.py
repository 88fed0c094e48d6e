"""The migration of the audit search: the record stays as it was, both ways, and is found faster."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table

BEFORE, AFTER = "0013", "0014"
SEARCHED = {"ix_audit_rows_actor_seq", "ix_audit_rows_case_seq"}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def indexes(connection: sa.Connection) -> set[str]:
    return {str(one["name"]) for one in sa.inspect(connection).get_indexes("audit_rows")}


def test_the_record_stays_as_it_was_and_is_searched_by_actor_and_case(address: str) -> None:
    migrations.upgrade(address, BEFORE)
    words = ("actor_kind", "channel", "action", "object_kind", "outcome", "request_id")
    row = dict.fromkeys((*words, "prev_mac", "mac"), "x") | {"seq": 1, "at": datetime.now(UTC)}
    with migrations.migrating(address) as connection:
        connection.execute(sa.insert(table(connection, "audit_rows")).values(row))
    for revision, there in ((AFTER, SEARCHED), (BEFORE, set())):
        step = migrations.upgrade if there else migrations.downgrade
        step(address, revision)
        with migrations.migrating(address) as connection:
            kept = connection.execute(sa.select(table(connection, "audit_rows"))).one()
            assert (kept.seq, kept.mac) == (1, "x")
            assert indexes(connection) & SEARCHED == there
