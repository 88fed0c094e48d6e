"""What an outage of ours took from somebody is given back: at once, or once it can be written.

A try is counted and committed before anything is examined. Where the database then takes nothing
any more, nobody was told anything by it, so it is owed: kept in this process and written by the
worker's thread once the database answers. A process that dies meanwhile forgets it, and then the
try counts: that is the safe side.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger()

MOST = 10_000
"""Kept at most; the oldest is forgotten first."""

Write = Callable[[], object]
"""Writes in a transaction of its own, and may be repeated."""


class Owed:
    """What is still to be written. Safe to use from any thread."""

    def __init__(self) -> None:
        self._waiting: deque[Write] = deque(maxlen=MOST)

    def write(self, write: Write) -> None:
        """Write now; later where the database does not take it."""
        try:
            write()
        except SQLAlchemyError as error:
            log.warning("owed", error=type(error).__name__)
            self._waiting.append(write)

    def settle(self) -> int:
        """Write what waits; returns how much. Raises what the database raises: go on later."""
        written = 0
        while self._waiting:
            write = self._waiting.popleft()
            try:
                write()
            except SQLAlchemyError:
                self._waiting.appendleft(write)
                raise
            written += 1
        return written

    @contextmanager
    def unless_written(self, give_back: Write) -> Iterator[None]:
        """Around what examines a counted try and writes down what came of it: where the database
        does not take that, the try goes back."""
        try:
            yield
        except SQLAlchemyError:
            self.write(give_back)
            raise
