"""A person's insurance from CSV files: contributions, balances, benefits, arrears.

``contributions.csv``: person_ref, year, kind, months (``1-6 9-12``), cents. ``balances.csv``:
person_ref, kind, cents, as_of. ``benefits.csv``: ref, person_ref, kind, since, until, cents.
``arrears.csv``: person_ref, kind, cents (0: paid). Part of ``loading.py``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from sqlalchemy.orm import Session

from ecard.csv_files import Finding, Row, Rows, named, read, repeats
from ecard.registry.insurance import (
    store_arrears,
    store_balance,
    store_benefit,
    store_contribution,
)
from ecard.registry.port import (
    BENEFIT_KINDS,
    CONTRIBUTION_KINDS,
    Arrears,
    Balance,
    Benefit,
    Contribution,
)
from ecard.vault import Vault

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "contributions.csv": ("person_ref", "year", "kind", "months", "cents"),
    "balances.csv": ("person_ref", "kind", "cents", "as_of"),
    "benefits.csv": ("ref", "person_ref", "kind", "since", "until", "cents"),
    "arrears.csv": ("person_ref", "kind", "cents"),
}
ONE_OF: Mapping[str, tuple[str, ...]] = {
    "contributions.csv": ("person_ref", "year", "kind"),
    "balances.csv": ("person_ref", "kind"),
    "benefits.csv": ("ref",),
    "arrears.csv": ("person_ref", "kind"),
}
"""What may stand in one line only."""
KINDS: Mapping[str, tuple[str, ...]] = {
    "contributions.csv": CONTRIBUTION_KINDS,
    "balances.csv": CONTRIBUTION_KINDS,
    "benefits.csv": BENEFIT_KINDS,
    "arrears.csv": CONTRIBUTION_KINDS,
}
MONTHS = range(1, 13)
YEARS = range(1900, 2200)
REF_CHARACTERS = 64
MEANT = {
    "ref": f"1 to {REF_CHARACTERS} characters",
    "person_ref": "nobody has this ref",
    "year": f"must be {YEARS.start} to {YEARS.stop - 1}",
    "kind": "is not a kind of these",
    "months": "must be months 1 to 12 in order, as in 1-6 9-12",
    "cents": "must be a whole number, not negative",
    "as_of": "must be a date, year-month-day",
    "since": "must be a date, year-month-day",
    "until": "must be empty or a date, year-month-day, not before since",
}


@dataclass(frozen=True, slots=True)
class Insured:
    """The checked rows of the four files."""

    contributions: Rows
    balances: Rows
    benefits: Rows
    arrears: Rows


def read_all(folder: Path, refs: Collection[str], findings: list[str]) -> Insured:
    """Read the four files; what is wrong with them is added to the findings."""
    rows = {name: read(folder, name, COLUMNS[name], findings, needed=False) for name in COLUMNS}
    for name in COLUMNS:
        findings += named(name, _findings(name, rows[name], refs))
    return Insured(*rows.values())


def store_all(session: Session, vault: Vault, insured: Insured) -> tuple[int, int, int, int]:
    """Store every row, refreshing what is known; how many of each file. Not committed."""
    for row in insured.contributions.values():
        store_contribution(session, vault, row["person_ref"], _contribution(row))
    for row in insured.balances.values():
        balance = Balance(row["kind"], int(row["cents"]), date.fromisoformat(row["as_of"]))
        store_balance(session, vault, row["person_ref"], balance)
    for row in insured.benefits.values():
        store_benefit(session, vault, row["person_ref"], _benefit(row))
    for row in insured.arrears.values():
        store_arrears(session, vault, row["person_ref"], Arrears(row["kind"], int(row["cents"])))
    session.flush()
    return (
        len(insured.contributions),
        len(insured.balances),
        len(insured.benefits),
        len(insured.arrears),
    )


def _findings(name: str, rows: Rows, refs: Collection[str]) -> Iterator[Finding]:
    yield from repeats(rows, ONE_OF[name])
    for line, row in rows.items():
        rules = {
            "ref": 0 < len(row.get("ref", "ref")) <= REF_CHARACTERS,
            "person_ref": row["person_ref"] in refs,
            "year": _is_number(row.get("year", "2000")) and int(row.get("year", "2000")) in YEARS,
            "kind": row["kind"] in KINDS[name],
            "months": months_of(row.get("months", "1")) is not None,
            "cents": _is_number(row["cents"]),
            "as_of": _day(row.get("as_of", "2000-01-01")) is not None,
            "since": _day(row.get("since", "2000-01-01")) is not None,
            "until": not row.get("until") or _in_order(row),
        }
        yield from ((line, f"{column}: {MEANT[column]}") for column, ok in rules.items() if not ok)


def months_of(text: str) -> tuple[int, ...] | None:
    """The months of ``1-6 9-12``, or None where that is not what it says; none at all is none."""
    months: list[int] = []
    for part in text.split():
        found = re.fullmatch(r"([0-9]{1,2})(?:-([0-9]{1,2}))?", part)
        if found is None:
            return None
        run = range(int(found[1]), int(found[2] or found[1]) + 1)
        if not run:
            return None
        months += run
    in_order = all(one < other for one, other in pairwise(months))
    return tuple(months) if in_order and set(months) <= set(MONTHS) else None


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,15}", text) is not None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def _in_order(row: Row) -> bool:
    since, until = _day(row["since"]), _day(row["until"])
    return since is not None and until is not None and since <= until


def _contribution(row: Row) -> Contribution:
    months = months_of(row["months"]) or ()
    return Contribution(int(row["year"]), row["kind"], months, int(row["cents"]))


def _benefit(row: Row) -> Benefit:
    return Benefit(
        ref=row["ref"],
        kind=row["kind"],
        since=date.fromisoformat(row["since"]),
        until=date.fromisoformat(row["until"]) if row["until"] else None,
        cents=int(row["cents"]),
    )
