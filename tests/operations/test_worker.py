"""The outbox thread: each job once, sweeps once a period, failures tried again and then parked."""

import threading
import time
import uuid
from collections import Counter
from dataclasses import replace

import pytest
import sqlalchemy as sa

from ecard import audit, audit_verify, outbox, worker
from ecard.call import Call
from ecard.errors import Unavailable
from ecard.joined import Joined
from ecard.worker import Sweep, Work, Worker
from tests.support import Clock


def enqueue(joined: Joined, kind: str, key: str = "one", **payload: object) -> None:
    with joined.db.write() as session:
        outbox.enqueue(session, kind, key, now=joined.call().now, **payload)
        session.commit()


def jobs(joined: Joined) -> list[outbox.Job]:
    with joined.db.read() as session:
        return list(session.scalars(sa.select(outbox.Job).order_by(outbox.Job.key)))


class Done:
    """Counts what was done, from any thread."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, call: Call, name: str = "sweep") -> None:
        with self._lock:
            self.counts[name] += 1


class Failing:
    """A handler that raises what it was given."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, call: Call) -> None:
        raise self.error


def test_a_job_is_done_once_with_its_payload(joined: Joined) -> None:
    done = Done()
    enqueue(joined, "note", name="first")
    doer = Worker(joined.call(), Work({"note": done}))
    assert doer.drain() == 1
    assert doer.drain() == 0
    assert done.counts == {"first": 1}
    assert [(job.state, job.error) for job in jobs(joined)] == [("done", None)]


def test_the_same_key_is_enqueued_once(joined: Joined) -> None:
    done = Done()
    enqueue(joined, "note", name="first")
    enqueue(joined, "note", name="second")
    assert Worker(joined.call(), Work({"note": done})).drain() == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unavailable(), "unavailable"),
        (ValueError("Ana García, 3 Main Street"), "ValueError"),
        (OSError(111, "refused"), "ConnectionRefusedError"),
    ],
)
def test_a_failing_job_waits_longer_each_time_and_is_then_parked_with_a_code(
    joined: Joined, clock: Clock, error: Exception, code: str
) -> None:
    enqueue(joined, "note")
    doer = Worker(joined.call(), Work({"note": Failing(error)}))
    waits = []
    for _ in range(joined.settings.job_tries):
        assert doer.drain() == 1
        (job,) = jobs(joined)
        waits.append((job.run_at - clock()).total_seconds())
        clock.advance(hours=1)
    assert (job.state, job.error, job.tries) == ("parked", code, joined.settings.job_tries)
    assert waits[0] < waits[1]
    assert doer.drain() == 0


def test_a_job_of_a_kind_nobody_knows_is_parked_not_lost(joined: Joined, clock: Clock) -> None:
    enqueue(joined, "unheard_of")
    doer = Worker(joined.call(), Work())
    for _ in range(joined.settings.job_tries):
        doer.drain()
        clock.advance(hours=1)
    assert [(job.state, job.error) for job in jobs(joined)] == [("parked", "KeyError")]


def test_a_job_whose_worker_died_is_taken_again_when_the_lease_ends(
    joined: Joined, clock: Clock
) -> None:
    done = Done()
    enqueue(joined, "note", name="first")
    with joined.db.write() as session:
        lease = joined.settings.job_lease_seconds
        assert outbox.take(session, now=clock(), lease_seconds=lease) is not None
        session.commit()
    doer = Worker(joined.call(), Work({"note": done}))
    assert doer.drain() == 0
    clock.advance(seconds=joined.settings.job_lease_seconds + 1)
    assert doer.drain() == 1
    assert done.counts == {"first": 1}


def test_a_job_that_kills_its_worker_every_time_is_parked(joined: Joined, clock: Clock) -> None:
    done = Done()
    enqueue(joined, "note", name="first")
    doer = Worker(joined.call(), Work({"note": done}))
    for _ in range(joined.settings.job_tries):
        with joined.db.write() as session:
            lease = joined.settings.job_lease_seconds
            assert outbox.take(session, now=clock(), lease_seconds=lease) is not None
            session.commit()
        clock.advance(seconds=joined.settings.job_lease_seconds + 1)
    doer.drain()
    assert done.counts == {}
    assert [(job.state, job.error) for job in jobs(joined)] == [("parked", "broke_off")]


def test_four_workers_together_do_every_job_and_every_sweep_once(joined: Joined) -> None:
    done, swept = Done(), Done()
    for number in range(40):
        enqueue(joined, "note", key=f"note.{number}", name=str(number))
    work = Work({"note": done}, [Sweep("tidy", 60, swept)])
    doers = [Worker(joined.call(), work, idle_seconds=0.01) for _ in range(4)]
    for doer in doers:
        doer.start()
    while any(job.state == "waiting" for job in jobs(joined)):
        pass
    assert all(doer.stop(10) for doer in doers)
    assert done.counts == {str(number): 1 for number in range(40)}
    assert swept.counts == {"sweep": 1}


def test_a_sweep_runs_once_in_each_period(joined: Joined, clock: Clock) -> None:
    swept = Done()
    work = Work(sweeps=[Sweep("tidy", 3600, swept)])
    for _ in range(3):
        first, second = Worker(joined.call(), work), Worker(joined.call(), work)
        for doer in (first, second, first, second):
            doer.tick()
        clock.advance(hours=1)
    assert swept.counts == {"sweep": 3}


def test_the_worker_stops_within_two_seconds(joined: Joined) -> None:
    doer = Worker(joined.call(), Work(), idle_seconds=60)
    doer.start()
    assert doer.stop(worker.STOP_SECONDS)


def test_the_worker_anchors_the_audit(joined: Joined) -> None:
    with joined.db.write() as session:
        audit.record(session, joined.call(), "link.opened", "link", uuid.uuid4())
        session.commit()
    assert Worker(joined.call(), Work()).tick()
    assert audit_verify.verify(joined.call()).anchored_to == 1


class BreaksOff(Worker):
    """One whose every turn raises what nobody thought of."""

    turns = 0

    def tick(self) -> bool:
        self.turns += 1
        raise ValueError(self.turns)


def test_a_worker_goes_on_whatever_a_turn_of_it_raises(joined: Joined) -> None:
    doer = BreaksOff(joined.call(), Work(), idle_seconds=0.001)
    doer.start()
    until = time.monotonic() + 5
    while doer.turns < 3 and time.monotonic() < until:
        time.sleep(0.001)
    assert doer.is_alive()
    assert doer.stop()
    assert doer.turns >= 3


def test_done_jobs_are_forgotten_and_parked_ones_kept(joined: Joined, clock: Clock) -> None:
    enqueue(joined, "note", key="done", name="first")
    enqueue(joined, "unheard_of", key="parked")
    once = replace(joined, settings=replace(joined.settings, job_tries=1))
    Worker(once.call(), Work({"note": Done()})).drain()
    clock.advance(days=31)
    assert worker.forget_done_jobs(joined.call()) == 1
    assert [job.key for job in jobs(joined)] == ["parked"]
