"""Random calendars of events: people of every age, and everything that can happen to them."""

import random
from datetime import date, timedelta

from ecard.certification.policy import (
    Benefit,
    Death,
    History,
    Question,
    Terms,
    plus_months,
)
from tests.certification.oracle import Calendar

HORIZON_DAYS = 700
OLDEST_AGE, OLDER_MONTHS = 80, 1


def drawn(seed: int) -> Calendar:
    """A calendar; the same seed gives the same one."""
    luck = random.Random(seed)
    granted = date(2019, 1, 1) + timedelta(days=luck.randrange(3000))
    if luck.random() < 0.3:  # the ends of months are where dates go wrong
        granted = date(luck.choice((2019, 2020, 2023, 2024)), luck.choice((1, 2)), 28)
        granted += timedelta(days=luck.randrange(4))
    calendar = Calendar(
        born=_born(luck, granted),
        granted=granted,
        ends=_later(luck, granted) if luck.random() < 0.1 else None,
        months=luck.choice((12, 12, 12, 6, 3, 1)),
        grace=luck.choice((15, 15, 0, 30)),
        restore=luck.choice((90, 90, 30)),
    )
    if luck.random() < 0.2:
        calendar.born = _eighty_when_due(luck, calendar)
    certified = range(luck.choice((0, 1, 2, 3, 5)))
    calendar.certified = {_some_day(luck, calendar) for _ in certified}
    asked = range(luck.choice((0, 0, 1, 2, 4)))
    calendar.questions = [_question(luck, _some_day(luck, calendar)) for _ in asked]
    calendar.deaths = _deaths(luck, granted)
    calendar.reinstated = {_later(luck, granted) for _ in range(luck.choice((0, 0, 0, 1)))}
    return calendar


def _later(luck: random.Random, day: date, most: int = HORIZON_DAYS) -> date:
    return day + timedelta(days=luck.randrange(most))


def _some_day(luck: random.Random, calendar: Calendar) -> date:
    """Any day, or one beside the days on which the first window turns."""
    if luck.random() < 0.6:
        return _later(luck, calendar.granted)
    days = luck.choice((0, calendar.grace, calendar.grace + calendar.restore))
    turning = plus_months(calendar.granted, calendar.months) + timedelta(days=days)
    return turning + timedelta(days=luck.randrange(-1, 4))


def _eighty_when_due(luck: random.Random, calendar: Calendar) -> date:
    """A birth date with the 80th birthday on the first due day, or beside it."""
    due = plus_months(calendar.granted, calendar.months) + timedelta(days=luck.randrange(-1, 2))
    return plus_months(due, -80 * 12)


def _born(luck: random.Random, granted: date) -> date:
    """Half of them turn 80 within the calendar, some on a leap day."""
    if luck.random() < 0.1:
        return date(luck.choice((1936, 1940, 1944)), 2, 29)
    age = luck.choice((9, 40, 66, 79, 79, 79, 80, 95))
    return granted - timedelta(days=age * 365 + luck.randrange(400))


def _question(luck: random.Random, opened: date) -> tuple[date, date, date | None, bool]:
    counts = opened - timedelta(days=luck.choice((0, 0, 0, 20)))
    if luck.random() < 0.15:
        return opened, counts, None, False
    decided = opened + timedelta(days=luck.choice((0, 1, 3, 5, 60, 400)))
    return opened, counts, decided, luck.random() < 0.5


def _deaths(luck: random.Random, granted: date) -> list[tuple[date, date, date | None]]:
    found = []
    for _ in range(luck.choice((0, 0, 0, 0, 1, 2))):
        known = _later(luck, granted)
        died = known - timedelta(days=luck.choice((0, 1, 30)))
        wait = luck.choice((0, 1, 20, 200))
        revoked = known + timedelta(days=wait) if luck.random() < 0.7 else None
        found.append((died, known, revoked))
    return found


def as_benefit(calendar: Calendar) -> Benefit:
    """The same in the words of the rules."""
    return Benefit(birth_date=calendar.born, since=calendar.granted, until=calendar.ends)


def as_history(calendar: Calendar) -> History:
    """The same in the words of the rules."""
    return History(
        certified=tuple(calendar.certified),
        questions=tuple(Question(*one) for one in calendar.questions),
        deaths=tuple(Death(*one) for one in calendar.deaths),
        reinstated=tuple(calendar.reinstated),
    )


def as_terms(calendar: Calendar) -> Terms:
    """The same in the words of the rules."""
    return Terms(
        months=calendar.months,
        older_age=OLDEST_AGE,
        older_months=OLDER_MONTHS,
        grace_days=calendar.grace,
        restore_days=calendar.restore,
        reminder_days=(60, 30, 7),
    )
