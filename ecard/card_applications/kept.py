"""What is kept of applications for somebody's e-card."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.card_applications.models import CardApplication
from ecard.kept import Categories, Kept, Whose, category, kept


def kept_about(session: Session, _call: Call, whose: Whose, most: int | None) -> Categories:
    """Each application, and how it ended."""
    table = CardApplication
    query = sa.select(table).where(table.person_id == whose.person_id, whose.on(table.link_id))
    asked = category(session, query, table.opened_at, table.id, _application, most)
    return {"card_applications": asked}


def _application(row: CardApplication) -> Kept:
    facts = {"state": row.state, "reason": row.reason, "ended_at": row.ended_at}
    return kept(row.id, row.opened_at, **facts, link_id=row.link_id)
