"""A try to show a face: reserved before it is judged, settled after, given back after an outage."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from biometrics.types import Verification
from ecard import audit, challenges, prints
from ecard.call import Call
from ecard.db import Id

OUTAGE = "outage"


class FaceTry:
    """The columns of one try: reserved and committed before it is judged, so that a crash still
    spends it."""

    id: Mapped[Id]
    reserved_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(sa.String(64))
    """match, no_match, unusable, presentation_attack, review, outage; None: never settled."""
    reason: Mapped[str | None] = mapped_column(sa.String(64))
    engine: Mapped[str | None] = mapped_column(sa.String(64))
    operating_point: Mapped[str | None] = mapped_column(sa.String(64))
    challenge_id: Mapped[uuid.UUID | None]
    """The challenge that it answers, which is forgotten earlier."""
    capture_digest: Mapped[str | None] = mapped_column(sa.String(80), index=True)
    """HMAC of the frames: the same capture sent twice is recognised."""


def is_under_way(
    session: Session, call: Call, kind: type[FaceTry], *of_session: sa.ColumnElement[bool]
) -> bool:
    """Whether a try is being judged; one that a dead process left behind is not."""
    alive = call.now - timedelta(seconds=call.settings.judging_lease_seconds)
    query = sa.select(kind.id).where(
        *of_session, kind.settled_at.is_(None), kind.reserved_at > alive
    )
    return session.scalar(query.limit(1)) is not None


def was_judged(session: Session, kind: type[FaceTry], digest: str) -> bool:
    """Whether exactly these frames were judged before; after an outage they may come again."""
    query = sa.select(kind.id).where(
        kind.capture_digest == digest, kind.outcome.is_distinct_from(OUTAGE)
    )
    return session.scalar(query.limit(1)) is not None


def settle(row: FaceTry, call: Call, outcome: str, reason: str | None, seen: Verification) -> None:
    """Write down what came of a try. Not committed."""
    row.settled_at, row.outcome, row.reason = call.now, outcome, reason
    row.engine, row.operating_point = seen.engine, seen.operating_point


def give_back(call: Call, kind: type[FaceTry], try_id: uuid.UUID, action: str, what: str) -> None:
    """Settle a try as an outage of ours: it counts for nothing, and the same frames may come.

    ``action`` and ``what``: how the audit names it. One that was settled, or never reserved, stays.
    """
    with call.db.write() as session:
        row = session.get(kind, try_id, with_for_update=True)
        if row is None or row.settled_at is not None:
            return
        row.settled_at, row.outcome = call.now, OUTAGE
        prints.forget(session, try_id)
        if row.challenge_id is not None:
            challenges.open_again(session, row.challenge_id)
        audit.record(session, call, action, what, try_id, outcome=OUTAGE)
        session.commit()
