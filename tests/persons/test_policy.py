"""Ages and days, with leap days and time zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecard.persons.policy import age_on, birthday, local_day, local_midnight, months_after

BORN = st.dates(date(1900, 1, 1), date(2030, 12, 31))
AGES = st.integers(0, 120)
ZONES = st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Madrid", "America/Bogota"])


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2010, 11, 22), date(2026, 11, 21), 15),
        (date(2010, 11, 22), date(2026, 11, 22), 16),
        (date(2008, 2, 29), date(2024, 2, 28), 15),
        (date(2008, 2, 29), date(2024, 2, 29), 16),
        (date(2012, 2, 29), date(2027, 2, 28), 14),
        (date(2012, 2, 29), date(2027, 3, 1), 15),
        (date(2026, 11, 22), date(2026, 11, 22), 0),
        (date(2026, 11, 23), date(2026, 11, 22), -1),
    ],
)
def test_an_age_is_reached_on_the_birthday_and_not_before(born: date, day: date, age: int) -> None:
    assert age_on(born, day) == age


@given(BORN, AGES)
def test_the_birthday_is_the_first_day_of_that_age(born: date, age: int) -> None:
    day = birthday(born, age)
    assert age_on(born, day) == age
    assert age_on(born, day - timedelta(days=1)) == age - 1


@given(BORN, AGES)
def test_a_birthday_keeps_its_date_but_for_a_leap_day(born: date, age: int) -> None:
    day = birthday(born, age)
    moved = (born.month, born.day) == (2, 29) and (day.month, day.day) == (3, 1)
    assert moved or (day.month, day.day) == (born.month, born.day)


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        (date(2024, 2, 29), 24, date(2026, 3, 1)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 1, 31), 1, date(2026, 3, 1)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 3, 5), -3, date(2025, 12, 5)),
    ],
)
def test_months_are_complete_on_the_same_day_or_the_first_after_it(
    day: date, months: int, after: date
) -> None:
    assert months_after(day, months) == after


@given(BORN, st.integers(0, 40_000))
def test_nobody_grows_younger(born: date, days: int) -> None:
    day = born + timedelta(days=days)
    assert age_on(born, day) <= age_on(born, day + timedelta(days=1)) <= age_on(born, day) + 1


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), ZONES)
def test_a_day_begins_at_local_midnight(day: date, zone: str) -> None:
    place = ZoneInfo(zone)
    begins = local_midnight(day, place)
    assert local_day(begins, place) == day
    assert local_day(begins - timedelta(seconds=1), place) == day - timedelta(days=1)


def test_one_moment_is_two_days_in_two_places() -> None:
    now = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
    assert local_day(now, ZoneInfo("Asia/Shanghai")) == date(2026, 11, 22)
    assert local_day(now, ZoneInfo("Europe/Madrid")) == date(2026, 11, 21)
