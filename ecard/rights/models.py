"""Certificates of rights that were printed: what a check by their code looks at."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id, Index, Sealed


class RightsCertificate(Base):
    """One printed certificate; the PDF itself is an encrypted file of the person."""

    __tablename__ = "rights_certificates"
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    """Whose rights it states."""
    asked_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"), index=True)
    code_hash: Mapped[Index] = mapped_column(unique=True)
    said: Mapped[Sealed]
    """What a check shows, as JSON sealed with the system's key: no name, no number in full."""
    sha256: Mapped[Code]
    """Digest of the PDF, hex."""
    file_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stored_files.id"))
    issued_at: Mapped[datetime]
    good_until: Mapped[datetime]
