"""A card that is ready is handed over at the counter: that issues it, once.

The registry issues the card and our own record says so; the two cannot be one transaction. So the
application is first marked as being handed over, from when on nothing else moves it; the registry
is asked in the application's name, for which it issues one card however often it is asked; then
the record is written. Whatever broke in between, the clerk collects again and it is finished.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from ecard import files
from ecard.call import Call
from ecard.card_applications import policy as rules
from ecard.card_applications.desk import note, of_desk
from ecard.card_applications.errors import CardApplicationMoved
from ecard.card_applications.models import CardApplication
from ecard.card_applications.moving import move, state_now
from ecard.cards import service as cards
from ecard.errors import Refusal, Unavailable, VersionChanged
from ecard.persons import service as persons


@dataclass(frozen=True, slots=True)
class CollectedCard:
    """A card that was handed over; its number is told this once."""

    id: uuid.UUID
    state: str
    card_number: str
    expires_on: date
    version: int


def collect(
    call: Call, application_id: uuid.UUID, *, identity_document: str, version: int
) -> CollectedCard:
    """A clerk who saw the person (a child: with their guardian) hands the card over.

    Raises NotFound (another region's, or the person is not of this region any more, or died),
    VersionChanged, CardApplicationMoved, CardHeldAlready (the old card is cancelled first),
    ConflictOfInterest, Unavailable.
    """
    number, reserved = _reserve(call, application_id, version)
    settled: list[int] = []

    def settle(session: Session) -> None:
        row = of_desk(session, call, application_id, lock=True)
        if row.version != reserved:
            raise VersionChanged
        note(session, call, row, "card_application.collected")
        move(session, call, row, rules.COLLECTED, rules.CLERK, rules.HANDED_OVER)
        settled.append(row.version)

    try:
        card = cards.issue_at_counter(
            call, number, identity_document, order=str(application_id), also=settle
        )
    except Refusal as refusal:
        if not isinstance(refusal, Unavailable):  # after an outage a card may have been issued
            _release(call, application_id, reserved)
        raise
    files.erase(call)
    return CollectedCard(
        application_id, rules.COLLECTED, card.card_number, card.expires_on, settled[0]
    )


def _reserve(call: Call, application_id: uuid.UUID, version: int) -> tuple[str, int]:
    """Mark it as being handed over; returns whose number, and the version from then on."""
    with call.db.write() as session:
        row = of_desk(session, call, application_id, lock=True)
        if row.version != version:
            raise VersionChanged
        if (state := state_now(row, call.now)) != rules.READY:
            raise CardApplicationMoved(state=state)
        row.handing_over_since = call.now
        session.flush()
        number = persons.particulars(session, call, row.person_id).number
        session.commit()
    return number, row.version


def _release(call: Call, application_id: uuid.UUID, reserved: int) -> None:
    """It was not handed over: other moves are possible again."""
    with call.db.write() as session:
        row = session.get(CardApplication, application_id, with_for_update=True)
        if row is not None and row.version == reserved:
            row.handing_over_since = None
        session.commit()
