"""A link and its history as holder and relative see them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.errors import NotFound
from ecard.family import policy as rules
from ecard.family.deaths import DIED, ended_by_death
from ecard.family.lapsing import LAST_DAY_DAYS
from ecard.family.links import (
    CONCERNS_RELATIVE,
    due_move,
    ends_at,
    own_link,
    policy_of,
    reads_until,
    relative_age,
    relative_decides,
    relative_told,
    typed,
)
from ecard.family.models import Link, LinkChange
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.registry import service as registry


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link as one of its two sides sees it."""

    id: uuid.UUID
    state: str
    reason: str | None
    relation: str | None
    name: str | None
    """The other side: as typed (holder's view), or the holder's name (relative's view)."""
    number_masked: str | None
    face_subject: str
    route: str
    scopes: list[str]
    may_act: bool
    may_read: bool
    acts_from: datetime | None
    acts_until: datetime | None
    reads_until: datetime | None
    opened_at: datetime
    lapses_at: datetime
    activated_at: datetime | None
    confirmed_at: datetime | None
    ends_on: date | None
    ended_at: datetime | None
    next: str | None
    version: int


def view(session: Session, call: Call, link: Link, *, to_holder: bool = True) -> LinkView:
    """The link as one side sees it now."""
    due = due_move(session, call, link)
    state, reason = (due.state, due.reason) if due else (link.state, link.state_reason)
    policy = policy_of(session, call, link)
    name, number = typed(session, call, link)
    if not to_holder:
        name, number = persons.particulars(session, call, link.holder_id).name, None
    until = reads_until(session, call, link)
    adult = link.relative_id is not None and rules.accepts_in_person(
        relative_age(session, call, link), policy
    )
    return LinkView(
        id=link.id,
        state=state,
        reason=rules.shown_reason(reason, to_holder=to_holder),
        relation=link.relation,
        name=name,
        number_masked=registry.mask(number) if number else None,
        face_subject=link.face_subject,
        route=link.route,
        scopes=list(link.scopes),
        may_act=rules.may_act(state, link.acts_from, link.acts_until, call.now),
        may_read=rules.may_read(state, until, call.now),
        acts_from=link.acts_from,
        acts_until=link.acts_until,
        reads_until=until,
        opened_at=link.opened_at,
        lapses_at=link.lapses_at,
        activated_at=link.activated_at,
        confirmed_at=link.confirmed_at,
        ends_on=link.ends_on,
        ended_at=due.at if due and state == rules.ENDED else link.ended_at,
        next=_next(session, call, link, state, adult=adult, to_holder=to_holder),
        version=link.version,
    )


def _next(
    session: Session, call: Call, link: Link, state: str, *, adult: bool, to_holder: bool
) -> str | None:
    """The young person's step from the birthday on; else the holder's."""
    if state == rules.ACTIVE:
        step = _to_extend(session, call, link) if to_holder else _to_confirm(call, link)
        if step is not None:
            return step
    has_account = link.relative_id is not None
    return rules.next_step(state, has_account=has_account, adult=adult, route=link.route)


def _to_confirm(call: Call, link: Link) -> str | None:
    until = link.acts_until
    return "confirm_link" if until is not None and until <= call.now else None


def _to_extend(session: Session, call: Call, link: Link) -> str | None:
    """To whom the holder goes who wants more than the last days."""
    until = ends_at(session, link)
    if until is None or until - call.now > timedelta(days=max(LAST_DAY_DAYS)):
        return None
    return "ask_relative" if relative_decides(session, call, link) else "counter"


def after_deaths(call: Call, shown: Sequence[LinkView]) -> list[LinkView]:
    """The links as they are seen, those over that a death has ended and no look has moved yet.

    When they ended is not written down yet. Asks the registry: no session may be open.
    """
    active = [link.id for link in shown if link.state == rules.ACTIVE]
    dead = ended_by_death(call, active) if active else frozenset()
    return [_over(link) if link.id in dead else link for link in shown]


def _over(link: LinkView) -> LinkView:
    return replace(link, state=rules.ENDED, reason=DIED, may_act=False, may_read=False, next=None)


def read_link(call: Call, link_id: uuid.UUID) -> LinkView:
    """One of the holder's own links."""
    with call.db.read() as session:
        shown = view(session, call, own_link(session, call, link_id))
    return after_deaths(call, [shown])[0]


def list_links(call: Call, *, cursor: str | None, limit: int) -> Page:
    """The holder's links, newest first."""
    query = sa.select(Link).where(Link.holder_id == call.holder.person_id)
    return _page(call, query, cursor, limit, to_holder=True)


def list_links_on_me(call: Call, *, cursor: str | None, limit: int) -> Page:
    """Every link on the signed-in person, once it concerns them."""
    query = sa.select(Link).where(Link.relative_id == call.holder.person_id, CONCERNS_RELATIVE)
    return _page(call, query, cursor, limit, to_holder=False)


def _page(
    call: Call, query: sa.Select[Any], cursor: str | None, limit: int, *, to_holder: bool
) -> Page:
    with call.db.read() as session:
        page = read_page(session, query, Link.opened_at, Link.id, cursor=cursor, limit=limit)
        shown = [view(session, call, link, to_holder=to_holder) for link in page.items]
    return Page(after_deaths(call, shown), page.next_cursor)


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One line of a link's history."""

    from_state: str | None
    to_state: str
    reason: str | None
    actor_kind: str
    channel: str
    at: datetime
    ends_on: date | None


def is_side(session: Session, link_id: uuid.UUID, person_id: uuid.UUID) -> bool:
    """Whether somebody is the link's holder, or its relative whom it concerns."""
    link = session.get(Link, link_id)
    return link is not None and person_id in (link.holder_id, relative_told(session, link))


def list_changes(call: Call, link_id: uuid.UUID, *, cursor: str | None, limit: int) -> Page:
    """The history of a link, newest first, for the holder or the relative."""
    person_id = call.holder.person_id
    with call.db.read() as session:
        if not is_side(session, link_id, person_id):
            raise NotFound
        query = sa.select(LinkChange).where(LinkChange.link_id == link_id)
        page = read_page(session, query, LinkChange.at, LinkChange.id, cursor=cursor, limit=limit)
        to_holder = person_id == session.get_one(Link, link_id).holder_id
    return Page([_change_view(row, to_holder) for row in page.items], page.next_cursor)


def _change_view(row: LinkChange, to_holder: bool) -> ChangeView:
    return ChangeView(
        from_state=row.from_state,
        to_state=row.to_state,
        reason=rules.shown_reason(row.reason, to_holder=to_holder),
        actor_kind=row.actor_kind,
        channel=row.channel,
        at=row.at,
        ends_on=row.ends_on,
    )
