"""Who is kin to whom: one row per pair and kind, under links (and later bindings)."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id


class Relationship(Base):
    """``kind`` is what the relative is to the holder."""

    __tablename__ = "relationships"
    __table_args__ = (sa.UniqueConstraint("holder_id", "relative_id", "kind"),)
    id: Mapped[Id]
    holder_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    relative_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    kind: Mapped[Code]
    created_at: Mapped[datetime]
