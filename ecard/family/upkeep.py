"""Jobs: reminders sent once, lapsed applications expired, what was typed forgotten."""

from __future__ import annotations

import math
import uuid
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import limits
from ecard.call import Call
from ecard.family import policy as rules
from ecard.family.applying import DAY_SECONDS
from ecard.family.caps import MONTH_DAYS
from ecard.family.last_day import tell_both as tell_both_of_last_day
from ecard.family.links import (
    due_move,
    ends_at,
    lock_link,
    move,
    policy_of,
    state_now,
    tell_relative,
    typed,
)
from ecard.family.models import EndDateOrder, Link, LinkChange, NotMeToken
from ecard.family.uses import warned_and_over
from ecard.messages import service as messages
from ecard.sweeping import in_batches

AT_ONCE = 500
"""Lapsed applications expired in one go."""


def remind(call: Call, link_id: str, days_left: int) -> None:
    """Job: tell the holder, once, that an application lapses soon; one prolonged has later jobs."""
    with call.db.write() as session:
        link = lock_link(session, uuid.UUID(link_id))
        left = link.lapses_at - call.now
        soon = timedelta(0) < left <= timedelta(days=days_left)
        if (
            not soon
            or link.state not in rules.APPLYING
            or _reminded(session, call, link, days_left)
        ):
            return
        messages.notify(
            session,
            call,
            link.holder_id,
            "link_lapses_soon",
            days=math.ceil(left / timedelta(days=1)),
            name=typed(session, call, link)[0] or "",
        )
        session.commit()


def tell_coming_of_age(call: Call, link_id: str, days_left: int) -> None:
    """Job: tell both sides, once, that acting stops on the child's birthday."""
    with call.db.write() as session:
        link = lock_link(session, uuid.UUID(link_id))
        until = link.acts_until
        standing = state_now(session, call, link) in rules.STANDING
        if not standing or link.relative_id is None or until is None:
            return
        # a day more: the card may be at home in another zone since the job was put down
        if not timedelta(0) < until - call.now <= timedelta(days=days_left + 1):
            return
        if _told(session, call, "coming_of_age", f"{link.id}|{days_left}|{until.isoformat()}"):
            return
        name = typed(session, call, link)[0] or ""
        days = policy_of(session, call, link).reading_days_from_adult
        messages.notify(
            session, call, link.holder_id, "coming_of_age", name=name, until=until, days=days
        )
        address = f"{call.settings.public_address}/of-age"
        tell_relative(session, call, link, "coming_of_age_relative", until=until, address=address)
        session.commit()


def tell_last_day(call: Call, link_id: str, days_left: int) -> None:
    """Job: tell both sides, once, that a link's last day is near; one put off has later jobs."""
    with call.db.write() as session:
        link = lock_link(session, uuid.UUID(link_id))
        until = ends_at(session, link)
        if state_now(session, call, link) not in rules.STANDING or until is None:
            return
        if not timedelta(0) < until - call.now <= timedelta(days=days_left):
            return
        if _told(session, call, "last_day", f"{link.id}|{days_left}|{link.ends_on}"):
            return
        tell_both_of_last_day(session, call, link, "link_ends_soon")
        session.commit()


def _reminded(session: Session, call: Call, link: Link, days_left: int) -> bool:
    what = f"{link.id}|{days_left}|{link.lapses_at.isoformat()}"
    return _told(session, call, "link_reminder", what)


def _told(session: Session, call: Call, kind: str, what: str) -> bool:
    """A job may run twice; of one event each message is sent once."""
    wait = limits.spend(
        session,
        kind,
        what,
        limit=1,
        window_seconds=MONTH_DAYS * DAY_SECONDS,
        now=call.now,
    )
    return wait is not None


def sweep(call: Call) -> int:
    """Move what time alone has moved; returns how many. Readers see it so already."""
    with call.db.read() as session:
        rough = _maybe_due(session, call)  # most that came of age may still be read for some days
        waiting = [one for one in rough if due_move(session, call, session.get_one(Link, one))]
    return sum(_move_if_due(call.as_system(), link_id) for link_id in waiting)


def _maybe_due(session: Session, call: Call) -> list[uuid.UUID]:
    """What lapsed or had its last day, whose relative came of age, what was warned as unused."""
    lapsed = sa.select(Link.id).where(Link.state.in_(rules.APPLYING), Link.lapses_at <= call.now)
    over = sa.select(Link.id).where(
        Link.state.in_(rules.STANDING | rules.APPLYING | {rules.IN_REVIEW}),
        Link.ends_on <= call.now.date(),  # one later is over nowhere on earth
    )
    of_age = sa.select(Link.id).where(Link.state.in_(rules.STANDING), Link.acts_until <= call.now)
    return [
        *session.scalars(lapsed.limit(AT_ONCE)),
        *session.scalars(of_age),
        *session.scalars(over),
        *warned_and_over(session, call),
    ]


def _move_if_due(call: Call, link_id: uuid.UUID) -> bool:
    with call.db.write() as session:
        link = lock_link(session, link_id)
        due = due_move(session, call, link)
        if due is None:
            return False
        move(session, call, link, due.state, due.reason)
        session.commit()
    return True


def long_over(call: Call) -> sa.Select[uuid.UUID]:
    """The ids of links that have been over for ``typed_kept_days``."""
    before = call.now - timedelta(days=call.settings.typed_kept_days)
    last = sa.select(sa.func.max(LinkChange.at)).where(LinkChange.link_id == Link.id)
    return sa.select(Link.id).where(
        Link.state.in_(rules.OVER), last.correlate(Link).scalar_subquery() <= before
    )


def forget_typed(call: Call) -> int:
    """Forget name and number as the holder typed them, once a link is over for a while; and what
    court orders were recorded about it: of one that nobody confirmed a while after its time was up.

    The while is ``typed_kept_days`` (limits.md, 4: the life of the link and 30 days).
    """
    old = sa.update(Link).where(Link.typed.is_not(None), Link.id.in_(long_over(call)))
    before = call.now - timedelta(days=call.settings.typed_kept_days)
    unconfirmed = EndDateOrder.outcome.is_distinct_from(rules.CONFIRMED)
    useless = sa.and_(unconfirmed, EndDateOrder.lapses_at <= before)
    orders = sa.delete(EndDateOrder).where(
        sa.or_(EndDateOrder.link_id.in_(long_over(call)), useless)
    )
    at_once = {"synchronize_session": False}
    with call.db.write() as session:
        result = session.execute(old.values(typed=None), execution_options=at_once)
        session.execute(orders, execution_options=at_once)
        session.commit()
    return int(result.rowcount)  # type: ignore[attr-defined]


def forget_not_me(call: Call) -> int:
    """Forget addresses that say "this was not me", used or not, a while after they lapsed."""
    before = call.now - timedelta(days=call.settings.not_me_kept_days)
    return in_batches(call, sa.delete(NotMeToken), NotMeToken.expires_at < before)
