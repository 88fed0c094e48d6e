"""Policy rows: the dated rules of a region."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Id, Json


class PolicyRow(Base):
    """Rules of a region from a date on; a lower region inherits what it does not set itself."""

    __tablename__ = "policies"
    __table_args__ = (sa.UniqueConstraint("region_id", "effective_from"),)
    id: Mapped[Id]
    region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    effective_from: Mapped[datetime]
    values: Mapped[Json]
    """Name → value, a subset of the fields of ``ecard.policy.policy.Policy``."""
    created_at: Mapped[datetime]
