"""Holders' accounts, devices, sessions and recovery. Tokens and codes are kept only as hashes."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id, Index, Sealed


class Account(Base):
    """A holder's account: opened by the first sign-in."""

    __tablename__ = "accounts"
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), unique=True)
    card_index: Mapped[Index] = mapped_column(index=True)
    """Blind index of the card last signed in with: ties a known device to the card it may open."""
    language: Mapped[Code]
    created_at: Mapped[datetime]


class FailedSignIns(Base):
    """Failures since the last success, of a card (whoever tries it) or of one known device.

    They are apart so that strangers who fail on a card never lock its owner's own phone out.
    """

    __tablename__ = "failed_sign_ins"
    subject: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    """Blind index of a card, known or not, or the id of a device."""
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(index=True)
    """The last failure: a count that nobody added to for long is forgotten."""


class Device(Base):
    """A phone that signed in; its own secret tells it from a new one."""

    __tablename__ = "devices"
    id: Mapped[Id]
    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    name: Mapped[Sealed]
    """What the phone calls itself, sealed with the holder's key."""
    secret_hash: Mapped[Code] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """Its last sign-in."""
    card_since: Mapped[datetime | None]
    """Since when the e-card is shown on this phone, of an account's phones on one at the most
    (whoever sets it holds the account's row)."""
    revoked_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class SignInCode(Base):
    """A code sent to the phone on file. A row exists for unknown cards too: both look the same."""

    __tablename__ = "sign_in_codes"
    id: Mapped[Id]
    purpose: Mapped[Code]
    """sign_in (a recovery begins with the same) or card_password_reset."""
    card_index: Mapped[Index]
    card_number: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    """Sealed, for the job that sends the code; None once it did."""
    person_ref: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    """Registry name of the card's person; None where nothing was sent."""
    code_hash: Mapped[Code]
    """Bound to this row; of random bytes that nobody knows until a code is sent."""
    opened_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    wrong_tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class Session(Base):
    """A signed-in session of one device: a family of access and refresh tokens."""

    __tablename__ = "sessions"
    id: Mapped[Id]
    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    device_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("devices.id"), index=True)
    region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    """The holder's region at sign-in, so that no request needs to open their particulars."""
    access_hash: Mapped[Code] = mapped_column(unique=True)
    access_expires_at: Mapped[datetime]
    refresh_hash: Mapped[Code] = mapped_column(unique=True)
    refresh_expires_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """The absolute end of the family, however often it was renewed."""
    handed_over_at: Mapped[datetime | None]
    """While set, the phone is in the relative's hands and this session does nothing."""
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(sa.String(64))


class SpentRefresh(Base):
    """A refresh token that was exchanged; seeing it again ends the whole family.

    Kept to the family's absolute end: until then a thief may show it.
    """

    __tablename__ = "spent_refreshes"
    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    session_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    spent_at: Mapped[datetime]


class Recovery(Base):
    """A lost phone: a new device that takes effect after a delay unless an old one objects."""

    __tablename__ = "recoveries"
    id: Mapped[Id]
    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    secret_hash: Mapped[Code] = mapped_column(unique=True)
    """Hash of the new device's recovery secret (or of the code given at a counter)."""
    device_name: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    """What the new device calls itself, sealed with the holder's key."""
    channel: Mapped[Code]
    """app or counter."""
    staff_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("staff.id"))
    opened_at: Mapped[datetime]
    ready_at: Mapped[datetime]
    """When it takes effect by itself; earlier only where an old device approved."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    approved_by_device_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("devices.id"))
    cancelled_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
