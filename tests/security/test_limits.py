"""Counted tries are exact in parallel, and nothing of what was counted stays behind."""

from datetime import timedelta

import sqlalchemy as sa

from ecard import audit, limits, outbox
from ecard.audit import AuditHead, AuditRow
from ecard.demo.phone import Answer
from ecard.limits import LimitSubject, LimitTry
from tests.security.parallel import at_once, codes
from tests.support import Stage


def spend(stage: Stage, subject: str, limit: int = 5) -> int | None:
    with stage.joined.db.write() as session:
        wait = limits.spend(
            session, "number", subject, limit=limit, window_seconds=60, now=stage.clock.time
        )
        session.commit()
    return wait


def sweep(stage: Stage) -> int:
    with stage.joined.db.write() as session:
        count = limits.sweep(session, stage.clock.time - timedelta(minutes=1))
        session.commit()
    return count


def test_the_try_after_the_limit_waits_exactly_until_the_first_is_old(stage: Stage) -> None:
    assert [spend(stage, "someone") for _ in range(5)] == [None] * 5
    stage.clock.advance(seconds=59)
    wait = spend(stage, "someone")
    assert wait is not None
    assert wait <= 2
    assert spend(stage, "somebody else") is None
    stage.clock.advance(seconds=1)
    assert spend(stage, "someone") is None


def test_the_sweep_leaves_no_subject_behind(stage: Stage) -> None:
    for number in range(4):
        spend(stage, f"index of a number {number}")
    stage.clock.advance(seconds=61)
    spend(stage, "index of a number 0")
    assert sweep(stage) == 4
    with stage.joined.db.read() as session:
        left = set(session.scalars(sa.select(LimitSubject.subject).filter_by(kind="number")))
        tries = session.scalar(sa.select(sa.func.count()).select_from(LimitTry))
    assert (left, tries) == ({"index of a number 0"}, 1)


def test_tries_are_exact_while_the_sweep_runs(stage: Stage) -> None:
    def tried() -> Answer:
        allowed = spend(stage, "contested") is None
        return Answer(200 if allowed else 429, {}, {"code": "" if allowed else "too_many"})

    def swept() -> Answer:
        sweep(stage)
        return Answer(200, {}, {"code": "swept"})

    answers = at_once([tried, swept] * 12)
    assert codes(answers[::2]) == {"done": 5, "too_many": 7}


def test_first_lines_of_the_audit_at_once_make_one_chain(stage: Stage) -> None:
    with stage.joined.db.write() as session:
        session.execute(sa.delete(AuditHead))
        session.commit()

    def line() -> Answer:
        with stage.joined.db.write() as session:
            audit.record(session, stage.joined.call(), "test.line", "test", None)
            session.commit()
        return Answer(200, {}, {})

    at_once([line] * 8)
    with stage.joined.db.read() as session:
        rows = session.scalars(sa.select(AuditRow).order_by(AuditRow.seq)).all()
    assert [row.seq for row in rows] == list(range(1, 9))
    assert [row.prev_mac for row in rows[1:]] == [row.mac for row in rows[:-1]]


def test_a_job_that_somebody_else_has_done_is_not_settled_again(stage: Stage) -> None:
    now = stage.clock.time
    with stage.joined.db.write() as session:
        outbox.enqueue(session, "nothing", "once", now=now)
        session.commit()
        job = outbox.take(session, now=now, lease_seconds=60)
        assert job is not None
        session.commit()
        outbox.settle(session, job.id, now=now, error=None, tries_max=3, longest_pause_seconds=9)
        outbox.settle(session, job.id, now=now, error="late", tries_max=0, longest_pause_seconds=9)
        session.commit()
        assert (job.state, job.error) == ("done", None)
