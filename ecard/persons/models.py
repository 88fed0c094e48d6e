"""People known to us: a pointer into the registry, an index of the number, sealed particulars."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Id, Index, Sealed


class Person(Base):
    """A holder or a confirmed relative."""

    __tablename__ = "persons"
    id: Mapped[Id]
    registry_ref: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """Opaque name of the person in the registry."""
    number_index: Mapped[Index] = mapped_column(unique=True)
    """Blind index of the social security number."""
    particulars: Mapped[Sealed]
    """Name, number, birth date, as the registry gave them; sealed with the person's key."""
    region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    chosen_language: Mapped[str | None] = mapped_column(sa.String(64))
    """In which they want to be written to; None: as the registry says."""
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    """Counts what they changed themselves."""
    created_at: Mapped[datetime]
