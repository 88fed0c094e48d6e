"""What makes a text the same text, and how long ago it was read. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime


def text_hash(text: str) -> str:
    """SHA-256 of the exact text as UTF-8, hex: what an acknowledgement names."""
    return hashlib.sha256(text.encode()).hexdigest()


def whole_months(since: datetime, until: datetime) -> int:
    """Whole calendar months between two times of one zone."""
    months = (until.year - since.year) * 12 + until.month - since.month
    return months - ((until.day, until.timetz()) < (since.day, since.timetz()))
