"""What a person could do better when photographing a document. Hints never refuse anything."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Hint(StrEnum):
    """What is wrong with a picture; the value is the name that clients see."""

    BLURRED = "blurred"
    GLARE = "glare"
    CUT_OFF = "cut_off"
    PHOTOCOPY = "photocopy"
    NOTHING_PRINTED = "nothing_printed"


SHARP = 0.16
"""Steepest edges of letters to their contrast, letters 48 px high."""
GLARE_PART = 0.012
"""Of the page: a washed-out spot of this size hides a word."""
GLARE_PAPER = 225
"""On paper this bright a washed-out spot is paper."""
GREY = 14
"""Between the strongest and the weakest colour of a pixel, of 255: coloured less, it is a copy."""


def hints(measures: Mapping[str, float], lines: int) -> tuple[Hint, ...]:
    """From the measures of `page_reader.py` and the number of lines found."""
    if lines == 0:
        return (Hint.NOTHING_PRINTED,)
    found = {
        Hint.BLURRED: measures["sharpness"] < SHARP,
        Hint.GLARE: measures["bright"] > GLARE_PART and measures["median"] < GLARE_PAPER,
        Hint.CUT_OFF: measures["touching"] >= 1,
        Hint.PHOTOCOPY: measures["colour"] < GREY,
    }
    return tuple(hint for hint, holds in found.items() if holds)
