"""How a person's proof of life stands, for themselves and for who helps them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.acts import service as acts
from ecard.acts.service import Acting
from ecard.call import Call
from ecard.certification.appealing import appealable
from ecard.certification.models import Certification, CertificationCase
from ecard.certification.standing import Stands, benefits_of, standings, today_at
from ecard.certification.telling import SCOPE
from ecard.persons import service as persons
from ecard.persons.service import Particulars
from ecard.policy import service as policies

SHOWN = 10


@dataclass(frozen=True, slots=True)
class BenefitStanding:
    """One benefit: until when it is paid, and what would restore it."""

    kind: str
    state: str
    paid: bool
    shown_on: date
    due_on: date
    pays_until: date
    stopped_since: date | None
    restore_until: date | None


@dataclass(frozen=True, slots=True)
class CaseState:
    """A review or an appeal."""

    id: uuid.UUID
    kind: str
    opened_on: date
    due_at: datetime
    decided_on: date | None
    accepted: bool | None
    reason: str | None
    version: int


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A proof of life that counted, with its signed receipt."""

    id: uuid.UUID
    day: date
    route: str
    helped: bool
    receipt: str


@dataclass(frozen=True, slots=True)
class CertificationView:
    """Everything about a person's proof of life."""

    benefits: list[BenefitStanding]
    cases: list[CaseState]
    appeal_until: date | None
    """The last day of the appeal that is possible now."""
    receipts: list[ReceiptView]


def read_for_relative(call: Call, link_id: uuid.UUID) -> CertificationView:
    """A relative's, on an active link with the scope."""
    return _read(call, acts.for_relative(call, link_id, SCOPE))


def read_own(call: Call) -> CertificationView:
    """The signed-in person's own."""
    return _read(call, acts.for_self(call, SCOPE))


def _read(call: Call, acting: Acting) -> CertificationView:
    benefits = benefits_of(call, acting.registry_ref)
    with call.db.write() as session:
        acts.note(session, call, acting, "certification.read")
        person = persons.particulars(session, call, acting.person_id)
        found = standings(session, call, person, benefits)
        cases = _cases(session, acting.person_id)
        view = CertificationView(
            benefits=[_benefit(one) for one in found],
            cases=_shown_cases(session, call, acting),
            appeal_until=_appeal_until(session, call, person, found, cases),
            receipts=_receipts(session, call, acting),
        )
        session.commit()
    return view


def _benefit(one: Stands) -> BenefitStanding:
    now = one.standing
    return BenefitStanding(
        kind=one.benefit.kind,
        state=now.state,
        paid=now.paid,
        shown_on=now.shown_on,
        due_on=now.due_on,
        pays_until=now.pays_until,
        stopped_since=now.stopped_since,
        restore_until=now.restore_until,
    )


def _seen_by(call: Call, acting: Acting, by: Any, link_id: Any) -> sa.ColumnElement[bool]:
    """The person sees all of theirs; a holder none that another had a part in on a disputed link:
    day and way would tell them time and place."""
    if acting.link_id is None:
        return sa.true()
    return acts.shown_to(call.holder.person_id, by, link_id)


def _shown_cases(session: Session, call: Call, acting: Acting) -> list[CaseState]:
    table = CertificationCase
    query = sa.select(table).where(
        table.person_id == acting.person_id,
        _seen_by(call, acting, table.opened_by, table.link_id),
    )
    query = query.order_by(table.opened_at.desc())
    return [case_state(row) for row in session.scalars(query.limit(SHOWN))]


def _cases(session: Session, person_id: uuid.UUID) -> list[CertificationCase]:
    """The oldest first."""
    table = CertificationCase
    query = sa.select(table).filter_by(person_id=person_id).order_by(table.opened_at, table.id)
    return list(session.scalars(query))


def _appeal_until(
    session: Session,
    call: Call,
    person: Particulars,
    found: Sequence[Stands],
    cases: Sequence[CertificationCase],
) -> date | None:
    """None where nothing is left to appeal, or a person decides already."""
    if any(one.decided_at is None for one in cases):
        return None
    policy = policies.current(session, person.region_id, call.now)
    today = today_at(session, call, person)
    open_to_it = appealable(found, cases, policy, today)
    return open_to_it.until if open_to_it else None


def case_state(row: CertificationCase) -> CaseState:
    """A case as the person and their helper see it."""
    return CaseState(
        id=row.id,
        kind=row.kind,
        opened_on=row.opened_on,
        due_at=row.due_at,
        decided_on=row.decided_on,
        accepted=row.accepted,
        reason=row.reason,
        version=row.version,
    )


def _receipts(session: Session, call: Call, acting: Acting) -> list[ReceiptView]:
    table = Certification
    query = sa.select(table).where(
        table.person_id == acting.person_id,
        _seen_by(call, acting, table.helper_id, table.link_id),
    )
    query = query.order_by(table.at.desc())
    return [receipt_view(row) for row in session.scalars(query.limit(SHOWN))]


def receipt_view(row: Certification) -> ReceiptView:
    """A proof of life as it is handed out."""
    return ReceiptView(row.id, row.day, row.route, row.helper_id is not None, row.receipt)
