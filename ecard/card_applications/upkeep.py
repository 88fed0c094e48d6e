"""The sweep: what nobody collected within its time ends. Reading says so at once."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from ecard import files
from ecard.call import Call
from ecard.card_applications import policy as rules
from ecard.card_applications.desk import locked, note
from ecard.card_applications.models import CardApplication
from ecard.card_applications.moving import move, state_now


def sweep(call: Call) -> int:
    """End what waited too long and destroy its photo; returns how many."""
    call = call.as_system()
    table = CardApplication
    with call.db.read() as session:
        waited = sa.select(table.id).where(
            table.state == rules.READY,
            table.collect_until <= call.now,
            table.handing_over_since.is_(None),
        )
        ids = list(session.scalars(waited))
    ended = sum(_end(call, application_id) for application_id in ids)
    files.erase(call)
    return ended


def _end(call: Call, application_id: uuid.UUID) -> bool:
    with call.db.write() as session:
        row = locked(session, session.get_one(CardApplication, application_id))
        if row.state != rules.READY or state_now(row, call.now) != rules.UNCLAIMED:
            return False
        note(session, call, row, "card_application.unclaimed")
        move(session, call, row, rules.UNCLAIMED, rules.SYSTEM, rules.NOT_COLLECTED)
        session.commit()
    return True
