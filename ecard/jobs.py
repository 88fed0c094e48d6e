"""What the outbox does: which kind of job goes to which handler, and the periodic sweeps.

Joined here, like the rooms in ``app.py``: features enqueue by kind and never know who does it.
"""

from __future__ import annotations

from datetime import timedelta

from ecard import idempotency, limits, worker
from ecard.call import Call
from ecard.worker import Sweep, Work

MINUTES = 60
HOURS = 3600
TRIES_KEPT_DAYS = 31
"""Longer than the longest window of a limit (a month of new links)."""


def work() -> Work:
    """Every handler and every sweep."""
    return Work(handlers={}, sweeps=SWEEPS)


def forget_tries(call: Call) -> int:
    """Delete counted tries that no limit looks at any more."""
    with call.db.write() as session:
        count = limits.sweep(session, call.now - timedelta(days=TRIES_KEPT_DAYS))
        session.commit()
    return count


SWEEPS = (
    Sweep("idempotency_keys", HOURS, idempotency.sweep),
    Sweep("counted_tries", HOURS, forget_tries),
    Sweep("done_jobs", 24 * HOURS, worker.forget_done_jobs),
)
