"""Gaps in what was paid in, and how a certificate's code is written. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from ecard.registry.port import Benefit, Contribution

MONTHS = 12
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0, 1, I and O: a code is read from paper."""
CODE_CHARACTERS = 16
"""80 bits: nobody finds one by trying."""
CODE_GROUP = 4


@dataclass(frozen=True, slots=True)
class Gap:
    """Months without a contribution, both ends among them."""

    kind: str
    first: date
    """First day of its first month."""
    last: date
    """First day of its last month."""
    months: int


def gaps(paid_in: Iterable[Contribution], benefits: Iterable[Benefit], today: date) -> list[Gap]:
    """Months without a contribution, from each kind's first one to the last full month.

    Whoever draws an old-age pension pays in no longer: nothing is missing from its first month on.
    """
    end = _number(today)
    drawn = [_number(one.since) for one in benefits if one.kind == "old_age"]
    end = min([end, *drawn])
    by_kind: dict[str, set[int]] = {}
    for one in paid_in:
        months = {one.year * MONTHS + month - 1 for month in one.months}
        by_kind.setdefault(one.kind, set()).update(months)
    return [gap for kind, months in sorted(by_kind.items()) for gap in _of(kind, months, end)]


def _of(kind: str, months: set[int], end: int) -> Iterator[Gap]:
    missing = [month for month in range(min(months, default=end), end) if month not in months]
    start = 0
    for place, month in enumerate(missing):
        if place + 1 == len(missing) or missing[place + 1] != month + 1:
            run = missing[start : place + 1]
            yield Gap(kind, _first_day(run[0]), _first_day(run[-1]), len(run))
            start = place + 1


def _number(day: date) -> int:
    return day.year * MONTHS + day.month - 1


def _first_day(number: int) -> date:
    return date(number // MONTHS, number % MONTHS + 1, 1)


def shown_code(code: str) -> str:
    """A certificate's code as it is printed, in groups."""
    return "-".join(code[at : at + CODE_GROUP] for at in range(0, len(code), CODE_GROUP))


def read_code(typed: str) -> str:
    """A code as it is looked up, however it was typed."""
    return "".join(mark for mark in typed.upper() if mark.isascii() and mark.isalnum())


def masked_name(name: str) -> str:
    """A name of which a reader recognises only their own: the first letter of each part."""
    return " ".join(part[0] + "•" * (len(part) - 1) for part in name.split())
