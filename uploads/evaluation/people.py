"""People who do not exist, for drawn specimens: names, numbers with right check digits, dates."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from stdnum.cn import ric

CHINESE = ("王李张刘陈杨黄赵周吴徐孙朱马胡曾单解仇", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平")
SPANISH = (
    ("GARCÍA", "LÓPEZ", "MUÑOZ", "PÉREZ", "GÓMEZ", "RUIZ", "DÍAZ", "ROMERO", "NÚÑEZ", "SANZ"),
    ("MARÍA", "JOSÉ", "ANA", "LUCÍA", "CARMEN", "JAVIER", "IRENE", "PABLO", "ELENA", "ÁLVARO"),
)
SPECIMEN_PLACES = ("110101", "310104", "440106", "510105", "110221", "310226", "512323", "810000")
"""Districts of today, some that were renamed or renumbered, and one of residence permits."""
DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
OLDEST, YOUNGEST, VALID_DAYS = 90, 16, 3_000
FIRST_YEAR = 1930


@dataclass(frozen=True, slots=True)
class Person:
    """What stands on a specimen, as people write it."""

    surname: str
    given: str
    sex: str
    """female or male."""
    born: date
    expires: date
    document_number: str
    personal_number: str
    nationality: str


def chinese(rng: random.Random, today: date) -> Person:
    """A holder of the resident identity card; characters, surname first."""
    born, sex = _born(rng, today), rng.choice(("female", "male"))
    serial = rng.randrange(1, 499) * 2 + (sex == "male")
    bare = f"{rng.choice(SPECIMEN_PLACES)}{born:%Y%m%d}{serial:03d}"
    given = "".join(rng.choice(CHINESE[1]) for _ in range(rng.choice((1, 2, 2))))
    return Person(
        rng.choice(CHINESE[0]),
        given,
        sex,
        born,
        _expires(rng, today),
        "",
        bare + ric.calc_check_digit(bare + "0"),
        "CHN",
    )


def spanish(rng: random.Random, today: date) -> Person:
    """A holder of the DNI; two surnames."""
    digits = rng.randrange(10_000_000, 99_999_999)
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(3))
    return Person(
        f"{rng.choice(SPANISH[0])} {rng.choice(SPANISH[0])}",
        rng.choice(SPANISH[1]),
        rng.choice(("female", "male")),
        _born(rng, today),
        _expires(rng, today),
        f"{letters}{rng.randrange(1_000_000):06d}",
        f"{digits}{DNI_LETTERS[digits % 23]}",
        "ESP",
    )


def utopian(rng: random.Random, today: date) -> Person:
    """A holder of a passport of the country that ICAO prints on its specimens."""
    person = spanish(rng, today)
    number = f"{rng.choice('ABCDEFGHKLMNPRSTUVWXYZ')}{rng.randrange(10_000_000):07d}"
    return replace(person, document_number=number, personal_number="", nationality="UTO")


def _born(rng: random.Random, today: date) -> date:
    return today - timedelta(days=rng.randrange(YOUNGEST * 366, (OLDEST - 1) * 365))


def _expires(rng: random.Random, today: date) -> date:
    return today + timedelta(days=rng.randrange(30, VALID_DAYS))


TRANSLITERATED: Mapping[str, str] = {"Ñ": "N", "Ü": "UE", "Ä": "AE", "Ö": "OE", "ß": "SS"}
"""Of ICAO Doc 9303 part 3, section 6, what the names above can need."""
