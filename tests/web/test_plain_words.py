"""The app speaks so that a child of about twelve understands it, by two published formulas.

English: Flesch-Kincaid's grade (1975), sixth grade or less. Spanish: Fernández Huerta (1959), 70 or
more ("fairly easy", about eleven years). Syllables are counted by their vowels, which is near
enough for whole texts. For Chinese there is no such formula that is generally accepted.

The staff console keeps to the same limits. Its readers could take harder words, up to the eighth
grade that guides to plain language ask of texts for all adults; but a clerk reads aloud what stands
there to whoever stands before them, and it needs no more (grade 2.4, and 87, in November 2026).
"""

import json
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

WEB = Path(str(files("ecard.web")))
GRADE_MOST, FAIRLY_EASY = 6.0, 70.0
PLACES = pytest.mark.parametrize("place", ["app", "staff"])
LEAST_WORDS = 4
"""What is shorter is a label."""


def sentences(place: str, language: str) -> list[list[str]]:
    """The sentences of app or console, each as its words; a name stands in for what is filled
    in."""
    path = WEB / place / "strings" / f"{language}.json"
    texts = json.loads(path.read_text(encoding="utf-8")).values()
    found = [
        re.findall(r"[^\W\d_]+", one)
        for text in texts
        for one in re.split(r"(?<=[.!?])\s+", re.sub(r"\{\w+\}", "Ana", text))
    ]
    return [words for words in found if len(words) >= LEAST_WORDS]


def english_syllables(word: str) -> int:
    count = len(re.findall(r"[aeiouy]+", word.lower()))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and count > 1
    return max(1, count - silent)


def spanish_syllables(word: str) -> int:
    plain = re.sub(r"[qg]u(?=[eéií])", "g", word.lower())
    groups = re.findall(r"[aeiouáéíóúü]+", plain)
    return max(1, sum(max(1, len(re.findall(r"[aeoáéíóú]", group))) for group in groups))


def rates(place: str, language: str, syllables: Callable[[str], int]) -> tuple[float, float]:
    """Words in a sentence, and syllables in a word."""
    known = sentences(place, language)
    words = [word for one in known for word in one]
    return len(words) / len(known), sum(map(syllables, words)) / len(words)


@PLACES
def test_english_is_plain_enough_for_the_sixth_grade(place: str) -> None:
    words, syllables = rates(place, "en", english_syllables)
    assert 0.39 * words + 11.8 * syllables - 15.59 <= GRADE_MOST


@PLACES
def test_spanish_is_fairly_easy_to_read(place: str) -> None:
    words, syllables = rates(place, "es", spanish_syllables)
    assert 206.84 - 60 * syllables - 1.02 * words >= FAIRLY_EASY


def test_the_formulas_tell_plain_words_from_officialese() -> None:
    assert english_syllables("notwithstanding") > english_syllables("house")
    assert spanish_syllables("correspondientemente") == 7
    assert spanish_syllables("quien") == 1
