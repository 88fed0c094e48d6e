"""Face authentication of the relative, and the routes without a face."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id, Index
from ecard.face_tries import FaceTry


class CaptureSession(Base):
    """15 minutes in which one person accepts, consents and shows their face."""

    __tablename__ = "capture_sessions"
    id: Mapped[Id]
    link_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("links.id"), index=True)
    token_hash: Mapped[Index] = mapped_column(unique=True)
    via: Mapped[Code]
    """invitation, handed_over, video or own (a guardian with the child at their side)."""
    holder_session_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("sessions.id", ondelete="SET NULL"), index=True
    )
    """The session that is locked while the phone is handed over."""
    language: Mapped[Code]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    unusable: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    end_outcome: Mapped[str | None] = mapped_column(sa.String(64))


class CaptureInvitation(Base):
    """A one-use way for an adult relative to answer on their own phone."""

    __tablename__ = "capture_invitations"
    id: Mapped[Id]
    link_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("links.id"), index=True)
    token_hash: Mapped[Index] = mapped_column(unique=True)
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class Attempt(FaceTry, Base):
    """One try of an application."""

    __tablename__ = "attempts"
    __table_args__ = (sa.Index("ix_attempts_link_reserved", "link_id", "reserved_at"),)
    link_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("links.id"))
    capture_session_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("capture_sessions.id"), index=True
    )


class CounterCode(Base):
    """A code with which the last step is taken at a counter; valid 7 days, once."""

    __tablename__ = "counter_codes"
    id: Mapped[Id]
    link_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("links.id"), index=True)
    code_hash: Mapped[Index] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("staff.id"))
    cancelled_at: Mapped[datetime | None]


class DigitsVideo(Base):
    """A short video saying, signing or writing 4 random digits, judged by a person: in a capture
    session for an application, without one of whoever came of age and confirms a link."""

    __tablename__ = "digits_videos"
    id: Mapped[Id]
    link_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("links.id"), index=True)
    capture_session_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("capture_sessions.id"), unique=True
    )
    scopes: Mapped[list[str] | None] = mapped_column(sa.JSON)
    """Come of age: what the holder may go on doing."""
    digits: Mapped[Code]
    drawn_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    file_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("stored_files.id"))
    received_at: Mapped[datetime | None]
