"""Messages to people: notices of what changed, reminders, codes. Text and address are sealed."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id


class Message(Base):
    """One message to one person; a job of the outbox finds the address and delivers it."""

    __tablename__ = "messages"
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    """None for a code to somebody who never signed in."""
    kind: Mapped[Code]
    medium: Mapped[str | None] = mapped_column(sa.String(64))
    """sms or email; None until the address is known."""
    language: Mapped[Code]
    registry_ref: Mapped[Code]
    """Whose contact the registry is asked for, when the message goes out."""
    text: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    """Sealed; a code's is gone once it was sent."""
    created_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime | None]
    """After this it is not worth sending (codes)."""
    sent_at: Mapped[datetime | None]
    failed: Mapped[str | None] = mapped_column(sa.String(64))
    """Code of the last failure."""
