"""Acting for a relative: whether a link allows it, decided anew at every call."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.family import policy as rules
from ecard.family.errors import ActingNotAllowedNow, LinkNotActive, ScopeOff
from ecard.family.links import own_link, reads_until, state_now
from ecard.family.models import Link, LinkChange


def acting_link(
    session: Session, call: Call, link_id: uuid.UUID, scope: str, *, changes: bool
) -> Link:
    """The holder's own link, if it lets them use this scope at this moment.

    ``changes``: whether something is done, not only read; a link reads for longer than it acts.
    Raises NotFound (a foreign one looks the same), LinkNotActive, ActingNotAllowedNow, ScopeOff.
    """
    link = own_link(session, call, link_id)
    state = state_now(session, call, link)
    if state != rules.ACTIVE or link.relative_id is None:
        raise LinkNotActive(state=state)
    reads = rules.may_read(link.state, reads_until(session, call, link), call.now)
    if not (_acts(link, call.now) if changes else reads):
        raise ActingNotAllowedNow
    if scope not in link.scopes:
        raise ScopeOff(scope=scope)
    return link


def acts(session: Session, call: Call, link: Link, scope: str) -> bool:
    """Whether a link lets its holder act in this scope at this moment."""
    stands = state_now(session, call, link) == rules.ACTIVE
    return stands and _acts(link, call.now) and scope in link.scopes


def _acts(link: Link, now: datetime) -> bool:
    return rules.may_act(link.state, link.acts_from, link.acts_until, now)


def in_dispute(link_id: Any) -> sa.ColumnElement[bool]:
    """Whether the link that a column names is disputed at present, as a condition of a query."""
    return sa.exists().where(Link.id == link_id, _disputed())


def is_disputed_on(session: Session, person_id: uuid.UUID) -> bool:
    """Whether any link on somebody is disputed at present."""
    found = sa.select(Link.id).where(Link.relative_id == person_id, _disputed())
    return session.scalar(found.limit(1)) is not None


def _disputed() -> sa.ColumnElement[bool]:
    """One that was stopped in the middle of a dispute still is, and one that ended without a
    decision about it (a side, a last day, age, safeguarding): what was hidden stays so."""
    became = {
        state: sa.select(sa.func.max(LinkChange.number))
        .where(LinkChange.link_id == Link.id, LinkChange.to_state == state)
        .scalar_subquery()
        for state in (rules.DISPUTED, rules.ACTIVE)
    }
    unsettled = became[rules.DISPUTED] > sa.func.coalesce(became[rules.ACTIVE], 0)
    decided = Link.state_reason.in_(rules.ENDED_BY_DECISION)
    left = sa.or_(Link.state == rules.SUSPENDED, sa.and_(Link.state == rules.ENDED, ~decided))
    return sa.or_(Link.state == rules.DISPUTED, sa.and_(left, unsettled))
