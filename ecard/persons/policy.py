"""Ages and days. Pure: whoever asks brings the day or the time and the zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

FEBRUARY, LEAP_DAY = 2, 29


def local_day(now: datetime, zone: ZoneInfo) -> date:
    """The calendar day at a place; ``now`` is aware."""
    return now.astimezone(zone).date()


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment a calendar day begins at a place, as UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def birthday(birth_date: date, age: int) -> date:
    """The day on which ``age`` is reached; someone born on 29 February: 1 March in common years."""
    year = birth_date.year + age
    if (birth_date.month, birth_date.day) == (FEBRUARY, LEAP_DAY) and not _leap(year):
        return date(year, 3, 1)
    return birth_date.replace(year=year)


def age_on(birth_date: date, day: date) -> int:
    """Whole years lived on that day; negative before the birth."""
    age = day.year - birth_date.year
    return age if day >= birthday(birth_date, age) else age - 1


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
