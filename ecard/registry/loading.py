"""Loads the core system's people from CSV files: all of a folder, or nothing and every finding.

``persons.csv``, ``cards.csv`` and ``kinships.csv``, and what ``accounts.py`` reads of a person's
insurance (all but the first may be missing), UTF-8 with a header. Findings name file, line and
column, never what stands there: it is somebody's data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.agencies import service as agencies
from ecard.csv_files import FilesRefused, Finding, Row, named, read, repeats
from ecard.locale import LANGUAGES
from ecard.registry import accounts
from ecard.registry.models import RegistryPersonRow
from ecard.registry.numbers import check, normalise
from ecard.registry.port import Contact, RegistryCard, RegistryPerson
from ecard.registry.sql import CARD_STATES, store_card, store_kinship, store_person
from ecard.vault import Vault

PERSON_COLUMNS = (
    "ref",
    "number",
    "name",
    "birth_date",
    "sex",
    "region_code",
    "died_on",
    "phone",
    "email",
    "language",
    "portrait",
)
CARD_COLUMNS = ("card_number", "person_ref", "state", "expires_on")
KINSHIP_COLUMNS = ("person_ref", "relative_ref", "kind")
KINSHIP_KINDS = (
    "child",
    "ward",
    "parent",
    "parent_in_law",
    "grandparent",
    "spouse",
    "sibling",
    "other",
)
NUMBER_FORMATS = ("cn.ric", "es.naf")
SEXES = ("female", "male")
REF_CHARACTERS = 64
CARD_DIGITS = range(8, 31)
PORTRAIT_BYTES = 2 * 2**20
JPEG_START = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows of each file were stored."""

    persons: int
    cards: int
    kinships: int
    contributions: int = 0
    balances: int = 0
    benefits: int = 0
    arrears: int = 0


def load_csv(session: Session, vault: Vault, folder: Path) -> Loaded:
    """Store every row of the folder's files, refreshing what is known already. Not committed.

    Raises FilesRefused with every finding, before anything is stored.
    """
    known = set(session.scalars(sa.select(RegistryPersonRow.ref)))
    regions = agencies.region_codes(session)
    findings: list[str] = []
    persons = read(folder, "persons.csv", PERSON_COLUMNS, findings)
    cards = read(folder, "cards.csv", CARD_COLUMNS, findings, needed=False)
    ties = read(folder, "kinships.csv", KINSHIP_COLUMNS, findings, needed=False)
    refs = known | {row["ref"] for row in persons.values()}
    findings += named("persons.csv", _person_findings(persons, regions, folder))
    findings += named("cards.csv", _card_findings(cards, refs))
    findings += named("kinships.csv", _kinship_findings(ties, refs))
    insured = accounts.read_all(folder, refs, findings)
    if findings:
        raise FilesRefused(findings)
    for row in persons.values():
        store_person(session, vault, _person(row), _portrait(folder, row))
    session.flush()
    for row in cards.values():
        store_card(session, vault, _card(row))
    for row in ties.values():
        store_kinship(session, row["person_ref"], row["relative_ref"], row["kind"])
    session.flush()
    stored = accounts.store_all(session, vault, insured)
    return Loaded(len(persons), len(cards), len(ties), *stored)


def _person_findings(
    rows: Mapping[int, Row], regions: Collection[str], folder: Path
) -> Iterator[Finding]:
    yield from repeats(rows, ["ref"])
    yield from repeats(rows, ["number"], normalise)
    for line, row in rows.items():
        rules = {
            "ref": 0 < len(row["ref"]) <= REF_CHARACTERS,
            "number": _number_fits(row),
            "name": any(c.isalpha() for c in row["name"]),
            "birth_date": _is_date(row["birth_date"]),
            "sex": row["sex"] in SEXES,
            "region_code": row["region_code"] in regions,
            "died_on": not row["died_on"] or _is_date(row["died_on"]),
            "email": not row["email"] or "@" in row["email"],
            "language": row["language"] in LANGUAGES,
            "portrait": not row["portrait"] or _portrait(folder, row) is not None,
        }
        yield from ((line, f"{column}: {MEANT[column]}") for column, ok in rules.items() if not ok)


MEANT = {
    "ref": f"1 to {REF_CHARACTERS} characters",
    "number": "must be a well-formed number that agrees with birth_date and sex",
    "name": "must have letters",
    "birth_date": "must be a date, year-month-day",
    "sex": "must be female or male",
    "region_code": "must be the code of a region",
    "died_on": "must be empty or a date, year-month-day",
    "email": "must be empty or an e-mail address",
    "language": f"must be one of {', '.join(LANGUAGES)}",
    "portrait": "must be empty or a JPEG file of the folder, at most 2 MiB",
}


def _card_findings(rows: Mapping[int, Row], refs: Collection[str]) -> Iterator[Finding]:
    yield from repeats(rows, ["card_number"], normalise)
    for line, row in rows.items():
        number = normalise(row["card_number"])
        if not number.isdecimal() or len(number) not in CARD_DIGITS:
            yield line, "card_number: must be 8 to 30 digits"
        if row["person_ref"] not in refs:
            yield line, "person_ref: nobody has this ref"
        if row["state"] not in CARD_STATES:
            yield line, f"state: must be one of {', '.join(CARD_STATES)}"
        if row["expires_on"] and not _is_date(row["expires_on"]):
            yield line, "expires_on: must be empty or a date, year-month-day"


def _kinship_findings(rows: Mapping[int, Row], refs: Collection[str]) -> Iterator[Finding]:
    for line, row in rows.items():
        for column in ("person_ref", "relative_ref"):
            if row[column] not in refs:
                yield line, f"{column}: nobody has this ref"
        if row["person_ref"] == row["relative_ref"]:
            yield line, "relative_ref: nobody is their own relative"
        if row["kind"] not in KINSHIP_KINDS:
            yield line, f"kind: must be one of {', '.join(KINSHIP_KINDS)}"


def _number_fits(row: Row) -> bool:
    for number_format in NUMBER_FORMATS:
        facts = check(row["number"], number_format)
        if facts.valid:
            says = (facts.birth_date and facts.birth_date.isoformat(), facts.sex)
            return all(not said or said == row[c] for said, c in zip(says, SAID, strict=True))
    return False


SAID = ("birth_date", "sex")
"""The columns that a number may speak of too."""


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _portrait(folder: Path, row: Row) -> bytes | None:
    """The JPEG that the row names: a plain file name of this folder, or None."""
    path = folder / row["portrait"]
    if not row["portrait"] or path.parent != folder or path.is_symlink() or not path.is_file():
        return None
    content = path.read_bytes()
    fits = content.startswith(JPEG_START) and len(content) <= PORTRAIT_BYTES
    return content if fits else None


def _person(row: Row) -> RegistryPerson:
    return RegistryPerson(
        ref=row["ref"],
        number=row["number"],
        name=row["name"],
        birth_date=date.fromisoformat(row["birth_date"]),
        sex=row["sex"],
        region_code=row["region_code"],
        died_on=date.fromisoformat(row["died_on"]) if row["died_on"] else None,
        contact=Contact(row["phone"] or None, row["email"] or None),
        language=row["language"],
        card=None,
    )


def _card(row: Row) -> RegistryCard:
    expires = date.fromisoformat(row["expires_on"]) if row["expires_on"] else None
    return RegistryCard(row["card_number"], row["person_ref"], row["state"], expires)
