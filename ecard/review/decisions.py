"""Decisions as the desk and the two sides may read them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.family import service as family
from ecard.review import policy as rules
from ecard.review.models import Case, Decision
from ecard.review.policy import CaseKind, CaseState, DecisionOutcome

if TYPE_CHECKING:
    from ecard.family.models import Link


EXPLANATION, GROUNDS = "decisions.explanation", "appeals.grounds"


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision as one side, or the desk, may read it."""

    case_id: uuid.UUID
    kind: str
    level: int
    outcome: str
    reason: str
    explanation: str | None
    at: datetime
    appeal_until: datetime | None
    may_appeal: bool
    version: int


def decisions_of(session: Session, cases: Sequence[Case]) -> list[Decision]:
    query = sa.select(Decision).where(Decision.case_id.in_([case.id for case in cases]))
    return list(session.scalars(query.order_by(Decision.at, Decision.level)))


def decision_view(
    session: Session,
    call: Call,
    row: Decision,
    case: Case,
    link: Link,
    reader_id: uuid.UUID | None,
) -> DecisionView:
    """``reader_id``: whichever side reads; None is the desk, which reads everything."""
    reason = rules.shown_reason(row.reason, to_holder=reader_id == link.holder_id)
    explanation = None
    if reason != rules.NOT_DISCLOSED:
        vault = call.dependencies.vault
        explanation = vault.open(session, link.holder_id, EXPLANATION, row.id, row.explanation)
    return DecisionView(
        case_id=case.id,
        kind=case.kind,
        level=row.level,
        outcome=row.outcome,
        reason=reason,
        explanation=explanation,
        at=row.at,
        appeal_until=row.appeal_until,
        may_appeal=case.state == CaseState.DECIDED
        and in_time(row, call.now)
        and not family.over_at_once(session, call, link)
        and against(session, case, link, row, reader_id),
        version=case.version,
    )


def against(
    session: Session, case: Case, link: Link, row: Decision, reader_id: uuid.UUID | None
) -> bool:
    """Whether a decision went against somebody (None: anybody). Of a dispute that goes on, against
    the guardian who objected; all else against the two sides of the link."""
    objects = reader_id == family.objector(session, link.id)
    lost = case.kind == CaseKind.DISPUTE and row.outcome == DecisionOutcome.APPROVED
    return reader_id is None or (
        objects if lost else reader_id in (link.holder_id, link.relative_id)
    )


def in_time(decision: Decision, now: datetime) -> bool:
    return decision.appeal_until is not None and now < decision.appeal_until
