"""When an application lapses, a child comes of age, a link ends: the messages before that."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import outbox
from ecard.call import Call
from ecard.family.models import Link, LinkChange
from ecard.policy.policy import Policy

REMINDER_DAYS = (4, 1)
"""Days before an application lapses."""
COMING_OF_AGE_DAYS = (90, 30, 7)
"""Days before the birthday on which acting stops (mission.md, "Growing up")."""
LAST_DAY_DAYS = (30, 7)
"""Days before the end of a link's last day."""


def prolong(session: Session, call: Call, link: Link, until: datetime) -> None:
    """Keep a locked application open until then at least; its reminders move with it."""
    link.lapses_at = max(link.lapses_at, until)
    plan_reminders(session, call, link)


def longest_for_code(session: Session, link: Link, policy: Policy) -> datetime:
    """Until when codes for the counter may keep an application open: it cannot be kept for ever.

    The application's days since its last move, and the life of one code.
    """
    query = sa.select(sa.func.max(LinkChange.at)).where(LinkChange.link_id == link.id)
    moved = session.scalar(query) or link.opened_at
    return moved + timedelta(days=policy.application_days + policy.counter_code_days)


def plan_reminders(session: Session, call: Call, link: Link) -> None:
    """Plan what the holder is told before an application lapses."""
    _plan(session, call, link, "link_reminder", link.lapses_at, REMINDER_DAYS)


def plan_coming_of_age(session: Session, call: Call, link: Link) -> None:
    """Plan what both sides are told before the child's birthday on which acting stops."""
    if link.acts_until is None:
        return
    _plan(session, call, link, "coming_of_age", link.acts_until, COMING_OF_AGE_DAYS)


def plan_last_day(session: Session, call: Call, link: Link, until: datetime) -> None:
    """Plan what both sides are told before ``until``, the end of the link's last day."""
    _plan(session, call, link, "last_day", until, LAST_DAY_DAYS)


def _plan(
    session: Session,
    call: Call,
    link: Link,
    kind: str,
    until: datetime,
    before_days: tuple[int, ...],
) -> None:
    for days_left in before_days:
        at = until - timedelta(days=days_left)
        if at > call.now:
            outbox.enqueue(
                session,
                kind,
                f"{kind.replace('_', '-')}-{link.id}-{days_left}-{until.isoformat()}",
                now=call.now,
                run_at=at,
                link_id=str(link.id),
                days_left=days_left,
            )
