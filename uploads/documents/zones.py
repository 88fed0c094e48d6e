"""Finds the machine readable zone among the lines of a page.

A zone is lines of one length that stand under each other. The characters are set at one distance,
so a character that the recogniser left out or saw twice shows as a gap or a crowd. Of everything
that could be a zone the one is taken in which most check digits agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from uploads.documents.check_digits import Options, look_alikes, options_of
from uploads.documents.mrz import parse
from uploads.documents.mrz_formats import FILLER, LAYOUTS, Layout
from uploads.documents.pages import Line, Mark, PageText, level
from uploads.documents.types import FieldName, Zone

CHARACTERS_OFF = 4
"""More or fewer characters than the format's than can be put right by their places."""
_CODES = (FieldName.ISSUER, FieldName.NATIONALITY)
"""A code of which one character cannot be a letter stays as it was read: it is misprinted."""
LINES_APART = 4.0
"""Line heights between the middles of two lines of a zone, at most."""
EDGES_APART = 0.12
"""Of a line's length that the edges of two lines of a zone may differ."""
SAME_LINE = 0.6
"""Line heights by which the middles of two parts of one line may differ."""
FILLED_UP = 0.5
"""How sure a filler is that was put where no character was found."""
LEAST_CONFIDENCE = 0.01
"""What the recogniser offers with less than this is no offer."""
DOUBT = 0.01
"""Share of the look-alikes of what was read: the recogniser is often sure of 0 where O stands."""


GROUPS_MOST = 4
"""Groups in which a document's number is printed, at most."""
LIKE_FILLER = frozenset("<＜‹«《")
"""A line with one of these may be a part of a zone: it says nothing a second time."""


def find_zone(page: PageText, today: date) -> Zone | None:
    """The page's zone; None where there is none."""
    return next(iter(find_zones(page, today)), None)


def find_zones(page: PageText, today: date) -> list[Zone]:
    """All that could be a zone, the soundest first."""
    lines = _joined([line for line in level(page) if line.marks])
    lines.sort(key=lambda line: line.middle)
    words = printed_words(page)
    zones = [
        parse(layout, [_options(layout, at, line) for at, line in enumerate(group)], today, words)
        for layout in LAYOUTS.values()
        for group in _groups(lines, layout)
    ]
    return sorted(zones, key=_soundness, reverse=True)


def printed_words(page: PageText) -> frozenset[str]:
    """Every word of letters and digits outside zones, also words that follow each other as one:
    numbers are often printed in groups."""
    found: set[str] = set()
    for line in page.lines:
        if line.marks or set(line.text) & LIKE_FILLER:
            continue
        words = re.findall(r"[A-Z0-9]+", line.text.upper())
        spans = ((at, at + many) for at in range(len(words)) for many in range(1, GROUPS_MOST + 1))
        found.update("".join(words[start:end]) for start, end in spans)
    return frozenset(found)


def _soundness(zone: Zone) -> tuple[float, float]:
    """How many of its check digits agree; a zone of which none does is likely to be none."""
    first = zone.lines[0][0] in LAYOUTS[zone.format].first
    agreeing = sum(check.speaks for check in zone.checks) / len(zone.checks)
    return agreeing + (0.5 if first else 0.0), zone.confidence


def _groups(lines: Sequence[Line], layout: Layout) -> Iterator[Sequence[Line]]:
    fitting = [one for one in lines if abs(len(one.marks) - layout.length) <= CHARACTERS_OFF]
    for at in range(len(fitting) - layout.lines + 1):
        group = fitting[at : at + layout.lines]
        if all(_belong(*two) for two in pairwise(group)):
            yield group


def _belong(upper: Line, lower: Line) -> bool:
    """Whether the one may follow the other."""
    height, length = max(upper.height, lower.height), max(_length(upper), _length(lower))
    edges = (lower.left - upper.left, lower.right - upper.right)
    near = lower.middle - upper.middle <= LINES_APART * height
    return near and all(abs(edge) <= EDGES_APART * length for edge in edges)


def _length(line: Line) -> float:
    return line.right - line.left


# ---- lines found in parts ------------------------------------------------------------------------


def _joined(lines: Sequence[Line]) -> list[Line]:
    """Lines, of which what was found in two parts is one again."""
    whole: list[Line] = []
    for line in sorted(lines, key=lambda one: one.left):
        before = next((one for one in whole if _goes_on(one, line)), None)
        if before is not None:
            whole.remove(before)
        whole.append(line if before is None else _one_line(before, line))
    return whole


def _goes_on(left: Line, right: Line) -> bool:
    end = (left.corners[1][1] + left.corners[2][1]) / 2
    start = (right.corners[0][1] + right.corners[3][1]) / 2
    height = min(left.height, right.height)
    gap = right.left - left.right
    return abs(end - start) < SAME_LINE * height and -0.05 < gap < 0.1


def _one_line(left: Line, right: Line) -> Line:
    first, last = left.left, right.right
    marks = [(_moved(place, left, first, last), options) for place, options in left.marks]
    marks += [(_moved(place, right, first, last), options) for place, options in right.marks]
    corners = (left.corners[0], right.corners[1], right.corners[2], left.corners[3])
    sure = min(left.confidence, right.confidence)
    return Line(corners, left.text + right.text, sure, tuple(marks))


def _moved(place: float, line: Line, first: float, last: float) -> float:
    return (line.left + place * _length(line) - first) / (last - first)


# ---- characters ----------------------------------------------------------------------------------


def _options(layout: Layout, number: int, line: Line) -> list[Options]:
    """What each character of the line may be."""
    allowed = layout.allowed(number)
    marks = _in_places(line.marks, layout.length)
    weighed = [_weighed(options, allowed[at]) for at, options in enumerate(marks)]
    for name, (row, start, end) in ((slot.name, slot.place) for slot in layout.slots):
        if row == number and name in _CODES and not _all_may(weighed[start:end], allowed[start]):
            weighed[start:end] = marks[start:end]
    return _without_stragglers(layout, number, weighed)


def _all_may(options: Sequence[Options], allowed: str) -> bool:
    return all(_likeliest(one) in allowed for one in options)


def _likeliest(options: Options) -> str:
    return max(options, key=lambda one: options[one])


def _in_places(marks: Sequence[Mark], length: int) -> list[Options]:
    """As many characters as the format has: those at their places, fillers where none was found."""
    if len(marks) == length:
        return [options for _, options in marks]
    places: list[list[Options]] = [[] for _ in range(length)]
    for at, options in zip(_columns(marks), (one for _, one in marks), strict=True):
        if 0 <= at < length:
            places[at].append(options)
    return [max(found, key=_surest, default={FILLER: FILLED_UP}) for found in places]


def _columns(marks: Sequence[Mark]) -> list[int]:
    """The column of each character, by the line's own distance between characters."""
    spots = [place for place, _ in marks]
    gaps = sorted(after - before for before, after in pairwise(spots))
    pitch = gaps[len(gaps) // 2]
    tries = [pitch * (1 + step / 400) for step in range(-20, 21)]
    best = min(tries, key=lambda one: _misfit(spots, one))
    return [round((spot - spots[0]) / best) for spot in spots]


def _misfit(spots: Sequence[float], pitch: float) -> float:
    """How far the characters stand from places at this distance, in places."""
    steps = [(spot - spots[0]) / pitch for spot in spots]
    return sum(abs(step - round(step)) for step in steps)


def _surest(options: Options) -> float:
    return max(options.values())


def _weighed(options: Options, allowed: str) -> Options:
    """What may stand there of what the recogniser offers, with some doubt for look-alikes; of
    what looks like it where nothing does."""
    offered = {one: share for one, share in options.items() if one in allowed}
    if sum(offered.values()) < LEAST_CONFIDENCE:
        return options_of(_likeliest(options), allowed)
    whole = sum(offered.values())
    shares = {one: share / whole * (1 - DOUBT) for one, share in offered.items()}
    first = _likeliest(offered)
    alike = look_alikes(first, allowed)
    for one in alike or [first]:
        shares[one] = shares.get(one, 0.0) + DOUBT / len(alike or [first])
    return shares


def _without_stragglers(layout: Layout, number: int, options: list[Options]) -> list[Options]:
    """Three fillers in a row end a name: what seems to stand behind them is fillers, too."""
    line, start, end = layout.names
    if line != number:
        return options
    text = "".join(_likeliest(one) for one in options[start:end])
    name_ends = text.find(FILLER * 3, len(text) - len(text.lstrip(FILLER)))
    if name_ends < 0:
        return options
    behind = range(start + name_ends, end)
    return [{FILLER: _share(one)} if at in behind else one for at, one in enumerate(options)]


def _share(options: Options) -> float:
    return max(options.get(FILLER, 0.0), FILLED_UP)
