"""The outbox: a jobs table with leases is the truth of what is still to be done.

A service enqueues in its own transaction, so a job exists exactly when its cause does. A worker
takes jobs under a lease; a job whose worker died is taken again when the lease ends. Payloads
carry ids and codes only, never a person's particulars.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecard.db import Base, Code, Id, Json


class Job(Base):
    """One thing to do. ``key`` makes enqueuing the same thing twice harmless."""

    __tablename__ = "jobs"
    __table_args__ = (sa.Index("ix_jobs_due", "state", "run_at"),)
    id: Mapped[Id]
    key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    kind: Mapped[Code]
    payload: Mapped[Json]
    state: Mapped[Code]
    """waiting, done or parked."""
    run_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(sa.String(120))
    """Code of the last failure; never a message with data in it."""
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


def enqueue(
    session: Session,
    kind: str,
    key: str,
    *,
    now: datetime,
    run_at: datetime | None = None,
    **payload: Any,
) -> None:
    """Add a job in the caller's transaction; a second one with the same key is ignored."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = {
        "id": uuid.uuid4(),
        "key": key,
        "kind": kind,
        "payload": payload,
        "state": "waiting",
        "run_at": run_at or now,
        "tries": 0,
        "created_at": now,
    }
    session.execute(dialect.insert(Job).values(values).on_conflict_do_nothing())


def take(session: Session, *, now: datetime, lease_seconds: int) -> Job | None:
    """Lease the next due job, or None. The caller commits before it works."""
    due = sa.and_(
        Job.state == "waiting",
        Job.run_at <= now,
        sa.or_(Job.lease_until.is_(None), Job.lease_until < now),
    )
    query = sa.select(Job).where(due).order_by(Job.run_at).limit(1)
    job = session.scalar(query.with_for_update(skip_locked=True))
    if job is not None:
        job.lease_until = now + timedelta(seconds=lease_seconds)
        job.tries += 1
    return job


def settle(
    session: Session,
    job_id: uuid.UUID,
    *,
    now: datetime,
    error: str | None,
    tries_max: int,
    longest_pause_seconds: int,
) -> None:
    """Mark a leased job done, or wait for the next try, or park it after ``tries_max``.

    Pauses between tries double up to the longest: ten tries bear an outage of some hours.
    """
    job = session.get(Job, job_id, with_for_update=True)
    if job is None or job.state != "waiting":
        return  # its lease had run out and somebody else has settled it
    job.lease_until, job.error = None, error
    if error is None:
        job.state, job.done_at = "done", now
    elif job.tries >= tries_max:
        job.state = "parked"
    else:
        job.run_at = now + timedelta(seconds=min(longest_pause_seconds, 10 * 2**job.tries))
