"""Proof of life in dates: when it is due, and on which days a benefit is paid. Pure.

Days are those of the calendar at the place of the person's card. Everything is asked of a history
as it was known on a day, so that the answer for a day never changes afterwards. What mission.md
leaves open is decided in docs/adr/0017-proof-of-life.md.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ecard.persons.policy import birthday
from ecard.policy.policy import Policy

ONE_DAY = timedelta(days=1)
MONTHS = 12

NOT_BEGUN = "not_begun"
CERTIFIED = "certified"
IN_GRACE = "in_grace"
HELD = "held"
"""Window and grace are over, and a review or an appeal is open: it is paid."""
STOPPED = "stopped"
CLOSED = "closed"
"""Stopped for longer than a certification can restore: the agency has to take it up again."""
DIED = "died"
OVER = "over"
STATES = (NOT_BEGUN, CERTIFIED, IN_GRACE, HELD, STOPPED, CLOSED, DIED, OVER)
PAID = frozenset({CERTIFIED, IN_GRACE, HELD})

COUNTER, VISIT, FACE = "counter", "visit", "face"
"""Ways to show that somebody lives; the last two are kinds of cases too."""
WAYS_WITHOUT_FACE = (COUNTER, VISIT)
CONSENTS = ("given", "declined", "missing")
DECIDERS = ("guardian", "person")
REASONS = {
    True: ("seen_in_person", "reason_accepted", "face_confirmed"),
    False: ("not_met", "identity_not_verified", "misuse"),
}
"""What a reviewer may give as the reason of an acceptance and of a refusal."""
FACE_CONFIRMED = "face_confirmed"
"""Says that the reviewer saw the frames: only of a capture, and while they are there."""
OVERTAKEN = "overtaken"
"""The person was seen meanwhile: nothing was left to decide."""
IDENTITY_DOCUMENTS = ("id_card", "passport")
"""What a clerk may have looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A region's rules for one kind of benefit."""

    months: int
    """Window: a proof of life is good for this long."""
    older_age: int
    older_months: int
    """Added to the window of whoever has reached ``older_age`` when the plain window ends."""
    grace_days: int
    restore_days: int
    reminder_days: tuple[int, ...]
    """Days before the due date, the earliest first."""


def terms_for(kind: str, policy: Policy) -> Terms:
    """The rules for a kind of benefit (``ecard.registry.port.BENEFIT_KINDS``)."""
    return Terms(
        months=getattr(policy, f"certification_months_{kind}"),
        older_age=policy.certification_older_age,
        older_months=policy.certification_older_months,
        grace_days=getattr(policy, f"certification_grace_days_{kind}"),
        restore_days=policy.certification_restore_days,
        reminder_days=(
            policy.certification_first_reminder_days,
            policy.certification_second_reminder_days,
            policy.certification_last_reminder_days,
        ),
    )


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``first`` to ``last``, both among them."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """What the dates of one benefit depend on."""

    birth_date: date
    since: date
    """First day it is paid; its grant showed that the person lives."""
    until: date | None = None
    """Last day, where it has one."""


@dataclass(frozen=True, slots=True)
class Question:
    """A review or an appeal: open on its first and on its last day, and every day between."""

    opened_on: date
    counts_from: date
    """The day on which the person showed themselves: an acceptance counts from here."""
    decided_on: date | None = None
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Death:
    """A death as the registry recorded it, and perhaps took back."""

    died_on: date
    known_on: date
    revoked_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened to one person: it counts for every benefit they draw."""

    certified: tuple[date, ...] = ()
    questions: tuple[Question, ...] = ()
    deaths: tuple[Death, ...] = ()
    reinstated: tuple[date, ...] = ()
    """Days on which an agency took this benefit up again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a benefit stands on a day."""

    state: str
    shown_on: date
    """The day that the present window counts from."""
    due_on: date
    """Last day on which a proof of life is in time."""
    pays_until: date
    """Last day that is paid without another proof, where nothing is open."""
    stopped_since: date | None = None
    restore_until: date | None = None
    """Last day on which a certification restores what stopped."""
    owed: tuple[Span, ...] = ()
    """Days that were not paid and are owed since the payment was restored."""

    @property
    def paid(self) -> bool:
        """Whether this day is paid."""
        return self.state in PAID


def plus_months(day: date, months: int) -> date:
    """The same day some months later; the month's last day where it has no such day."""
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def due_on(shown_on: date, birth_date: date, terms: Terms) -> date:
    """The last day on which the next proof of life is in time."""
    plain = plus_months(shown_on, terms.months)
    if plain < birthday(birth_date, terms.older_age):
        return plain
    return plus_months(shown_on, terms.months + terms.older_months)


def standing(benefit: Benefit, history: History, day: date, terms: Terms) -> Standing:
    """How the benefit stands on ``day``, by what was known on that day."""
    course = _course(benefit, _known_by(history, day), day, terms)
    due = due_on(course.window.shown_on, benefit.birth_date, terms)
    pays_until = due + timedelta(days=terms.grace_days)
    state, stopped = _state(benefit, course, day, due, pays_until)
    restore = timedelta(days=terms.restore_days)
    return Standing(
        state=state,
        shown_on=course.window.shown_on,
        due_on=due,
        pays_until=pays_until,
        stopped_since=stopped,
        restore_until=stopped + restore if stopped is not None else None,
        owed=tuple(_until(benefit, course.owed)),
    )


def reminder(now: Standing, day: date, terms: Terms) -> int | None:
    """Which reminder is due on a day: the last whose day has come, or None.

    One that would lie before the proof of life itself (in a short window) is none.
    """
    if now.state != CERTIFIED:
        return None
    left, window = (now.due_on - day).days, (now.due_on - now.shown_on).days
    return min((days for days in terms.reminder_days if left <= days < window), default=None)


# --- what was known on a day --------------------------------------------------------------------


def _known_by(history: History, day: date) -> History:
    return History(
        certified=tuple(one for one in history.certified if one <= day),
        questions=tuple(
            one if one.decided_on is None or one.decided_on <= day else _undecided(one)
            for one in history.questions
            if one.opened_on <= day
        ),
        deaths=tuple(
            one if one.revoked_on is None or one.revoked_on <= day else _unrevoked(one)
            for one in history.deaths
            if one.known_on <= day
        ),
        reinstated=tuple(one for one in history.reinstated if one <= day),
    )


def _undecided(question: Question) -> Question:
    return Question(question.opened_on, question.counts_from)


def _unrevoked(death: Death) -> Death:
    return Death(death.died_on, death.known_on)


# --- the course of windows ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Proof:
    """Something that shows that the person lives, or an agency's word that it pays again."""

    day: date
    """From this day on it counts."""
    shown_on: date
    """From this day on its window runs."""
    revives: bool = False


@dataclass(frozen=True, slots=True)
class _Window:
    shown_on: date
    begins: date
    """First day on which it is in force."""


@dataclass(slots=True)
class _Course:
    """The window in force at the end, and what came before."""

    window: _Window
    gaps: list[Span]
    """Days of this window that are past its grace, with nothing open."""
    dead: list[Span]
    closed: bool
    owed: list[Span]


def _course(benefit: Benefit, known: History, day: date, terms: Terms) -> _Course:
    """Go from window to window: each proof ends one and begins the next, unless it comes late."""
    dead = _merged(_dead(known, day))
    held = _merged([*dead, *(Span(q.opened_on, q.decided_on or day) for q in known.questions)])
    window, closed, owed = _Window(benefit.since, benefit.since), False, list[Span]()
    for proof in _proofs(known, dead, benefit.since):
        gaps = list(_gaps(benefit, window, proof.day - ONE_DAY, held, terms))
        closed = closed or any(gap.days > terms.restore_days for gap in gaps)
        if closed and not proof.revives:
            continue
        if not proof.revives:
            wrongly = (Span(max(one.first, window.begins), one.last) for one in dead)
            owed += gaps
            owed += (one for one in wrongly if one.first <= one.last < proof.day)
        since = proof.day if proof.revives else max(window.shown_on, proof.shown_on)
        window, closed = _Window(since, proof.day), False
    before = _gaps(benefit, window, day - ONE_DAY, held, terms)
    closed = closed or any(gap.days > terms.restore_days for gap in before)
    gaps = list(_gaps(benefit, window, day, held, terms))
    return _Course(window, gaps, dead, closed, owed)


def _dead(known: History, day: date) -> Iterator[Span]:
    """Days on which a death stood in the registry; the day of death itself is still paid."""
    for death in known.deaths:
        first = max(death.known_on, death.died_on + ONE_DAY)
        last = day if death.revoked_on is None else death.revoked_on - ONE_DAY
        if first <= last:
            yield Span(first, last)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same days as spans that neither overlap nor touch, in order."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda one: one.first):
        if merged and span.first <= merged[-1].last + ONE_DAY:
            merged[-1] = Span(merged[-1].first, max(span.last, merged[-1].last))
        else:
            merged.append(span)
    return merged


def _until(benefit: Benefit, spans: Iterable[Span]) -> Iterator[Span]:
    """Of these days, those up to the benefit's last one."""
    for span in spans:
        last = span.last if benefit.until is None else min(span.last, benefit.until)
        if span.first <= last:
            yield Span(span.first, last)


def _proofs(known: History, dead: list[Span], since: date) -> list[_Proof]:
    """In the order in which they count; while a death stands in the registry nothing counts."""
    found = [_Proof(one, one) for one in known.certified]
    found += [
        _Proof(one.decided_on, one.counts_from)
        for one in known.questions
        if one.decided_on is not None and one.accepted
    ]
    found += [_Proof(d.revoked_on, d.revoked_on) for d in known.deaths if d.revoked_on is not None]
    found += [_Proof(one, one, revives=True) for one in known.reinstated]
    counting = (p for p in found if p.day >= since and not any(p.day in span for span in dead))
    return sorted(counting, key=lambda proof: (proof.day, proof.revives))


def _gaps(
    benefit: Benefit, window: _Window, last: date, held: list[Span], terms: Terms
) -> Iterator[Span]:
    """The days up to ``last`` that are past the window's grace and on which nothing is open."""
    due = due_on(window.shown_on, benefit.birth_date, terms)
    first = max(due + timedelta(days=terms.grace_days) + ONE_DAY, window.begins)
    for span in held:
        if span.last < first:
            continue
        if span.first > last:
            break
        if span.first > first:
            yield Span(first, span.first - ONE_DAY)
        first = span.last + ONE_DAY
    if first <= last:
        yield Span(first, last)


def _state(
    benefit: Benefit, course: _Course, day: date, due: date, pays_until: date
) -> tuple[str, date | None]:
    """The state on a day, and since when it is stopped where it is."""
    if day < benefit.since:
        return NOT_BEGUN, None
    if benefit.until is not None and day > benefit.until:
        return OVER, None
    if any(day in span for span in course.dead):
        return DIED, None
    if course.closed:
        return CLOSED, None
    stopped = next((gap for gap in course.gaps if day in gap), None)
    if stopped is not None:
        return STOPPED, stopped.first
    if day <= due:
        return CERTIFIED, None
    return (IN_GRACE if day <= pays_until else HELD), None
