"""What the agencies do: the one whose turn it is passes a transfer on, or refuses it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.acts import service as acts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import NotFound, VersionChanged
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.registry.service import mask
from ecard.review.errors import ReasonDoesNotFit
from ecard.review.service import refuse_conflict
from ecard.transfers import policy as rules
from ecard.transfers.errors import TransferMoved
from ecard.transfers.models import Transfer
from ecard.transfers.moving import SCOPE, facts_of, move
from ecard.transfers.policy import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskItem:
    """A transfer in the list of a desk; it names nobody."""

    id: uuid.UUID
    state: str
    from_region: str
    to_region: str
    from_name: str
    to_name: str
    opened_at: datetime
    due_at: datetime | None
    late: bool
    escalated: bool
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskTransfer(DeskItem):
    """A transfer that a clerk opened, with whose it is."""

    person: str
    number_masked: str
    by_relative: bool
    reason: str | None


def list_for_desk(call: Call, *, cursor: str | None, limit: int, late: bool | None = None) -> Page:
    """Transfers that wait for an agency of the clerk's regions, newest first."""
    call.require_role("clerk")
    query = sa.select(Transfer).where(
        Transfer.agency_region_id.in_(call.staff.region_ids), Transfer.state.in_(rules.STAGES)
    )
    if late is not None:
        query = query.where(Transfer.due_at <= call.now if late else Transfer.due_at > call.now)
    with call.db.read() as session:
        page = read_page(
            session, query, Transfer.opened_at, Transfer.id, cursor=cursor, limit=limit
        )
        items = [DeskItem(**_shown(session, call, row)) for row in page.items]
    return Page(items, page.next_cursor)


def _shown(session: Session, call: Call, row: Transfer) -> dict[str, Any]:
    passed = rules.reminders_due(row.due_at, row.escalates_at, call.now)
    return {
        "id": row.id,
        "state": row.state,
        "from_region": agencies.region(session, row.from_region_id).code,
        "to_region": agencies.region(session, row.to_region_id).code,
        "from_name": agencies.region_name(session, row.from_region_id, call.language),
        "to_name": agencies.region_name(session, row.to_region_id, call.language),
        "opened_at": row.opened_at,
        "due_at": row.due_at,
        "late": passed > 0,
        "escalated": passed > 1,
        "version": row.version,
    }


def _desk_view(session: Session, call: Call, row: Transfer) -> DeskTransfer:
    person = persons.particulars(session, call, row.person_id)
    return DeskTransfer(
        **_shown(session, call, row),
        person=person.name,
        number_masked=mask(person.number),
        by_relative=row.link_id is not None,
        reason=row.reason,
    )


def read_for_desk(call: Call, transfer_id: uuid.UUID) -> DeskTransfer:
    """Open one transfer; that it was read stands in the history of whose it is.

    Raises NotFound (another agency's too), ConflictOfInterest.
    """
    call.require_role("clerk")
    with call.db.write() as session:
        row = _of_desk(session, call, transfer_id)
        refuse_conflict(session, call, row.person_id, row.opened_by)
        _note(session, call, row, "transfer.read")
        found = _desk_view(session, call, row)
        session.commit()
    return found


def decide(
    call: Call, transfer_id: uuid.UUID, *, accepted: bool, reason: str | None, version: int
) -> DeskTransfer:
    """Pass a transfer on, or refuse it for a reason; of parallel decisions one counts.

    Raises NotFound (it is not this agency's turn), VersionChanged, TransferMoved, ReasonDoesNotFit,
    ConflictOfInterest, Unavailable, and to whoever passes it on what the preconditions raise.
    """
    call.require_role("clerk")
    if accepted == (reason is not None):
        raise ReasonDoesNotFit(fields={"reason": ["needed_for_a_refusal"]})
    with call.db.read() as session:
        person_id = _of_desk(session, call, transfer_id).person_id
    facts = facts_of(call, person_id) if accepted else None
    with call.db.write() as session:
        row = _of_desk(session, call, transfer_id, lock=True)
        if row.version != version:
            raise VersionChanged
        if row.state not in rules.STAGES:
            raise TransferMoved(state=row.state)
        refuse_conflict(session, call, row.person_id, row.opened_by)
        who = rules.AGENCIES[row.state]
        to_state, why = _outcome(session, row, facts, reason)
        _note(session, call, row, f"transfer.{why if accepted else 'refused'}")
        move(session, call, row, to_state, who, why)
        found = _desk_view(session, call, row)
        session.commit()
    return found


def _outcome(
    session: Session, row: Transfer, facts: Facts | None, reason: str | None
) -> tuple[str, str]:
    """Where it goes, and why."""
    if facts is None:
        if reason not in rules.REFUSAL_REASONS[row.state]:
            raise ReasonDoesNotFit(fields={"reason": ["does_not_fit_stage"]})
        return rules.REFUSED, str(reason)
    rules.check_preconditions(facts, agencies.region(session, row.from_region_id).code)
    return rules.ONWARD[row.state], rules.PASSED[row.state]


def _of_desk(
    session: Session, call: Call, transfer_id: uuid.UUID, *, lock: bool = False
) -> Transfer:
    query = sa.select(Transfer).filter_by(id=transfer_id)
    row = _found(call, session.scalar(query))
    if not lock:
        return row
    acts.hold_link(session, row.link_id)
    fresh = query.with_for_update().execution_options(populate_existing=True)
    return _found(call, session.scalar(fresh))


def _found(call: Call, row: Transfer | None) -> Transfer:
    if row is None or row.agency_region_id not in call.staff.region_ids:
        raise NotFound
    return row


def _note(session: Session, call: Call, row: Transfer, action: str) -> None:
    acts.write(
        session, call, person_id=row.person_id, link_id=row.link_id, scope=SCOPE, action=action
    )
