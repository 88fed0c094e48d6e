"""What may happen once happens once, asked for by twenty at the same moment (gates: fifty)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import support
from tests.security import races
from tests.support import Stage

THREADS = 20
MANY = {"applications_per_day": 500, "numbers_per_day": 500, "number_lookups_per_hour": 500}


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Stage]:
    with support.stage(tmp_path, **MANY) as ready:
        yield ready


@pytest.mark.gate
def test_no_cap_is_passed_by_applications_at_once(crowd: Stage) -> None:
    races.caps_hold(crowd, THREADS)


@pytest.mark.gate
def test_one_relative_is_named_once_by_one_holder(crowd: Stage) -> None:
    races.one_number_is_linked_once(crowd, 8)


def test_two_of_many_proven_holders_get_a_relatives_places(crowd: Stage) -> None:
    races.last_place(crowd, 8)


def test_two_unproven_holders_may_name_a_relative_with_one_place_left(crowd: Stage) -> None:
    races.last_place_by_account(crowd)


@pytest.mark.gate
def test_one_of_many_captures_is_judged_when_one_is_allowed(crowd: Stage) -> None:
    races.one_capture(crowd, 6)


def test_one_of_many_uses_of_an_invitation_opens_a_session(crowd: Stage) -> None:
    races.one_invitation(crowd, THREADS)


def test_one_of_many_redemptions_of_a_counter_code_opens_the_link(crowd: Stage) -> None:
    races.one_counter_code(crowd, THREADS)


def test_a_new_invitation_and_the_old_one_do_not_block_each_other(crowd: Stage) -> None:
    races.invite_while_it_is_opened(crowd)


def test_a_code_its_successor_and_another_application_do_not_block_each_other(
    crowd: Stage,
) -> None:
    races.codes_while_they_are_redeemed(crowd)


def test_one_of_many_decisions_on_a_case_counts(crowd: Stage) -> None:
    races.one_decision(crowd, 6)
