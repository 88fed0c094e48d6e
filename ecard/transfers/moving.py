"""The one place where a transfer's state changes: written down, and told to whom it concerns."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from ecard import outbox
from ecard.acts import service as acts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import Unavailable
from ecard.moves import write_move
from ecard.persons import service as persons
from ecard.policy import service as policies
from ecard.registry.port import RegistryUnavailable
from ecard.review.policy import due_at
from ecard.transfers import policy as rules
from ecard.transfers.errors import TransferMoved
from ecard.transfers.models import Transfer, TransferMove
from ecard.transfers.policy import Facts

SCOPE = "transfer"
TELL = "tell_transfer"
"""The outbox's kind of job that tells the core system how a transfer ended."""
MESSAGES = {
    rules.ACCEPTING: "transfer_opened",
    rules.OLD_AGENCY: "transfer_accepted",
    rules.NEW_AGENCY: "transfer_released",
    rules.COMPLETED: "transfer_completed",
    rules.REFUSED: "transfer_refused",
    rules.WITHDRAWN: "transfer_withdrawn",
}
"""State → what both sides are told when it is reached."""
ONE_MOMENT = timedelta(microseconds=1)


def facts_of(call: Call, person_id: uuid.UUID) -> Facts:
    """What the registry says of a person now; no session may be open. Raises Unavailable."""
    with call.db.read() as session:
        person = persons.particulars(session, call, person_id)
        zone = agencies.time_zone(session, person.region_id)
    registry, ref = call.dependencies.registry, person.registry_ref
    try:
        known, benefits = registry.person(ref), registry.benefits(ref)
        arrears = registry.arrears(ref)
    except RegistryUnavailable as error:
        raise Unavailable from error
    if known is None:
        raise Unavailable  # a person of ours whom the core system has forgotten: decide nothing
    today = persons.local_day(call.now, zone)
    return Facts(known.region_code, known.died_on, arrears, benefits, today)


def move(session: Session, call: Call, row: Transfer, to_state: str, who: str, reason: str) -> None:
    """Move a transfer, or raise TransferMoved; both sides and the desk concerned are told.

    The row is new or locked. Not committed.
    """
    from_state: str | None = row.state
    if reason not in rules.MACHINE.reasons(from_state, to_state, who):
        raise TransferMoved(state=from_state or "none")
    concerned = row.agency_region_id
    row.state, row.state_since = to_state, call.now
    row.reminded, row.due_at, row.escalates_at = 0, None, None
    if rules.MACHINE.is_over(to_state):
        row.ended_at, row.reason = call.now, reason
        key = f"{TELL}:{row.id}"
        outbox.enqueue(session, TELL, key, now=call.now, transfer_id=str(row.id))
    else:
        _begin_stage(session, call, row)
    session.add(row)
    session.flush()
    write_move(session, call, TransferMove, row.id, (from_state, to_state), reason)
    _tell(session, call, row, from_state, concerned)


def _begin_stage(session: Session, call: Call, row: Transfer) -> None:
    """Whose turn it is, and until when: working days of the region whose agency it is."""
    receives = rules.AGENCIES[row.state] == rules.RECEIVING
    row.agency_region_id = row.to_region_id if receives else row.from_region_id
    policy = policies.current(session, row.agency_region_id, call.now)
    zone = agencies.time_zone(session, row.agency_region_id)
    days = policy.transfer_stage_working_days
    row.due_at = due_at(call.now, days, zone)
    row.escalates_at = due_at(call.now, days + policy.transfer_escalation_working_days, zone)


def _tell(
    session: Session, call: Call, row: Transfer, from_state: str | None, concerned: uuid.UUID | None
) -> None:
    place = agencies.region(session, row.to_region_id).names
    last_day = stage_ends_on(session, row) or ""
    kind = MESSAGES[row.state]
    acts.tell_sides(session, call, row.person_id, SCOPE, kind, place=place, due=last_day)
    if row.state in rules.STAGES:
        agencies.tell_desk(
            session, call, row.agency_region_id, "transfer_arrived", row.id,
            once=row.state, due_at=row.due_at,
        )  # fmt: skip
    elif row.state == rules.WITHDRAWN and concerned is not None and from_state is not None:
        agencies.tell_desk(session, call, concerned, "transfer_withdrawn", row.id)


def stage_ends_on(session: Session, row: Transfer) -> date | None:
    """The last day of the present stage at the place of its agency; None once all is over."""
    if row.due_at is None:
        return None
    return _day_before(row.due_at, session, row.agency_region_id)


def _day_before(end: datetime, session: Session, region_id: uuid.UUID) -> date:
    return persons.local_day(end - ONE_MOMENT, agencies.time_zone(session, region_id))
