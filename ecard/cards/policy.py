"""Pure rules of the e-card: which passwords are too easy, which moves of its state are allowed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise, permutations, product

from ecard.persons.policy import birthday

PASSWORD = re.compile(r"[0-9]{6}")
LENGTH = 6

NORMAL, SUSPENDED, LOST, CANCELLED = "normal", "suspended", "lost", "cancelled"

ADD_RELATIVE, CHANGE_CARD_STATE = "add_relative", "change_card_state"
GIVE_SCOPE, CONFIRM_LINK, TAKE_DATA = "give_scope", "confirm_link", "take_data"
DECIDE_RECOVERY, RENEW_CARD, BIND_CARD = "decide_recovery", "renew_card", "bind_card"
PURPOSES = (
    ADD_RELATIVE,
    BIND_CARD,
    CHANGE_CARD_STATE,
    CONFIRM_LINK,
    DECIDE_RECOVERY,
    GIVE_SCOPE,
    RENEW_CARD,
    TAKE_DATA,
)
"""Ending a link is none of them: what stops something must always be possible."""

HOLDERS_MOVES = {
    NORMAL: frozenset({SUSPENDED, LOST}),
    SUSPENDED: frozenset({NORMAL, LOST}),
}
"""What a holder may do alone; a card reported lost comes back at a counter only."""
CLERKS_MOVES = {
    NORMAL: frozenset({SUSPENDED, LOST, CANCELLED}),
    SUSPENDED: frozenset({NORMAL, LOST, CANCELLED}),
    LOST: frozenset({NORMAL, CANCELLED}),
}
"""What a clerk may do who saw the person; cancelled is final."""


def weakness(password: str, number: str, birth_date: date) -> str | None:
    """Why a password must not be set, or None: not_six_digits, run, repeat, in_number, birth_date.

    ``number`` is the person's social security or ID number; only its digits are looked at.
    """
    if not PASSWORD.fullmatch(password):
        return "not_six_digits"
    if is_run(password):
        return "run"
    if is_repeat(password):
        return "repeat"
    if password in re.sub(r"[^0-9]", "", number):
        return "in_number"
    if password in birth_date_pieces(birth_date):
        return "birth_date"
    return None


def is_run(password: str) -> bool:
    """Each digit one more, or each one less, than the one before; 9 and 0 are neighbours."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(password)}
    return steps in ({1}, {9})


def is_repeat(password: str) -> bool:
    """One block of one, two or three digits over and over: 777777, 272727, 271271."""
    return any(password == password[:size] * (LENGTH // size) for size in (1, 2, 3))


def birth_date_pieces(birth_date: date) -> frozenset[str]:
    """Every six digits in a row of a birth date, in any order of day, month and year.

    Years with four or two digits; days and months with and without their leading zero.
    """
    years = (f"{birth_date.year:04d}", f"{birth_date.year % 100:02d}")
    months = (f"{birth_date.month:02d}", str(birth_date.month))
    days = (f"{birth_date.day:02d}", str(birth_date.day))
    written = {
        "".join(order) for parts in product(years, months, days) for order in permutations(parts)
    }
    return frozenset(
        text[at : at + LENGTH] for text in written for at in range(len(text) - LENGTH + 1)
    )


def usable(state: str, expires_on: date | None, today: date) -> bool:
    """Whether a card opens anything on that day; its last day is still good."""
    return state == NORMAL and not expired(expires_on, today)


def expired(expires_on: date | None, today: date) -> bool:
    """Whether the card's last day is past."""
    return expires_on is not None and today > expires_on


def renewable_from(expires_on: date | None, days: int) -> date | None:
    """The first day on which a card may be renewed; None for one without an end."""
    return expires_on - timedelta(days=days) if expires_on is not None else None


def good_until(expires_on: date | None, today: date, years: int) -> date:
    """The last day of a new or renewed card: no day that was left is lost."""
    return birthday(max(expires_on or today, today), years)


def may_step_up(purpose: str, state: str, expires_on: date | None, today: date) -> bool:
    """A suspended card opens one thing only: being taken back into use."""
    if purpose == CHANGE_CARD_STATE and state == SUSPENDED:
        return not expired(expires_on, today)
    return usable(state, expires_on, today)


def needs_step_up(to_state: str) -> bool:
    """Stopping a card must always be possible; taking it back into use needs its password."""
    return to_state == NORMAL
