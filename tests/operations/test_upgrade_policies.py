"""The migration of policies: a rule that came later is there for whoever set all others."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table
from tests.operations.test_upgrade_life import write

RULES = [("0014", "0015", "end_date_most_months", 120), ("0015", "0016", "end_date_order_days", 7)]
NOW = datetime(2026, 11, 27, tzinfo=UTC)
MINISTRY, CITY, STRICT = (uuid.uuid4() for _ in range(3))
SET: dict[uuid.UUID, dict[str, int]] = {MINISTRY: {"cap": 5}, CITY: {"cap": 3}}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def write_regions(connection: sa.Connection, rule: str) -> None:
    for code, region, parent in (("m", MINISTRY, None), ("c", CITY, MINISTRY), ("s", STRICT, None)):
        level = "city" if parent else "ministry"
        about = {"id": region, "code": code, "level": level, "parent_id": parent}
        write(connection, "regions", **about, names={}, time_zone="UTC")
        dated = {"region_id": region, "effective_from": NOW, "created_at": NOW}
        write(connection, "policies", id=uuid.uuid4(), **dated, values=SET.get(region, {rule: 12}))


def rules(address: str) -> dict[uuid.UUID, dict[str, object]]:
    with migrations.migrating(address) as connection:
        there = table(connection, "policies")
        rows = connection.execute(sa.select(there.c.region_id, there.c["values"])).all()
    typed = sa.JSON().result_processor(sa.create_engine("sqlite://").dialect, None)
    return {
        uuid.UUID(str(region)): typed(values) if isinstance(values, str) else values
        for region, values in rows
    }


@pytest.mark.parametrize(("before", "after", "rule", "value"), RULES)
def test_a_ministrys_policy_gets_the_rule_where_it_had_none_and_keeps_its_own(
    address: str, before: str, after: str, rule: str, value: int
) -> None:
    migrations.upgrade(address, before)
    with migrations.migrating(address) as connection:
        write_regions(connection, rule)
    migrations.upgrade(address, after)
    found = rules(address)
    assert found[MINISTRY] == {"cap": 5, rule: value}
    assert found[CITY] == {"cap": 3}
    assert found[STRICT] == {rule: 12}
    migrations.downgrade(address, before)
    assert all(rule not in values for values in rules(address).values())
