"""The region tree, and the counters in it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.agencies.errors import UnknownRegion
from ecard.agencies.models import Agency, Counter, Region
from ecard.call import Call
from ecard.db import held
from ecard.locale import DEFAULT

LEVELS = ("ministry", "province", "city")


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


# --- regions --------------------------------------------------------------------------------


def region(session: Session, region_id: uuid.UUID) -> Region:
    """The region of an id; raises UnknownRegion."""
    found = held(session, Region, region_id)
    if found is None:
        raise UnknownRegion
    return found


def region_by_code(session: Session, code: str) -> Region:
    """The region of a code; raises UnknownRegion."""
    found = session.scalar(sa.select(Region).filter_by(code=code))
    if found is None:
        raise UnknownRegion
    return found


def region_name(session: Session, region_id: uuid.UUID, language: str) -> str:
    """A region's name in one language."""
    return _in(region(session, region_id).names, language)


def region_codes(session: Session) -> frozenset[str]:
    """The codes of all regions."""
    return frozenset(session.scalars(sa.select(Region.code)))


def region_ids(session: Session) -> list[uuid.UUID]:
    """The ids of all regions, in a fixed order."""
    return list(session.scalars(sa.select(Region.id).order_by(Region.code)))


def has_agency(session: Session, region_id: uuid.UUID) -> bool:
    """Whether an agency of this very region serves people."""
    return session.scalar(sa.select(Agency.id).filter_by(region_id=region_id).limit(1)) is not None


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


def counter_by_code(session: Session, code: str) -> Counter | None:
    """The counter of a code."""
    return session.scalar(sa.select(Counter).filter_by(code=code))


def counter_of(session: Session, counter_id: uuid.UUID) -> Counter:
    """The counter of an id."""
    return session.get_one(Counter, counter_id)


def counter_name(session: Session, counter_id: uuid.UUID | None, language: str) -> str | None:
    """A counter's name in one language; None for none."""
    if counter_id is None:
        return None
    return _in(counter_of(session, counter_id).names, language)


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
