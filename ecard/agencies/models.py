"""Regions as a tree of three levels, agencies, counters, and the staff in them."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id, Index, Json


class Region(Base):
    """A ministry, a province or a city."""

    __tablename__ = "regions"
    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)
    level: Mapped[Code]
    """ministry, province or city."""
    parent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("regions.id"))
    names: Mapped[Json]
    """Language → name."""
    time_zone: Mapped[Code]


class Agency(Base):
    """An office of a region."""

    __tablename__ = "agencies"
    id: Mapped[Id]
    region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    code: Mapped[Code] = mapped_column(unique=True)
    names: Mapped[Json]


class Counter(Base):
    """A place where people are served in person."""

    __tablename__ = "counters"
    id: Mapped[Id]
    agency_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agencies.id"))
    code: Mapped[Code] = mapped_column(unique=True)
    names: Mapped[Json]
    address: Mapped[Json]
    """Language → address."""


class DeskMessage(Base):
    """Something a region's desk has to know. Names nobody: ``subject_id`` says what it is about."""

    __tablename__ = "desk_messages"
    __table_args__ = (sa.Index("ix_desk_messages_region_at", "region_id", "at", "id"),)
    id: Mapped[Id]
    key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    """What makes telling the same twice harmless."""
    region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    kind: Mapped[Code]
    subject_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime | None]
    at: Mapped[datetime]


class StaffMember(Base):
    """A member of staff; roles hold in their region and below."""

    __tablename__ = "staff"
    id: Mapped[Id]
    user_name: Mapped[Code] = mapped_column(unique=True)
    display_name: Mapped[str] = mapped_column(sa.String(120))
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    roles: Mapped[list[str]] = mapped_column(sa.JSON)
    """Of: clerk, reviewer, safeguarding, auditor."""
    region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    counter_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("counters.id"))
    person_number_index: Mapped[str | None] = mapped_column(sa.String(80))
    """Blind index of their own number: they never decide about themselves or their own links."""
    disabled_at: Mapped[datetime | None]


class StaffSession(Base):
    """A signed-in member of staff; the token is kept only as a hash."""

    __tablename__ = "staff_sessions"
    id: Mapped[Id]
    staff_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    token_hash: Mapped[Code] = mapped_column(unique=True)
    opened_at: Mapped[datetime]
    used_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class FailedStaffSignIns(Base):
    """Failures of one user name, known or not, since its last success: from whatever address."""

    __tablename__ = "failed_staff_sign_ins"
    subject: Mapped[Index] = mapped_column(primary_key=True)
    """Blind index of the user name."""
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(index=True)
