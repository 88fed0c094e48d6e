"""The counter: a code with which the last step is taken in person, in front of a clerk."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, limits
from ecard.activation import policy as rules
from ecard.activation import sessions
from ecard.activation.errors import (
    AcceptanceMissing,
    CounterCodeExpired,
    CounterCodeUsed,
    CounterCodeWrong,
    OwnLink,
    TooManyCodes,
    TooManyWrongCodes,
)
from ecard.activation.facts import (
    Facts,
    chosen_scopes,
    facts,
    keep_last_day,
    write_acceptance,
)
from ecard.activation.models import CounterCode
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.family import service as family
from ecard.family.errors import IllegalMove
from ecard.persons import service as persons

if TYPE_CHECKING:
    from ecard.family.models import Link

WRONG_CODE = "wrong_counter_code"


@dataclass(frozen=True, slots=True)
class CounterCodeView:
    """A fresh code and where it can be used; it is shown this once."""

    code: str
    expires_at: datetime
    counters: list[agencies.CounterView]


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What the clerk reads after the last step was taken."""

    link_id: uuid.UUID
    state: str
    acts_from: datetime | None


def issue_code(call: Call, link_id: uuid.UUID) -> CounterCodeView:
    """A code for the counter; the one before it no longer works.

    The application stays open as long as the code is good: a family must not find it lapsed. But
    one code after the other does not keep it open for ever.
    """
    with call.db.read() as session:
        _ready(session, call, family.own_link(session, call, link_id))
    family.refuse_unless_standing(call, link_id)
    with call.db.write() as session:
        link = family.own_link(session, call, link_id, lock=True)
        known = _ready(session, call, link)
        _count(session, call, link)
        _cancel(session, call, link.id)
        code = "".join(secrets.choice(rules.CODE_ALPHABET) for _ in range(rules.CODE_CHARACTERS))
        longest = family.longest_for_code(session, link, known.policy)
        expires_at = min(call.now + timedelta(days=known.policy.counter_code_days), longest)
        session.add(
            CounterCode(
                id=uuid.uuid4(),
                link_id=link.id,
                code_hash=call.dependencies.vault.token_hash(code),
                created_at=call.now,
                expires_at=expires_at,
            )
        )
        link.route = "counter"
        family.prolong(session, call, link, expires_at)
        counters = agencies.counters_in(session, link.region_id, call.language)
        audit.record(
            session, call, "counter_code.issued", "link", link.id, acting_for=known.relative_id
        )
        session.commit()
    return CounterCodeView(rules.shown_code(code), expires_at, counters)


def _ready(session: Session, call: Call, link: Link) -> Facts:
    family.still_open(session, call, link)
    if link.state not in rules.ANSWERING:
        raise IllegalMove(state=link.state)
    return facts(session, call, link)


def _count(session: Session, call: Call, link: Link) -> None:
    wait = limits.spend(
        session,
        "counter_code",
        link.id,
        limit=call.settings.counter_codes_a_day,
        window_seconds=rules.DAY_SECONDS,
        now=call.now,
    )
    if wait is not None:
        raise TooManyCodes(retry_after=wait)


def _waiting(link_id: uuid.UUID) -> sa.Select[CounterCode]:
    return sa.select(CounterCode).filter_by(link_id=link_id, used_at=None, cancelled_at=None)


def _cancel(session: Session, call: Call, link_id: uuid.UUID) -> None:
    for code in session.scalars(_waiting(link_id)):
        code.cancelled_at = call.now
    session.flush()


def code_waiting_until(session: Session, call: Call, link_id: uuid.UUID) -> datetime | None:
    """Until when an issued code can be used, or None."""
    code = session.scalar(_waiting(link_id).where(CounterCode.expires_at > call.now))
    return code.expires_at if code is not None else None


def redeem_code(
    call: Call,
    *,
    code: str,
    identity_document: str,
    accepted: bool,
    scopes: Sequence[str],
    ends_on: date | None = None,
) -> Redeemed:
    """A clerk saw the relative (and the guardian, for a child) and their document: the link opens.

    ``scopes``: what an adult agreed to, of what was asked for; ``ends_on``: until when.

    Raises CounterCodeWrong (also for another region's), CounterCodeUsed, CounterCodeExpired,
    TooManyWrongCodes, OwnLink, AcceptanceMissing, InvalidInput (scopes), what a last day is refused
    for, and where a side no longer stands RelativeNotConfirmed, HolderCardNotUsable: the code
    stays good.
    """
    call.require_role("clerk")
    code_id, link_id = _find(call, code)
    family.refuse_unless_standing(call, link_id)
    with call.db.write() as session:
        link = family.lock_link(session, link_id)
        found = session.get_one(CounterCode, code_id, with_for_update=True, populate_existing=True)
        if found.used_at is not None or found.cancelled_at is not None:
            raise CounterCodeUsed
        if found.expires_at <= call.now:
            raise CounterCodeExpired
        known = _ready(session, call, link)
        _refuse_own(session, call, link, known)
        _accept_in_person(session, call, link, known, accepted, scopes)
        keep_last_day(session, call, link, ends_on)
        found.used_at, found.used_by = call.now, call.staff.staff_id
        link.route = "counter"
        sessions.end_all(session, call, link.id, "confirmed_at_counter")
        family.activate(session, call, link, "confirmed_at_counter")
        audit.record(
            session,
            call,
            "counter_code.redeemed",
            "link",
            link.id,
            reason=identity_document,
            acting_for=known.relative_id,
        )
        session.commit()
        return Redeemed(link.id, link.state, link.acts_from)


def _find(call: Call, typed: str) -> tuple[uuid.UUID, uuid.UUID]:
    """The code's row and its link; a wrong one counts against the clerk whatever follows."""
    staff_id, most = call.staff.staff_id, call.settings.wrong_counter_codes_an_hour
    since = call.now - timedelta(seconds=rules.HOUR_SECONDS)
    with call.db.write() as session:
        limits.lock(session, WRONG_CODE, staff_id)
        wrong = limits.tries(session, WRONG_CODE, staff_id, since)
        if len(wrong) >= most:
            free = wrong[len(wrong) - most].at
            raise TooManyWrongCodes(retry_after=int((free - since).total_seconds()) + 1)
        found = _in_region(session, call, typed)
        if found is not None:
            return found
        limits.spend(
            session,
            WRONG_CODE,
            staff_id,
            limit=most,
            window_seconds=rules.HOUR_SECONDS,
            now=call.now,
        )
        audit.record(session, call, "counter_code.wrong", "staff", staff_id, outcome="refused")
        session.commit()
    raise CounterCodeWrong(tries_left=most - len(wrong) - 1)


def _in_region(session: Session, call: Call, typed: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    code_hash = call.dependencies.vault.token_hash(rules.read_code(typed))
    found = session.scalar(sa.select(CounterCode).filter_by(code_hash=code_hash))
    if found is None:
        return None
    link = family.lock_link(session, found.link_id)
    return (found.id, link.id) if link.region_id in call.staff.region_ids else None


def _refuse_own(session: Session, call: Call, link: Link, known: Facts) -> None:
    own = agencies.staff_number_index(session, call.staff.staff_id)
    sides = (link.holder_id, known.relative_id)
    numbers = (persons.particulars(session, call, side).number for side in sides)
    if own in [persons.number_index(call, number) for number in numbers]:
        raise OwnLink


def _accept_in_person(
    session: Session,
    call: Call,
    link: Link,
    known: Facts,
    accepted: bool,
    scopes: Sequence[str],
) -> None:
    """An adult accepts before a clerk, also one who had accepted on the holder's phone: then no
    more than what they chose there, and that where they say nothing else."""
    if not known.adult:
        return
    if not accepted:
        raise AcceptanceMissing
    said = scopes if known.must_accept else scopes or link.scopes
    write_acceptance(session, call, link, "counter", chosen_scopes(link, said))
