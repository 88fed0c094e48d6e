"""Asked of the registry anew at each gate: do both sides still stand as when they were named?

Between the family account and the live face lie days. Whoever died, or lost their card, meanwhile
must not become part of an open link.
"""

from __future__ import annotations

import uuid
from datetime import date

from ecard.actors import Holder
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.cards.errors import CardNotUsable
from ecard.cards.policy import usable
from ecard.errors import NotFound, Unavailable
from ecard.family.errors import HolderCardNotUsable, IllegalMove, RelativeNotConfirmed
from ecard.family.links import relatives_today
from ecard.family.models import Link
from ecard.persons import service as persons
from ecard.persons.policy import local_day
from ecard.registry.port import RegistryPerson, RegistryUnavailable


def refuse_unless_standing(call: Call, link_id: uuid.UUID, *, any_card: bool = False) -> None:
    """Raise unless the relative lives and the e-cards of both sides may be used, as of this call.

    ``any_card``: the relative's card is not looked at (a new one may be what is asked for).

    Asks the registry: no session may be open. The holder's own card is named: to the holder
    CardNotUsable, to others HolderCardNotUsable. Everything about the relative is one answer,
    RelativeNotConfirmed. Raises Unavailable where nobody answers.
    """
    with call.db.read() as session:
        link = session.get(Link, link_id)
        if link is None:
            raise NotFound
        if link.relative_id is None:
            raise IllegalMove(state=link.state)
        holder = persons.particulars(session, call, link.holder_id)
        relative_ref = persons.particulars(session, call, link.relative_id).registry_ref
        today = local_day(call.now, agencies.time_zone(session, holder.region_id))
        theirs = relatives_today(session, call, link.relative_id)
    try:
        holds = call.dependencies.registry.person(holder.registry_ref)
        held = call.dependencies.registry.person(relative_ref)
    except RegistryUnavailable as error:
        raise Unavailable from error
    card = holds.card if holds is not None and holds.died_on is None else None
    if card is None or not usable(card.state, card.expires_on, today):
        if isinstance(call.actor, Holder):
            raise CardNotUsable(state=card.state if card is not None else "none")
        raise HolderCardNotUsable
    if held is None or not (held.died_on is None if any_card else stands(held, theirs)):
        raise RelativeNotConfirmed


def stands(person: RegistryPerson, today: date) -> bool:
    """Whether a relative lives, and has no card but one that may be used on that day."""
    card = person.card
    return person.died_on is None and (card is None or usable(card.state, card.expires_on, today))
