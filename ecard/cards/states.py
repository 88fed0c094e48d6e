"""The e-card's state: read from the registry at each use, changed there and recorded here."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from ecard import audit
from ecard.accounts import service as accounts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.cards import passwords
from ecard.cards.errors import CardNotUsable, CardStateRefused
from ecard.cards.grants import live_grant, spend_grant
from ecard.cards.models import CardStateChange
from ecard.cards.policy import (
    CHANGE_CARD_STATE,
    CLERKS_MOVES,
    HOLDERS_MOVES,
    may_step_up,
    needs_step_up,
    usable,
)
from ecard.errors import Conflict, Unavailable
from ecard.messages import service as messages
from ecard.persons import service as persons
from ecard.registry.port import CardMoved, RegistryCard, RegistryUnavailable
from ecard.registry.service import mask, normalise

NO_CARD = "none"


@dataclass(frozen=True, slots=True)
class CardView:
    """The holder's e-card as they see it."""

    number_masked: str | None
    state: str
    """normal, suspended, lost, cancelled; none where the registry knows no card."""
    expires_on: date | None
    usable: bool
    on_this_phone: bool
    """Whether it is shown on the phone that asks."""
    password: str
    """not_set, set or locked."""
    tries_left: int | None
    """Wrong passwords until it locks; None while none is set."""


@dataclass(frozen=True, slots=True)
class CounterCardView:
    """A card's state as a clerk sees it after changing it."""

    number_masked: str
    state: str


@dataclass(frozen=True, slots=True)
class Held:
    """A person's card as the registry has it, and the day at the person's place."""

    card: RegistryCard | None
    today: date
    lives: bool = True

    @property
    def opens(self) -> bool:
        """Whether the card is there, may be used on that day, and its holder lives."""
        return self.lives and usable(self.state, self.expires_on, self.today)

    @property
    def state(self) -> str:
        """The card's state, or none."""
        return self.card.state if self.card is not None else NO_CARD

    @property
    def expires_on(self) -> date | None:
        """The card's last day, where it has one."""
        return self.card.expires_on if self.card is not None else None


# --- reading ----------------------------------------------------------------------------------


def my_card(call: Call) -> CardView:
    """The holder's card, its state and how its password stands."""
    return _view(call, _held(call))


def refuse_card_state(call: Call, purpose: str | None = None) -> None:
    """Raise CardNotUsable unless the holder's card is normal and not expired.

    With a step-up's ``purpose`` a suspended card passes where it is to be taken back into use.
    Asks the registry: no session may be open.
    """
    held = _held(call)
    if not may_step_up(purpose or "", held.state, held.expires_on, held.today):
        raise CardNotUsable(state=held.state)


def held_by(call: Call, person_id: uuid.UUID) -> Held:
    """Anybody's card as of this call. Asks the registry: no session may be open."""
    with call.db.read() as session:
        person = persons.particulars(session, call, person_id)
        zone = agencies.time_zone(session, person.region_id)
    with answering():
        known = call.dependencies.registry.person(person.registry_ref)
    card = known.card if known is not None else None
    lives = known is not None and known.died_on is None
    return Held(card, persons.local_day(call.now, zone), lives)


def _held(call: Call) -> Held:
    return held_by(call, call.holder.person_id)


def _view(call: Call, held: Held) -> CardView:
    with call.db.read() as session:
        tries = passwords.tries_left(session, call, call.holder.person_id)
        here = accounts.shows_card(session, call, call.holder.session_id)
    return CardView(
        number_masked=mask(held.card.number) if held.card is not None else None,
        state=held.state,
        expires_on=held.expires_on,
        usable=usable(held.state, held.expires_on, held.today),
        on_this_phone=here,
        password="not_set" if tries is None else "set" if tries else "locked",
        tries_left=tries,
    )


@contextmanager
def answering() -> Iterator[None]:
    """Turn a registry that does not answer into Unavailable."""
    try:
        yield
    except RegistryUnavailable as error:
        raise Unavailable from error


# --- changing ---------------------------------------------------------------------------------


def change_state(call: Call, state: str, step_up_id: uuid.UUID | None = None) -> CardView:
    """Suspend a card or report it lost, at any time; take it back into use with a step-up.

    Raises CardNotUsable (no card), CardStateRefused, StepUpNeeded. The registry is changed before
    our own record is written: a stop must bite even where that then fails.
    """
    held = _held(call)
    if held.card is None:
        raise CardNotUsable(state=NO_CARD)
    if held.state == state:
        return _view(call, held)
    _refuse_move(held.state, state, HOLDERS_MOVES)
    if needs_step_up(state):
        with call.db.write() as session:
            live_grant(session, call, step_up_id, CHANGE_CARD_STATE)
    _set_state(call, held.card.number, state, instead_of=held.state)
    with call.db.write() as session:
        if needs_step_up(state):
            spend_grant(session, call, step_up_id, CHANGE_CARD_STATE)
        record_change(
            session, call, call.holder.person_id, held.state, state, "requested_by_holder"
        )
        session.commit()
    return my_card(call)


def change_state_at_counter(
    call: Call, card_number: str, identity_document: str, state: str
) -> CounterCardView:
    """A clerk who saw the person and their document moves a card's state; cancelled is final."""
    known = accounts.person_at_counter(call, card_number)
    with answering():
        card = call.dependencies.registry.card_by_number(normalise(card_number))
    if card is None:
        raise CardNotUsable(state=NO_CARD)
    view = CounterCardView(mask(card.number), state)
    if card.state == state:
        return view
    _refuse_move(card.state, state, CLERKS_MOVES)
    _set_state(call, card.number, state, instead_of=card.state)
    with call.db.write() as session:
        person = persons.ensure(session, call, known)
        record_change(session, call, person.id, card.state, state, identity_document)
        session.commit()
    return view


def _set_state(call: Call, card_number: str, state: str, *, instead_of: str) -> None:
    """What a clerk made final meanwhile stays so. Raises Conflict, Unavailable."""
    registry = call.dependencies.registry
    try:
        with answering():
            registry.change_card_state(card_number, state, instead_of=instead_of)
    except CardMoved as moved:
        raise Conflict from moved


def _refuse_move(state: str, to_state: str, moves: Mapping[str, frozenset[str]]) -> None:
    if to_state not in moves.get(state, frozenset()):
        raise CardStateRefused(state=state, next=None if state == to_state else "counter")


def record_change(
    session: Session,
    call: Call,
    person_id: uuid.UUID,
    from_state: str,
    to_state: str,
    reason: str,
) -> None:
    """Note a move of a card's state, tell its holder. Not committed."""
    change = CardStateChange(
        id=uuid.uuid4(),
        person_id=person_id,
        from_state=from_state,
        to_state=to_state,
        reason=reason,
        actor_kind=call.actor.kind,
        actor_id=call.actor.id,
        channel=call.channel,
        at=call.now,
    )
    session.add(change)
    messages.notify(session, call, person_id, "card_state_changed")
    audit.record(session, call, f"card.{to_state}", "card_state_change", change.id, reason=reason)
