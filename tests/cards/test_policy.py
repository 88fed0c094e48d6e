"""Which passwords are too easy, and where a card's state may go: pure rules, by example and law."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecard.cards import policy
from ecard.cards.policy import weakness

NUMBER = "11010119860923401X"
BORN = date(1986, 9, 23)
TODAY = date(2026, 11, 18)
STATES = ("normal", "suspended", "lost", "cancelled")

digits = st.text("0123456789", min_size=6, max_size=6)
birth_dates = st.dates(date(1900, 1, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("730518", None),
        ("12345", "not_six_digits"),
        ("1234567", "not_six_digits"),
        ("12a456", "not_six_digits"),
        ("٧٣٠٥١٨", "not_six_digits"),
        ("730518\n", "not_six_digits"),
        ("123456", "run"),
        ("654321", "run"),
        ("789012", "run"),
        ("210987", "run"),
        ("777777", "repeat"),
        ("272727", "repeat"),
        ("271271", "repeat"),
        ("234011", None),
        ("923401", "in_number"),
        ("110101", "in_number"),
        ("230986", "birth_date"),
        ("092386", "birth_date"),
        ("239198", "birth_date"),
        ("231986", "birth_date"),
        ("860923", "in_number"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_named_as_what_it_is(password, why):
    assert weakness(password, NUMBER, BORN) == why


@given(st.integers(0, 9), st.sampled_from((1, 9)))
def test_every_run_up_or_down_is_refused(first, step):
    run = "".join(str((first + step * place) % 10) for place in range(6))
    assert weakness(run, NUMBER, BORN) == "run"


@given(st.sampled_from((1, 2, 3)), digits)
def test_every_repeated_block_is_refused(size, text):
    repeated = text[:size] * (6 // size)
    assert weakness(repeated, NUMBER, BORN) in ("repeat", "run")


@given(st.text("0123456789X-", min_size=10, max_size=20), st.data())
def test_every_six_digits_in_a_row_of_the_number_are_refused(number, data):
    bare = "".join(letter for letter in number if letter.isdigit())
    if len(bare) < 6:
        return
    at = data.draw(st.integers(0, len(bare) - 6))
    assert weakness(bare[at : at + 6], number, BORN) is not None


@given(birth_dates, st.sampled_from(("%Y%m%d", "%d%m%Y", "%m%d%Y", "%y%m%d", "%d%m%y", "%m%d%y")))
def test_every_piece_of_the_birth_date_is_refused_in_any_order(born, order):
    text = born.strftime(order)
    pieces = {text[at : at + 6] for at in range(len(text) - 5)}
    assert all(weakness(piece, "X", born) is not None for piece in pieces)


@given(digits, st.text("0123456789X", min_size=8, max_size=20), birth_dates)
def test_a_refused_password_is_refused_for_a_reason_that_holds(password, number, born):
    why = weakness(password, number, born)
    holds = {
        None: password not in number,
        "run": len({(int(b) - int(a)) % 10 for a, b in pairwise(password)}) == 1,
        "repeat": password[3:] == password[:3] or password == password[:2] * 3,
        "in_number": password in "".join(letter for letter in number if letter.isdigit()),
        "birth_date": set(password) <= set(born.strftime("%Y%m%d")) | {"0"},
    }
    assert holds[why]


@given(digits)
def test_most_passwords_are_good_so_that_guessing_stays_hard(password):
    refused = sum(
        weakness(f"{(int(password) + 977 * step) % 10**6:06d}", NUMBER, BORN) is not None
        for step in range(100)
    )
    assert refused < 10


def test_a_card_opens_on_its_last_day_and_not_on_the_next():
    assert policy.usable("normal", TODAY, TODAY)
    assert policy.usable("normal", None, TODAY)
    assert not policy.usable("normal", TODAY - timedelta(days=1), TODAY)


@pytest.mark.parametrize("state", ["suspended", "lost", "cancelled", "none"])
@pytest.mark.parametrize("purpose", ["add_relative", "decide_recovery", ""])
def test_a_card_that_is_not_normal_steps_up_for_nothing(state, purpose):
    assert not policy.may_step_up(purpose, state, None, TODAY)


def test_a_suspended_card_steps_up_only_to_be_taken_back_into_use():
    assert policy.may_step_up("change_card_state", "suspended", None, TODAY)
    assert not policy.may_step_up("change_card_state", "lost", None, TODAY)
    yesterday = TODAY - timedelta(days=1)
    assert not policy.may_step_up("change_card_state", "suspended", yesterday, TODAY)


def test_nobody_brings_a_cancelled_card_back_and_no_holder_a_lost_one():
    for moves in (policy.HOLDERS_MOVES, policy.CLERKS_MOVES):
        assert "cancelled" not in moves
    assert "lost" not in policy.HOLDERS_MOVES
    assert policy.CLERKS_MOVES["lost"] == {"normal", "cancelled"}


def test_only_taking_a_card_back_into_use_needs_its_password():
    assert [state for state in STATES if policy.needs_step_up(state)] == ["normal"]
