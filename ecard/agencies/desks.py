"""What a region's desk is told: written through the outbox, read by the staff of that region."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import outbox
from ecard.agencies.models import DeskMessage
from ecard.agencies.regions import time_zone
from ecard.call import Call
from ecard.locale import last_day_before, sentence, written_day
from ecard.pages import Page, read_page
from ecard.sweeping import in_batches

JOB = "tell_desk"


@dataclass(frozen=True, slots=True)
class DeskMessageView:
    """A message to the desk, in the reader's language."""

    id: uuid.UUID
    kind: str
    subject_id: uuid.UUID
    text: str
    due_at: datetime | None
    at: datetime


def tell_desk(
    session: Session,
    call: Call,
    region_id: uuid.UUID,
    kind: str,
    subject_id: uuid.UUID,
    *,
    once: str = "",
    due_at: datetime | None = None,
) -> None:
    """Have the desk of a region told, once for what ``once`` names. Not committed.

    The text is the sentence ``desk.<kind>``; ``due_at`` is written for the region.
    """
    key = f"desk:{kind}:{subject_id}:{region_id}:{once}"
    outbox.enqueue(
        session,
        JOB,
        key,
        now=call.now,
        region_id=str(region_id),
        message=kind,
        subject_id=str(subject_id),
        due_at=due_at.isoformat() if due_at else None,
        once=key,
    )


def write_desk_message(
    call: Call, *, region_id: str, message: str, subject_id: str, due_at: str | None, once: str
) -> None:
    """Job: put one message on the desk, once."""
    with call.db.write() as session:
        if session.scalar(sa.select(DeskMessage.id).filter_by(key=once)) is not None:
            return
        session.add(
            DeskMessage(
                id=uuid.uuid4(),
                key=once,
                region_id=uuid.UUID(region_id),
                kind=message,
                subject_id=uuid.UUID(subject_id),
                due_at=datetime.fromisoformat(due_at) if due_at else None,
                at=call.now,
            )
        )
        session.commit()


def list_desk_messages(call: Call, *, cursor: str | None, limit: int) -> Page:
    """What the desk of the reader's own region was told, newest first."""
    table = DeskMessage
    query = sa.select(table).filter_by(region_id=call.staff.region_id)
    with call.db.read() as session:
        page = read_page(session, query, table.at, table.id, cursor=cursor, limit=limit)
        items = [_view(session, call, row) for row in page.items]
    return Page(items, page.next_cursor)


def _view(session: Session, call: Call, row: DeskMessage) -> DeskMessageView:
    due = ""
    if row.due_at is not None:
        end = row.due_at.astimezone(time_zone(session, row.region_id))
        due = written_day(last_day_before(end), call.language)
    text = sentence(f"desk.{row.kind}", call.language, due=due)
    return DeskMessageView(row.id, row.kind, row.subject_id, text, row.due_at, row.at)


def forget_desk_messages(call: Call, before: datetime) -> int:
    """Delete messages written before a time; returns how many."""
    return in_batches(call, sa.delete(DeskMessage), DeskMessage.at < before)


JOBS = {JOB: write_desk_message}
