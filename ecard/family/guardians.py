"""A child's other guardians: told of each new link on the child, and able to object in time.

An objection holds everything the new link allows (``disputed``) until safeguarding staff of the
region have looked at it; it never ends or opens a link by itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.errors import NotFound
from ecard.family import policy as rules
from ecard.family.deaths import ended_by_death
from ecard.family.errors import IllegalMove, ObjectedAlready, ObjectionTooLate
from ecard.family.links import policy_of, scopes_in_words, state_now, typed
from ecard.family.models import Link, LinkChange
from ecard.messages import service as messages
from ecard.pages import Page, read_page
from ecard.persons import service as persons


@dataclass(frozen=True, slots=True)
class GuardedLinkView:
    """Somebody else's link on a child of whom the signed-in person is a guardian too."""

    id: uuid.UUID
    state: str
    child: str
    """As the signed-in guardian typed the child's name."""
    holder: str
    activated_at: datetime
    object_until: datetime
    may_object: bool
    objected: bool
    """Whether the signed-in guardian did; each may once."""


def tell_other_guardians(session: Session, call: Call, link: Link) -> None:
    """Tell every other holder of the child that this link opened, and until when they may object.

    ``link`` is locked and has just become active.
    """
    until = _object_until(session, call, link)
    if until is None or link.relation not in rules.GUARDED:
        return
    name = persons.particulars(session, call, link.holder_id).name
    for other in _guardians_now(session, call, _guardians_of(call, link)):
        child = typed(session, call, other)[0] or ""
        messages.notify(
            session,
            call,
            other.holder_id,
            "other_guardian",
            child=child,
            name=name,
            until=until,
            address=f"{call.settings.public_address}/other-guardians",
        )


def tell_guardians_of_scopes(session: Session, call: Call, link: Link) -> None:
    """Tell every other holder of the child what a link on it allows now."""
    if link.relation not in rules.GUARDED:
        return
    name = persons.particulars(session, call, link.holder_id).name
    for other in _guardians_now(session, call, _guardians_of(call, link)):
        language = persons.particulars(session, call, other.holder_id).language
        messages.notify(
            session,
            call,
            other.holder_id,
            "other_guardian_scopes",
            child=typed(session, call, other)[0] or "",
            name=name,
            scopes=scopes_in_words(link, language),
        )


def list_guarded(call: Call, *, cursor: str | None, limit: int) -> Page:
    """Other people's links on the children of the signed-in guardian, newest first."""
    mine = sa.select(Link.relative_id).where(*_trusted_guardian(call), _held_by(call))
    query = sa.select(Link).where(
        *_standing_guardian(call), ~_held_by(call), Link.relative_id.in_(mine)
    )
    with call.db.read() as session:
        page = read_page(session, query, Link.opened_at, Link.id, cursor=cursor, limit=limit)
        theirs = [link for link in page.items if _own_tie(session, call, link) is not None]
        shown = [_view(session, call, link) for link in theirs]
    dead = ended_by_death(call, [one.id for one in shown])
    return Page([_over(one) if one.id in dead else one for one in shown], page.next_cursor)


def _over(link: GuardedLinkView) -> GuardedLinkView:
    """A death ended it, and no look has moved it yet."""
    return replace(link, state=rules.ENDED, may_object=False)


def refuse_objection(session: Session, call: Call, link: Link) -> None:
    """Raise where the signed-in person may not object to a locked link.

    NotFound where it is not on a child of theirs; ObjectionTooLate, ObjectedAlready: each guardian
    objects to a link once, and staff decide; IllegalMove where it is not active.
    """
    if _own_tie(session, call, link) is None:
        raise NotFound
    state = state_now(session, call, link)
    if state != rules.ACTIVE:
        raise IllegalMove(state=state)
    if _objected(session, call, link):
        raise ObjectedAlready
    until = _object_until(session, call, link)
    if until is None or until <= call.now:
        raise ObjectionTooLate


def objector(session: Session, link_id: uuid.UUID) -> uuid.UUID | None:
    """The guardian whose objection is, or was last, to be decided."""
    return session.scalar(_objections(link_id).order_by(LinkChange.number.desc()).limit(1))


def _objected(session: Session, call: Call, link: Link) -> bool:
    """Whether the signed-in person has objected to a link."""
    own = _objections(link.id).filter_by(actor_id=call.holder.person_id)
    return session.scalar(own) is not None


def _objections(link_id: uuid.UUID) -> sa.Select[uuid.UUID | None]:
    """Who objected to a link."""
    made = {"link_id": link_id, "reason": "objected_by_guardian"}
    return sa.select(LinkChange.actor_id).filter_by(**made)


def _standing_guardian(call: Call) -> tuple[sa.ColumnElement[bool], ...]:
    """Come of age, the child alone decides: of them nobody is a guardian here any more."""
    minor = sa.or_(Link.acts_until.is_(None), Link.acts_until > call.now)
    guards = Link.relation.in_(rules.GUARDED), Link.confirmed_at.is_(None)
    return *guards, Link.state.in_(rules.STANDING), minor


def _trusted_guardian(call: Call) -> tuple[sa.ColumnElement[bool], ...]:
    """Whoever was stopped hears nothing of the child's other guardians and holds up none."""
    return *_standing_guardian(call), Link.state != rules.SUSPENDED


def _held_by(call: Call) -> sa.ColumnElement[bool]:
    return Link.holder_id == call.holder.person_id


def _guardians_of(call: Call, link: Link) -> sa.Select[Link]:
    """Links of other holders on the same child who may be told of it."""
    others = sa.select(Link).where(*_trusted_guardian(call), Link.relative_id == link.relative_id)
    return others.where(Link.holder_id != link.holder_id).order_by(Link.id)


def _guardians_now(session: Session, call: Call, links: sa.Select[Link]) -> Iterator[Link]:
    """Those of the links that stand as of now, whatever is written down."""
    for link in session.scalars(links).all():
        if state_now(session, call, link) in rules.STANDING:
            yield link


def _own_tie(session: Session, call: Call, link: Link) -> Link | None:
    """The signed-in person's own trusted link on the child of somebody else's link."""
    if link.relation not in rules.GUARDED or link.activated_at is None or _grown(call, link):
        return None
    own = _guardians_of(call, link).where(_held_by(call))
    return next(_guardians_now(session, call, own), None)


def _grown(call: Call, link: Link) -> bool:
    """Whether the child came of age under this link."""
    until = link.acts_until
    return link.confirmed_at is not None or (until is not None and until <= call.now)


def _object_until(session: Session, call: Call, link: Link) -> datetime | None:
    if link.activated_at is None:
        return None
    return link.activated_at + timedelta(days=policy_of(session, call, link).objection_days)


def _view(session: Session, call: Call, link: Link) -> GuardedLinkView:
    own, until = _own_tie(session, call, link), _object_until(session, call, link)
    activated, state = link.activated_at or link.opened_at, state_now(session, call, link)
    objected = _objected(session, call, link)
    in_time = until is not None and call.now < until
    return GuardedLinkView(
        id=link.id,
        state=state,
        child=(typed(session, call, own)[0] if own is not None else None) or "",
        holder=persons.particulars(session, call, link.holder_id).name,
        activated_at=activated,
        object_until=until or activated,
        may_object=state == rules.ACTIVE and in_time and not objected,
        objected=objected,
    )
