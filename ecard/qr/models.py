"""The keys that sign an e-card's QR codes, and the codes that were shown."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id


class QrKey(Base):
    """One signing key (Ed25519). Its private half is sealed, and gone once it signs no more."""

    __tablename__ = "qr_keys"
    id: Mapped[Id]
    key_id: Mapped[str] = mapped_column(sa.String(8), unique=True)
    """How a token names it, hex."""
    public: Mapped[bytes] = mapped_column(sa.LargeBinary)
    private: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    created_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class QrCode(Base):
    """One code that was shown: by whom, for whom, for what; and where it was used up."""

    __tablename__ = "qr_codes"
    __table_args__ = (
        sa.Index("ix_qr_codes_shown_by", "shown_by_id", "used_at"),
        sa.Index("ix_qr_codes_shown_for", "shown_for_id", "used_at"),
    )
    id: Mapped[Id]
    """Also the token's own id."""
    shown_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    shown_for_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    """Whose card it is; the same person for one's own."""
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"))
    session_id: Mapped[uuid.UUID]
    """The sign-in that showed it; forgotten earlier than this row."""
    operation: Mapped[Code]
    place_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("counters.id"))
    """The only counter at which it is good, where one was named."""
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    used_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("staff.id"))
    used_at_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("counters.id"))
    """The counter at which it was used up; None where the clerk belongs to none."""
