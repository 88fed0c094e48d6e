"""The region tree, counters, and how staff come in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, limits
from ecard.actors import Staff
from ecard.agencies.errors import StaffSignInFailed, UnknownRegion
from ecard.agencies.models import Agency, Counter, Region, StaffMember, StaffSession
from ecard.agencies.passwords import hash_password, password_fits
from ecard.call import Call
from ecard.errors import NotSignedIn, TooManyRequests
from ecard.locale import DEFAULT
from ecard.vault import new_token

__all__ = [
    "CounterView",
    "Region",
    "StaffMember",
    "StaffToken",
    "StaffView",
    "UnknownRegion",
    "actor_for_token",
    "ancestry",
    "counters",
    "counters_in",
    "hash_password",
    "me",
    "password_fits",
    "region",
    "region_by_code",
    "region_codes",
    "sign_in",
    "sign_out",
    "staff_number_index",
    "subtree_ids",
    "sweep",
    "time_zone",
]

ROLES = frozenset({"clerk", "reviewer", "safeguarding", "auditor"})
LEVELS = ("ministry", "province", "city")
TOUCH_SECONDS = 60
"""A session's last use is written at most this often: not one write per request."""
TRY_WINDOW_SECONDS = 60
ENDED_SESSIONS_KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class CounterView:
    """A place where people are served in person, in one language."""

    id: uuid.UUID
    code: str
    region: str
    """Code of its region."""
    region_name: str
    agency: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class CounterPage:
    """Counters by code, and the code to go on from."""

    items: list[CounterView]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class StaffView:
    """A member of staff as they see themselves."""

    id: uuid.UUID
    user_name: str
    display_name: str
    roles: list[str]
    region: str
    counter: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StaffToken:
    """A fresh session of staff; the token is shown this once."""

    access_token: str
    expires_in: int
    """Seconds until the session ends in any case."""
    idle_seconds: int
    """Seconds without use after which it ends earlier."""


# --- regions --------------------------------------------------------------------------------


def region(session: Session, region_id: uuid.UUID) -> Region:
    """The region of an id; raises UnknownRegion."""
    found = session.get(Region, region_id)
    if found is None:
        raise UnknownRegion
    return found


def region_by_code(session: Session, code: str) -> Region:
    """The region of a code; raises UnknownRegion."""
    found = session.scalar(sa.select(Region).filter_by(code=code))
    if found is None:
        raise UnknownRegion
    return found


def region_codes(session: Session) -> frozenset[str]:
    """The codes of all regions."""
    return frozenset(session.scalars(sa.select(Region.code)))


def ancestry(session: Session, region_id: uuid.UUID) -> list[Region]:
    """The region itself, then what is above it, the ministry last."""
    chain = [region(session, region_id)]
    while (above := chain[-1].parent_id) is not None and len(chain) < len(LEVELS):
        chain.append(region(session, above))
    return chain


def subtree_ids(session: Session, region_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """The region and everything below it."""
    found, level = {region_id}, {region_id}
    while level:
        below = session.scalars(sa.select(Region.id).where(Region.parent_id.in_(level)))
        level = set(below) - found
        found |= level
    return frozenset(found)


def time_zone(session: Session, region_id: uuid.UUID) -> ZoneInfo:
    """Where a region's days begin and end."""
    return ZoneInfo(region(session, region_id).time_zone)


# --- counters -------------------------------------------------------------------------------


def counters_in(
    session: Session, region_id: uuid.UUID, language: str = DEFAULT
) -> list[CounterView]:
    """The counters of a region and of those below it, by code."""
    regions = subtree_ids(session, region_id)
    rows = session.execute(_counter_query().where(Agency.region_id.in_(regions)))
    return [_counter_view(c, a, r, language) for c, a, r in rows]


def counters(call: Call, *, region_code: str | None, cursor: str | None, limit: int) -> CounterPage:
    """A page of counters, of one region and those below it or of all, by code."""
    query = _counter_query().limit(limit + 1)
    with call.db.read() as session:
        if region_code is not None:
            wanted = region_by_code(session, region_code)
            query = query.where(Agency.region_id.in_(subtree_ids(session, wanted.id)))
        if cursor is not None:
            query = query.where(Counter.code > cursor)
        found = [_counter_view(c, a, r, call.language) for c, a, r in session.execute(query)]
    return CounterPage(found[:limit], found[limit - 1].code if len(found) > limit else None)


def _counter_query() -> sa.Select[Counter, Agency, Region]:
    query = sa.select(Counter, Agency, Region).join(Agency, Agency.id == Counter.agency_id)
    return query.join(Region, Region.id == Agency.region_id).order_by(Counter.code)


def _counter_view(counter: Counter, agency: Agency, place: Region, language: str) -> CounterView:
    return CounterView(
        id=counter.id,
        code=counter.code,
        region=place.code,
        region_name=_in(place.names, language),
        agency=_in(agency.names, language),
        name=_in(counter.names, language),
        address=_in(counter.address, language),
    )


def _in(names: dict[str, str], language: str) -> str:
    return names.get(language) or names[DEFAULT]


# --- staff ----------------------------------------------------------------------------------


def sign_in(call: Call, user_name: str, password: str) -> StaffToken:
    """Open a session of staff. A wrong name and a wrong password cost and say the same."""
    try_id = _count_try(call, user_name)
    with call.db.read() as session:
        member = session.scalar(sa.select(StaffMember).filter_by(user_name=user_name))
    kept = member.password_hash if member is not None and member.disabled_at is None else None
    if not password_fits(call, kept, password):
        _record_failure(call, member)
        raise StaffSignInFailed
    return _open_session(call, member, try_id)


def _count_try(call: Call, user_name: str) -> str:
    """Count the try before it is examined, so that parallel ones cannot pass together."""
    try_id = uuid.uuid4().hex
    index = call.dependencies.vault.index
    subject = index("staff_sign_in", f"{user_name}|{call.network}")
    address = index("network", call.network)
    counted = (
        ("staff_sign_in_address", address, call.settings.sign_ins_per_address),
        ("staff_sign_in", subject, call.settings.sign_ins_per_account),
    )
    with call.db.write() as session:
        waits = [
            limits.spend(
                session,
                kind,
                what,
                limit=limit,
                window_seconds=TRY_WINDOW_SECONDS,
                now=call.now,
                detail=try_id,
            )
            for kind, what, limit in counted
        ]
        session.commit()
    wait = max((seconds for seconds in waits if seconds is not None), default=None)
    if wait is not None:
        raise TooManyRequests(retry_after=wait)
    return try_id


def _record_failure(call: Call, member: StaffMember | None) -> None:
    with call.db.write() as session:
        staff_id = member.id if member is not None else None
        audit.record(session, call, "staff.sign_in", "staff", staff_id, outcome="refused")
        session.commit()


def _open_session(call: Call, member: StaffMember | None, try_id: str) -> StaffToken:
    if member is None:
        raise StaffSignInFailed
    token = new_token("es")
    life = timedelta(seconds=call.settings.staff_seconds)
    with call.db.write() as session:
        session.execute(sa.delete(limits.LimitTry).where(limits.LimitTry.detail == try_id))
        session.add(
            StaffSession(
                id=uuid.uuid4(),
                staff_id=member.id,
                token_hash=call.dependencies.vault.token_hash(token),
                opened_at=call.now,
                used_at=call.now,
                expires_at=call.now + life,
            )
        )
        audit.record(session, call, "staff.sign_in", "staff", member.id)
        session.commit()
    return StaffToken(token, call.settings.staff_seconds, call.settings.staff_idle_seconds)


def actor_for_token(call: Call, token: str) -> Staff:
    """The member of staff of a token; raises NotSignedIn on an ended, idle or unknown session."""
    token_hash = call.dependencies.vault.token_hash(token)
    with call.db.read() as session:
        opened = session.scalar(sa.select(StaffSession).filter_by(token_hash=token_hash))
        if opened is None or not _alive(call, opened):
            raise NotSignedIn
        member = session.get(StaffMember, opened.staff_id)
        if member is None or member.disabled_at is not None:
            raise NotSignedIn
        actor = _actor(session, member, opened)
    if call.now - opened.used_at >= timedelta(seconds=TOUCH_SECONDS):
        _touch(call, opened.id)
    return actor


def _alive(call: Call, opened: StaffSession) -> bool:
    idle_until = opened.used_at + timedelta(seconds=call.settings.staff_idle_seconds)
    return opened.ended_at is None and call.now < min(idle_until, opened.expires_at)


def _actor(session: Session, member: StaffMember, opened: StaffSession) -> Staff:
    return Staff(
        staff_id=member.id,
        session_id=opened.id,
        region_id=member.region_id,
        region_ids=subtree_ids(session, member.region_id),
        roles=frozenset(member.roles) & ROLES,
        counter_id=member.counter_id,
    )


def _touch(call: Call, session_id: uuid.UUID) -> None:
    with call.db.write() as session:
        opened = session.get(StaffSession, session_id, with_for_update=True)
        if opened is not None and opened.used_at < call.now:
            opened.used_at = call.now
        session.commit()


def sign_out(call: Call) -> None:
    """End the session of this token."""
    with call.db.write() as session:
        opened = session.get(StaffSession, call.staff.session_id, with_for_update=True)
        if opened is not None and opened.ended_at is None:
            opened.ended_at = call.now
        audit.record(session, call, "staff.sign_out", "staff", call.staff.staff_id)
        session.commit()


def sweep(call: Call) -> int:
    """Forget sessions of staff that ended a while ago; returns how many."""
    before = call.now - timedelta(days=ENDED_SESSIONS_KEPT_DAYS)
    old = sa.delete(StaffSession).where(StaffSession.expires_at < before)
    with call.db.write() as session:
        result = session.execute(old)
        session.commit()
    return int(result.rowcount)  # type: ignore[attr-defined]


def me(call: Call) -> StaffView:
    """The member of staff who asks."""
    with call.db.read() as session:
        member = session.get_one(StaffMember, call.staff.staff_id)
        opened = session.get_one(StaffSession, call.staff.session_id)
        counter = session.get(Counter, member.counter_id) if member.counter_id else None
        place = region(session, member.region_id)
    return StaffView(
        id=member.id,
        user_name=member.user_name,
        display_name=member.display_name,
        roles=sorted(member.roles),
        region=place.code,
        counter=counter.code if counter is not None else None,
        expires_at=opened.expires_at,
    )


def staff_number_index(session: Session, staff_id: uuid.UUID) -> str | None:
    """Blind index of a member's own number, where known: nobody decides about themselves."""
    return session.scalar(sa.select(StaffMember.person_number_index).filter_by(id=staff_id))
