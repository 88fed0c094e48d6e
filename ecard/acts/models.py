"""Who did what for whom: one row for each call that used a scope. Never changed."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id


class Act(Base):
    """Something done with a person's affairs: by a holder on a link, by staff, or by themselves."""

    __tablename__ = "acts"
    __table_args__ = (
        sa.Index("ix_acts_link_at", "link_id", "at", "id"),
        sa.Index("ix_acts_relative_at", "relative_id", "at", "id"),
    )
    id: Mapped[Id]
    at: Mapped[datetime]
    actor_kind: Mapped[Code]
    """holder, staff or system."""
    actor_id: Mapped[uuid.UUID | None]
    relative_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    """Whose affairs it concerned."""
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"))
    """The link it was done on; None where a person acted for themselves, or staff without one."""
    scope: Mapped[Code]
    action: Mapped[Code]
    """What was done, as a code: ``rights.read``, ``certification.opened``…"""
    channel: Mapped[Code]
