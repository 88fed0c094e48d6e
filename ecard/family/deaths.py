"""A death that the registry records ends the links of whoever died; taken back, it reopens them.

Acting is refused at the very next call, which asks the registry itself (``confirming.py``), and who
reads a link reads it ended from then on; the look moves the link, and tells both sides. A link that
is held already stays held.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from ecard import outbox
from ecard.call import Call
from ecard.errors import Unavailable
from ecard.family import policy as rules
from ecard.family.caps import counts_now, hold_places, others_of_holder
from ecard.family.links import due_move, keep_typed, lock_link, move, over_at_once
from ecard.family.models import Link
from ecard.persons import service as persons
from ecard.registry.port import RegistryUnavailable

BATCH = 200
"""Links looked at in one go."""
LOOK_JOB, DIED = "look_for_deaths", "person_died"


@dataclass(frozen=True, slots=True)
class _Tie:
    """A link as it was read, and its two sides by their registry names."""

    link_id: uuid.UUID
    active: bool
    sides: tuple[str, str]


def look_for_deaths(call: Call, after: str = "", most: int = BATCH) -> int:
    """Ask the registry whether both sides live, for links that are active or that a death ended;
    returns how many moved.

    ``most`` links at a time, ``after`` one of them; the next job goes on from there, so that
    nothing else waits long. It may run twice. Raises Unavailable: the job is tried again.
    """
    found = _some(call, uuid.UUID(after) if after else None, most)
    try:
        dead = _died(call, found)
    except RegistryUnavailable as error:
        raise Unavailable from error
    moved = sum(_follow(call.as_system(), tie, dead.isdisjoint(tie.sides)) for tie in found)
    if len(found) == most:
        _go_on(call, str(found[-1].link_id), most)
    return moved


def _go_on(call: Call, after: str, most: int) -> None:
    key = f"{LOOK_JOB}.{after}.{call.now:%Y%m%d%H}"
    with call.db.write() as session:
        outbox.enqueue(session, LOOK_JOB, key, now=call.now, after=after, most=most)
        session.commit()


def ended_by_death(call: Call, link_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Which of these links a death has ended that no look has written down yet.

    Asks the registry: no session may be open. Where it does not answer, none: nothing can be done
    on a link then in any case.
    """
    found = _ties(call, sa.select(Link.id).where(Link.id.in_(link_ids), Link.state == rules.ACTIVE))
    try:
        dead = _died(call, found)
    except RegistryUnavailable:
        return frozenset()
    return frozenset(tie.link_id for tie in found if not dead.isdisjoint(tie.sides))


def _some(call: Call, after: uuid.UUID | None, most: int) -> list[_Tie]:
    ended_so = sa.and_(Link.state == rules.ENDED, Link.state_reason == DIED)
    query = sa.select(Link.id).where(
        sa.or_(Link.state == rules.ACTIVE, ended_so), Link.relative_id.is_not(None)
    )
    if after is not None:
        query = query.where(Link.id > after)
    return _ties(call, query.order_by(Link.id).limit(most))


def _ties(call: Call, link_ids: sa.Select[uuid.UUID]) -> list[_Tie]:
    """Links with both sides, in the order of their ids."""
    holder, relative = aliased(persons.Person), aliased(persons.Person)
    query = (
        sa.select(Link.id, Link.state, holder.registry_ref, relative.registry_ref)
        .join(holder, holder.id == Link.holder_id)
        .join(relative, relative.id == Link.relative_id)
        .where(Link.id.in_(link_ids))
    )
    with call.db.read() as session:
        return [
            _Tie(link_id, state == rules.ACTIVE, (one, two))
            for link_id, state, one, two in session.execute(query.order_by(Link.id))
        ]


def _died(call: Call, ties: Collection[_Tie]) -> frozenset[str]:
    """Whose death is recorded, asked once for all."""
    return call.dependencies.registry.died({ref for tie in ties for ref in tie.sides})


def _follow(call: Call, tie: _Tie, lives: bool) -> bool:
    if lives == tie.active:
        return False
    with call.db.write() as session:
        link = lock_link(session, tie.link_id)
        moved = _reopen(session, call, link) if lives else _end(session, call, link)
        session.commit()
    return moved


def _end(session: Session, call: Call, link: Link) -> bool:
    if link.state != rules.ACTIVE or due_move(session, call, link) is not None:
        return False
    move(session, call, link, rules.ENDED, DIED)
    return True


def _reopen(session: Session, call: Call, link: Link) -> bool:
    """As it was, whatever the caps say by now: nobody loses a link by a mistake of the registry.
    One that was applied for anew meanwhile goes its own way; one whose last day is over stays so.
    """
    hold_places(session, link)
    if over_at_once(session, call, link):
        return False
    others = others_of_holder(session, call, link)
    anew = [one for one in others if one.typed_index == link.typed_index]
    if link.state_reason != DIED or any(counts_now(session, call, one) for one in anew):
        return False
    _name_again(session, call, link)
    move(session, call, link, rules.ACTIVE, "death_revoked")
    return True


def _name_again(session: Session, call: Call, link: Link) -> None:
    """What the holder typed is forgotten some weeks after an end: then the registry's name stands
    in its place."""
    if link.typed is None and link.relative_id is not None:
        known = persons.particulars(session, call, link.relative_id)
        keep_typed(session, call, link, known.name, known.number)
