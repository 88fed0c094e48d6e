"""What stands on a paper that only a person can judge: hints where to look, and no more. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from ecard.documents.written_names import names_on_paper


def found_on(lines: Sequence[str], *, name: str, number: str, born: date) -> tuple[str, ...]:
    """Which of a person's particulars stand there: name, number, birth_date; in any usual form."""
    found = {
        "name": names_on_paper(name, lines),
        "number": any(number in _plain(line) for line in lines),
        "birth_date": any(born in _dates(line) for line in lines),
    }
    return tuple(what for what, is_there in found.items() if is_there)


def _plain(line: str) -> str:
    return "".join(one for one in line.upper() if one.isalnum())


def _dates(line: str) -> Iterator[date]:
    """Year, month and day as numbers in this order or the other, or as eight digits."""
    groups = re.findall(r"\d+", line)
    for one, two, three in zip(groups, groups[1:], groups[2:], strict=False):
        yield from _day(one, two, three)
        yield from _day(three, two, one)
    for whole in (group for group in groups if len(group) == 8):
        yield from _day(whole[:4], whole[4:6], whole[6:])


def _day(year: str, month: str, day: str) -> Iterator[date]:
    if len(year) == 4 and len(month) <= 2 and len(day) <= 2:
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            return
