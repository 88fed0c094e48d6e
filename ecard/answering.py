"""Answers that take as long whatever they say, so that time tells nothing about a person."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def answered_alike(floor_seconds: float) -> Iterator[None]:
    """End, however the body ends, at a whole multiple of the floor after the start.

    Work that took longer than the floor (a busy machine) ends at the floor's next multiple, so that
    its length does not show then either. No database session may be open around this. 0: no wait.
    """
    started = time.monotonic()
    try:
        yield
    finally:
        if floor_seconds > 0:
            time.sleep(floor_seconds - (time.monotonic() - started) % floor_seconds)
