"""Social security numbers: form, check digit, and what they say of a person. Pure.

``cn.ric`` is the resident's number of 18 characters: place (6 digits), birth date, serial, check
digit. The place is not looked up. It is the district's code of the day on which the number was
given out, from 1984 on; districts are renamed and renumbered, and a list of places by year of birth
refuses the right numbers of the old. ``es.naf`` is the affiliation number of 12 digits, whose last
two are the first ten modulo 97 (a serial below ten million is added to the province times ten
million instead).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

SEPARATORS = str.maketrans("", "", " \t\u00a0\u3000-‐‑–./")
SHOWN = 4
"""Characters that stay readable in a masked number: enough to tell two people's apart."""
RIC_LENGTH, NAF_LENGTH, NAF_MODULUS = 18, 12, 97
NAF_SHORT_SERIAL = 10_000_000
FIRST_YEAR = 1850
"""Of a birth date that a resident's number can carry: nobody alive in 1984 was born before."""


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """What a number says by itself; birth date and sex only where the format carries them."""

    valid: bool
    birth_date: date | None = None
    sex: str | None = None
    """female or male."""


def normalise(number: str) -> str:
    """The number as it is compared and indexed: no separators, capital letters, plain digits."""
    return unicodedata.normalize("NFKC", number).translate(SEPARATORS).upper()


def check(number: str, number_format: str) -> NumberFacts:
    """Whether the number is well formed, and what it says. Takes it as typed."""
    checks = {"cn.ric": _check_ric, "es.naf": _check_naf}
    if number_format not in checks:
        raise ValueError(f"{number_format} is not a number format")
    plain = normalise(number)
    if not plain.isascii() or not plain.isalnum():
        return NumberFacts(False)
    return checks[number_format](plain)


def _check_ric(number: str) -> NumberFacts:
    if len(number) != RIC_LENGTH or not number[:-1].isdecimal():
        return NumberFacts(False)
    try:
        born = ric.get_birth_date(number)
    except ValidationError:
        return NumberFacts(False)
    if ric.calc_check_digit(number) != number[-1] or born.year < FIRST_YEAR:
        return NumberFacts(False)
    return NumberFacts(True, born, "male" if int(number[16]) % 2 else "female")


def _check_naf(number: str) -> NumberFacts:
    if len(number) != NAF_LENGTH or not number.isdecimal():
        return NumberFacts(False)
    return NumberFacts(naf_check_digits(number[:10]) == number[10:])


def naf_check_digits(number: str) -> str:
    """The two check digits of a province (2 digits) and serial (8 digits)."""
    province, serial = int(number[:2]), int(number[2:10])
    short = serial < NAF_SHORT_SERIAL
    whole = province * NAF_SHORT_SERIAL + serial if short else int(number[:10])
    return f"{whole % NAF_MODULUS:02d}"


def mask(number: str) -> str:
    """The number as it is shown: only the last four characters."""
    plain = normalise(number)
    shown = plain[-SHOWN:] if len(plain) > SHOWN else ""
    return "•" * (len(plain) - len(shown)) + shown
