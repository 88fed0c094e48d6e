"""When an application lapses, or a child comes of age, and the messages before that."""

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


def plan_coming_of_age(session: Session, call: Call, link: Link) -> None:
    """Plan what both sides are told before the child's birthday on which acting stops."""
    if link.acts_until is None:
        return
    for days_left in COMING_OF_AGE_DAYS:
        at = link.acts_until - timedelta(days=days_left)
        if at > call.now:
            outbox.enqueue(
                session,
                "coming_of_age",
                f"coming-of-age-{link.id}-{days_left}-{link.acts_until.isoformat()}",
                now=call.now,
                run_at=at,
                link_id=str(link.id),
                days_left=days_left,
            )
