"""An e-card is issued at a counter; renewed in the app while it is good, at a counter later."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from ecard import audit
from ecard.accounts import service as accounts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.cards import policy as rules
from ecard.cards.errors import CardHeldAlready, CardNotUsable, RenewalRefused
from ecard.cards.grants import live_grant, spend_grant
from ecard.cards.states import NO_CARD, CardView, answering, held_by, my_card, record_change
from ecard.messages import service as messages
from ecard.persons import service as persons
from ecard.policy import service as policies
from ecard.policy.policy import Policy
from ecard.registry.port import CardHeld, RegistryCard, RegistryPerson
from ecard.registry.service import mask, normalise


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A fresh e-card; its number is told this once."""

    card_number: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class RenewedCard:
    """A card that is good for longer."""

    number_masked: str
    state: str
    expires_on: date


def issue_at_counter(
    call: Call,
    number: str,
    identity_document: str,
    *,
    order: str | None = None,
    also: Callable[[Session], None] = lambda _: None,
) -> IssuedCard:
    """A clerk who saw the person (a child: with their guardian) and a document issues an e-card.

    ``order``: what it is issued for; asked again for the same, the same card is the answer.
    ``also`` is done in the transaction that writes it down. Raises NotAllowed, NotFound,
    CardHeldAlready (one that is not cancelled), Unavailable.
    """
    known = accounts.numbered_person_at_counter(call, number)
    policy, today = _rules(call, known)
    until = rules.good_until(None, today, policy.card_years)
    try:
        with answering():
            card = call.dependencies.registry.issue_card(known.ref, until, order=order)
    except CardHeld as error:
        raise CardHeldAlready from error
    with call.db.write() as session:
        person = persons.ensure(session, call, known)
        record_change(session, call, person.id, NO_CARD, card.state, identity_document)
        also(session)
        session.commit()
    return IssuedCard(card.number, card.expires_on or until)


def renew(call: Call, step_up_id: uuid.UUID | None = None) -> CardView:
    """The holder renews their own card in its last days, with the e-card password.

    Raises CardNotUsable, RenewalRefused, StepUpNeeded, Unavailable.
    """
    held = held_by(call, call.holder.person_id)
    if held.card is None or not held.opens:
        raise CardNotUsable(state=held.state)
    with call.db.read() as session:
        policy = policies.current(session, call.holder.region_id, call.now)
    _refuse_too_early(held.expires_on, held.today, policy)
    until = rules.good_until(held.expires_on, held.today, policy.card_years)
    with call.db.write() as session:
        live_grant(session, call, step_up_id, rules.RENEW_CARD)
    with answering():
        call.dependencies.registry.renew_card(held.card.number, until)
    with call.db.write() as session:
        spend_grant(session, call, step_up_id, rules.RENEW_CARD)
        _record(session, call, call.holder.person_id, "requested_by_holder")
        session.commit()
    return my_card(call)


def renew_at_counter(call: Call, card_number: str, identity_document: str) -> RenewedCard:
    """A clerk who saw the person and their document renews a card, also one that has expired.

    Raises NotAllowed, NotFound, CardNotUsable (stopped: its state comes first), RenewalRefused.
    """
    known = accounts.person_at_counter(call, card_number)
    card = _card(call, card_number)
    policy, today = _rules(call, known)
    _refuse_too_early(card.expires_on, today, policy)
    until = rules.good_until(card.expires_on, today, policy.card_years)
    with answering():
        call.dependencies.registry.renew_card(card.number, until)
    with call.db.write() as session:
        person = persons.ensure(session, call, known)
        _record(session, call, person.id, identity_document)
        session.commit()
    return RenewedCard(mask(card.number), card.state, until)


def _card(call: Call, card_number: str) -> RegistryCard:
    with answering():
        card = call.dependencies.registry.card_by_number(normalise(card_number))
    if card is None or card.state != rules.NORMAL:
        raise CardNotUsable(state=card.state if card is not None else NO_CARD)
    return card


def _rules(call: Call, known: RegistryPerson) -> tuple[Policy, date]:
    """The policy of the person's region, and the day there."""
    with call.db.read() as session:
        region = agencies.region_by_code(session, known.region_code)
        policy = policies.current(session, region.id, call.now)
        return policy, persons.local_day(call.now, agencies.time_zone(session, region.id))


def _refuse_too_early(expires_on: date | None, today: date, policy: Policy) -> None:
    begins = rules.renewable_from(expires_on, policy.card_renewal_days)
    if begins is None or today < begins:
        raise RenewalRefused(renewable_from=begins)


def _record(session: Session, call: Call, person_id: uuid.UUID, reason: str) -> None:
    messages.notify(session, call, person_id, "card_renewed")
    audit.record(session, call, "card.renew", "person", person_id, reason=reason)
