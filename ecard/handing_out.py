"""Long files for one person: so many a day, and one at a time for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from ecard import limits
from ecard.call import Call
from ecard.captures import place
from ecard.errors import TooManyRequests

FILES_A_DAY, DAY_SECONDS = 20, 86_400


@contextmanager
def handing_out(
    call: Call, kind: str, also: Callable[[Session], None] = lambda _: None
) -> Iterator[None]:
    """Hold the one place for long files; the file is counted and ``also`` done, committed, before
    it is made. Raises Busy, TooManyRequests and what ``also`` raises, which counts nothing."""
    with place(call.dependencies.printing, call.settings.judging_wait_seconds):
        with call.db.write() as session:
            also(session)
            wait = limits.spend(
                session,
                kind,
                call.holder.person_id,
                limit=FILES_A_DAY,
                window_seconds=DAY_SECONDS,
                now=call.now,
            )
            if wait is not None:
                raise TooManyRequests(retry_after=wait)
            session.commit()
        yield
