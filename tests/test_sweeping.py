"""A sweep takes a few rows at a time, all of them, and no other."""

import uuid
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from ecard.joined import Joined
from ecard.limits import LimitTry
from ecard.sweeping import in_batches
from tests.support import Clock


def put_tries(joined: Joined, clock: Clock, number: int, kind: str) -> None:
    with joined.db.write() as session:
        for _ in range(number):
            session.add(LimitTry(id=uuid.uuid4(), kind=kind, subject="x", detail="", at=clock()))
        session.commit()


def kinds(joined: Joined) -> list[str]:
    with joined.db.read() as session:
        return sorted(session.scalars(sa.select(LimitTry.kind)))


def test_every_old_row_goes_in_bites_and_no_other(joined: Joined, clock: Clock) -> None:
    put_tries(joined, clock, 7, "old")
    clock.advance(days=2)
    put_tries(joined, clock, 2, "new")
    call = replace(joined.call(), settings=replace(joined.settings, sweep_rows=3))
    before = clock() - timedelta(days=1)
    assert in_batches(call, sa.delete(LimitTry), LimitTry.at < before) == 7
    assert in_batches(call, sa.delete(LimitTry), LimitTry.at < before) == 0
    assert kinds(joined) == ["new", "new"]


def test_rows_are_changed_until_none_is_left_to_change(joined: Joined, clock: Clock) -> None:
    put_tries(joined, clock, 5, "one")
    call = replace(joined.call(), settings=replace(joined.settings, sweep_rows=2))
    change = sa.update(LimitTry).values(kind="other")
    assert in_batches(call, change, LimitTry.kind == "one") == 5
    assert kinds(joined) == ["other"] * 5
