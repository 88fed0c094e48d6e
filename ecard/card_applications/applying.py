"""An e-card is applied for, with a photo that shows a face: for a relative, or for oneself."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import limits
from ecard.acts import service as acts
from ecard.acts.service import Acting
from ecard.call import Call
from ecard.card_applications import policy as rules
from ecard.card_applications.errors import CardApplicationOpen
from ecard.card_applications.models import CardApplication
from ecard.card_applications.moving import SCOPE, move, state_now
from ecard.card_applications.reading import CardApplicationView, acting, view
from ecard.cards import service as cards
from ecard.cards.errors import CardHeldAlready
from ecard.documents import service as documents


def apply(call: Call, link_id: uuid.UUID | None, photo_id: uuid.UUID) -> CardApplicationView:
    """Apply for a card; ``photo_id`` names an uploaded face photo of the caller's.

    Whoever holds a card that works has it suspended or reports it lost first. Raises
    CardHeldAlready, CardApplicationOpen, and what ``documents.refuse_unfit_photo`` raises; what is
    refused leaves the photo with the caller. Of any number of parallel asks one passes.
    """
    found = acting(call, link_id, changes=True)
    if cards.held_by(call, found.person_id).opens:
        raise CardHeldAlready
    with call.db.read() as session:
        _refuse_second(session, call, found.person_id)
    documents.refuse_unfit_photo(call, photo_id)
    with call.db.write() as session:
        acts.note(session, call, found, "card_application.entered")
        limits.lock(session, SCOPE, found.person_id)
        _refuse_second(session, call, found.person_id)
        row = _entered(session, call, found, photo_id)
        shown = view(session, call, row)
        session.commit()
    return shown


def _refuse_second(session: Session, call: Call, person_id: uuid.UUID) -> None:
    """One that nobody collected in time is over, also before the sweep."""
    query = sa.select(CardApplication).filter_by(person_id=person_id)
    for row in session.scalars(query.where(CardApplication.state.in_(rules.OPEN))):
        if state_now(row, call.now) in rules.OPEN:
            raise CardApplicationOpen


def _entered(session: Session, call: Call, found: Acting, photo_id: uuid.UUID) -> CardApplication:
    who = rules.PERSON if found.link_id is None else rules.HOLDER
    row = CardApplication(
        id=uuid.uuid4(),
        person_id=found.person_id,
        region_id=found.region_id,
        link_id=found.link_id,
        opened_by=call.holder.person_id,
        opened_at=call.now,
        photo_id=documents.give_photo(session, call, photo_id, found.person_id),
    )
    move(session, call, row, rules.ENTERED, who, rules.REQUESTED[who])
    return row
