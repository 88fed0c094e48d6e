"""Encrypted files: put, read, destroy. A key per file, wrapped by the key of its person.

Order of a put: blob on disk (fsync, rename, fsync) → row; of a destruction: key → blob → receipt.
A crash between the two leaves an orphan that the sweep finds, never a row without its blob.
"""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id, Index


class StoredFile(Base):
    """One encrypted blob. Its key is wrapped by the key of the person it belongs to."""

    __tablename__ = "stored_files"
    id: Mapped[Id]
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    purpose: Mapped[Code]
    """document, reference_photo, review_frame or digits_video."""
    media_type: Mapped[Code]
    size: Mapped[int]
    """Bytes of the plain content."""
    fingerprint: Mapped[Index] = mapped_column(index=True)
    """HMAC of the plain content: recognises the same picture again."""
    location: Mapped[str | None] = mapped_column(sa.String(200), unique=True)
    wrapped_key: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    """None once destroyed: the key goes first, then the blob."""
    created_at: Mapped[datetime]
    destroy_after: Mapped[datetime | None] = mapped_column(index=True)
    destroyed_at: Mapped[datetime | None]
    receipt: Mapped[str | None] = mapped_column(sa.Text)
    """The signed receipt of destruction."""
