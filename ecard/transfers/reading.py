"""A transfer as both sides see it: how far it is, who is next until when, and how it ended."""

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
from ecard.errors import NotFound
from ecard.moves import MoveView, moves_of
from ecard.pages import Page, read_page
from ecard.transfers import policy as rules
from ecard.transfers.models import Transfer, TransferMove
from ecard.transfers.moving import SCOPE, stage_ends_on


@dataclass(frozen=True, slots=True)
class TransferView:
    """A transfer, its progress and its result."""

    id: uuid.UUID
    state: str
    from_region: str
    to_region: str
    from_name: str
    to_name: str
    opened_at: datetime
    stage_ends_on: date | None
    """The last day of the agency whose turn it is."""
    late: bool
    withdrawal: str | None
    """What a withdrawal would lead to now; None: it is not possible."""
    reason: str | None
    ended_at: datetime | None
    recorded: bool
    """Whether the core system took note of how it ended."""
    progress: list[MoveView]
    version: int


def list_transfers(
    call: Call, link_id: uuid.UUID | None, *, cursor: str | None, limit: int
) -> Page:
    """A relative's transfers, or with no link one's own, newest first."""
    acting = _acting(call, link_id)
    query = sa.select(Transfer).where(*_seen_by(call, acting))
    with call.db.write() as session:
        acts.note(session, call, acting, "transfer.read")
        page = read_page(
            session, query, Transfer.opened_at, Transfer.id, cursor=cursor, limit=limit
        )
        items = [view(session, call, row) for row in page.items]
        session.commit()
    return Page(items, page.next_cursor)


def read_transfer(call: Call, link_id: uuid.UUID | None, transfer_id: uuid.UUID) -> TransferView:
    """One of them. Raises NotFound."""
    acting = _acting(call, link_id)
    with call.db.write() as session:
        acts.note(session, call, acting, "transfer.read")
        found = view(session, call, transfer_of(session, call, acting, transfer_id))
        session.commit()
    return found


def _acting(call: Call, link_id: uuid.UUID | None) -> Acting:
    if link_id is None:
        return acts.for_self(call, SCOPE)
    return acts.for_relative(call, link_id, SCOPE)


def transfer_of(
    session: Session, call: Call, acting: Acting, transfer_id: uuid.UUID, *, lock: bool = False
) -> Transfer:
    """A transfer of this very person; raises NotFound."""
    query = sa.select(Transfer).where(Transfer.id == transfer_id, *_seen_by(call, acting))
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound
    return row


def _seen_by(call: Call, acting: Acting) -> list[sa.ColumnElement[bool]]:
    """The person sees all of theirs; a holder none that another asked for on a disputed link."""
    theirs = [Transfer.person_id == acting.person_id]
    if acting.link_id is None:
        return theirs
    return [*theirs, acts.shown_to(call.holder.person_id, Transfer.opened_by, Transfer.link_id)]


def view(session: Session, call: Call, row: Transfer) -> TransferView:
    """A transfer as holder and person see it."""
    old = agencies.region(session, row.from_region_id)
    new = agencies.region(session, row.to_region_id)
    return TransferView(
        id=row.id,
        state=row.state,
        from_region=old.code,
        to_region=new.code,
        from_name=agencies.region_name(session, old.id, call.language),
        to_name=agencies.region_name(session, new.id, call.language),
        opened_at=row.opened_at,
        stage_ends_on=stage_ends_on(session, row),
        late=rules.reminders_due(row.due_at, row.escalates_at, call.now) > 0,
        withdrawal=rules.WITHDRAWAL.get(row.state),
        reason=row.reason,
        ended_at=row.ended_at,
        recorded=row.told_at is not None,
        progress=moves_of(session, TransferMove, row.id),
        version=row.version,
    )
