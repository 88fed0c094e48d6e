"""Pure rules of showing an e-card: how a name is masked, how long a key stays published."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

SCOPE = "qr"
MASK = "*"
PARTS_SHOWN = 4
"""Parts of a name at most: a code must stay small."""


def masked(name: str) -> str:
    """The first letter of each part, and a star for the rest: enough to compare with a document."""
    return " ".join(_start(part) + MASK for part in name.split()[:PARTS_SHOWN]) or MASK


def _start(part: str) -> str:
    """The first letter with what is written on top of it."""
    text = unicodedata.normalize("NFC", part)
    size = 1
    while size < len(text) and unicodedata.combining(text[size]):
        size += 1
    return text[:size] if text[:size].isprintable() else ""


def begun(starts: Iterable[datetime], at: datetime) -> datetime | None:
    """The start of the key that signs at a time: the last one that has begun."""
    return max((start for start in starts if start <= at), default=None)


def published(
    starts: Sequence[datetime], now: datetime, tokens_live: timedelta
) -> tuple[datetime, ...]:
    """The starts of the keys to publish: those that sign or will, and those whose last token may
    still live.
    """
    oldest = begun(starts, now - tokens_live)
    return tuple(start for start in starts if oldest is None or start >= oldest)
