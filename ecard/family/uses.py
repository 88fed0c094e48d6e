"""An unused link: when it was last used, the warning to both sides, and its end.

A use is something that the holder did on the link. An unused link ends only after the warning: if
no job ran for a while, the warning is sent late, and the end moves with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.family import policy as rules
from ecard.family.links import lock_link, policy_of, relative_told, tell_relative, terms_of, typed
from ecard.family.models import Link, LinkUse
from ecard.messages import service as messages
from ecard.persons.policy import local_day, months_after
from ecard.policy import service as policies

SLACK_DAYS = 3
"""Months differ in length and places in their day: what the rough look lets through too early."""


def note_use(session: Session, call: Call, link_id: uuid.UUID) -> None:
    """The holder did something on a locked link: its months begin anew. At most once a day."""
    use = session.get(LinkUse, link_id, populate_existing=True)
    if use is None:
        return
    link = session.get_one(Link, link_id)
    zone = agencies.time_zone(session, link.region_id)
    if use.warned_at is None and local_day(call.now, zone) <= local_day(use.last_used_at, zone):
        return
    use.last_used_at, use.warned_at = max(call.now, use.last_used_at), None


def warn_unused(call: Call) -> int:
    """Warn both sides of links that are about to end unused; returns how many were warned."""
    with call.db.read() as session:
        waiting = list(_long_unused(session, call, warned=False))
    return sum(_warn(call, link_id) for link_id in waiting)


def warned_and_over(session: Session, call: Call) -> list[uuid.UUID]:
    """Links that were warned and may have ended unused by now."""
    return list(_long_unused(session, call, warned=True))


def _long_unused(session: Session, call: Call, *, warned: bool) -> Iterator[uuid.UUID]:
    """Active links, roughly: region by region, since each has its own months."""
    for region_id in agencies.region_ids(session):
        policy = policies.current(session, region_id, call.now)
        ahead = timedelta(days=policy.unused_warning_days + SLACK_DAYS)
        day = months_after((call.now + ahead).date(), -policy.unused_months)
        before = datetime.combine(day, call.now.timetz())
        known = LinkUse.warned_at.is_not(None) if warned else LinkUse.warned_at.is_(None)
        query = sa.select(LinkUse.link_id).join(Link, Link.id == LinkUse.link_id)
        query = query.where(Link.region_id == region_id, LinkUse.last_used_at < before, known)
        yield from session.scalars(query.order_by(LinkUse.last_used_at))


def _warn(call: Call, link_id: uuid.UUID) -> bool:
    with call.db.write() as session:
        link = lock_link(session, link_id)
        use = session.get(LinkUse, link_id, populate_existing=True)
        if use is None or use.warned_at is not None or not _worth_warning(session, call, link, use):
            return False
        use.warned_at = call.now
        session.flush()
        _tell_both(session, call.as_system(), link)
        session.commit()
    return True


def _worth_warning(session: Session, call: Call, link: Link, use: LinkUse) -> bool:
    zone, policy = agencies.time_zone(session, link.region_id), policy_of(session, call, link)
    due = rules.due_move(link.state, terms_of(session, call, link), call.now)
    return due is None and rules.warn_of_idleness_at(use.last_used_at, zone, policy) <= call.now


def _tell_both(session: Session, call: Call, link: Link) -> None:
    until = terms_of(session, call, link).unused_until
    name = typed(session, call, link)[0] or ""
    messages.notify(session, call, link.holder_id, "link_unused", name=name, until=until)
    if relative_told(session, link) is not None:
        tell_relative(session, call, link, "link_unused_relative", until=until)
    audit.record(session, call, "link.unused_warned", "link", link.id, acting_for=link.relative_id)
