"""The check digit of ICAO Doc 9303 (part 3, 4.9), and what it can decide between likely readings.

Weights 7, 3, 1 modulo 10; letters count 10 to 35, the filler 0. So a check digit cannot tell apart
characters of equal remainder: 1, B, L and V; 6, G and Q; K, U, 0 and the filler. Between others it
confirms where all likely readings but one contradict it; between these something else has to say
which one it is (docs/adr/0013-reading-documents.md).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from uploads.documents.mrz_formats import ALPHABET, FILLER

Options = Mapping[str, float]
"""What one character may be, each with its probability."""

WEIGHTS = (7, 3, 1)
READINGS_TRIED = 400
"""Of one field, the likeliest first; nine characters with three options each have 19,683."""
CLEAR_SHARE = 0.95
"""Of the probability of all readings that agree, what one must have to stand alone."""
LEAST_OF_FIRST = 0.01
"""A repair must be at least this likely beside the likeliest reading: rarer, the check digit was
misread or misprinted, as on many specimens."""
LEAST_LIKELY = 0.02
"""A reading less likely than this is a guess, and one guess in ten agrees by chance."""

AS_READ = 0.96
"""Weight of the character that a text without probabilities says; its look-alikes share the rest.
A choice between bounds, not a measurement: above a half, so that what was read comes first; low
enough that one repair of a 0 by the three that look like it passes LEAST_OF_FIRST (up to 0.97). Of
36 public specimens none is read or confirmed otherwise from 0.5 to 0.999 (2026-11-27)."""
_PAIRS = ("0O", "0Q", "0D", "0U", "OQ", "OD", "1I", "1L", "2Z", "4A", "5S", "6G", "7T", "8B", "UV")
"""What is taken for each other, either way."""


def _look_alikes() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for pair in (*_PAIRS, *(pair[::-1] for pair in _PAIRS)):
        found[pair[0]] = found.get(pair[0], "") + pair[1]
    return found


LOOK_ALIKES: Mapping[str, str] = _look_alikes()


def value(character: str) -> int:
    """0 to 35; the filler counts 0."""
    return 0 if character == FILLER else ALPHABET.index(character)


def check_digit(text: str) -> int:
    """The digit that should follow `text`."""
    return sum(value(one) * WEIGHTS[at % 3] for at, one in enumerate(text)) % 10


def agrees(text: str, digit: str) -> bool:
    """Whether the digit is the right one; a filler stands for 0 where the field is empty."""
    if digit == FILLER:
        return not text.strip(FILLER)
    return digit.isdecimal() and check_digit(text) == int(digit)


def equals(character: str) -> frozenset[str]:
    """The other characters that no check digit tells from this one."""
    alike = (one for one in ALPHABET if value(one) % 10 == value(character) % 10)
    return frozenset(alike) - {character}


def look_alikes(character: str, allowed: str) -> list[str]:
    """What may stand there and looks like it. Of equal remainder only where the character itself
    may not: beside it the check digit could not choose."""
    alike = [one for one in LOOK_ALIKES.get(character, "") if one in allowed]
    if character not in allowed:
        return alike
    return [one for one in alike if one not in equals(character)]


def options_of(character: str, allowed: str) -> Options:
    """The character as read and its look-alikes, of those that may stand there; as read, with a
    doubt, where none may."""
    likely = [one for one in (character,) if one in allowed] + look_alikes(character, allowed)
    if not likely:
        return {character: AS_READ}
    if len(likely) == 1:
        return {likely[0]: 1.0}
    rest = dict.fromkeys(likely[1:], (1 - AS_READ) / (len(likely) - 1))
    return {likely[0]: AS_READ, **rest}


def untold(text: str, allowed: str) -> bool:
    """Whether a character may be another one that every check digit takes for it, of those allowed.
    Of a row of fillers only the first may: behind a filler no text goes on."""
    before = FILLER
    for one in text:
        ends = one == FILLER and before != FILLER
        if (one != FILLER or ends) and equals(one) & set(allowed):
            return True
        before = one
    return False


def readings(options: Sequence[Options], most: int = READINGS_TRIED) -> Iterator[tuple[str, float]]:
    """Texts with their probabilities, the likeliest first."""
    ranked = [sorted(one.items(), key=lambda pair: -pair[1]) for one in options]
    first = (0,) * len(ranked)
    queue = [(-_likelihood(ranked, first), first)]
    seen = {first}
    while queue and most > 0:
        minus, choice = heapq.heappop(queue)
        yield "".join(ranked[at][rank][0] for at, rank in enumerate(choice)), -minus
        most -= 1
        for at, rank in enumerate(choice):
            after = (*choice[:at], rank + 1, *choice[at + 1 :])
            if rank + 1 < len(ranked[at]) and after not in seen:
                seen.add(after)
                heapq.heappush(queue, (-_likelihood(ranked, after), after))


def _likelihood(ranked: Sequence[Sequence[tuple[str, float]]], choice: Sequence[int]) -> float:
    product = 1.0
    for one, rank in zip(ranked, choice, strict=True):
        product *= one[rank][1]
    return product


@dataclass(frozen=True, slots=True)
class Resolved:
    """The text with its check digit last. `repaired`: not the likeliest reading of the characters
    alone; what agrees only then is a guess, since a wrong character elsewhere can ask for the same
    repair. `sure`: it agrees as read, and no other likely reading does."""

    text: str
    agrees: bool
    sure: bool
    repaired: bool


def resolve(options: Sequence[Options]) -> Resolved:
    """Lets the check digit (the last of `options`) decide between the readings."""
    tried = list(readings(options))
    first, most_likely = tried[0]
    agreeing = [(text, p) for text, p in tried if agrees(text[:-1], text[-1])]
    if not agreeing or agreeing[0][1] < LEAST_OF_FIRST * most_likely:
        return Resolved(first, False, False, False)
    best, likelihood = agreeing[0]
    alone = likelihood >= max(LEAST_LIKELY, CLEAR_SHARE * sum(p for _, p in agreeing))
    if best != first and not alone:
        return Resolved(first, False, False, False)  # several repairs would do: none is taken
    return Resolved(best, True, alone and best == first, best != first)
