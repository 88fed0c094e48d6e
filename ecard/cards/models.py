"""The e-card's password and what happened to it; the card itself lives in the registry."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id


class CardPassword(Base):
    """The password of one person's e-card. One count of wrong tries for all channels."""

    __tablename__ = "card_passwords"
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), unique=True)
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    tries: Mapped[int] = mapped_column(default=0)
    """Tries begun since the last success; reserved and committed before a try is examined."""
    locked_at: Mapped[datetime | None]
    set_at: Mapped[datetime]


class CardPasswordReset(Base):
    """A reset under way, opened by a code to the phone or at a counter; or the same proof of the
    own face for something else, which sets no password."""

    __tablename__ = "card_password_resets"
    id: Mapped[Id]
    purpose: Mapped[Code] = mapped_column(server_default="card_password_reset")
    """card_password_reset, or the purpose of what the face is shown for."""
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    channel: Mapped[Code]
    """app (code and own face) or counter."""
    staff_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("staff.id"))
    secret_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    """Hash of the code given at a counter."""
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    face_tries: Mapped[int] = mapped_column(default=0)
    """Captures that were judged; reserved and committed before a face is compared."""
    unusable_tries: Mapped[int] = mapped_column(default=0)
    """Captures in which nobody could be judged: counted apart."""
    face_matched_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class CardStateChange(Base):
    """One move of a card's state, with who, where and why."""

    __tablename__ = "card_state_changes"
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    from_state: Mapped[Code]
    to_state: Mapped[Code]
    reason: Mapped[Code]
    actor_kind: Mapped[Code]
    actor_id: Mapped[uuid.UUID | None]
    channel: Mapped[Code]
    at: Mapped[datetime]


class StepUpGrant(Base):
    """Proof of the e-card password: one purpose, one session, 20 minutes, used once."""

    __tablename__ = "step_up_grants"
    id: Mapped[Id]
    session_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    purpose: Mapped[Code]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
