"""Cursor pagination: newest first, a stable key, an opaque cursor."""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.errors import InvalidInput

LARGEST = 2**63 - 1
"""Of a row's number, in either database."""


@dataclass(frozen=True, slots=True)
class Page:
    """Items and the cursor of the next page, or None at the end."""

    items: list[Any]
    next_cursor: str | None


def read_page(
    session: Session,
    query: sa.Select[Any],
    at: Any,
    row_id: Any,
    *,
    cursor: str | None,
    limit: int,
) -> Page:
    """One page of ``query`` ordered by (at, id) descending, after ``cursor``."""
    if cursor:
        before_at, before_id = _read(cursor)
        query = query.where(sa.or_(at < before_at, sa.and_(at == before_at, row_id < before_id)))
    rows = list(session.scalars(query.order_by(at.desc(), row_id.desc()).limit(limit + 1)))
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    return Page(rows[:limit], _write(getattr(last, at.key), getattr(last, row_id.key)))


def read_numbered_page(
    session: Session, query: sa.Select[Any], number: Any, *, cursor: str | None, limit: int
) -> Page:
    """One page of rows that have a number of their own, the highest first, after ``cursor``."""
    if cursor:
        query = query.where(number < _read_number(cursor))
    rows = list(session.scalars(query.order_by(number.desc()).limit(limit + 1)))
    if len(rows) <= limit:
        return Page(rows, None)
    return Page(rows[:limit], _encoded(str(getattr(rows[limit - 1], number.key))))


def _write(at: datetime, row_id: uuid.UUID) -> str:
    return _encoded(f"{at.isoformat()}|{row_id}")


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _decoded(cursor: str) -> str:
    return base64.urlsafe_b64decode(cursor.encode()).decode()


def _read_number(cursor: str) -> int:
    try:
        number = int(_decoded(cursor))
    except ValueError as error:  # binascii.Error is one
        raise _unknown() from error
    if not 0 <= number <= LARGEST:
        raise _unknown()
    return number


def _read(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        at, row_id = _decoded(cursor).split("|")
        when = datetime.fromisoformat(at)
        if when.tzinfo is None:
            raise ValueError("a cursor carries its zone")
        return when.astimezone(UTC), uuid.UUID(row_id)
    except (ValueError, OverflowError, binascii.Error) as error:  # past either end of the calendar
        raise _unknown() from error


def _unknown() -> InvalidInput:
    return InvalidInput(fields={"cursor": ["unknown_cursor"]})
