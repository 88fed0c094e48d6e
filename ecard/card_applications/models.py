"""Applications for an e-card, and every move they made."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id
from ecard.moves import MadeMove


class CardApplication(Base):
    """One application, for a relative or for oneself."""

    __tablename__ = "card_applications"
    __table_args__ = (
        sa.Index("ix_card_applications_person_opened", "person_id", "opened_at", "id"),
        sa.Index("ix_card_applications_region_state", "region_id", "state", "opened_at"),
        sa.Index("ix_card_applications_state_until", "state", "collect_until"),
    )
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    """Whose card it will be."""
    region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    """Whose clerks move it: where the person was insured when it was entered."""
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"))
    """None: the person asked themselves."""
    opened_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    opened_at: Mapped[datetime]
    photo_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stored_files.id"))
    """The photo for the card, under the person's own key; destroyed with the end."""
    state: Mapped[Code]
    state_since: Mapped[datetime]
    collect_until: Mapped[datetime | None]
    """When a card that is ready has waited long enough."""
    handing_over_since: Mapped[datetime | None]
    """When a clerk began to hand the card over: from then on nothing else moves it."""
    reason: Mapped[str | None] = mapped_column(sa.String(64))
    """Why it ended."""
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class CardApplicationMove(MadeMove, Base):
    """One move of an application. Never changed."""

    __tablename__ = "card_application_moves"
    __table_args__ = (sa.UniqueConstraint("subject_id", "number"),)
    subject_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("card_applications.id"))
