"""regions.csv, agencies.csv, counters.csv: the tree of three levels and the places in it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar
from zoneinfo import available_timezones

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.administration.changes import ADDED, Changes
from ecard.agencies.models import Agency, Counter, Region
from ecard.agencies.service import LEVELS
from ecard.csv_files import Finding, Row, Rows, repeats
from ecard.locale import LANGUAGES

NAMES = tuple(f"name_{language}" for language in LANGUAGES)
ADDRESSES = tuple(f"address_{language}" for language in LANGUAGES)
REGION_COLUMNS = ("code", "level", "parent", "time_zone", *NAMES)
AGENCY_COLUMNS = ("code", "region", *NAMES)
COUNTER_COLUMNS = ("code", "agency", *NAMES, *ADDRESSES)
CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
CODE_MEANT = "must be 1 to 64 small letters, digits and hyphens"

Place = TypeVar("Place", Region, Agency, Counter)
Tree = Mapping[str, tuple[str, str]]
"""Code of a region → its level and the code of its parent ('' for a ministry)."""


def tree(session: Session, rows: Rows) -> Tree:
    """The regions there will be: those of the database, and those of the file."""
    there = {region.id: region for region in session.scalars(sa.select(Region))}
    known = {
        one.code: (one.level, there[one.parent_id].code if one.parent_id else "")
        for one in there.values()
    }
    return {row["code"]: (row["level"], row["parent"]) for row in rows.values()} | known


def region_findings(rows: Rows, regions: Tree) -> Iterator[Finding]:
    """What is wrong with regions.csv."""
    yield from repeats(rows, ["code"])
    zones = available_timezones()
    for line, row in rows.items():
        yield from _common(line, row, NAMES)
        if row["level"] not in LEVELS:
            yield line, f"level: must be one of {', '.join(LEVELS)}"
        elif not _hangs_right(row, regions):
            yield line, "parent: must be a region one level above; a ministry has none"
        if (row["level"], row["parent"]) != regions[row["code"]]:
            yield line, "parent: a region that is there keeps its level and its parent"
        if row["time_zone"] not in zones:
            yield line, "time_zone: must be a name such as Asia/Shanghai"


def _hangs_right(row: Row, regions: Tree) -> bool:
    height = LEVELS.index(row["level"])
    if height == 0:
        return row["parent"] == ""
    return row["parent"] in regions and regions[row["parent"]][0] == LEVELS[height - 1]


def agency_findings(rows: Rows, regions: Tree) -> Iterator[Finding]:
    """What is wrong with agencies.csv."""
    yield from repeats(rows, ["code"])
    for line, row in rows.items():
        yield from _common(line, row, NAMES)
        if row["region"] not in regions:
            yield line, "region: no region has this code"


def counter_findings(rows: Rows, agencies: Collection[str]) -> Iterator[Finding]:
    """What is wrong with counters.csv."""
    yield from repeats(rows, ["code"])
    for line, row in rows.items():
        yield from _common(line, row, (*NAMES, *ADDRESSES))
        if row["agency"] not in agencies:
            yield line, "agency: no agency has this code"


def _common(line: int, row: Row, texts: Collection[str]) -> Iterator[Finding]:
    if not CODE.fullmatch(row["code"]):
        yield line, f"code: {CODE_MEANT}"
    yield from ((line, f"{column}: must not be empty") for column in texts if not row[column])


def store(session: Session, regions: Rows, agencies: Rows, counters: Rows, to: Changes) -> None:
    """Add what is new and change what differs. Not committed."""
    ids = {one.code: one for one in session.scalars(sa.select(Region))}
    for row in sorted(regions.values(), key=lambda row: LEVELS.index(row["level"])):
        parent = ids[row["parent"]].id if row["parent"] else None
        values: dict[str, Any] = {
            "level": row["level"],
            "parent_id": parent,
            "time_zone": row["time_zone"],
        }
        _put(session, Region, ids, row, values | {"names": _texts(row, "name")}, to)
    offices = {one.code: one for one in session.scalars(sa.select(Agency))}
    for row in agencies.values():
        values = {"region_id": ids[row["region"]].id, "names": _texts(row, "name")}
        _put(session, Agency, offices, row, values, to)
    places = {one.code: one for one in session.scalars(sa.select(Counter))}
    for row in counters.values():
        values = {"agency_id": offices[row["agency"]].id, "names": _texts(row, "name")}
        _put(session, Counter, places, row, values | {"address": _texts(row, "address")}, to)


def _put(
    session: Session,
    kind: type[Place],
    there: dict[str, Place],
    row: Row,
    values: Mapping[str, object],
    to: Changes,
) -> None:
    name, code = kind.__name__.lower(), row["code"]
    if code in there:
        to.keep(name, there[code], values)
        return
    there[code] = kind(id=uuid.uuid4(), code=code, **values)
    session.add(there[code])
    session.flush()
    to.note(name, there[code].id, ADDED)


def _texts(row: Row, column: str) -> dict[str, str]:
    return {language: row[f"{column}_{language}"] for language in LANGUAGES}
