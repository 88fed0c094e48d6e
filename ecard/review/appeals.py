"""The two sides: they read decisions, and appeal once against a rejection."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import NotFound
from ecard.family import service as family
from ecard.review import confirmations
from ecard.review import policy as rules
from ecard.review.cases import is_asked, is_moot, kind_of, lock_case
from ecard.review.decisions import (
    GROUNDS,
    DecisionView,
    against,
    decision_view,
    decisions_of,
    in_time,
)
from ecard.review.errors import (
    AppealedAlready,
    AppealTooLate,
    NothingToAppeal,
)
from ecard.review.models import Appeal, Case, Decision
from ecard.review.policy import CaseKind, CaseState, DecisionOutcome

if TYPE_CHECKING:
    from ecard.family.models import Link


@dataclass(frozen=True, slots=True)
class AppealView:
    """An appeal that was taken in."""

    case_id: uuid.UUID
    at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a person is to decide next."""

    kind: str
    level: int
    due_at: datetime

    @classmethod
    def on(cls, case: Case) -> Waiting:
        """As both sides may know it."""
        return cls(case.kind, case.level, case.due_at)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided about a link, and what is still to be."""

    items: list[DecisionView]
    waiting: Waiting | None


def decisions(call: Call, link_id: uuid.UUID) -> Decisions:
    """The decisions on a link, oldest first, as the signed-in side may read them, and what waits
    for the next one."""
    with call.db.read() as session:
        link = _of_a_side(session, call, link_id)
        query = sa.select(Case).filter_by(link_id=link.id)
        if call.holder.person_id not in (link.holder_id, link.relative_id):
            query = query.filter_by(kind=CaseKind.DISPUTE.value)  # who objected reads no more
        cases = list(session.scalars(query))
        by_id = {case.id: case for case in cases}
        items = [
            decision_view(session, call, row, by_id[row.case_id], link, call.holder.person_id)
            for row in decisions_of(session, cases)
        ]
        asked = [case for case in cases if is_asked(session, call, case, link)]
        return Decisions(items, Waiting.on(asked[0]) if asked else None)


def appeal(call: Call, link_id: uuid.UUID, grounds: str) -> AppealView:
    """Appeal against a rejection, once and in time: another reviewer decides, one level up.

    Holder and relative may both appeal. Raises NothingToAppeal, AppealedAlready, AppealTooLate.
    """
    with call.db.write() as session:
        link = _of_a_side(session, call, link_id)
        case = _to_appeal(session, call, link)
        row = Appeal(
            id=uuid.uuid4(), case_id=case.id, by_person_id=call.holder.person_id, at=call.now
        )
        row.grounds = call.dependencies.vault.seal(
            session, row.by_person_id, GROUNDS, row.id, grounds
        )
        session.add(row)
        _move_up(session, call, case, link)
        _before_people_again(session, call, case, link)
        audit.record(session, call, "case.appealed", "case", case.id, case_id=case.id)
        session.commit()
    return AppealView(case.id, row.at, case.due_at)


def _of_a_side(session: Session, call: Call, link_id: uuid.UUID) -> Link:
    """The link, locked, if the signed-in person is one of its sides, or the guardian who objected
    to it; else NotFound."""
    link = family.lock_link(session, link_id)
    sides = (link.holder_id, link.relative_id, family.objector(session, link.id))
    if call.holder.person_id not in sides:
        raise NotFound
    return link


def _to_appeal(session: Session, call: Call, link: Link) -> Case:
    query = sa.select(Case.id).filter_by(link_id=link.id).order_by(Case.opened_at.desc())
    case_id = session.scalar(query.limit(1))
    if case_id is None:
        raise NothingToAppeal
    case = lock_case(session, case_id)
    if case.level > 1:
        raise AppealedAlready
    open_to_it = [row for row in decisions_of(session, [case]) if row.appeal_until is not None]
    if not open_to_it or not _concerns(session, call, case, link, open_to_it[-1]):
        raise NothingToAppeal
    if case.state != CaseState.DECIDED or not in_time(open_to_it[-1], call.now):
        raise AppealTooLate
    return case


def _concerns(session: Session, call: Call, case: Case, link: Link, decision: Decision) -> bool:
    """Whether the decision still stands, and went against whoever asks."""
    kind, outcome = kind_of(case), DecisionOutcome(decision.outcome)
    stands = rules.state_when_decided(kind, outcome)
    if family.state_now(session, call, link) != stands or is_moot(case, link):
        return False
    ended_by_it = link.state != "ended" or link.state_reason == decision.reason
    return ended_by_it and against(session, case, link, decision, call.holder.person_id)


def _before_people_again(session: Session, call: Call, case: Case, link: Link) -> None:
    if case.kind == CaseKind.CONFIRMATION:
        confirmations.wait(session, call, link)
    else:
        family.take_back(session, call, link, rules.state_while_open(kind_of(case)))


def _move_up(session: Session, call: Call, case: Case, link: Link) -> None:
    above = agencies.region(session, case.region_id).parent_id
    case.region_id = above or case.region_id
    case.level, case.state = 2, CaseState.APPEALED.value
    days = family.policy_of(session, call, link).review_working_days
    case.due_at = rules.due_at(call.now, days, agencies.time_zone(session, case.region_id))
    session.flush()
