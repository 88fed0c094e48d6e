"""What time brings: the desks of late agencies are reminded; the core system hears the result.

That a transfer is late is decided at read time too; the sweep only tells. It may run twice.
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import Unavailable
from ecard.persons import service as persons
from ecard.registry.port import RegistryUnavailable, TransferResult
from ecard.transfers import policy as rules
from ecard.transfers.models import Transfer

LATE, ESCALATED = 1, 2

log = structlog.get_logger()


def sweep(call: Call) -> int:
    """Remind the agencies that are late, and tell the core system what it has not heard yet."""
    with call.db.read() as session:
        late = sa.select(Transfer.id).where(
            Transfer.state.in_(rules.STAGES),
            Transfer.due_at <= call.now,
            sa.or_(
                Transfer.reminded < LATE,
                sa.and_(Transfer.reminded < ESCALATED, Transfer.escalates_at <= call.now),
            ),
        )
        untold = sa.select(Transfer.id).where(
            Transfer.ended_at.is_not(None), Transfer.told_at.is_(None)
        )
        waiting, behind = list(session.scalars(untold)), list(session.scalars(late))
    reminded = [_remind(call, transfer_id) for transfer_id in behind]
    for transfer_id in waiting:
        try:
            tell_registry(call, str(transfer_id))
        except (Unavailable, LookupError) as error:  # one that cannot be told holds up no other
            log.warning("transfer_waits", transfer_id=str(transfer_id), error=type(error).__name__)
    return sum(reminded)


def _remind(call: Call, transfer_id: uuid.UUID) -> int:
    """Tell the desk once for each deadline that passed; after the second the level above too."""
    with call.db.write() as session:
        row = session.get_one(Transfer, transfer_id, with_for_update=True)
        passed = rules.reminders_due(row.due_at, row.escalates_at, call.now)
        for deadline in range(row.reminded + 1, passed + 1):
            _tell_desks(session, call, row, deadline)
        told, row.reminded = max(0, passed - row.reminded), max(row.reminded, passed)
        session.commit()
    return told


def _tell_desks(session: Session, call: Call, row: Transfer, deadline: int) -> None:
    desks = agencies.ancestry(session, row.agency_region_id)[:deadline]
    for desk in desks:
        own = desk.id == row.agency_region_id
        agencies.tell_desk(
            session,
            call,
            desk.id,
            "transfer_late" if own else "transfer_escalated",
            row.id,
            once=f"{row.state}:{deadline}",
            due_at=row.due_at,
        )


def tell_registry(call: Call, transfer_id: str) -> None:
    """Job: tell the core system how a transfer ended; it takes each one once, so it may run twice.

    Raises Unavailable, and is tried again; the sweep tries too.
    """
    with call.db.read() as session:
        row = session.get_one(Transfer, uuid.UUID(transfer_id))
        if row.ended_at is None or row.told_at is not None:
            return
        result = _result(session, call, row)
    registry = call.dependencies.registry
    try:
        registry.tell_transfer(result)
        known = registry.person(result.person_ref)
    except RegistryUnavailable as error:
        raise Unavailable from error
    with call.db.write() as session:
        row = session.get_one(
            Transfer, uuid.UUID(transfer_id), with_for_update=True, populate_existing=True
        )
        if known is not None:
            persons.ensure(session, call, known)  # they live in the new region from here on
        row.told_at = row.told_at or call.now
        session.commit()


def _result(session: Session, call: Call, row: Transfer) -> TransferResult:
    ended = persons.local_day(
        row.ended_at or call.now, agencies.time_zone(session, row.agency_region_id)
    )
    return TransferResult(
        ref=str(row.id),
        person_ref=persons.particulars(session, call, row.person_id).registry_ref,
        from_region=agencies.region(session, row.from_region_id).code,
        to_region=agencies.region(session, row.to_region_id).code,
        outcome=row.state,
        decided_on=ended,
    )
