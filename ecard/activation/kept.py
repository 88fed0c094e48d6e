"""What is kept of the captures of somebody's face: when, and how they ended. Never a score."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.activation import policy as rules
from ecard.activation.models import Attempt
from ecard.call import Call
from ecard.family.kept import links_of
from ecard.kept import Categories, Kept, Whose, category, kept


def kept_about(session: Session, _call: Call, whose: Whose, most: int | None) -> Categories:
    """Tries of the face step in which this person was at the camera."""
    links = links_of(session, whose)
    own = {
        link.id
        for link in links
        if whose.person_id
        == (link.holder_id if link.face_subject == "guardian" else link.relative_id)
    }
    query = sa.select(Attempt).where(Attempt.link_id.in_(own))
    at: sa.ColumnElement[datetime] = Attempt.reserved_at  # type: ignore[assignment]
    return {"captures": category(session, query, at, Attempt.id, _capture, most)}


def _capture(row: Attempt) -> Kept:
    outcome = rules.shown_outcome(row.outcome) if row.outcome is not None else None
    return kept(row.id, row.reserved_at, outcome=outcome, link_id=row.link_id)
