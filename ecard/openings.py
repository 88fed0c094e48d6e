"""A minor's case is opened by two: one asks, a second person approves, on record, for a while.

Each desk keeps its openings in a table of its own, and says itself who may ask and approve there.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecard import audit
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.db import Id
from ecard.errors import Refusal


class OpeningNotApproved(Refusal):
    """A minor's case is opened only after a second person approved it, for 30 minutes."""

    code = "opening_not_approved"
    status = 403
    next = "ask_for_opening"


class OpeningNotNeeded(Refusal):
    """This case may be opened without a second person."""

    code = "opening_not_needed"
    status = 409
    next = "read_case"


class OpeningNotAsked(Refusal):
    """Nobody is waiting for an approval to open this case."""

    code = "opening_not_asked"
    status = 409
    next = "list_cases"


class SecondPersonNeeded(Refusal):
    """Whoever asked cannot approve, and whoever decided cannot decide the appeal."""

    code = "second_person_needed"
    status = 403
    next = "another_person"


class Opening:
    """The columns of one: a reviewer asks, another person approves. The table names its cases."""

    id: Mapped[Id]
    case_id: Mapped[uuid.UUID]
    reviewer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("staff.id"))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    approved_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("staff.id"))
    approved_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


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


def ask(session: Session, call: Call, kind: type[Opening], case_id: uuid.UUID) -> OpeningView:
    """Ask to open a locked case. Asking again while it waits or is open changes nothing. Not
    committed."""
    opening = _own(session, call, kind, case_id)
    if opening is None:
        opening = kind()
        opening.id, opening.case_id = uuid.uuid4(), case_id
        opening.reviewer_id, opening.asked_at = call.staff.staff_id, call.now
        session.add(opening)
        session.flush()
        _record(session, call, "asked", opening)
    return _view(opening)


def approve(session: Session, call: Call, kind: type[Opening], case_id: uuid.UUID) -> OpeningView:
    """A second person's approval of the longest waiting question about a locked case; good for
    ``case_opening_seconds``. Raises OpeningNotAsked, SecondPersonNeeded. Not committed."""
    opening = _waiting(session, call, kind, case_id)
    if opening is None:
        asked = sa.select(kind.id).where(kind.case_id == case_id, _still_asked(call, kind))
        raise SecondPersonNeeded if session.scalar(asked.limit(1)) else OpeningNotAsked
    opening.approved_by, opening.approved_at = call.staff.staff_id, call.now
    opening.expires_at = call.now + timedelta(seconds=call.settings.case_opening_seconds)
    _record(session, call, "approved", opening)
    return _view(opening)


def refuse_unless_opened(
    session: Session, call: Call, kind: type[Opening], case_id: uuid.UUID
) -> None:
    """Raise OpeningNotApproved unless somebody else agreed that the caller looks."""
    opening = _own(session, call, kind, case_id)
    if opening is None or opening.approved_at is None:
        raise OpeningNotApproved


def is_asked(session: Session, call: Call, kind: type[Opening], case_id: uuid.UUID) -> bool:
    """Whether somebody else waits for the caller's approval."""
    return _waiting(session, call, kind, case_id) is not None


def asked_of(call: Call, kind: type[Opening]) -> sa.Select[uuid.UUID]:
    """The cases for whose opening somebody else waits for the caller's approval."""
    return sa.select(kind.case_id).where(_others(call, kind), _still_asked(call, kind))


def _waiting(
    session: Session, call: Call, kind: type[Opening], case_id: uuid.UUID
) -> Opening | None:
    """The longest waiting question of somebody else."""
    query = sa.select(kind).where(
        kind.case_id == case_id,
        _others(call, kind),
        _still_asked(call, kind),
    )
    return session.scalar(query.order_by(kind.asked_at).limit(1))


def _own(session: Session, call: Call, kind: type[Opening], case_id: uuid.UUID) -> Opening | None:
    """The caller's own question that still waits, or its approval that is still good."""
    query = sa.select(kind).where(
        kind.case_id == case_id,
        kind.reviewer_id == call.staff.staff_id,
        sa.or_(_still_asked(call, kind), kind.expires_at > call.now),
    )
    return session.scalar(query.order_by(kind.asked_at.desc()).limit(1))


def _others(call: Call, kind: type[Opening]) -> sa.ColumnElement[bool]:
    """Asked by another person; another account of the caller is none."""
    return kind.reviewer_id.not_in(agencies.accounts_of(call.staff.staff_id))


def _still_asked(call: Call, kind: type[Opening]) -> sa.ColumnElement[bool]:
    since = call.now - timedelta(seconds=call.settings.case_asked_seconds)
    return sa.and_(kind.approved_at.is_(None), kind.asked_at > since)


def _record(session: Session, call: Call, what: str, opening: Opening) -> None:
    action = f"case.opening_{what}"
    audit.record(session, call, action, "opening", opening.id, case_id=opening.case_id)


def _view(opening: Opening) -> OpeningView:
    return OpeningView(
        id=opening.id,
        case_id=opening.case_id,
        asked_by=opening.reviewer_id,
        asked_at=opening.asked_at,
        approved_by=opening.approved_by,
        approved_at=opening.approved_at,
        expires_at=opening.expires_at,
    )
