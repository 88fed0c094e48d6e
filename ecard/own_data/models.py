"""Faces that a person wants compared no more, what became of them, and asked-for corrections.

A withdrawal, the files that it named and the proof of their destruction are never changed.
"""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

import ecard.immutable  # noqa: F401 - these tables come with their triggers
from ecard.db import Base, Code, Id, Sealed


class FaceWithdrawal(Base):
    """Somebody took back every consent about a face, on one link or on all of them."""

    __tablename__ = "face_withdrawals"
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    """Whose face."""
    link_ids: Mapped[list[str]] = mapped_column(sa.JSON)
    """The links on which something stood or was kept."""
    given_by: Mapped[Code]
    """person or guardian."""
    actor_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    """Who took it back: the person, or a guardian."""
    device_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("devices.id"))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("staff.id"))
    """The clerk who wrote it down, where it was taken back at a counter."""
    channel: Mapped[Code]
    at: Mapped[datetime]


class FaceWithdrawalFile(Base):
    """A picture of the face that a withdrawal destroys."""

    __tablename__ = "face_withdrawal_files"
    __table_args__ = (sa.UniqueConstraint("withdrawal_id", "file_id"),)
    id: Mapped[Id]
    withdrawal_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("face_withdrawals.id"))
    file_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stored_files.id"))


class FaceErasure(Base):
    """All of it is gone: signed. Written once, when the last blob was removed."""

    __tablename__ = "face_erasures"
    id: Mapped[Id]
    withdrawal_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("face_withdrawals.id"), unique=True
    )
    at: Mapped[datetime]
    receipt: Mapped[str] = mapped_column(sa.Text)


class Correction(Base):
    """A person says that the registry has something wrong; a clerk of the region answers."""

    __tablename__ = "data_corrections"
    __table_args__ = (
        sa.Index("ix_data_corrections_region_decided", "region_id", "decided_at", "opened_at"),
    )
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"))
    """The guardian's link; None where the person asked themselves."""
    asked_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    field: Mapped[Code]
    wanted: Mapped[Sealed]
    """What it should say, and why; sealed with the person's key."""
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("staff.id"))
    outcome: Mapped[str | None] = mapped_column(sa.String(64))
    """corrected or refused."""
    reason: Mapped[str | None] = mapped_column(sa.String(64))
    explanation: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    """The clerk's words, sealed with the person's key."""
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form
