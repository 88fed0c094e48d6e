"""The thread that works off the outbox, starts the periodic sweeps and anchors the audit.

Every worker process has one. What they share is the jobs table: a job is leased before it is done,
and a sweep is a job whose key names its period, so N processes together run it once. A handler may
run twice (its process died after the work, before the job was marked done) and must bear it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from ecard import audit_verify, outbox
from ecard.call import Call
from ecard.sweeping import in_batches

SWEEP = "sweep"
IDLE_SECONDS = 0.25
"""How long to wait when nothing is due: the most that a message waits for its worker."""
STOP_SECONDS = 2.0
"""How long a shutdown waits for the job in work; one that takes longer is leased again later."""
BROKE_OFF = "broke_off"
"""Error of a job that never came to an end, however often it was begun."""

log = structlog.get_logger()

Handler = Callable[..., object]
"""``handler(call, **payload)``; what it raises is a failed try."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Something to do once in every period, by whichever process comes first."""

    name: str
    every_seconds: int
    run: Callable[[Call], object]


@dataclass(frozen=True, slots=True)
class Work:
    """All that a worker can do: kinds of jobs, and sweeps."""

    handlers: Mapping[str, Handler] = field(default_factory=dict)
    sweeps: Sequence[Sweep] = ()

    def handler(self, kind: str, payload: Mapping[str, Any]) -> tuple[Handler, dict[str, Any]]:
        """What does a job, and with which arguments; raises KeyError for an unknown kind."""
        if kind == SWEEP:
            runs = {sweep.name: sweep.run for sweep in self.sweeps}
            return runs[payload["name"]], {}
        return self.handlers[kind], dict(payload)


class Worker(threading.Thread):
    """Leases jobs and does them, one at a time, until it is stopped."""

    def __init__(self, call: Call, work: Work, idle_seconds: float = IDLE_SECONDS) -> None:
        """``call`` is the system's own (``Call.as_system``)."""
        super().__init__(name="outbox", daemon=True)
        self._call, self._work, self._idle_seconds = call, work, idle_seconds
        self._stopping = threading.Event()
        self._scheduled: dict[str, int] = {}

    def run(self) -> None:
        """Work until stopped, whatever goes wrong: nobody else does it."""
        while not self._stopping.is_set():
            try:
                busy = self.tick()
            except Exception as error:  # boundary: a thread that ends is missed by nobody
                log.error("outbox_waits", error=type(error).__name__)
                busy = False
            if not busy:
                self._stopping.wait(self._idle_seconds)

    def stop(self, timeout: float = STOP_SECONDS) -> bool:
        """Take no more jobs; True when the one in work was finished within ``timeout``."""
        self._stopping.set()
        self.join(timeout)
        return not self.is_alive()

    def tick(self) -> bool:
        """Enqueue the sweeps that are due, do one job, write what is owed, anchor; False when
        nothing was due."""
        self._enqueue_sweeps()
        worked = self._work_one()
        settled = self._call.dependencies.owed.settle()
        anchored = audit_verify.anchor(self._call)
        return worked or anchored is not None or settled > 0

    def drain(self) -> int:
        """Do what is due now (for commands and tests); returns the number of jobs done."""
        done = 0
        while self._work_one():
            done += 1
        return done

    def _enqueue_sweeps(self) -> None:
        now = self._call.now
        due = [
            (sweep, period)
            for sweep in self._work.sweeps
            if self._scheduled.get(sweep.name)
            != (period := int(now.timestamp() // sweep.every_seconds))
        ]
        if not due:
            return
        with self._call.db.write() as session:
            for sweep, period in due:
                key = f"{SWEEP}.{sweep.name}.{period}"
                outbox.enqueue(session, SWEEP, key, now=now, name=sweep.name)
            session.commit()
        self._scheduled.update({sweep.name: period for sweep, period in due})

    def _work_one(self) -> bool:
        if not _something_due(self._call):
            return False
        with self._call.db.write() as session:
            lease = self._call.settings.job_lease_seconds
            job = outbox.take(session, now=self._call.now, lease_seconds=lease)
            session.commit()
        if job is None:
            return False
        tries = self._call.settings.job_tries
        # one more try than there may be: its process died in each of them, and would again
        error = self._attempt(job) if job.tries <= tries else BROKE_OFF
        with self._call.db.write() as session:
            pause = self._call.settings.job_pause_longest_seconds
            outbox.settle(
                session,
                job.id,
                now=self._call.now,
                error=error,
                tries_max=tries,
                longest_pause_seconds=pause,
            )
            session.commit()
        return True

    def _attempt(self, job: outbox.Job) -> str | None:
        """Do the job; returns None, or the code of what went wrong."""
        try:
            handler, arguments = self._work.handler(job.kind, job.payload)
            handler(self._call, **arguments)
        except Exception as error:  # boundary: whatever a handler raises is a failed try, no more
            code = error_code(error)
            log.warning("job_failed", kind=job.kind, job_id=str(job.id), tries=job.tries, code=code)
            return code
        return None


def error_code(error: Exception) -> str:
    """A stable name of what went wrong: a refusal's code or the error's type, never its text."""
    code = getattr(error, "code", None)
    named = code if isinstance(code, str) and code.isidentifier() else type(error).__name__
    return named[:120]


def _something_due(call: Call) -> bool:
    """A look without a lock, so that an idle worker never holds up a writer on SQLite."""
    with call.db.read() as session:
        query = sa.select(outbox.Job.id).where(
            outbox.Job.state == "waiting",
            outbox.Job.run_at <= call.now,
            sa.or_(outbox.Job.lease_until.is_(None), outbox.Job.lease_until < call.now),
        )
        return session.scalar(query.limit(1)) is not None


def forget_done_jobs(call: Call) -> int:
    """Delete jobs done long ago; parked ones stay until somebody looked at them."""
    before = call.now - timedelta(days=call.settings.done_jobs_kept_days)
    old = (outbox.Job.state == "done", outbox.Job.done_at < before)
    return in_batches(call, sa.delete(outbox.Job), *old)
