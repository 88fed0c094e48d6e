"""What one terminal accepted already: a small file, exact however many processes share it."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

WAIT_SECONDS = 10.0
"""How long one process waits for another that writes."""
TABLES = (
    "CREATE TABLE IF NOT EXISTS used (id BLOB PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS clock (one INTEGER PRIMARY KEY CHECK (one = 1), latest INTEGER)",
)


class ClockWentBack(Exception):
    """The terminal's clock is earlier than it was before; ``args[0]`` is the latest time seen."""


class UsedCodes:
    """The ids that this terminal accepted and the latest time that it saw."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; raises sqlite3.Error where that cannot be done."""
        self._path = path
        with self._writing() as connection:
            for statement in TABLES:
                connection.execute(statement)

    def accept(self, code_id: uuid.UUID, expires: int, now: int, tolerance: int) -> bool:
        """Use a code up; False where this terminal accepted it before.

        Times in seconds since 1970. Raises ClockWentBack: a terminal that forgets codes which are
        over must never believe again that they are not.
        """
        with self._writing() as connection:
            latest = self._latest(connection)
            if now < latest - tolerance:
                raise ClockWentBack(latest)
            latest = max(now, latest)
            connection.execute("INSERT OR REPLACE INTO clock VALUES (1, ?)", (latest,))
            connection.execute("DELETE FROM used WHERE expires <= ?", (latest - tolerance,))
            added = connection.execute(
                "INSERT OR IGNORE INTO used VALUES (?, ?)", (code_id.bytes, expires)
            )
            return added.rowcount == 1

    @staticmethod
    def _latest(connection: sqlite3.Connection) -> int:
        found = connection.execute("SELECT latest FROM clock").fetchone()
        return int(found[0]) if found else 0

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody shares, on the disk before it ends."""
        with closing(
            sqlite3.connect(self._path, timeout=WAIT_SECONDS, isolation_level=None)
        ) as connection:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:  # boundary: whatever it was, nothing half done stays
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
