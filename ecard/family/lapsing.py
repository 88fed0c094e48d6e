"""When an application lapses, and the reminders before it does."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ecard import outbox
from ecard.call import Call
from ecard.family.models import Link

REMINDER_DAYS = (4, 1)


def prolong(session: Session, call: Call, link: Link, until: datetime) -> None:
    """Keep a locked application open until then at least; its reminders move with it."""
    link.lapses_at = max(link.lapses_at, until)
    plan_reminders(session, call, link)


def plan_reminders(session: Session, call: Call, link: Link) -> None:
    for days_left in REMINDER_DAYS:
        _plan_reminder(session, call, link, days_left)


def _plan_reminder(session: Session, call: Call, link: Link, days_left: int) -> None:
    at = link.lapses_at - timedelta(days=days_left)
    if at <= call.now:
        return
    outbox.enqueue(
        session,
        "link_reminder",
        f"link-reminder-{link.id}-{days_left}-{link.lapses_at.isoformat()}",
        now=call.now,
        run_at=at,
        link_id=str(link.id),
        days_left=days_left,
    )
