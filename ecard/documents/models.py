"""Documents, their pages, and the reference photos cut from them or uploaded."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id, Index


class Document(Base):
    """What a holder uploaded as evidence; unclaimed until a link claims it."""

    __tablename__ = "documents"
    id: Mapped[Id]
    holder_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    kind: Mapped[Code]
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"), index=True)
    claimed_at: Mapped[datetime | None]
    pages: Mapped[int]
    pages_in_file: Mapped[int] = mapped_column(server_default="1")
    """Of a PDF, of which only the first pages are kept."""
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


class DocumentReading(Base):
    """What was read from a document; once it is claimed only that it was."""

    __tablename__ = "document_readings"
    document_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("documents.id"), primary_key=True)
    read_at: Mapped[datetime]
    format: Mapped[str | None] = mapped_column(sa.String(64))
    turned: Mapped[int]
    """Degrees clockwise by which its first page has to be turned."""
    hints: Mapped[list[str]] = mapped_column(sa.JSON)
    said: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    """Fields, sealed with the holder's key; None once claimed or removed."""


class DocumentMark(Base):
    """A keyed mark by which a document's number, or how it looks, is recognised again."""

    __tablename__ = "document_marks"
    id: Mapped[Id]
    document_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("documents.id"), index=True)
    kind: Mapped[Code]
    """number, or look: one of several groups of signs."""
    mark: Mapped[Index] = mapped_column(index=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("persons.id"))
    """Whom a claimed document is about."""


class TriedPicture(Base):
    """That a holder sent a picture, by keyed marks of its bytes and its look; never the picture."""

    __tablename__ = "tried_pictures"
    __table_args__ = (sa.Index("ix_tried_pictures_mark", "holder_id", "kind", "bytes_mark"),)
    id: Mapped[Id]
    holder_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    kind: Mapped[Code]
    bytes_mark: Mapped[Index]
    look_marks: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    """None where the picture was never decoded, or is blank."""
    side_px: Mapped[int | None]
    """Its longer side, where it was decoded."""
    document_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    """The document it became, where it did."""
    refused: Mapped[str | None] = mapped_column(sa.String(64))
    """The code of the refusal that would come again; None while there is nothing against it."""
    at: Mapped[datetime] = mapped_column(index=True)


class PartialUpload(Base):
    """A file that comes in pieces."""

    __tablename__ = "partial_uploads"
    id: Mapped[Id]
    holder_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    kind: Mapped[Code]
    size: Mapped[int]
    """Bytes of the whole file, as announced and counted against the day."""
    received: Mapped[int]
    counted_as: Mapped[uuid.UUID]
    """The row that counts its bytes."""
    begun_at: Mapped[datetime]
    lapses_at: Mapped[datetime] = mapped_column(index=True)
    finishing_until: Mapped[datetime | None]
    """Until when the request that finishes it holds it."""


class PartialUploadPiece(Base):
    """One piece of it, kept like any other file: encrypted under a key of its own."""

    __tablename__ = "partial_upload_pieces"
    __table_args__ = (sa.UniqueConstraint("upload_id", "number"),)
    id: Mapped[Id]
    upload_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("partial_uploads.id"))
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
    """portrait (cut from a document), face_photo, or capture: taken anew by a live face that
    matched what somebody vouches for; one that matched a face photo stays a face photo."""
    document_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("documents.id"))
    """None where it was taken anew."""
    file_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stored_files.id"))
    eye_distance_px: Mapped[float | None]
    registry_match: Mapped[Code] = mapped_column(default="none")
    """match, no_match, unusable, or none where the registry holds no portrait."""
    created_at: Mapped[datetime]
    lapses_at: Mapped[datetime]
