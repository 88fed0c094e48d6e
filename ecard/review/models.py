"""The people's desk: cases, second persons' approvals, decisions, appeals."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id, Json
from ecard.openings import Opening


class Case(Base):
    """Something a person has to decide about one link, in one region, by a due date."""

    __tablename__ = "cases"
    __table_args__ = (sa.Index("ix_cases_region_state", "region_id", "state", "due_at"),)
    id: Mapped[Id]
    link_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("links.id"), index=True)
    region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    """The region whose reviewers decide; an appeal moves it one level up."""
    kind: Mapped[Code]
    """evidence, face, digits_video, dispute or confirmation."""
    reasons: Mapped[list[str]] = mapped_column(sa.JSON)
    """Machine reasons, as codes."""
    facts: Mapped[Json]
    """Machine facts for the reviewer's eyes: engine, operating point, quality; no score."""
    minor: Mapped[bool]
    """Opening it needs a second person's approval."""
    attempt_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("attempts.id"))
    state: Mapped[Code]
    """open, decided (may be appealed) or appealed, then closed."""
    level: Mapped[int] = mapped_column(default=1)
    """1: first decision; 2: appeal."""
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class CaseFile(Base):
    """A file that the reviewer sees; frames and videos are destroyed with the final decision."""

    __tablename__ = "case_files"
    id: Mapped[Id]
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    number: Mapped[int]
    role: Mapped[Code]
    """frame, portrait, digits_video, reference_photo, or the kind of the page's document."""
    file_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stored_files.id"))


class CaseOpening(Opening, Base):
    """A reviewer asks to open a minor's case; another person approves, on record, for a while."""

    __tablename__ = "case_openings"
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("cases.id"), index=True)


class Decision(Base):
    """A reasoned decision. Never changed; an appeal adds a second one."""

    __tablename__ = "decisions"
    __table_args__ = (sa.UniqueConstraint("case_id", "level"),)
    id: Mapped[Id]
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("cases.id"))
    level: Mapped[int]
    reviewer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("staff.id"))
    outcome: Mapped[Code]
    """approved or rejected."""
    reason: Mapped[Code]
    explanation: Mapped[bytes] = mapped_column(sa.LargeBinary)
    """The reviewer's words to both sides, sealed with the holder's key."""
    at: Mapped[datetime]
    appeal_until: Mapped[datetime | None]


class Appeal(Base):
    """The one appeal against a decision, decided by another reviewer, one level up."""

    __tablename__ = "appeals"
    id: Mapped[Id]
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("cases.id"), unique=True)
    by_person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    grounds: Mapped[bytes] = mapped_column(sa.LargeBinary)
    """What the appellant wrote, sealed with their own key."""
    at: Mapped[datetime]
