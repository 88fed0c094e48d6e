"""Notices, the proof that they were read, and the separate consents. All rows are immutable."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

import ecard.immutable  # noqa: F401 - these tables come with their triggers
from ecard.db import Base, Code, Id


class Notice(Base):
    """One version of a text in one language for a region and everything below it."""

    __tablename__ = "notices"
    __table_args__ = (sa.UniqueConstraint("region_id", "kind", "version", "language"),)
    id: Mapped[Id]
    region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    kind: Mapped[Code]
    """family_services, face_processing or face_certification."""
    version: Mapped[Code]
    language: Mapped[Code]
    title: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(sa.Text)
    text_sha256: Mapped[Code]
    effective_from: Mapped[datetime]


class Acknowledgement(Base):
    """The proof that a person was shown exactly this text. Never changed, never deleted early."""

    __tablename__ = "acknowledgements"
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"), index=True)
    notice_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("notices.id"))
    version: Mapped[Code]
    text_sha256: Mapped[Code]
    language: Mapped[Code]
    device_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("devices.id"))
    at: Mapped[datetime]


class Consent(Base):
    """A decision about face processing; a withdrawal or a new decision is a new row."""

    __tablename__ = "consents"
    __table_args__ = (sa.UniqueConstraint("link_id", "number"),)
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    """Whose face it is about."""
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"))
    """None where the person decided alone, in their own affairs."""
    number: Mapped[int]
    """Counts a link's decisions (without a link: the person's own): the latest one holds."""
    kind: Mapped[Code]
    """face_processing (this link's face step; without a link one new card password), portrait_kept
    (later face checks) or face_certification (one proof of life)."""
    decision: Mapped[Code]
    """given, declined or withdrawn."""
    given_by: Mapped[Code]
    """guardian or person."""
    actor_kind: Mapped[Code]
    actor_id: Mapped[uuid.UUID | None]
    notice_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("notices.id"))
    version: Mapped[Code]
    text_sha256: Mapped[Code]
    language: Mapped[Code]
    device_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("devices.id"))
    at: Mapped[datetime]
