"""Links: a family-service tie on a relationship, from application to end."""

from __future__ import annotations

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.db import Base, Code, Id, Index, Sealed


class Link(Base):
    """One application and, once it is active, the tie itself. Every move is a LinkChange."""

    __tablename__ = "links"
    __table_args__ = (
        sa.Index("ix_links_holder_state", "holder_id", "state"),
        sa.Index("ix_links_relative_state", "relative_id", "state"),
        sa.Index("ix_links_state_ends_on", "state", "ends_on"),
    )
    id: Mapped[Id]
    holder_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    region_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regions.id"))
    state: Mapped[Code]
    state_reason: Mapped[str | None] = mapped_column(sa.String(64))
    relation: Mapped[str | None] = mapped_column(sa.String(64))
    typed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    """Name and number as the holder typed them: JSON sealed with the holder's key."""
    typed_index: Mapped[str | None] = mapped_column(sa.String(80))
    """Blind index of the typed number."""
    relative_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("persons.id"))
    """Set once the registry confirmed the family account."""
    relationship_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("relationships.id"))
    face_subject: Mapped[Code] = mapped_column(default="relative")
    """Whose live face is asked for: relative, or guardian below face_match_min_age."""
    route: Mapped[Code] = mapped_column(default="face")
    """face, counter or digits: how the last step is taken."""
    accepted_at: Mapped[datetime | None]
    """When an adult relative accepted, in person."""
    accepted_via: Mapped[str | None] = mapped_column(sa.String(64))
    """invitation, handed_over or counter."""
    scopes: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    opened_at: Mapped[datetime]
    lapses_at: Mapped[datetime]
    """When an unfinished application expires (7 days after it was opened)."""
    activated_at: Mapped[datetime | None]
    acts_from: Mapped[datetime | None]
    acts_until: Mapped[datetime | None] = mapped_column(index=True)
    confirmed_at: Mapped[datetime | None]
    """When the relative, come of age, confirmed it: it goes on as an adult's link."""
    confirmed_via: Mapped[str | None] = mapped_column(sa.String(64))
    """face, password, counter or digits_video."""
    held_until: Mapped[datetime | None]
    """Set while a person watches the relative's video, and decides: reading does not end before."""
    ends_on: Mapped[date | None]
    """The last day on which it holds, where the relative's card is at home; None: no such day."""
    ended_at: Mapped[datetime | None]
    face_shut_at: Mapped[datetime | None]
    """Set when the face route is used up; only the other routes remain."""
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class LinkChange(Base):
    """One move of a link's state, or what happened to it while it stayed: actor, channel, reason.

    Never changed.
    """

    __tablename__ = "link_changes"
    __table_args__ = (sa.UniqueConstraint("link_id", "number"),)
    id: Mapped[Id]
    link_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("links.id"))
    number: Mapped[int]
    from_state: Mapped[str | None] = mapped_column(sa.String(64))
    to_state: Mapped[Code]
    reason: Mapped[Code]
    actor_kind: Mapped[Code]
    actor_id: Mapped[uuid.UUID | None]
    channel: Mapped[Code]
    at: Mapped[datetime]
    ends_on: Mapped[date | None]
    """The last day that was set with it, or that the court order names."""


class EndDateOrder(Base):
    """What a court order says of a link's last day: one clerk records it, another one answers."""

    __tablename__ = "end_date_orders"
    __table_args__ = (
        sa.Index("ix_end_date_orders_answered_recorded", "answered_at", "recorded_at"),
    )
    id: Mapped[Id]
    link_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("links.id"), index=True)
    ends_on: Mapped[date | None]
    """None: the link is to have no last day any more."""
    reference: Mapped[Sealed]
    """Court and file number: JSON sealed with the relative's key."""
    recorded_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("staff.id"))
    recorded_at: Mapped[datetime]
    lapses_at: Mapped[datetime]
    answered_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("staff.id"))
    answered_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(sa.String(64))
    """confirmed or rejected."""
    reason: Mapped[str | None] = mapped_column(sa.String(64))
    """Why it was rejected."""


class LinkUse(Base):
    """When an active link was last used: beside the link, whose version a use must not move.

    There while the link is active; written at most once a day (``uses.py``).
    """

    __tablename__ = "link_uses"
    link_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("links.id"), primary_key=True)
    last_used_at: Mapped[datetime] = mapped_column(index=True)
    warned_at: Mapped[datetime | None]
    """When both sides were warned that it is about to end unused; a use takes it back."""


class NotMeToken(Base):
    """A "this was not me" link from a notice: good for 240 hours, once."""

    __tablename__ = "not_me_tokens"
    id: Mapped[Id]
    link_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("links.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    token_hash: Mapped[Index] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
