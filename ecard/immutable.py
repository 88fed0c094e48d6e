"""Rows that nobody changes, not even by mistake: the database itself refuses UPDATE and DELETE.

Triggers on both databases, made with the tables; the migration calls ``protect`` too. They stop
the application and whoever writes through it, not an administrator who drops the trigger: that is
what the audit chain and its anchors are for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from ecard.db import Base

TABLES = (
    "notices",
    "acknowledgements",
    "consents",
    "face_withdrawals",
    "face_withdrawal_files",
    "face_erasures",
    "link_changes",
    "decisions",
    "acts",
    "certifications",
    "transfer_moves",
    "card_application_moves",
    "audit_rows",
)
FUNCTION = "ecard_refuse_change"
MAKE_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' rows are never changed';
END $$"""


def protect(connection: sa.Connection, tables: Iterable[str] = TABLES) -> None:
    """Make the triggers of these tables, which must exist; making them twice is harmless."""
    postgres = connection.dialect.name == "postgresql"
    statements = _postgresql(tables) if postgres else _sqlite(tables)
    for statement in statements:
        connection.exec_driver_sql(statement)


def unprotect(connection: sa.Connection, tables: Iterable[str] = TABLES) -> None:
    """Take the triggers away: for a migration that rebuilds a table, which protects it again."""
    postgres = connection.dialect.name == "postgresql"
    for table in tables:
        for verb in ("update", "delete", "truncate") if postgres else ("update", "delete"):
            on = f" ON {table}" if postgres else ""
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {_name(table, verb)}{on}")


def _sqlite(tables: Iterable[str]) -> Iterator[str]:
    for table in tables:
        for verb in ("update", "delete"):
            yield (
                f"CREATE TRIGGER IF NOT EXISTS {_name(table, verb)} BEFORE {verb.upper()} "
                f"ON {table} BEGIN SELECT RAISE(ABORT, '{table} rows are never changed'); END"
            )


def _postgresql(tables: Iterable[str]) -> Iterator[str]:
    yield MAKE_FUNCTION
    for table in tables:
        for verb in ("update", "delete", "truncate"):
            yield (
                f"CREATE OR REPLACE TRIGGER {_name(table, verb)} BEFORE {verb.upper()} "
                f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}()"
            )


def _name(table: str, verb: str) -> str:
    return f"{table}_no_{verb}"


@event.listens_for(Base.metadata, "after_create")
def _protect_new(
    _metadata: sa.MetaData, connection: sa.Connection, tables: list[sa.Table], **_kw: Any
) -> None:
    protect(connection, [table.name for table in tables if table.name in TABLES])
