"""Acting for a relative: checked at every call, and written down for both sides to read.

``for_relative`` asks for the link, its state, its scope, the time and both cards, anew each time;
``for_self`` is the same for a person's own affairs. ``note`` writes the act in the transaction of
what was done, and looks at the link once more under its lock: an end takes effect at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit
from ecard.acts.models import Act
from ecard.call import Call
from ecard.cards import service as cards
from ecard.cards.errors import CardNotUsable
from ecard.errors import NotFound
from ecard.family import service as family
from ecard.locale import DEFAULT, sentence
from ecard.messages import service as messages
from ecard.pages import Page, read_page
from ecard.persons import service as persons

__all__ = [
    "ActView",
    "Acting",
    "every_on_link",
    "every_on_me",
    "for_relative",
    "for_self",
    "hold_link",
    "list_on_link",
    "list_on_me",
    "note",
    "refuse_unless_allowed",
    "shown_to",
    "tell_sides",
    "write",
]

EXPORTED_AT_ONCE = 1000
"""Rows read in one go: bounds how long a session is open."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody allowed to use one scope for one person, as of this call."""

    person_id: uuid.UUID
    """Whose affairs these are."""
    registry_ref: str
    region_id: uuid.UUID
    """The region of the person's own card."""
    scope: str
    link_id: uuid.UUID | None = None
    """None: their own affairs."""
    changes: bool = False
    """Whether something is done, not only read."""


def for_relative(
    call: Call, link_id: uuid.UUID, scope: str, *, changes: bool = False, any_card: bool = False
) -> Acting:
    """The holder acts on a link of their own. Asks the registry: no session may be open.

    ``any_card``: whatever state the relative's own card is in, or none. Raises NotFound (not
    theirs, or none), LinkNotActive, ActingNotAllowedNow, ScopeOff, and what the cards of both sides
    refuse: CardNotUsable, RelativeNotConfirmed; Unavailable.
    """
    with call.db.read() as session:
        person_id = _relative(session, call, link_id, scope, changes=changes)
        person = persons.particulars(session, call, person_id)
    family.refuse_unless_standing(call, link_id, any_card=any_card)
    return Acting(person_id, person.registry_ref, person.region_id, scope, link_id, changes)


def for_self(call: Call, scope: str, *, changes: bool = False, any_card: bool = False) -> Acting:
    """The signed-in person acts for themselves; with ``any_card`` while they live, whatever state
    their card is in. Raises CardNotUsable, Unavailable."""
    with call.db.read() as session:
        person = persons.particulars(session, call, call.holder.person_id)
    own = cards.held_by(call, person.person_id)
    if not (own.lives if any_card else own.opens):
        raise CardNotUsable(state=own.state)
    return Acting(person.person_id, person.registry_ref, person.region_id, scope, None, changes)


def note(session: Session, call: Call, acting: Acting, action: str) -> None:
    """Write down what is done in this transaction. Raises what no longer allows it."""
    refuse_unless_allowed(session, call, acting)
    if acting.link_id is not None:
        family.note_use(session, call, acting.link_id)
    write(
        session,
        call,
        person_id=acting.person_id,
        link_id=acting.link_id,
        scope=acting.scope,
        action=action,
    )


def refuse_unless_allowed(session: Session, call: Call, acting: Acting) -> None:
    """Lock the link and look at it once more; raises what no longer allows the act."""
    hold_link(session, acting.link_id)
    if acting.link_id is not None:
        _relative(session, call, acting.link_id, acting.scope, changes=acting.changes)


def hold_link(session: Session, link_id: uuid.UUID | None) -> None:
    """Lock the link, where there is one, on which `write` will write: before whatever else is
    locked for it, as `note` does. In another order two calls would wait for each other."""
    if link_id is not None:
        family.lock_link(session, link_id)


def write(
    session: Session,
    call: Call,
    *,
    person_id: uuid.UUID,
    link_id: uuid.UUID | None,
    scope: str,
    action: str,
) -> None:
    """Write down an act that needs no link of the actor's own (staff, the system)."""
    act = Act(
        id=uuid.uuid4(),
        at=call.now,
        actor_kind=call.actor.kind,
        actor_id=call.actor.id,
        relative_id=person_id,
        link_id=link_id,
        scope=scope,
        action=action,
        channel=call.channel,
    )
    session.add(act)
    session.flush()
    audit.record(session, call, action, "act", act.id, acting_for=person_id)


def tell_sides(
    session: Session, call: Call, person_id: uuid.UUID, scope: str, kind: str, **params: object
) -> None:
    """Write the message ``kind`` to a person and to whoever holds an active link with the scope.

    Each reads it in their own language: of names by language among ``params`` theirs is taken. The
    person is told by a way that nobody has got who holds a link on them, where there is one. Not
    committed.
    """
    name = persons.particulars(session, call, person_id).name
    for reader_id in (person_id, *family.holders_with(session, call, person_id, scope)):
        language = persons.particulars(session, call, reader_id).language
        words: dict[str, Any] = {key: _in_words(value, language) for key, value in params.items()}
        apart = family.holders_on(session, person_id) if reader_id == person_id else ()
        messages.notify(session, call, reader_id, kind, apart_from=apart, name=name, **words)


def _in_words(value: object, language: str) -> object:
    return (value.get(language) or value[DEFAULT]) if isinstance(value, Mapping) else value


def _relative(
    session: Session, call: Call, link_id: uuid.UUID, scope: str, *, changes: bool
) -> uuid.UUID:
    """For whom the link lets its holder do this now; raises what does not allow it."""
    link = family.acting_link(session, call, link_id, scope, changes=changes)
    if link.relative_id is None:
        raise NotFound
    return link.relative_id


# --- history ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActView:
    """One line of who did what for whom."""

    id: uuid.UUID
    at: datetime
    actor_kind: str
    actor: str | None
    """The name of a holder, or of the person themselves; staff are not named."""
    link_id: uuid.UUID | None
    scope: str
    action: str
    said: str
    """The action in the reader's language."""
    channel: str


def list_on_link(call: Call, link_id: uuid.UUID, *, cursor: str | None, limit: int) -> Page:
    """What was done on a link, newest first, for its holder or its relative.

    While it is disputed each side is shown only what they did themselves: neither place nor time
    of the other's use is for them to see, and even an order of lines would tell the time.
    """
    with call.db.read() as session:
        if not family.is_side(session, link_id, call.holder.person_id):
            raise NotFound
        return _page(session, call, Act.link_id == link_id, cursor, limit)


def every_on_link(call: Call, link_id: uuid.UUID) -> Iterator[ActView]:
    """`list_on_link`, to the end."""
    return _every(partial(list_on_link, call, link_id))


def every_on_me(call: Call) -> Iterator[ActView]:
    """`list_on_me`, to the end."""
    return _every(partial(list_on_me, call))


def _every(page_of: Callable[..., Page]) -> Iterator[ActView]:
    cursor = None
    while True:
        page = page_of(cursor=cursor, limit=EXPORTED_AT_ONCE)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def list_on_me(call: Call, *, cursor: str | None, limit: int) -> Page:
    """What anybody did with the signed-in person's affairs, newest first."""
    with call.db.read() as session:
        return _page(session, call, Act.relative_id == call.holder.person_id, cursor, limit)


def _page(
    session: Session, call: Call, which: sa.ColumnElement[bool], cursor: str | None, limit: int
) -> Page:
    query = sa.select(Act).where(which, shown_to(call.holder.person_id, Act.actor_id, Act.link_id))
    page = read_page(session, query, Act.at, Act.id, cursor=cursor, limit=limit)
    return Page([view(session, call, act) for act in page.items], page.next_cursor)


def shown_to(reader_id: uuid.UUID, actor_id: Any, link_id: Any) -> sa.ColumnElement[bool]:
    """Whether somebody may see what was done on a link, by whom and where both named by columns:
    while that is disputed they see only what they did themselves."""
    return sa.or_(actor_id == reader_id, ~family.in_dispute(link_id))


def view(session: Session, call: Call, act: Act) -> ActView:
    """The act as it is shown."""
    named = act.actor_kind == "holder" and act.actor_id is not None
    return ActView(
        id=act.id,
        at=act.at,
        actor_kind=act.actor_kind,
        actor=persons.particulars(session, call, act.actor_id).name if named else None,  # type: ignore[arg-type]
        link_id=act.link_id,
        scope=act.scope,
        action=act.action,
        said=sentence(f"act.{act.action}", call.language),
        channel=act.channel,
    )
