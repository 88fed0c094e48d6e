"""Ages and days. Pure: whoever asks brings the day or the time and the zone."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONTHS = 12


def local_day(now: datetime, zone: ZoneInfo) -> date:
    """The calendar day at a place; ``now`` is aware."""
    return now.astimezone(zone).date()


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment a calendar day begins at a place, as UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def birthday(birth_date: date, age: int) -> date:
    """The day on which ``age`` is reached; someone born on 29 February: 1 March in common years."""
    return months_after(birth_date, age * MONTHS)


def months_after(day: date, months: int) -> date:
    """The day on which so many months are complete; where that month has no such day, the first
    day after it."""
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    days = calendar.monthrange(year, month + 1)[1]
    within = date(year, month + 1, min(day.day, days))
    return within if day.day <= days else within + timedelta(days=1)


def age_on(birth_date: date, day: date) -> int:
    """Whole years lived on that day; negative before the birth."""
    age = day.year - birth_date.year
    return age if day >= birthday(birth_date, age) else age - 1
