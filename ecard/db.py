"""The database handle and the column types every model shares; nothing else.

SQLite runs with WAL, ``synchronous=FULL`` and ``BEGIN IMMEDIATE`` for every writing session: with
deferred transactions read-then-write loses updates or ends in "database is locked". PostgreSQL
uses READ COMMITTED and row locks (``with_for_update``), which SQLite ignores.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite has no zones, so it keeps the naive UTC value."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time has no place in the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table's base; names of constraints are fixed so that migrations can address them."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime(), uuid.UUID: sa.Uuid()}


Row = TypeVar("Row", bound=Base)


def held(session: Session, kind: type[Row], key: object) -> Row | None:
    """``session.get``, asked of the database once: a session forgets rows that nobody else holds.

    For what nearly every rule needs and nobody else changes meanwhile: regions, persons, keys.
    """
    row = session.get(kind, key)
    if row is not None:
        session.info.setdefault("held", set()).add(row)
    return row


Id = Annotated[uuid.UUID, mapped_column(primary_key=True, default=uuid.uuid4)]
Code = Annotated[str, mapped_column(sa.String(64))]
Sealed = Annotated[bytes, mapped_column(sa.LargeBinary)]
Index = Annotated[str, mapped_column(sa.String(80))]
Json = Annotated[dict[str, Any], mapped_column(sa.JSON)]


OUT_OF_ROOM = {"SQLITE_FULL", "53100"}
"""What SQLite and PostgreSQL call a disk without room."""


def is_out_of_room(error: SQLAlchemyError) -> bool:
    """Whether the database could not write because its disk is full."""
    return isinstance(error, DBAPIError) and _name_of(error) in OUT_OF_ROOM


OUT_OF_TURN = {"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "57014", "55P03", "40P01", "40001", "53300"}
"""What they call a wait for others that took too long: for the lock, a row, a connection."""


def is_out_of_turn(error: SQLAlchemyError) -> bool:
    """Whether others kept the database busy for longer than anybody waits."""
    if isinstance(error, PoolTimeout):
        return True
    return isinstance(error, DBAPIError) and _name_of(error) in OUT_OF_TURN


def _name_of(error: DBAPIError) -> str | None:
    """The database's own name for what went wrong."""
    known = (getattr(error.orig, name, None) for name in ("sqlite_errorname", "sqlstate"))
    return next((name for name in known if name), None)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections there are, and how long anybody waits for the database."""

    pool_size: int = 10
    statement_seconds: float = 2.5
    """Longest statement on PostgreSQL, waiting for a row's lock included."""
    wait_seconds: float = 15.0
    """How long a transaction waits for its turn to write on SQLite: all writers share one lock."""


class Database:
    """One engine for writing and, on SQLite, a second one whose sessions take no write lock."""

    def __init__(self, url: str, bounds: Bounds | None = None) -> None:
        bounds = bounds or Bounds()
        self.url = sa.make_url(url)
        self.engine = _engine(self.url, bounds, immediate=True)
        same = self.url.get_backend_name() != "sqlite"
        self._reading = self.engine if same else _engine(self.url, bounds, immediate=False)
        self._write = sessionmaker(self.engine, expire_on_commit=False)
        self._read = sessionmaker(self._reading, expire_on_commit=False)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that may write. The service commits in a visible line; else it rolls back."""
        with self._write() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads; what it was asked to write is never committed."""
        with self._read() as session:
            yield session

    def commits(self) -> int:
        """How many transactions this thread has committed: whether anything was done since."""
        return getattr(_committed, "count", 0)

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()
        self._reading.dispose()


_committed = threading.local()


@event.listens_for(Session, "after_commit")
def _count_commit(_session: Session) -> None:
    _committed.count = getattr(_committed, "count", 0) + 1


def _engine(url: sa.URL, bounds: Bounds, *, immediate: bool) -> Engine:
    size = bounds.pool_size
    if url.get_backend_name() != "sqlite":
        longest = f"-c statement_timeout={round(bounds.statement_seconds * 1000)}"
        return sa.create_engine(
            url,
            pool_size=size,
            max_overflow=size,
            pool_pre_ping=True,
            connect_args={"options": longest},
        )
    wait = {"timeout": bounds.wait_seconds}
    engine = sa.create_engine(url, pool_size=size, max_overflow=4 * size, connect_args=wait)
    event.listen(engine, "connect", _sqlite_profile)
    begin = "BEGIN IMMEDIATE" if immediate else "BEGIN"

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "begin", start)
    return engine


def _sqlite_profile(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
