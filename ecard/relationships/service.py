"""Who is kin to whom."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.relationships.models import Relationship


def ensure(
    session: Session, call: Call, holder_id: uuid.UUID, relative_id: uuid.UUID, kind: str
) -> Relationship:
    """The row of this pair and kind, created on first use. The caller holds the holder's lock."""
    wanted = {"holder_id": holder_id, "relative_id": relative_id, "kind": kind}
    row = session.scalar(sa.select(Relationship).filter_by(**wanted))
    if row is None:
        row = Relationship(id=uuid.uuid4(), created_at=call.now, **wanted)
        session.add(row)
        session.flush()
    return row
