"""policies.csv: a region's own rules from a time on, one rule a line.

A rule that was in force is never written anew: what was decided then must stay explainable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.administration.changes import ADDED, KEPT, MOMENT, Changes, moment
from ecard.administration.places import Tree
from ecard.agencies import service as agencies
from ecard.agencies.models import Region
from ecard.csv_files import Finding, Row, Rows, repeats
from ecard.policy import service as policies
from ecard.policy.models import PolicyRow
from ecard.policy.policy import wrong_values

COLUMNS = ("region", "effective_from", "rule", "value")

Dated = tuple[str, datetime]
"""Code of a region, and the time from which its rules hold."""


def findings(session: Session, rows: Rows, regions: Tree, now: datetime) -> Iterator[Finding]:
    """What is wrong with policies.csv."""
    yield from repeats(rows, ["region", "effective_from", "rule"])
    for line, row in rows.items():
        if row["region"] not in regions:
            yield line, "region: no region has this code"
        if moment(row["effective_from"]) is None:
            yield line, f"effective_from: {MOMENT}"
        for wrong in wrong_values({row["rule"]: _value(row)}):
            yield line, _told(row, wrong)
    yield from _rewritten(_there(session), rows, now)


def _told(row: Row, wrong: str) -> str:
    """``rule: unknown`` or ``value: less than 1 (cap_all)``; a known rule's name is no secret."""
    why = wrong.rpartition(": ")[2]
    return "rule: unknown" if why == "unknown" else f"value: {why} ({row['rule']})"


def _rewritten(there: dict[Dated, PolicyRow], rows: Rows, now: datetime) -> Iterator[Finding]:
    begun = {region for region, since in there if since <= now}
    given = _sets(rows)
    for line, row in rows.items():
        since = moment(row["effective_from"])
        known = there.get((row["region"], since)) if since else None
        if since is None:
            continue
        if known is not None and known.values != given[row["region"], since]:
            yield line, "effective_from: other rules are loaded for this time; take a later one"
        elif known is None and since <= now and row["region"] in begun:
            yield line, "effective_from: rules are in force already; take a time to come"


def _value(row: Row) -> object:
    return int(row["value"]) if re.fullmatch(r"-?[0-9]{1,9}", row["value"]) else row["value"]


def _sets(rows: Rows) -> dict[Dated, dict[str, object]]:
    found: dict[Dated, dict[str, object]] = {}
    for row in rows.values():
        since = moment(row["effective_from"])
        if since is not None:
            found.setdefault((row["region"], since), {})[row["rule"]] = _value(row)
    return found


def _there(session: Session) -> dict[Dated, PolicyRow]:
    query = sa.select(Region.code, PolicyRow).join(PolicyRow, PolicyRow.region_id == Region.id)
    return {(code, row.effective_from): row for code, row in session.execute(query)}


def store(session: Session, rows: Rows, now: datetime, to: Changes) -> None:
    """Add the sets of rules that are not there. Not committed."""
    there = _there(session)
    for (code, since), values in _sets(rows).items():
        known = there.get((code, since))
        if known is not None:
            to.note("policy", known.id, KEPT)
            continue
        region = agencies.region_by_code(session, code)
        made = policies.add(session, region.id, values, effective_from=since, now=now)
        to.note("policy", made.id, ADDED)
