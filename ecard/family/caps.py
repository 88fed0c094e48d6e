"""The caps of the region's policy: what the holder has already, and a relative's other holders."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import limits
from ecard.call import Call
from ecard.family import policy as rules
from ecard.family.errors import (
    CannotActivateNow,
    CapReached,
)
from ecard.family.links import state_now
from ecard.family.models import Link
from ecard.policy.policy import Policy

MONTH_DAYS = 30


def others_of_holder(session: Session, call: Call, link: Link) -> list[Link]:
    """The holder's other links that count now, or became active in the last month."""
    query = sa.select(Link).where(Link.holder_id == link.holder_id, Link.id != link.id)
    recently = Link.activated_at > call.now - timedelta(days=MONTH_DAYS)
    return list(session.scalars(query.where(sa.or_(Link.state.in_(rules.COUNTED), recently))))


def counts_now(session: Session, call: Call, link: Link) -> bool:
    """Whether a link takes a place under its holder's caps: what time has ended does not."""
    return state_now(session, call, link) in rules.COUNTED


def new_this_month(session: Session, call: Call, others: list[Link]) -> int:
    """Links that became active in the last month, and applications that may still become so."""
    since = call.now - timedelta(days=MONTH_DAYS)
    return sum(
        link.activated_at > since
        if link.activated_at is not None
        else link.relative_id is not None and counts_now(session, call, link)
        for link in others
    )


def places_taken(
    session: Session, call: Call, index: str, link: Link, states: frozenset[str]
) -> int:
    """How many other holders have this number on a link in one of the states, as of now."""
    query = sa.select(Link).where(
        Link.typed_index == index, Link.holder_id != link.holder_id, Link.state.in_(states)
    )
    rows = session.scalars(query)
    return len({row.holder_id for row in rows if state_now(session, call, row) in states})


def hold_places(session: Session, link: Link) -> None:
    """Lock both sides' places, before anything is audited: the chain's head comes last."""
    limits.lock(session, "holder", link.holder_id)
    limits.lock(session, "relative", link.typed_index)


def refuse_full(session: Session, call: Call, link: Link, policy: Policy) -> None:
    """The caps once more, among what is open by now: an appeal may come back after a year."""
    index = link.typed_index or ""
    taken = places_taken(session, call, index, link, rules.STANDING)
    others = others_of_holder(session, call, link)
    standing = [one for one in others if state_now(session, call, one) in rules.STANDING]
    held = [other.relation for other in standing if other.relation]
    opened = [other for other in others if other.activated_at is not None]
    if taken >= policy.holders_per_relative or index in {one.typed_index for one in standing}:
        raise CannotActivateNow
    try:
        rules.check_caps(link.relation or "", held, new_this_month(session, call, opened), policy)
    except CapReached as refusal:
        raise CannotActivateNow from refusal
