"""Documents, their pages, and the reference photos cut from them or uploaded."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id


class Document(Base):
    """What a holder uploaded as evidence; unclaimed until a link claims it."""

    __tablename__ = "documents"
    id: Mapped[Id]
    holder_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    kind: Mapped[Code]
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"), index=True)
    claimed_at: Mapped[datetime | None]
    pages: Mapped[int]
    uploaded_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    """When its application was found decided or given up; the days it is kept count from here."""
    removed_at: Mapped[datetime | None]
    """When its pages were destroyed."""


class DocumentPage(Base):
    """One rebuilt page of a document."""

    __tablename__ = "document_pages"
    __table_args__ = (sa.UniqueConstraint("document_id", "number"),)
    id: Mapped[Id]
    document_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("documents.id"))
    number: Mapped[int]
    file_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stored_files.id"))


class ReferencePhoto(Base):
    """The picture a live face is compared with."""

    __tablename__ = "reference_photos"
    id: Mapped[Id]
    link_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("links.id"), index=True)
    subject: Mapped[Code]
    """relative or guardian: whose face it shows."""
    source: Mapped[Code]
    """portrait (cut from a document) or face_photo."""
    document_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("documents.id"))
    file_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stored_files.id"))
    eye_distance_px: Mapped[float | None]
    registry_match: Mapped[Code] = mapped_column(default="none")
    """match, no_match, unusable, or none where the registry holds no portrait."""
    created_at: Mapped[datetime]
    lapses_at: Mapped[datetime]
