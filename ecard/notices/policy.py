"""What makes a text the same text. Pure."""

from __future__ import annotations

import hashlib


def text_hash(text: str) -> str:
    """SHA-256 of the exact text as UTF-8, hex: what an acknowledgement names."""
    return hashlib.sha256(text.encode()).hexdigest()
