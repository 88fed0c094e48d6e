"""A minor's case is opened by two: one asks, a second person approves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ecard import audit
from ecard.call import Call
from ecard.review.access import (
    at_desk,
    own_opening,
    refuse_conflict,
    refuse_unless_waiting,
    sides_of,
    waiting_opening,
)
from ecard.review.errors import (
    OpeningNotAsked,
    OpeningNotNeeded,
    SecondPersonNeeded,
)
from ecard.review.models import CaseOpening


@dataclass(frozen=True, slots=True)
class OpeningView:
    """A question to open a minor's case, and the second person's answer."""

    id: uuid.UUID
    case_id: uuid.UUID
    asked_by: uuid.UUID
    asked_at: datetime
    approved_by: uuid.UUID | None
    approved_at: datetime | None
    expires_at: datetime | None


def ask_opening(call: Call, case_id: uuid.UUID) -> OpeningView:
    """Ask to open a minor's case. Asking again while it waits or is open changes nothing."""
    with call.db.write() as session:
        case, link = at_desk(session, call, case_id)
        refuse_conflict(session, call, *sides_of(session, link))
        if not case.minor:
            raise OpeningNotNeeded
        refuse_unless_waiting(case, link)
        opening = own_opening(session, call, case)
        if opening is None:
            opening = CaseOpening(
                id=uuid.uuid4(),
                case_id=case.id,
                reviewer_id=call.staff.staff_id,
                asked_at=call.now,
            )
            session.add(opening)
            _record_opening(session, call, "asked", opening)
        session.commit()
    return _opening_view(opening)


def approve_opening(call: Call, case_id: uuid.UUID) -> OpeningView:
    """A second person's approval of the longest waiting question; good for 30 minutes."""
    with call.db.write() as session:
        case, link = at_desk(session, call, case_id)
        refuse_conflict(session, call, *sides_of(session, link))
        refuse_unless_waiting(case, link)
        opening = waiting_opening(session, call, case)
        if opening is None:
            own = own_opening(session, call, case)
            raise SecondPersonNeeded if own and not own.approved_at else OpeningNotAsked
        opening.approved_by, opening.approved_at = call.staff.staff_id, call.now
        opening.expires_at = call.now + timedelta(seconds=call.settings.case_opening_seconds)
        _record_opening(session, call, "approved", opening)
        session.commit()
    return _opening_view(opening)


def _record_opening(session: Session, call: Call, what: str, opening: CaseOpening) -> None:
    action = f"case.opening_{what}"
    audit.record(session, call, action, "opening", opening.id, case_id=opening.case_id)


def _opening_view(opening: CaseOpening) -> OpeningView:
    return OpeningView(
        id=opening.id,
        case_id=opening.case_id,
        asked_by=opening.reviewer_id,
        asked_at=opening.asked_at,
        approved_by=opening.approved_by,
        approved_at=opening.approved_at,
        expires_at=opening.expires_at,
    )
