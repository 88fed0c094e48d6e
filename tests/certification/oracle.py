"""A second opinion on proof of life, written from mission.md and ADR 0017 alone.

It lives through a calendar day by day and keeps a diary, as a clerk with a ledger would; it shares
no line with `ecard/certification/policy.py`, which goes from window to window by spans of days.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

DAY = timedelta(days=1)


@dataclass
class Calendar:
    """What happens to one person, with nothing but dates in it."""

    born: date
    granted: date
    ends: date | None
    months: int
    grace: int
    restore: int
    certified: set[date] = field(default_factory=set)
    questions: list[tuple[date, date, date | None, bool]] = field(default_factory=list)
    """Opened, counts from, decided, accepted."""
    deaths: list[tuple[date, date, date | None]] = field(default_factory=list)
    """Died, known, revoked."""
    reinstated: set[date] = field(default_factory=set)


@dataclass(frozen=True)
class Entry:
    """The clerk's line for one day."""

    day: date
    state: str
    due: date
    owed: int
    """Days that were not paid and are owed by now."""

    @property
    def paid(self) -> bool:
        return self.state in ("certified", "in_grace", "held")


def turns_eighty(born: date) -> date:
    """The 80th birthday; of somebody born on 29 February in a common year 1 March."""
    try:
        return date(born.year + 80, born.month, born.day)
    except ValueError:
        return date(born.year + 80, 3, 1)


def due(calendar: Calendar, shown: date) -> date:
    usual = shown + relativedelta(months=calendar.months)
    if usual >= turns_eighty(calendar.born):
        return shown + relativedelta(months=calendar.months + 1)
    return usual


@dataclass
class Clerk:
    """What the clerk remembers from one day to the next."""

    calendar: Calendar
    shown: date
    due: date
    unpaid: int = 0
    """Days in a row without payment for want of a proof."""
    waiting: int = 0
    """Days without payment that a proof would make good."""
    owed: int = 0
    closed: bool = False

    def live(self, day: date) -> Entry:
        recorded_dead = self._recorded_dead(day)
        if not recorded_dead:
            self._take_proofs(day)
        state = "died" if recorded_dead else self._alive(day)
        over = self.calendar.ends is not None and day > self.calendar.ends
        self._keep_count(state, payable=not over)
        state = "over" if over else state
        return Entry(day, state, self.due, self.owed)

    def _recorded_dead(self, day: date) -> bool:
        return any(
            known <= day and died < day and (revoked is None or day < revoked)
            for died, known, revoked in self.calendar.deaths
        )

    def _take_proofs(self, day: date) -> None:
        shown = [day] if day in self.calendar.certified else []
        shown += [day for _, _, revoked in self.calendar.deaths if revoked == day]
        shown += [
            counts
            for _, counts, decided, accepted in self.calendar.questions
            if decided == day and accepted
        ]
        if shown and not self.closed:
            self._begin_window(max(self.shown, *shown))
            self.owed += self.waiting
            self.unpaid = self.waiting = 0
        if day in self.calendar.reinstated:
            self._begin_window(day)
            self.closed, self.unpaid, self.waiting = False, 0, 0

    def _begin_window(self, shown: date) -> None:
        self.shown, self.due = shown, due(self.calendar, shown)

    def _alive(self, day: date) -> str:
        if self.closed:
            return "closed"
        if day <= self.due:
            return "certified"
        if day <= self.due + self.calendar.grace * DAY:
            return "in_grace"
        return "held" if self._asked(day) else "stopped"

    def _asked(self, day: date) -> bool:
        return any(
            opened <= day and (decided is None or day <= decided)
            for opened, _, decided, _ in self.calendar.questions
        )

    def _keep_count(self, state: str, *, payable: bool) -> None:
        """The 91st day in a row closes it: 90 days after the first one nothing was restored."""
        if state == "stopped":
            self.unpaid += 1
            self.waiting += payable
            self.closed = self.unpaid > self.calendar.restore
        elif state == "died":
            self.unpaid = 0
            self.waiting += payable and not self.closed
        elif state in ("certified", "in_grace", "held"):
            self.unpaid = 0


def diary(calendar: Calendar, days: int) -> Iterator[Entry]:
    """One entry for each day from the grant on."""
    clerk = Clerk(calendar, calendar.granted, due(calendar, calendar.granted))
    for number in range(days):
        yield clerk.live(calendar.granted + number * DAY)
