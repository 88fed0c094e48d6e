"""An application as both sides see it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.acts import service as acts
from ecard.acts.service import Acting
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.card_applications import policy as rules
from ecard.card_applications.models import CardApplication, CardApplicationMove
from ecard.card_applications.moving import SCOPE, last_day, state_now
from ecard.errors import NotFound
from ecard.moves import MoveView, moves_of
from ecard.pages import Page, read_page


@dataclass(frozen=True, slots=True)
class CardApplicationView:
    """How far a card is, and why it ended."""

    id: uuid.UUID
    state: str
    region: str
    opened_at: datetime
    collect_by: date | None
    """The last day on which it can be collected."""
    reason: str | None
    ended_at: datetime | None
    progress: list[MoveView]
    version: int


def acting(call: Call, link_id: uuid.UUID | None, *, changes: bool = False) -> Acting:
    """Who asks, for whom. The card it is about may be lost, cancelled, or not there yet."""
    if link_id is None:
        return acts.for_self(call, SCOPE, changes=changes, any_card=True)
    return acts.for_relative(call, link_id, SCOPE, changes=changes, any_card=True)


def list_applications(
    call: Call, link_id: uuid.UUID | None, *, cursor: str | None, limit: int
) -> Page:
    """A relative's applications, or with no link one's own, newest first."""
    found = acting(call, link_id)
    table = CardApplication
    query = sa.select(table).where(*_seen_by(call, found))
    with call.db.write() as session:
        acts.note(session, call, found, "card_application.read")
        page = read_page(session, query, table.opened_at, table.id, cursor=cursor, limit=limit)
        items = [view(session, call, row) for row in page.items]
        session.commit()
    return Page(items, page.next_cursor)


def read_application(
    call: Call, link_id: uuid.UUID | None, application_id: uuid.UUID
) -> CardApplicationView:
    """One of them. Raises NotFound."""
    found = acting(call, link_id)
    with call.db.write() as session:
        acts.note(session, call, found, "card_application.read")
        query = sa.select(CardApplication).where(*_seen_by(call, found))
        row = session.scalar(query.filter_by(id=application_id))
        if row is None:
            raise NotFound
        shown = view(session, call, row)
        session.commit()
    return shown


def _seen_by(call: Call, found: Acting) -> list[sa.ColumnElement[bool]]:
    """The person sees all of theirs; a holder none that another entered on a disputed link."""
    table = CardApplication
    theirs = [table.person_id == found.person_id]
    if found.link_id is None:
        return theirs
    return [*theirs, acts.shown_to(call.holder.person_id, table.opened_by, table.link_id)]


def view(session: Session, call: Call, row: CardApplication) -> CardApplicationView:
    """An application as holder and person see it."""
    state = state_now(row, call.now)
    lapsed = state != row.state
    return CardApplicationView(
        id=row.id,
        state=state,
        region=agencies.region(session, row.region_id).code,
        opened_at=row.opened_at,
        collect_by=last_day(session, row),
        reason=rules.NOT_COLLECTED if lapsed else row.reason,
        ended_at=row.collect_until if lapsed else row.ended_at,
        progress=moves_of(session, CardApplicationMove, row.id),
        version=row.version,
    )
