"""Drawn specimens, made to look photographed: read, and checked against what was declared."""

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from PIL import Image

from ecard.demo import specimens
from ecard.documents.checking import Declared, Result, Shown, check
from uploads.documents.pages import PageReader
from uploads.documents.reading import read_page
from uploads.evaluation import drawing, people, unhurried
from uploads.evaluation.drawing import Drawn
from uploads.evaluation.people import Person
from uploads.evaluation.photographing import photographed

pytestmark = pytest.mark.gate
N = 200 if os.environ.get("ECARD_FULL") else 4
LEAST_ACCEPTED = 0.9
TODAY = date(2026, 11, 18)


@dataclass(frozen=True)
class Kind:
    """One document: whose it is, what it looks like, which number is declared with it."""

    person: Callable[[random.Random, date], Person]
    pages: Callable[[Person, int], list[Drawn]]
    number_format: str


def portrait(seed: int) -> Image.Image:
    return specimens.open_photo(specimens.public_portraits()[seed % 2])


KINDS = {
    "chinese card": Kind(
        people.chinese,
        lambda p, s: [drawing.chinese_front(p, portrait(s)), drawing.chinese_back(p)],
        "cn.ric",
    ),
    "spanish dni": Kind(
        people.spanish,
        lambda p, s: [drawing.dni_front(p, portrait(s)), drawing.card_back(p)],
        "es.naf",
    ),
    "td1": Kind(people.utopian, lambda p, _: [drawing.card_back(p)], "es.naf"),
    "td3": Kind(people.utopian, lambda p, s: [drawing.passport(p, portrait(s))], "es.naf"),
}
OTHER_NAME, OTHER_DAY = "Inés Otra Persona", date(1971, 2, 3)


def declared(person: Person, number_format: str) -> Declared:
    """What an honest holder types; the number of a Chinese card is the one declared."""
    chinese = person.nationality == "CHN"
    name = person.surname + person.given if chinese else f"{person.given} {person.surname}"
    return Declared(name, person.personal_number, number_format, person.born, person.sex)


def altered(honest: Declared) -> dict[str, Declared]:
    """The same with one field that is another one's."""
    other = {"female": "male", "male": "female"}[honest.sex or "female"]
    found = {
        "name": replace(honest, name=OTHER_NAME),
        "birth_date": replace(honest, birth_date=OTHER_DAY),
        "sex": replace(honest, sex=other),
    }
    if honest.number_format == "cn.ric":
        found["number"] = replace(honest, number="11010519491231002X")
    return found


def read(reader: PageReader, kind: Kind, person: Person, seed: int) -> list[Shown]:
    found = []
    for drawn in kind.pages(person, seed):
        reading = read_page(reader.read(photographed(drawn.picture, seed)), TODAY)
        cut_off = bool(reading.zone and reading.zone.truncated)
        found.append(Shown(drawn.kind, reading.format, reading.fields, cut_off))
    return found


@dataclass
class Outcome:
    """Of one person's document, declared rightly and with one field that is another one's."""

    accepted: bool
    others: int
    wrongly: list[tuple[int, str]]
    unnamed: list[tuple[int, str]]


def outcome(reader: PageReader, kind: Kind, seed: int) -> Outcome:
    person = kind.person(random.Random(seed), TODAY)
    shown = read(reader, kind, person, seed)
    honest = declared(person, kind.number_format)
    false = altered(honest)
    found = Outcome(_result(honest, shown) is Result.ACCEPTED, len(false), [], [])
    for field, claim in false.items():
        checked = check(claim, shown, TODAY, days_after_expiry=0)
        if checked.result is Result.ACCEPTED:
            found.wrongly.append((seed, field))
        elif field not in {one.field for one in checked.findings}:
            found.unnamed.append((seed, field))
    late = check(honest, shown, person.expires + timedelta(days=1), days_after_expiry=0)
    if late.result is Result.ACCEPTED:
        found.wrongly.append((seed, "expiry_date"))
    return found


@pytest.mark.parametrize("name", KINDS)
def test_honest_documents_pass_and_one_altered_field_is_named(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    kind, reader = KINDS[name], unhurried.reader()
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # a page takes a core for four seconds
        found = list(threads.map(lambda seed: outcome(reader, kind, seed), range(N)))
    accepted, others = sum(one.accepted for one in found), sum(one.others for one in found)
    wrongly = [one for each in found for one in each.wrongly]
    unnamed = [one for each in found for one in each.unnamed]
    record_property(f"{name}: accepted without a person", f"{accepted} of {N}")
    record_property(f"{name}: one field altered, accepted", f"{len(wrongly)} of {others + N}")
    record_property(f"{name}: altered, the field not named", f"{len(unnamed)} of {others}")
    assert (wrongly, unnamed) == ([], [])
    assert accepted >= LEAST_ACCEPTED * N


def _result(honest: Declared, shown: list[Shown]) -> Result:
    return check(honest, shown, TODAY, days_after_expiry=0).result
