"""A joined process on a database that migrations made, for tests of what runs around requests."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard import migrations
from ecard.config import Settings
from ecard.joined import Joined, join
from ecard.vault import create_keys
from tests import postgres
from tests.support import ON_POSTGRES, Clock, verifier


def migrated(engine: sa.Engine) -> None:
    """Build a database as an operator does: by its migrations."""
    migrations.upgrade(engine.url)


@contextmanager
def new_database(folder: Path) -> Iterator[str]:
    """The address of an empty database of the kind under test."""
    if ON_POSTGRES:
        with postgres.fresh_database(postgres.empty) as address:
            yield address
    else:
        (folder / "db").mkdir(parents=True, exist_ok=True)
        yield f"sqlite:///{folder / 'db' / 'ecard.sqlite3'}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a process whose database is up to date and whose keys are there."""
    var = tmp_path / "var"
    var.mkdir(mode=0o700)
    create_keys(var / "keys")
    plain = Settings(var=var)
    if ON_POSTGRES:
        with postgres.fresh_database(migrated) as address:
            yield replace(plain, database_url=address)
    else:
        shutil.copytree(_migrated(), var / "db")
        yield plain


@cache
def _migrated() -> Path:
    """A database that migrations made, once per test process: each test has a copy."""
    made = Settings(
        var=Path(
            tempfile.mkdtemp(prefix="ecard-migrated-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
        )
    )
    atexit.register(shutil.rmtree, made.var, ignore_errors=True)
    (made.var / "db").mkdir()
    migrations.upgrade(made.database_address)
    return made.var / "db"


@pytest.fixture
def joined(settings: Settings, clock: Clock) -> Iterator[Joined]:
    process = join(settings, now=clock, verifier=verifier)
    yield process
    process.db.close()
