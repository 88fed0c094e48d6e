"""The rules and an independent clerk agree on every day of random calendars."""

import os
from collections import Counter
from collections.abc import Callable

import pytest

from ecard.certification import policy as rules
from tests.certification.calendars import HORIZON_DAYS, as_benefit, as_history, as_terms, drawn
from tests.certification.oracle import diary

EVERYDAY, FULL = 6, 10_000


def disagreements(seed: int, seen: Counter[str]) -> list[str]:
    """The first day on which the two differ, in words, or nothing."""
    calendar = drawn(seed)
    benefit, history, terms = as_benefit(calendar), as_history(calendar), as_terms(calendar)
    for entry in diary(calendar, HORIZON_DAYS):
        found = rules.standing(benefit, history, entry.day, terms)
        ours = (found.state, found.due_on, sum(span.days for span in found.owed), found.paid)
        theirs = (entry.state, entry.due, entry.owed, entry.paid)
        seen[entry.state] += 1
        if ours != theirs:
            return [f"calendar {seed}, {entry.day}: {ours}, the clerk has {theirs}: {calendar}"]
    return []


def test_rules_and_clerk_agree_on_every_day() -> None:
    seen: Counter[str] = Counter()
    assert [one for seed in range(EVERYDAY) for one in disagreements(seed, seen)] == []


@pytest.mark.gate
def test_rules_and_clerk_agree_on_every_day_of_many_calendars(
    record_property: Callable[[str, object], None],
) -> None:
    calendars = FULL if os.environ.get("ECARD_FULL") else FULL // 25
    seen: Counter[str] = Counter()
    wrong = [one for seed in range(calendars) for one in disagreements(seed, seen)]
    record_property("calendars", calendars)
    record_property("days", sum(seen.values()))
    record_property("days_by_state", dict(seen.most_common()))
    record_property("disagreements", len(wrong))
    assert wrong == []
    assert set(seen) == set(rules.STATES) - {rules.NOT_BEGUN}
