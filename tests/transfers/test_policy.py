"""The moves of a transfer: none skipped, none by the wrong side; preconditions; deadlines."""

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

from ecard.errors import Refusal
from ecard.registry.port import Arrears, Benefit
from ecard.transfers import policy as rules
from ecard.transfers.policy import MACHINE, Facts

FULL = bool(os.environ.get("ECARD_FULL"))
TODAY = date(2026, 11, 18)
WHO = (rules.HOLDER, rules.PERSON, rules.RECEIVING, rules.SENDING, "system", "auditor")
NEXT = {
    ("accepting", "receiving_agency"): "old_agency",
    ("old_agency", "sending_agency"): "new_agency",
    ("new_agency", "receiving_agency"): "completed",
}
"""The way through, written down once more from the issue."""


def expected(state: str, to: str, who: str) -> bool:
    """What mission and issue allow, said without the table."""
    if NEXT.get((state, who)) == to:
        return True
    if to == "refused":
        return (state, who) in NEXT
    return to == "withdrawn" and state in ("accepting", "old_agency") and who in WHO[:2]


class Walk(RuleBasedStateMachine):
    """Anybody asks for any move at any time; only what is allowed happens."""

    made: ClassVar[set[tuple[str, str, str, str]]] = set()

    @initialize()
    def begin(self) -> None:
        self.state, self.path = "accepting", ["accepting"]

    @rule(to=st.sampled_from(rules.STATES), who=st.sampled_from(WHO), pick=st.integers(0, 9))
    def ask(self, to: str, who: str, pick: int) -> None:
        reasons = sorted(MACHINE.reasons(self.state, to, who))
        assert bool(reasons) == expected(self.state, to, who)
        if reasons:
            self.made.add((self.state, to, who, reasons[pick % len(reasons)]))
            self.state = to
            self.path.append(to)

    @rule(who=st.sampled_from(WHO))
    def go_on(self, who: str) -> None:
        self.ask(NEXT.get((self.state, who), "completed"), who, 0)

    @invariant()
    def nothing_is_skipped(self) -> None:
        way = [state for state in self.path if state in rules.STAGES]
        assert way == list(rules.STAGES)[: len(way)]
        if self.state == "completed":
            assert len(way) == len(rules.STAGES)
        assert sum(MACHINE.is_over(state) for state in self.path) == MACHINE.is_over(self.state)


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


def test_whoever_asks_for_what_no_stage_is_skipped() -> None:
    walk(10, 20)


@pytest.mark.gate
def test_in_many_long_walks_no_stage_is_skipped(
    record_property: Callable[[str, object], None],
) -> None:
    runs, steps = (2000, 50) if FULL else (150, 50)
    walk(runs, steps)
    record_property(f"transfers: {runs} walks of {steps} steps: illegal or skipped", 0)
    possible = sum(len(one.reasons) for one in MACHINE.moves if one.from_state is not None)
    record_property("transfers: moves made, of those possible", f"{len(Walk.made)} of {possible}")


def facts(**changed: object) -> Facts:
    plain: dict[str, object] = {
        "region": "north", "died_on": None, "arrears": (), "benefits": (), "today": TODAY,
    }  # fmt: skip
    return Facts(**{**plain, **changed})  # type: ignore[arg-type]


PENSION = Benefit("b", "old_age", TODAY, None, 1)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"arrears": (Arrears("pension", 1),)}, "transfer_arrears"),
        ({"benefits": (PENSION,)}, "transfer_drawing_pension"),
        ({"died_on": TODAY}, "transfer_person_died"),
        ({"region": "south"}, "transfer_region_moved"),
    ],
)
def test_each_precondition_has_its_code(changed: dict[str, object], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        rules.check_preconditions(facts(**changed), "north")
    assert refused.value.code == code


def test_who_owes_nothing_and_draws_nothing_today_may_move() -> None:
    ahead, over = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
    later = Benefit("b", "old_age", ahead, None, 1)
    ended = Benefit("c", "survivors", date(2020, 1, 1), over, 1)
    rules.check_preconditions(facts(benefits=(later, ended)), "north")
    stopped = Benefit("d", "disability", date(2020, 1, 1), TODAY, 1, paid=False)
    assert rules.draws_pension((stopped,), TODAY)


def test_a_deadline_passes_at_its_moment_and_not_before() -> None:
    due = datetime(2026, 12, 9, 16, tzinfo=UTC)
    moments = [due - timedelta(seconds=1), due, due + timedelta(days=7)]
    passed = [rules.reminders_due(due, due + timedelta(days=7), moment) for moment in moments]
    assert passed == [0, 1, 2]
    assert rules.reminders_due(None, None, due) == 0
