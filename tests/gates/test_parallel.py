"""Fifty at the same moment (two hundred in a full run): every limit holds to the last one.

With TEST_DATABASE=postgres the same on PostgreSQL, where only locked rows hold anything.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import support
from tests.security import races
from tests.support import Stage

pytestmark = pytest.mark.gate

THREADS = 200 if os.environ.get("ECARD_FULL") else 50
ROUNDS = 5 if os.environ.get("ECARD_FULL") else 1
MANY = {
    "applications_per_day": 10_000,
    "numbers_per_day": 10_000,
    "number_lookups_per_hour": 10_000,
    "hashing_wait_seconds": 300.0,
    "judging_wait_seconds": 120.0,
}

Record = Callable[[str, object], None]


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Stage]:
    with support.stage(tmp_path, **MANY) as ready:
        yield ready


@pytest.fixture
def record(record_property: Record) -> Record:
    database = "postgresql" if support.ON_POSTGRES else "sqlite"
    return lambda name, value: record_property(f"{name} ({database})", value)


def test_no_cap_is_passed_by_fifty_applications_at_once(crowd: Stage, record: Record) -> None:
    record(f"{THREADS} family accounts at once", races.caps_hold(crowd, THREADS))


def test_one_relative_is_named_once_by_one_holder(crowd: Stage) -> None:
    races.one_number_is_linked_once(crowd, THREADS)


def test_two_holders_race_for_a_relatives_last_place(crowd: Stage) -> None:
    races.last_place(crowd, THREADS)


def test_of_fifty_parallel_wrong_passwords_six_are_examined(crowd: Stage, record: Record) -> None:
    races.six_passwords(crowd, THREADS)
    record(f"{THREADS} wrong passwords at once, examined", 6)


def test_of_fifty_parallel_captures_one_is_judged(crowd: Stage, record: Record) -> None:
    races.one_capture(crowd, 50)
    record("50 captures at once with one mismatch left, judged", 1)


def test_of_fifty_uses_of_one_refresh_token_one_succeeds(crowd: Stage) -> None:
    races.one_refresh(crowd, THREADS)


def test_of_fifty_uses_of_one_invitation_one_succeeds(crowd: Stage) -> None:
    races.one_invitation(crowd, THREADS)


def test_of_fifty_redemptions_of_one_counter_code_one_succeeds(crowd: Stage) -> None:
    races.one_counter_code(crowd, THREADS)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_no_two_verbs_lock_each_other_out(crowd: Stage, number: int) -> None:
    assert number < ROUNDS
    races.invite_while_it_is_opened(crowd)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_no_three_verbs_lock_each_other_out(crowd: Stage, number: int) -> None:
    assert number < ROUNDS
    races.codes_while_they_are_redeemed(crowd)


def test_one_of_many_decisions_on_a_case_counts(crowd: Stage) -> None:
    races.one_decision(crowd, 20)
