"""The migration of services for a relative: what was there stays, and its tables come empty."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table, write_document

BEFORE, AFTER = "0005", "0006"
NEW = {
    "acts",
    "benefit_watches",
    "certification_cases",
    "certification_codes",
    "certifications",
    "recorded_deaths",
    "reinstatements",
    "registry_balances",
    "registry_benefits",
    "registry_contributions",
    "rights_certificates",
}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def test_people_of_before_stay_and_nothing_was_done_for_them_yet(address: str) -> None:
    migrations.upgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        document = write_document(connection)
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        kept = connection.scalars(sa.select(table(connection, "documents").c.id)).all()
        assert [uuid.UUID(str(one)) for one in kept] == [document]
        for name in NEW:
            assert connection.execute(sa.select(table(connection, name))).all() == [], name
    migrations.downgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        assert NEW.isdisjoint(sa.inspect(connection).get_table_names())
