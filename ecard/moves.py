"""Moves that were made, written down one by one: who, over which channel, why. Never changed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecard.call import Call
from ecard.db import Code, Id


class MadeMove:
    """The columns of one move; a table adds ``subject_id``: what was moved."""

    id: Mapped[Id]
    number: Mapped[int]
    """1 for the first."""
    from_state: Mapped[str | None] = mapped_column(sa.String(64))
    to_state: Mapped[Code]
    reason: Mapped[Code]
    actor_kind: Mapped[Code]
    actor_id: Mapped[uuid.UUID | None]
    channel: Mapped[Code]
    at: Mapped[datetime]
    subject_id: Mapped[uuid.UUID]


@dataclass(frozen=True, slots=True)
class MoveView:
    """One move as both sides see it: staff are not named."""

    state: str
    reason: str
    actor_kind: str
    at: datetime


def write_move(
    session: Session,
    call: Call,
    table: type[MadeMove],
    subject_id: uuid.UUID,
    states: tuple[str | None, str],
    reason: str,
) -> None:
    """Write down a move from one state to another; the subject is locked. Not committed."""
    made = sa.select(sa.func.count()).select_from(table).filter_by(subject_id=subject_id)
    row: Callable[..., object] = table  # only its tables know their own columns
    session.add(
        row(
            id=uuid.uuid4(),
            subject_id=subject_id,
            number=(session.scalar(made) or 0) + 1,
            from_state=states[0],
            to_state=states[1],
            reason=reason,
            actor_kind=call.actor.kind,
            actor_id=call.actor.id,
            channel=call.channel,
            at=call.now,
        )
    )
    session.flush()


def moves_of(session: Session, table: type[MadeMove], subject_id: uuid.UUID) -> list[MoveView]:
    """Every move of a subject, in order."""
    query = sa.select(table).filter_by(subject_id=subject_id).order_by(table.number)
    return [
        MoveView(one.to_state, one.reason, one.actor_kind, one.at) for one in session.scalars(query)
    ]
