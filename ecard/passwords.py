"""Passwords of staff and of e-cards: hashed and compared a bounded number at a time.

Each hash takes tens of milliseconds and 46 MiB (``ecard/hashing.py``): without a bound a hundred
sign-ins at once would take the memory of the machine. No database session may be open meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ecard.call import Call
from ecard.captures import place
from ecard.hashing import Hasher


@contextmanager
def hashing(call: Call) -> Iterator[Hasher]:
    """Hold a place for one hash; raises Busy when none comes free in time."""
    with place(call.dependencies.hashing, call.settings.hashing_wait_seconds):
        yield call.dependencies.hasher


def hashed(call: Call, password: str) -> str:
    """The hash to keep. Raises Busy."""
    with hashing(call) as hasher:
        return hasher.hash(password)
