"""A link's last day: set, put off, taken away; both sides are told, also before it comes.

The relative decides on it. For who is not of age, or is under guardianship, staff do, by a court
order (two of them at a counter: ``orders.py``). The holder never does: they ask the one, or bring
an order to the others.
"""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy.orm import Session

from ecard import audit
from ecard.accounts import service as accounts
from ecard.call import Call
from ecard.cards import service as cards
from ecard.errors import VersionChanged
from ecard.family import policy as rules
from ecard.family.ending import lock_at_counter
from ecard.family.errors import (
    DisputeNotSettled,
    EndDateNeedsOrder,
    EndDateNeedsRelative,
    IllegalMove,
)
from ecard.family.lapsing import plan_last_day
from ecard.family.links import (
    ends_at,
    lock_link,
    note_stay,
    on_me,
    policy_of,
    refuse_outdated,
    relative_decides,
    relatives_today,
    state_now,
    tell_relative,
    typed,
)
from ecard.family.models import Link
from ecard.family.reading import LinkView, view
from ecard.messages import service as messages


def change_as_relative(
    call: Call, link_id: uuid.UUID, ends_on: date | None, version: int
) -> LinkView:
    """The relative says until when somebody's link on them holds; None: for as long as they like.

    Raises NotFound, VersionChanged, IllegalMove, EndDateNeedsOrder, EndDatePassed, EndDateTooFar;
    CardNotUsable where it is to hold for longer.
    """
    with call.db.read() as session:
        link = on_me(session, call, session.get(Link, link_id))
        longer = rules.lasts_longer(ends_on, link.ends_on)
    if longer:
        cards.refuse_card_state(call)
    with call.db.write() as session:
        link = on_me(session, call, lock_link(session, link_id))
        refuse_outdated(link, version)
        if rules.lasts_longer(ends_on, link.ends_on) and not longer:
            raise VersionChanged  # since it was looked at
        _refuse_state(session, call, link, ends_on)
        set_by_relative(session, call, link, ends_on)
        session.commit()
        return view(session, call, link, to_holder=False)


def change_at_counter(
    call: Call,
    link_id: uuid.UUID,
    *,
    number: str,
    seen: str,
    ends_on: date | None,
    version: int,
) -> LinkView:
    """A clerk writes down the last day as the relative says it who stands there with a document.

    ``number``: the relative's; ``seen``: the identity document. Raises NotAllowed, NotFound (also
    another region's, or somebody else's link), Unavailable, and what the relative's own change
    raises of the link.
    """
    known = accounts.numbered_person_at_counter(call, number)
    with call.db.write() as session:
        link = lock_at_counter(session, call, link_id, known.ref)
        refuse_outdated(link, version)
        _refuse_state(session, call, link, ends_on)
        set_by_relative(session, call, link, ends_on, seen)
        session.commit()
        return view(session, call, link, to_holder=False)


def set_by_relative(
    session: Session, call: Call, link: Link, ends_on: date | None, seen: str = "relative"
) -> None:
    """On a locked link, as the relative wants it. Raises EndDateNeedsOrder. Not committed."""
    if not relative_decides(session, call, link):
        raise EndDateNeedsOrder
    _set(session, call, link, ends_on, seen)


def set_by_order(session: Session, call: Call, link: Link, ends_on: date | None) -> None:
    """On a locked link, as a court order has it. Raises EndDateNeedsRelative. Not committed."""
    if relative_decides(session, call, link):
        raise EndDateNeedsRelative
    _set(session, call, link, ends_on, rules.COURT_ORDER)


def check_order(session: Session, call: Call, link: Link, ends_on: date | None) -> None:
    """Raise where a court order sets no such day on a locked link at a counter, as of now:
    IllegalMove, DisputeNotSettled, EndDateNeedsRelative, EndDatePassed, EndDateTooFar."""
    _refuse_state(session, call, link, ends_on)
    if state_now(session, call, link) == rules.DISPUTED:
        raise DisputeNotSettled  # by whoever has the order on file
    if relative_decides(session, call, link):
        raise EndDateNeedsRelative
    _check_day(session, call, link, ends_on)


def tell_both(session: Session, call: Call, link: Link, kind: str) -> None:
    """Tell both sides of the last day of a locked link."""
    name = typed(session, call, link)[0] or ""
    messages.notify(session, call, link.holder_id, kind, name=name, day=link.ends_on)
    tell_relative(session, call, link, f"{kind}_relative", day=link.ends_on)


def _refuse_state(session: Session, call: Call, link: Link, ends_on: date | None) -> None:
    """What is stopped or in dispute is cut short, and not extended."""
    longer = rules.lasts_longer(ends_on, link.ends_on)
    state = state_now(session, call, link)
    if state not in ({rules.ACTIVE} if longer else rules.STANDING):
        raise IllegalMove(state=state)


def _check_day(session: Session, call: Call, link: Link, ends_on: date | None) -> None:
    if ends_on is not None and link.relative_id is not None:
        today = relatives_today(session, call, link.relative_id)
        rules.check_last_day(ends_on, today, policy_of(session, call, link))


def _set(session: Session, call: Call, link: Link, ends_on: date | None, seen: str) -> None:
    if ends_on == link.ends_on or link.relative_id is None:
        return
    _check_day(session, call, link, ends_on)
    link.ends_on = ends_on
    reason = "end_date_removed" if ends_on is None else "end_date_set"
    note_stay(session, call, link, reason, ends_on)
    over = ends_at(session, link)
    if over is not None:
        plan_last_day(session, call, link, over)
    tell_both(session, call, link, "link_no_last_day" if over is None else "link_last_day")
    acting_for = link.relative_id
    audit.record(
        session, call, f"link.{reason}", "link", link.id, reason=seen, acting_for=acting_for
    )
