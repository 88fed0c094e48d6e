"""Limits that are counted against a person, a number or an application: rows, exact in parallel.

``spend`` locks the subject's row, so of N parallel tries exactly the allowed number pass, on
SQLite and on PostgreSQL, over any number of workers, and the count survives a restart.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecard.db import Base, Code, Database, Id, Index


class LimitSubject(Base):
    """What a limit is counted against; the row exists to be locked."""

    __tablename__ = "limit_subjects"
    kind: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(120), primary_key=True)


class LimitTry(Base):
    """One counted try. Swept when it is older than the longest window."""

    __tablename__ = "limit_tries"
    __table_args__ = (sa.Index("ix_limit_tries_subject", "kind", "subject", "at"),)
    id: Mapped[Id]
    kind: Mapped[Code]
    subject: Mapped[str] = mapped_column(sa.String(120))
    detail: Mapped[Index] = mapped_column(default="")
    at: Mapped[datetime]


def lock(session: Session, kind: str, subject: object) -> None:
    """Hold the subject's row until the transaction ends; creates it on first use."""
    values = {"kind": kind, "subject": str(subject)}
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(LimitSubject).values(values).on_conflict_do_nothing()
    held = sa.select(LimitSubject.kind).filter_by(**values).with_for_update()
    session.execute(insert)
    while session.scalar(held) is None:  # swept between the two statements
        session.execute(insert)


def tries(session: Session, kind: str, subject: object, since: datetime) -> list[LimitTry]:
    """The tries counted against ``subject`` since a time, oldest first."""
    query = sa.select(LimitTry).filter_by(kind=kind, subject=str(subject))
    return list(session.scalars(query.where(LimitTry.at > since).order_by(LimitTry.at)))


def spend(
    session: Session,
    kind: str,
    subject: object,
    *,
    limit: int,
    window_seconds: int,
    now: datetime,
    detail: str = "",
    distinct: bool = False,
    try_id: uuid.UUID | None = None,
) -> int | None:
    """Count one try. Returns None when it is allowed, else the seconds until the next is.

    With ``distinct`` the limit is on different ``detail`` values (a repeated one is free).
    ``try_id`` names the try, for ``give_back``. The caller commits, also when it goes on to refuse.
    """
    lock(session, kind, subject)
    window = timedelta(seconds=window_seconds)
    spent = tries(session, kind, subject, now - window)
    if distinct and any(item.detail == detail for item in spent):
        return None
    if len(spent) >= limit:
        free_at = spent[len(spent) - limit].at + window
        return max(1, int((free_at - now).total_seconds()) + 1)
    try_id = try_id or uuid.uuid4()
    session.add(LimitTry(id=try_id, kind=kind, subject=str(subject), detail=detail, at=now))
    return None


def give_back(session: Session, *try_ids: uuid.UUID) -> None:
    """Forget tries that an outage of ours spent. Not committed."""
    session.execute(sa.delete(LimitTry).where(LimitTry.id.in_(try_ids)))


def return_tries(db: Database, *try_ids: uuid.UUID) -> None:
    """`give_back`, in a transaction of its own."""
    with db.write() as session:
        give_back(session, *try_ids)
        session.commit()


def sweep(session: Session, before: datetime) -> int:
    """Delete tries older than ``before``, and subjects without any; returns how many tries.

    A subject is a blind index of a number or an id: it must not outlive what was counted.
    """
    result = session.execute(sa.delete(LimitTry).where(LimitTry.at < before))
    counted = sa.exists().where(
        LimitTry.kind == LimitSubject.kind, LimitTry.subject == LimitSubject.subject
    )
    session.execute(sa.delete(LimitSubject).where(~counted))
    return int(result.rowcount)  # type: ignore[attr-defined]
