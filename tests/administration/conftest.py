"""An empty installation: tables and keys, and nothing in them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard import tables
from ecard.config import Settings
from ecard.joined import Joined, join
from ecard.vault import create_keys
from tests import postgres
from tests.reused import ReusedDatabase
from tests.support import LIGHT, ON_POSTGRES, Clock, verifier


def bare(engine: sa.Engine) -> None:
    """Every table, without a row."""
    tables.metadata().create_all(engine)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Joined]:
    var = tmp_path / "var"
    (var / "db").mkdir(parents=True)
    create_keys(var / "keys")
    settings = Settings(var=var)
    if ON_POSTGRES:
        with postgres.fresh_database(bare) as address:
            yield from _joined(replace(settings, database_url=address))
    else:
        engine = sa.create_engine(settings.database_address)
        bare(engine)
        engine.dispose()
        yield from _joined(settings)


def _joined(settings: Settings) -> Iterator[Joined]:
    clock, database = Clock(), ReusedDatabase.on
    process = join(settings, now=clock, verifier=verifier, hasher=LIGHT, database=database)
    yield process
    process.db.close()
