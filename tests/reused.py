"""A database engine that a test process makes once and every test uses again: it keeps the
statements that it has compiled, and is pointed at the next test's own database.
"""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import event

from ecard.db import Bounds, Database


class ReusedDatabase(Database):
    """Engines that serve one test after the other, each on a database of its own."""

    _idle: ClassVar[dict[tuple[str, Bounds], list["ReusedDatabase"]]] = {}

    def __init__(self, url: str, bounds: Bounds) -> None:
        super().__init__(url, bounds)
        self._shelf = (self.url.get_backend_name(), bounds)
        for engine in {self.engine, self._reading}:
            event.listen(engine, "do_connect", self._redirect)

    @classmethod
    def on(cls, url: str, bounds: Bounds) -> "ReusedDatabase":
        """A handle on this database: an idle one, or the first of its kind."""
        address = sa.make_url(url)
        idle = cls._idle.setdefault((address.get_backend_name(), bounds), [])
        if not idle:
            return cls(url, bounds)
        handle = idle.pop()
        handle.url = address
        return handle

    def _redirect(
        self, dialect: Any, _record: Any, given: list[Any], named: dict[str, Any]
    ) -> None:
        arguments, options = dialect.create_connect_args(self.url)
        given[:] = arguments
        named.update(options)

    def close(self) -> None:
        """Give back every connection, and the engines to the next test."""
        super().close()
        idle = self._idle.setdefault(self._shelf, [])
        if self not in idle:
            idle.append(self)
