"""What is kept about a person: each feature says it of its own tables, all in one form.

``kept_about(session, call, whose, most)`` of a feature's service gives category → what there is.
``own_data`` puts them together. Who reads somebody else's data sees what concerns their own link,
and nobody sees in it what their side of a link may not see elsewhere.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

Fact = str | int | bool | list[str] | None


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose data is read, and by whom."""

    person_id: uuid.UUID
    reader_id: uuid.UUID
    link_id: uuid.UUID | None = None
    """The guardian's own link; None: the person reads for themselves."""

    def on(self, link_id: Any) -> sa.ColumnElement[bool]:
        """For a query: everything for the person, of the guardian's own link for the guardian."""
        return sa.true() if self.link_id is None else link_id == self.link_id

    @property
    def themselves(self) -> sa.ColumnElement[bool]:
        """For a query: what only the person reads."""
        return sa.true() if self.link_id is None else sa.false()


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing that is kept."""

    id: str
    at: datetime
    kept_until: datetime | None
    """None: no time is set for it."""
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Category:
    """All of a kind: how many there are, and the newest of them."""

    total: int
    items: list[Kept]


Categories = Mapping[str, Category]


def kept(
    row_id: uuid.UUID | str, at: datetime, kept_until: datetime | None = None, /, **facts: object
) -> Kept:
    """One thing; times and ids among its facts become text."""
    return Kept(str(row_id), at, kept_until, {name: _plain(fact) for name, fact in facts.items()})


def _plain(fact: object) -> Fact:
    if isinstance(fact, date):  # a datetime is one
        return fact.isoformat()
    if isinstance(fact, list | tuple):
        return [str(one) for one in fact]
    return fact if fact is None or isinstance(fact, str | int) else str(fact)


def category(
    session: Session,
    query: sa.Select[Any],
    at: Any,
    row_id: Any,
    item: Callable[[Any], Kept],
    most: int | None,
) -> Category:
    """How many rows a query has, and the newest ``most`` of them (None: all)."""
    counted = sa.select(sa.func.count()).select_from(query.with_only_columns(row_id).subquery())
    rows = session.scalars(query.order_by(at.desc(), row_id.desc()).limit(most))
    return Category(session.scalar(counted) or 0, [item(row) for row in rows])
