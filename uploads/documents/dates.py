"""Dates of documents, whose years have two digits."""

from __future__ import annotations

import re
from datetime import date

_YEARS_VALID = 50
"""No document is valid for longer; what seems to be ended before the last century turned."""
_WITHOUT_END = {("ESP", "990101")}
"""Issuer and expiry of cards that do not lapse: the Spanish one from the age of 70 on."""
NO_END = date.max


def birth_date(digits: str, today: date) -> date | None:
    """From YYMMDD: the latest such day that has come. None where it is no date.

    Someone of a hundred or more reads as a hundred years younger; two digits cannot say.
    """
    this_century = _day(today.year // 100 * 100, digits)
    if this_century is None or this_century > today:
        return _day(today.year // 100 * 100 - 100, digits)
    return this_century


def expiry_date(digits: str, today: date, issuer: str = "") -> date | None:
    """From YYMMDD: NO_END where the issuer's cards of that date do not lapse."""
    if (issuer, digits) in _WITHOUT_END:
        return NO_END
    found = _day(2000, digits)
    if found is not None and found.year > today.year + _YEARS_VALID:
        return _day(1900, digits)
    return found


def _day(century: int, digits: str) -> date | None:
    if not re.fullmatch(r"[0-9]{6}", digits):
        return None
    try:
        return date(century + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return None
