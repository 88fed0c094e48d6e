"""Bringing a database up to date, on SQLite and on PostgreSQL, and telling whether it is.

Everything happens in one transaction: an upgrade that fails leaves the database as it was. The
triggers that keep some tables append-only are set anew after every upgrade, because on SQLite a
changed table is a copied table and a copy has no triggers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import autogenerate, command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from ecard import immutable, tables

HOME = Path(__file__).parent
LOCK = 7_203_117
"""Number of the advisory lock under which one process at a time migrates a PostgreSQL database."""
LOCK_WAIT_SECONDS = 30
"""How long a migration waits for tables that are in use before it gives up, unchanged."""


def config(connection: sa.Connection | None = None, scripts: Path = HOME) -> Config:
    """Alembic's configuration; there is no ini file, the commands of ``python -m ecard`` are it."""
    made = Config()
    made.set_main_option("script_location", str(scripts).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    made.attributes["connection"] = connection
    return made


@contextmanager
def migrating(url: sa.URL | str) -> Iterator[sa.Connection]:
    """A connection in a transaction of its own, fit for changing tables; commits at the end."""
    url = sa.make_url(url)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    if url.get_backend_name() == "sqlite":
        sa.event.listen(engine, "connect", _sqlite_profile)
        sa.event.listen(engine, "begin", _begin_immediate)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                _prepare_postgresql(connection)
            yield connection
            _check_foreign_keys(connection)
    finally:
        engine.dispose()


def upgrade(url: sa.URL | str, revision: str = "head", scripts: Path = HOME) -> None:
    """Bring the database up to ``revision``."""
    with migrating(url) as connection:
        command.upgrade(config(connection, scripts), revision)
        there = sa.inspect(connection).get_table_names()
        immutable.protect(connection, [table for table in immutable.TABLES if table in there])


def downgrade(url: sa.URL | str, revision: str, scripts: Path = HOME) -> None:
    """Take the database down to ``revision`` (``base``: no tables)."""
    with migrating(url) as connection:
        command.downgrade(config(connection, scripts), revision)


@cache
def heads(scripts: Path = HOME) -> tuple[str, ...]:
    """The newest revision, as the code knows it; empty while there is none."""
    return tuple(ScriptDirectory.from_config(config(scripts=scripts)).get_heads())


def present(connection: sa.Connection) -> tuple[str, ...]:
    """The revision that the database is at; empty where it was never migrated."""
    return tuple(MigrationContext.configure(connection).get_current_heads())


def drift(connection: sa.Connection) -> list[Any]:
    """How the tables differ from the models: Alembic's list of changes, empty when they agree."""
    options = {"compare_type": True, "render_as_batch": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(autogenerate.compare_metadata(context, tables.metadata()))


def write_revision(url: sa.URL | str, message: str, scripts: Path = HOME) -> Path:
    """Write the migration from the database's state to the models; returns the file."""
    number = f"{len(list((scripts / 'versions').glob('*.py'))) + 1:04}"
    with migrating(url) as connection:
        made = command.revision(
            config(connection, scripts), message, autogenerate=True, rev_id=number
        )
    heads.cache_clear()
    if made is None or isinstance(made, list):
        raise TypeError("one revision was asked for")
    return Path(made.path)


def _sqlite_profile(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    # off: dropping the old copy of a changed table must not reach into the tables that refer to it
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare_postgresql(connection: sa.Connection) -> None:
    connection.exec_driver_sql("SET statement_timeout = 0")
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_WAIT_SECONDS}s'")
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


def _check_foreign_keys(connection: sa.Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise sa.exc.IntegrityError(f"a row of {broken[0]} points nowhere", None, ValueError())
