"""A court order about a link's last day is an act of two, at a counter: one clerk records what it
says, another one confirms or rejects it, on record. Until then nothing changes.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit
from ecard.accounts import service as accounts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import NotFound
from ecard.family import policy as rules
from ecard.family.ending import is_own_link, lock_at_counter
from ecard.family.errors import (
    EndDateOrderNotWaiting,
    EndDateOrderReasonDoesNotFit,
    EndDateOrderWaits,
)
from ecard.family.last_day import check_order, set_by_order
from ecard.family.links import note_stay, policy_of, refuse_outdated, still_open
from ecard.family.models import EndDateOrder, Link
from ecard.openings import SecondPersonNeeded
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.registry import service as registry

REFERENCE = "end_date_orders.reference"


@dataclass(frozen=True, slots=True)
class EndDateOrderView:
    """A court order about a link's last day, for clerks of the relative's region."""

    id: uuid.UUID
    link_id: uuid.UUID
    relative: str
    number_masked: str
    holder: str
    relation: str | None
    link_ends_on: date | None
    """The link's last day as of now."""
    ends_on: date | None
    """What the order says."""
    court: str
    file_number: str
    recorded_at: datetime
    lapses_at: datetime
    may_answer: bool
    answered_at: datetime | None
    outcome: str | None
    reason: str | None
    version: int
    """The link's, so that nobody answers by what they did not see."""


def record_order(
    call: Call,
    link_id: uuid.UUID,
    *,
    number: str,
    ends_on: date | None,
    court: str,
    file_number: str,
    version: int,
) -> EndDateOrderView:
    """A clerk writes down what a court order says; it waits for another one.

    ``number``: the relative's. Raises NotAllowed, NotFound (also another region's, or somebody
    else's link), Unavailable, VersionChanged, EndDateOrderWaits, and what `check_order` raises.
    """
    known = accounts.numbered_person_at_counter(call, number)
    with call.db.write() as session:
        link = lock_at_counter(session, call, link_id, known.ref)
        refuse_outdated(link, version)
        check_order(session, call, link, ends_on)
        if session.scalar(_waiting(call).where(EndDateOrder.link_id == link.id)) is not None:
            raise EndDateOrderWaits
        order = _add(session, call, link, ends_on, {"court": court, "file_number": file_number})
        note_stay(session, call, link, "end_date_order_recorded", ends_on)
        _record(session, call, link, order, "recorded")
        session.commit()
        return _view(session, call, link, order)


def list_orders(call: Call, *, cursor: str | None, limit: int) -> Page:
    """What waits about people of the clerk's region, newest first, other than about themselves;
    each look is on record."""
    call.require_role("clerk")
    query = _waiting(call).join(Link, Link.id == EndDateOrder.link_id)
    query = query.join(persons.Person, persons.Person.id == Link.relative_id).where(
        persons.Person.region_id.in_(call.staff.region_ids), Link.state.in_(rules.STANDING)
    )  # what ended needs no last day
    key = EndDateOrder.recorded_at, EndDateOrder.id
    with call.db.write() as session:
        page = read_page(session, query, *key, cursor=cursor, limit=limit)
        found = [(session.get_one(Link, order.link_id), order) for order in page.items]
        shown = [pair for pair in found if not is_own_link(session, call, pair[0])]
        for link, order in shown:
            _record(session, call, link, order, "read")
        items = [_view(session, call, link, order) for link, order in shown]
        session.commit()
    return Page(items, page.next_cursor)


def answer_order(
    call: Call, order_id: uuid.UUID, *, outcome: str, reason: str | None, version: int
) -> EndDateOrderView:
    """Another clerk confirms what was recorded, so that the link has that last day by the rules as
    of now; or rejects it.

    ``version``: the link's, as they saw it. Raises NotAllowed, NotFound (also another region's),
    Unavailable, EndDateOrderReasonDoesNotFit, SecondPersonNeeded, EndDateOrderNotWaiting,
    VersionChanged, and what `check_order` raises.
    """
    call.require_role("clerk")
    if (reason is None) == (outcome == rules.REJECTED):
        raise EndDateOrderReasonDoesNotFit(fields={"reason": ["does_not_fit_outcome"]})
    link_id, registry_ref = _about(call, order_id)
    accounts.registered_person_at_counter(call, registry_ref)
    with call.db.write() as session:
        link = lock_at_counter(session, call, link_id, registry_ref)
        order = _locked_waiting(session, call, order_id)
        refuse_outdated(link, version)
        if outcome == rules.CONFIRMED:
            check_order(session, call, link, order.ends_on)
            set_by_order(session, call, link, order.ends_on)
        else:
            still_open(session, call, link)
            note_stay(session, call, link, "end_date_order_rejected", order.ends_on)
        order.answered_by, order.answered_at = call.staff.staff_id, call.now
        order.outcome, order.reason = outcome, reason
        _record(session, call, link, order, outcome)
        session.commit()
        return _view(session, call, link, order)


def reference(
    session: Session, call: Call, order: EndDateOrder, relative_id: uuid.UUID
) -> dict[str, str]:
    """What identifies it: ``court`` and ``file_number``."""
    vault = call.dependencies.vault
    text = vault.open(session, relative_id, REFERENCE, order.id, order.reference)
    found: dict[str, str] = json.loads(text)
    return found


def _waiting(call: Call) -> sa.Select[EndDateOrder]:
    """Neither answered nor lapsed."""
    return sa.select(EndDateOrder).where(
        EndDateOrder.answered_at.is_(None), EndDateOrder.lapses_at > call.now
    )


def _about(call: Call, order_id: uuid.UUID) -> tuple[uuid.UUID, str]:
    """The link, and its relative's name in the registry; for clerks of the relative's region."""
    with call.db.read() as session:
        order = session.get(EndDateOrder, order_id)
        link = session.get(Link, order.link_id) if order else None
        if link is None or link.relative_id is None:
            raise NotFound
        relative = persons.particulars(session, call, link.relative_id)
        if relative.region_id not in call.staff.region_ids:
            raise NotFound
        return link.id, relative.registry_ref


def _locked_waiting(session: Session, call: Call, order_id: uuid.UUID) -> EndDateOrder:
    """The order, locked after its link; raises SecondPersonNeeded, EndDateOrderNotWaiting."""
    order = session.get(EndDateOrder, order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise NotFound
    if agencies.is_same_person(session, order.recorded_by, call.staff.staff_id):
        raise SecondPersonNeeded
    if order.answered_at is not None or order.lapses_at <= call.now:
        raise EndDateOrderNotWaiting
    return order


def _add(
    session: Session, call: Call, link: Link, ends_on: date | None, said: dict[str, str]
) -> EndDateOrder:
    if link.relative_id is None:
        raise NotFound
    order_id, text = uuid.uuid4(), json.dumps(said, ensure_ascii=False)
    days = policy_of(session, call, link).end_date_order_days
    order = EndDateOrder(
        id=order_id,
        link_id=link.id,
        ends_on=ends_on,
        reference=call.dependencies.vault.seal(
            session, link.relative_id, REFERENCE, order_id, text
        ),
        recorded_by=call.staff.staff_id,
        recorded_at=call.now,
        lapses_at=call.now + timedelta(days=days),
    )
    session.add(order)
    session.flush()
    return order


def _record(session: Session, call: Call, link: Link, order: EndDateOrder, what: str) -> None:
    action, why, whose = f"end_date_order.{what}", order.reason, link.relative_id
    audit.record(session, call, action, "end_date_order", order.id, reason=why, acting_for=whose)


def _view(session: Session, call: Call, link: Link, order: EndDateOrder) -> EndDateOrderView:
    if link.relative_id is None:
        raise NotFound
    relative = persons.particulars(session, call, link.relative_id)
    return EndDateOrderView(
        id=order.id,
        link_id=link.id,
        relative=relative.name,
        number_masked=registry.mask(relative.number),
        holder=persons.particulars(session, call, link.holder_id).name,
        relation=link.relation,
        link_ends_on=link.ends_on,
        ends_on=order.ends_on,
        recorded_at=order.recorded_at,
        lapses_at=order.lapses_at,
        may_answer=not agencies.is_same_person(session, order.recorded_by, call.staff.staff_id),
        answered_at=order.answered_at,
        outcome=order.outcome,
        reason=order.reason,
        version=link.version,
        **reference(session, call, order, link.relative_id),
    )
