"""The e-card is on another phone: who owns it, and whose card it shows besides, are told."""

from __future__ import annotations

import uuid

from ecard import limits
from ecard.accounts import service as accounts
from ecard.call import Call
from ecard.family import service as family
from ecard.messages import service as messages
from ecard.qr.policy import SCOPE

DAY = 86_400


def tell_moved(call: Call, person_id: str, move: str) -> None:
    """Job: tell the holder, and everybody whose card they may show; of one move once."""
    holder_id = uuid.UUID(person_id)
    with call.db.write() as session:
        told = limits.spend(
            session, accounts.CARD_MOVED, move, limit=1, window_seconds=DAY, now=call.now
        )
        if told is not None:  # a job may run twice
            return
        messages.notify(session, call, holder_id, "card_moved")
        for link in family.held_with(session, call, holder_id, SCOPE):
            family.tell_relative(session, call, link, "card_moved_relative")
        session.commit()


JOBS = {accounts.CARD_MOVED: tell_moved}
"""Kind of job → handler."""
