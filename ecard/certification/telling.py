"""Who hears of a proof of life: the person, and whoever holds an active link with the scope."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy.orm import Session

from ecard import outbox
from ecard.acts import service as acts
from ecard.call import Call
from ecard.persons.service import Particulars

SCOPE = "certification"
LOOK = "look_at_benefits"
"""The outbox's kind of job that tells the registry at once what a decision changed."""


def look_soon(session: Session, call: Call, person: Particulars) -> None:
    """Have the person's benefits looked at as soon as this is committed."""
    key = f"{LOOK}:{uuid.uuid4()}"
    outbox.enqueue(session, LOOK, key, now=call.now, person_id=str(person.person_id))


def tell_people(
    session: Session, call: Call, person: Particulars, kind: str, due: date | None = None
) -> None:
    """Write the message ``kind`` to each side, in their own language. Not committed."""
    acts.tell_sides(session, call, person.person_id, SCOPE, kind, due=due or "")
