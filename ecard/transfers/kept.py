"""What is kept of transfers of somebody's social security."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.kept import Categories, Kept, Whose, category, kept
from ecard.transfers.models import Transfer


def kept_about(session: Session, _call: Call, whose: Whose, most: int | None) -> Categories:
    """Each transfer, and how it ended."""
    table = Transfer
    query = sa.select(table).where(table.person_id == whose.person_id, whose.on(table.link_id))
    return {"transfers": category(session, query, table.opened_at, table.id, _transfer, most)}


def _transfer(row: Transfer) -> Kept:
    facts = {"state": row.state, "reason": row.reason, "ended_at": row.ended_at}
    return kept(row.id, row.opened_at, **facts, link_id=row.link_id)
