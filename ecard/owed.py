"""What an outage of ours took from somebody is given back: at once, or once it can be written.

A try is counted and committed before anything is examined. Where the database then takes nothing
any more and nobody was told anything, it is owed: kept in this process and written by the worker's
thread once the database answers. A process that dies meanwhile forgets it, and then the try
counts: that is the safe side.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ecard.db import is_out_of_room, is_out_of_turn

log = structlog.get_logger()

MOST = 10_000
"""Kept at most; the oldest is forgotten first."""

Write = Callable[[], object]
"""Writes in a transaction of its own. Where a commit's answer was lost it is done once more: it
must never give more than was taken."""


def passes(error: BaseException) -> bool:
    """Whether the database may take later what it does not take now."""
    return isinstance(error, SQLAlchemyError) and (is_out_of_turn(error) or is_out_of_room(error))


class Owed:
    """What is still to be written. Safe to use from any thread."""

    def __init__(self) -> None:
        self._waiting: deque[Write] = deque(maxlen=MOST)

    def write(self, write: Write, after: BaseException | None = None) -> None:
        """Write now; later where the database does not take it, or did not just before
        (``after``): nobody waits for it twice. What cannot be written at all is logged."""
        if after is not None and passes(after):
            self._waiting.append(write)
            return
        try:
            write()
        except SQLAlchemyError as error:
            if passes(error):
                self._waiting.append(write)
            log.warning("owed", error=type(error).__name__, kept=passes(error))

    def settle(self) -> int:
        """Write what waits, as far as the database takes it; returns how much was written."""
        written = 0
        for _ in range(len(self._waiting)):
            write = self._waiting.popleft()
            try:
                write()
            except Exception as error:  # boundary: what can never be written holds up nothing else
                if passes(error):
                    self._waiting.appendleft(write)
                    return written
                log.error("owed_in_vain", error=type(error).__name__)
            else:
                written += 1
        return written
