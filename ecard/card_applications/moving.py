"""The one place where an application's state changes: written down, and told to both sides."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from ecard import files
from ecard.acts import service as acts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.card_applications import policy as rules
from ecard.card_applications.errors import CardApplicationMoved
from ecard.card_applications.models import CardApplication, CardApplicationMove
from ecard.moves import write_move
from ecard.persons import service as persons
from ecard.persons.policy import local_midnight
from ecard.policy import service as policies

SCOPE = "card_status"
"""Sees the status, and applies: applying leads to nothing but a card in the person's own hand."""


def move(
    session: Session, call: Call, row: CardApplication, to_state: str, who: str, reason: str
) -> None:
    """Move an application, or raise CardApplicationMoved. With its end the photo is destroyed.

    The row is new or locked. Not committed; after the commit of an end call ``files.erase``.
    """
    by_time = who == rules.SYSTEM
    from_state: str | None = row.state if by_time else state_now(row, call.now)
    if reason not in rules.MACHINE.reasons(from_state, to_state, who):
        raise CardApplicationMoved(state=from_state or "none")
    row.state, row.state_since = to_state, call.now
    row.collect_until = _collect_until(session, call, row) if to_state == rules.READY else None
    if rules.MACHINE.is_over(to_state):
        row.ended_at, row.reason, row.handing_over_since = call.now, reason, None
        files.destroy(session, call, row.photo_id, f"card_application_{to_state}")
    session.add(row)
    session.flush()
    write_move(session, call, CardApplicationMove, row.id, (from_state, to_state), reason)
    _tell(session, call, row)


def state_now(row: CardApplication, now: datetime) -> str:
    """The state as of now; what is being handed over is finished, however long that takes."""
    if row.handing_over_since is not None:
        return row.state
    return rules.state_at(row.state, row.collect_until, now)


def _collect_until(session: Session, call: Call, row: CardApplication) -> datetime:
    """The end of the last day on which a card waits, at the place where it waits."""
    zone = agencies.time_zone(session, row.region_id)
    months = policies.current(session, row.region_id, call.now).card_unclaimed_months
    last = rules.collected_by(persons.local_day(call.now, zone), months)
    return local_midnight(last + timedelta(days=1), zone)


def last_day(session: Session, row: CardApplication) -> date | None:
    """The last day on which the card can be collected, where it is ready."""
    if row.collect_until is None:
        return None
    zone = agencies.time_zone(session, row.region_id)
    return persons.local_day(row.collect_until, zone) - timedelta(days=1)


def _tell(session: Session, call: Call, row: CardApplication) -> None:
    place = agencies.region(session, row.region_id).names
    kind, due = f"card_application_{row.state}", last_day(session, row) or ""
    acts.tell_sides(session, call, row.person_id, SCOPE, kind, place=place, due=due)
