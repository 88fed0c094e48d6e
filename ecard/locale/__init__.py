"""The three languages: negotiation, and the sentences people read, looked up by code.

One JSON file per feature in ``parts/``: code → language → sentence with ``{placeholders}``. A test
fails when a language misses a sentence or a placeholder, or two files claim one code.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

LANGUAGES = ("en", "es", "zh-Hans")
DEFAULT = "en"
BABEL = {"en": "en_GB", "es": "es", "zh-Hans": "zh_Hans_CN"}
"""What each language is called where dates and numbers are written."""


def negotiate(accept: str) -> str:
    """The best of LANGUAGES for an Accept-Language header (RFC 9110 weights).

    Phones send tags such as ``zh-Hans-CN`` or ``zh-CN``, on which the common matchers fall back to
    English; language and script decide here.
    """
    for tag in _by_weight(accept):
        language = _supported(tag)
        if language is not None:
            return language
    return DEFAULT


def _by_weight(accept: str) -> list[str]:
    weighted = []
    for place, part in enumerate(accept[:500].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if tag and quality > 0:
            weighted.append((-quality, place, tag))
    return [tag for _, _, tag in sorted(weighted)]


def _supported(tag: str) -> str | None:
    try:
        locale = Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError, TypeError):
        return None
    if locale.language == "zh":
        traditional = locale.script == "Hant" or locale.territory in ("TW", "HK", "MO")
        return None if traditional and locale.script != "Hans" else "zh-Hans"
    return locale.language if locale.language in LANGUAGES else None


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every sentence: code → language → text."""
    found: dict[str, dict[str, str]] = {}
    for part in sorted(files(__package__).joinpath("parts").iterdir(), key=lambda file: file.name):
        if part.name.endswith(".json"):
            found.update(json.loads(part.read_text(encoding="utf-8")))
    return found


def sentence(code: str, language: str, **params: Any) -> str:
    """The sentence for a code; raises KeyError for a code without one (a test sees to it)."""
    return catalogue()[code][language].format(**params)


def written_day(day: date, language: str) -> str:
    """A day as people write it."""
    return str(format_date(day, "long", BABEL[language]))


def last_day_before(at: datetime) -> date:
    """The last whole day before a moment, in the zone that it carries: what ends at midnight ends
    with the day before."""
    return (at - timedelta(microseconds=1)).date()


def written_time(at: datetime, language: str) -> str:
    """A day and a time as people write them, in the zone that the time carries."""
    return f"{written_day(at, language)} {format_time(at, 'short', locale=BABEL[language])}"
