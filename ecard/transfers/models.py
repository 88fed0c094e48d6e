"""Transfers of social security from one region to another, and every move they made."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id
from ecard.moves import MadeMove


class Transfer(Base):
    """One transfer, for a relative or for oneself."""

    __tablename__ = "transfers"
    __table_args__ = (
        sa.Index("ix_transfers_person_opened", "person_id", "opened_at", "id"),
        sa.Index("ix_transfers_state_due", "state", "due_at"),
        sa.Index("ix_transfers_told_ended", "told_at", "ended_at"),
    )
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    """Whose social security it is."""
    from_region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    to_region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    agency_region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"), index=True)
    """The region whose agency is concerned at present, or was at the end."""
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"))
    """None: the person asked themselves."""
    opened_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    opened_at: Mapped[datetime]
    state: Mapped[Code]
    state_since: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """The end of the present stage's time; None once it is over."""
    escalates_at: Mapped[datetime | None]
    """The second deadline, after which the level above is told."""
    reminded: Mapped[int] = mapped_column(default=0)
    """Deadlines of the present stage that the desks were told of."""
    reason: Mapped[str | None] = mapped_column(sa.String(64))
    """Why it ended."""
    ended_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    """When the core system took note of how it ended."""
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class TransferMove(MadeMove, Base):
    """One move of a transfer. Never changed."""

    __tablename__ = "transfer_moves"
    __table_args__ = (sa.UniqueConstraint("subject_id", "number"),)
    subject_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("transfers.id"))
