"""Moves of an application for a card: none skipped, none by the wrong side; a year to collect."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from ecard.card_applications import policy as rules
from ecard.card_applications.policy import MACHINE

FULL = bool(os.environ.get("ECARD_FULL"))
WAY = ("entered", "in_production", "at_bank", "ready", "collected")
"""The way through, written down once more from mission.md."""
WHO = (rules.HOLDER, rules.PERSON, rules.CLERK, rules.SYSTEM, "reviewer")


def expected(state: str, to: str, who: str) -> bool:
    """What mission.md allows, said without the table."""
    if state not in WAY[:-1]:
        return False
    if to == "unclaimed":
        return (state, who) == ("ready", "system")
    return who == "clerk" and to in ("failed", WAY[WAY.index(state) + 1])


class Walk(RuleBasedStateMachine):
    """Anybody asks for any move at any time; only what is allowed happens."""

    made: ClassVar[set[tuple[str, str, str]]] = set()

    @initialize()
    def begin(self) -> None:
        self.path = ["entered"]

    @rule(to=st.sampled_from(rules.STATES), who=st.sampled_from(WHO))
    def ask(self, to: str, who: str) -> None:
        reasons = MACHINE.reasons(self.path[-1], to, who)
        assert bool(reasons) == expected(self.path[-1], to, who)
        if reasons:
            self.made.add((self.path[-1], to, who))
            self.path.append(to)

    @rule()
    def go_on(self) -> None:
        onward = {**rules.ONWARD, "ready": "collected"}
        self.ask(onward.get(self.path[-1], "entered"), "clerk")

    @invariant()
    def nothing_is_skipped(self) -> None:
        way = tuple(state for state in self.path if state in WAY)
        assert way == WAY[: len(way)]
        assert all(state in rules.OPEN for state in self.path[:-1])


def walk(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whoever_asks_for_what_no_state_is_skipped() -> None:
    walk(10, 20)


@pytest.mark.gate
def test_in_many_long_walks_no_state_is_skipped(
    record_property: Callable[[str, object], None],
) -> None:
    runs, steps = (2000, 50) if FULL else (150, 50)
    walk(runs, steps)
    record_property(f"card applications: {runs} walks of {steps} steps: illegal or skipped", 0)
    possible = sum(one.from_state is not None for one in MACHINE.moves)
    record_property("card applications: moves made", f"{len(Walk.made)} of {possible} possible")


def test_only_the_person_or_their_holder_enters_one() -> None:
    entered = {who: MACHINE.reasons(None, "entered", who) for who in WHO}
    assert {who for who, reasons in entered.items() if reasons} == {"holder", "person"}


def test_a_card_waits_a_year_from_29_february_until_the_28th() -> None:
    assert rules.collected_by(date(2026, 11, 18), 12) == date(2027, 11, 18)
    assert rules.collected_by(date(2028, 2, 29), 12) == date(2029, 2, 28)


def test_what_nobody_collected_is_over_at_its_moment_and_only_where_it_was_ready() -> None:
    until = datetime(2027, 11, 18, 16, tzinfo=UTC)
    before = until - timedelta(seconds=1)
    assert rules.state_at("ready", until, before) == "ready"
    assert rules.state_at("ready", until, until) == "unclaimed"
    assert rules.state_at("at_bank", None, until) == "at_bank"
    assert rules.state_at("collected", until, until) == "collected"
