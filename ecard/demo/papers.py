"""A demo relative's passport and card, drawn; and what the reading of one tells, in words."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from PIL import Image

from ecard.demo.specimens import identity_card_front, jpeg
from uploads.evaluation import drawing, people

BORN, SEX = slice(6, 14), 16
"""Where a resident's number says birth date and sex."""
EXPLAINED = {
    "name_differs": "the name is another than was typed",
    "name_nearly": "the name is nearly, but not quite, what was typed",
    "birth_date_differs": "the birth date is another than the number says",
    "expiry_date_expired": "it has expired",
}


def passport(
    relative: Mapping[str, Any],
    portrait: Image.Image,
    given: str | None = None,
    today: date | None = None,
) -> bytes:
    """A specimen passport of a relative, good on a day; `given` puts another given name on it."""
    return jpeg(drawing.passport(_person(relative, given, today), portrait).picture)


def card_front(relative: Mapping[str, Any], portrait: Image.Image) -> bytes:
    """A specimen card's side with the portrait; no template is for it, so a person reads it."""
    person = _person(relative)
    return identity_card_front(
        portrait, [person.surname, person.given, f"{person.born:%d %m %Y}", person.document_number]
    )


def card_back(relative: Mapping[str, Any]) -> bytes:
    """The side of the same card with the zone."""
    return jpeg(drawing.card_back(_person(relative)).picture)


def _person(
    relative: Mapping[str, Any], given: str | None = None, today: date | None = None
) -> people.Person:
    number, words = str(relative["number"]), str(relative["name"]).split()
    today = today or date.today()  # noqa: DTZ011 - a specimen's dates
    drawn = people.utopian(random.Random(number), today)  # noqa: S311 - a specimen
    return replace(
        drawn,
        surname=" ".join(words[1:]),
        given=given or words[0],
        born=date.fromisoformat(number[BORN]),
        sex="male" if int(number[SEX]) % 2 else "female",
    )


def explained(fields: Mapping[str, list[str]]) -> str:
    """What a refusal of evidence names, for a person."""
    return "; ".join(
        f"{kind}: {EXPLAINED.get(code, code.replace('_', ' '))}"
        for kind, codes in fields.items()
        for code in codes
    )
