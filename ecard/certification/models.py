"""Proof of life: what was shown and when, what a person has to judge, what the registry was told.

Days are kept, not states: the state is computed from them whenever it is asked for.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id, Index, Json
from ecard.face_tries import FaceTry
from ecard.openings import Opening


class Certification(Base):
    """A proof of life that counted. Never changed."""

    __tablename__ = "certifications"
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    day: Mapped[date] = mapped_column(sa.Date)
    """The day at the place of the person's card."""
    at: Mapped[datetime]
    route: Mapped[Code]
    """counter, visit or face."""
    helper_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("persons.id"))
    """Who helped: the holder of the link; None where the person did it alone."""
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("staff.id"))
    case_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("certification_cases.id"))
    """The review or appeal that accepted it, from whose days it counts."""
    channel: Mapped[Code]
    receipt: Mapped[str] = mapped_column(sa.Text)
    """Signed, with the next due day."""


class CertificationCase(Base):
    """A review (somebody visits) or an appeal: while it is open the payment goes on."""

    __tablename__ = "certification_cases"
    __table_args__ = (
        sa.Index("ix_certification_cases_region_decided", "region_id", "decided_at", "opened_at"),
    )
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    """Whose reviewers decide; an appeal is decided one level up."""
    kind: Mapped[Code]
    """visit, face (a capture), appeal (against a decision) or stop_appeal (against a stop)."""
    against_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("certification_cases.id"), unique=True
    )
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"))
    opened_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    opened_at: Mapped[datetime]
    opened_on: Mapped[date] = mapped_column(sa.Date)
    counts_from: Mapped[date] = mapped_column(sa.Date)
    grounds: Mapped[bytes] = mapped_column(sa.LargeBinary)
    """What the person or the helper wrote, sealed with the key of who wrote it; of a capture
    nothing."""
    reasons: Mapped[list[str]] = mapped_column(sa.JSON, server_default="[]")
    """Of a capture: why a person looks, as codes."""
    facts: Mapped[Json] = mapped_column(server_default="{}")
    """Of a capture: what the machine saw; no score."""
    due_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_on: Mapped[date | None] = mapped_column(sa.Date)
    accepted: Mapped[bool | None]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("staff.id"))
    reason: Mapped[str | None] = mapped_column(sa.String(64))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class CertificationCaseFile(Base):
    """A frame, or the picture it was compared with; destroyed with the final decision."""

    __tablename__ = "certification_case_files"
    __table_args__ = (sa.UniqueConstraint("case_id", "number"),)
    id: Mapped[Id]
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("certification_cases.id"))
    number: Mapped[int]
    role: Mapped[Code]
    """frame or reference_photo."""
    file_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stored_files.id"))


class CertificationOpening(Opening, Base):
    """A reviewer asks to open a minor's case; another person approves, on record, for a while."""

    __tablename__ = "certification_openings"
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("certification_cases.id"), index=True)


class CertificationCapture(Base):
    """15 minutes in which a person shows their face as a proof of life, alone or with a helper."""

    __tablename__ = "certification_captures"
    __table_args__ = (sa.Index("ix_certification_captures_pair", "person_id", "opened_by"),)
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"), index=True)
    """The helper's link; None where the person is alone."""
    opened_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    consent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("consents.id"))
    """The decision about the face in this session, each time anew."""
    keep_portrait: Mapped[bool] = mapped_column(default=False)
    """Whether one picture is to be kept for later checks, if it matches."""
    unusable: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    end_outcome: Mapped[str | None] = mapped_column(sa.String(64))


class CertificationAttempt(FaceTry, Base):
    """One try to show that a person lives."""

    __tablename__ = "certification_attempts"
    capture_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("certification_captures.id"), index=True
    )


class CertificationCode(Base):
    """A code with which a person proves at a counter that they live; valid 7 days, once."""

    __tablename__ = "certification_codes"
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("links.id"))
    asked_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    code_hash: Mapped[Index] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class RecordedDeath(Base):
    """A death as the registry told it, and perhaps took it back."""

    __tablename__ = "recorded_deaths"
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    died_on: Mapped[date] = mapped_column(sa.Date)
    known_on: Mapped[date] = mapped_column(sa.Date)
    revoked_on: Mapped[date | None] = mapped_column(sa.Date)


class Reinstatement(Base):
    """An agency took a closed benefit up again."""

    __tablename__ = "reinstatements"
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    benefit_ref: Mapped[Code]
    day: Mapped[date] = mapped_column(sa.Date)
    staff_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("staff.id"))
    at: Mapped[datetime]


class BenefitWatch(Base):
    """What the registry and the people were told about one benefit so far."""

    __tablename__ = "benefit_watches"
    benefit_ref: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    state: Mapped[Code]
    """The state that was told last."""
    paid: Mapped[bool]
    owed_days: Mapped[int] = mapped_column(default=0)
    """Days owed, in all, as the registry was told."""
    told_on: Mapped[date] = mapped_column(sa.Date)
    reminded_due: Mapped[date | None] = mapped_column(sa.Date)
    """The due day that the last reminder was about."""
    reminded_days: Mapped[int | None]
