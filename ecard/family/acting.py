"""Acting for a relative: whether a link allows it, decided anew at every call."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.family import policy as rules
from ecard.family.errors import LinkNotActing, ScopeOff
from ecard.family.links import own_link
from ecard.family.models import Link


def acting_link(session: Session, call: Call, link_id: uuid.UUID, scope: str) -> Link:
    """The holder's own link, on which they may act in this scope at this moment.

    Raises NotFound (a foreign one looks the same), LinkNotActing and ScopeOff.
    """
    link = own_link(session, call, link_id)
    if not _open(link, call.now):
        raise LinkNotActing(state=rules.state_at(link.state, link.lapses_at, call.now))
    if scope not in link.scopes:
        raise ScopeOff(scope=scope)
    return link


def acts(link: Link, scope: str, now: datetime) -> bool:
    """Whether a link lets its holder act in this scope at this moment."""
    return _open(link, now) and scope in link.scopes


def _open(link: Link, now: datetime) -> bool:
    return rules.may_act(link.state, link.acts_from, link.acts_until, now)


def in_dispute(link_id: Any) -> sa.ColumnElement[bool]:
    """Whether the link that a column names is disputed at present, as a condition of a query."""
    return sa.exists().where(Link.id == link_id, Link.state == rules.DISPUTED)
