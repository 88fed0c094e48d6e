"""Messages to people: notices of what changed, reminders, codes. Text and address are sealed."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id


class Message(Base):
    """One message to one address; delivered by a job of the outbox."""

    __tablename__ = "messages"
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    kind: Mapped[Code]
    medium: Mapped[Code]
    """sms or email."""
    language: Mapped[Code]
    address: Mapped[bytes] = mapped_column(sa.LargeBinary)
    text: Mapped[bytes] = mapped_column(sa.LargeBinary)
    created_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    failed: Mapped[str | None] = mapped_column(sa.String(64))


class MailboxEntry(Base):
    """The embedded mailbox: what would have gone out, for the demo profile to show."""

    __tablename__ = "mailbox"
    id: Mapped[Id]
    address_index: Mapped[str] = mapped_column(sa.String(80), index=True)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)
    """Medium, address, kind, text as sealed JSON."""
    at: Mapped[datetime] = mapped_column(index=True)
