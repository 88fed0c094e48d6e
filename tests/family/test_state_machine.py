"""The whole state machine, walked at random beside an oracle that was written from mission.md."""

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ecard.family import policy as rules
from ecard.family.errors import ApplicationExpired, IllegalMove
from tests.policies import demo_policy

FULL = bool(os.environ.get("ECARD_FULL"))
RUNS, STEPS = (2_000 if FULL else 100), 50
START = datetime(2024, 2, 29, 9, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
POLICY = demo_policy()
DAY = timedelta(days=1)

PATH = (
    "draft noticed, noticed submitted, submitted evidence_accepted, submitted in_review, "
    "evidence_accepted awaiting_face, awaiting_face active, awaiting_face in_review, "
    "in_review evidence_accepted, in_review active, in_review rejected, "
    "active suspended, active disputed, disputed suspended, suspended active"
)
"""mission.md, "The link's state machine": the path; in_review may follow submitted and
awaiting_face; disputed is a guardian's objection."""
GIVEN_UP = ("draft", "noticed", "submitted", "evidence_accepted", "awaiting_face", "in_review")
LAPSES = GIVEN_UP[:-1]
STANDS = ("active", "suspended", "disputed")
FOR_ONE_REASON = {
    ("in_review", "expired"): "end_date_reached",
    ("rejected", "in_review"): "appealed",
    ("disputed", "active"): "dispute_settled",
    ("suspended", "disputed"): "safeguarding_lifted",
    ("ended", "disputed"): "appealed",
    ("ended", "active"): "death_revoked",
}
STAYS = {
    "confirmed_by_relative": {"active"},
    "end_date_set": {*STANDS, "evidence_accepted", "awaiting_face"},
    "end_date_removed": {"active"},
    "end_date_order_recorded": {"active", "suspended"},
    "end_date_order_rejected": set(STANDS),
}
"""What happens without a move, and to whom."""
MAY = {
    *(tuple(step.split()) for step in PATH.split(", ")),
    *((state, "withdrawn") for state in GIVEN_UP),
    *((state, "expired") for state in LAPSES),
    *((state, "ended") for state in STANDS),
    *FOR_ONE_REASON,
}
ONWARDS = [tuple(step.split()) for step in PATH.split(", ")[:-4]]
FIRST_STEPS = ["draft", "noticed", "submitted"]
STRAIGHT = ("noticed", "submitted", "evidence_accepted", "awaiting_face", "active")
STEPS_DONE, ADULT_IN = st.integers(0, 5), st.none() | st.sampled_from([0, 5, 400])
DONE: Counter[str] = Counter()


def allowed(from_state: str, to_state: str, reason: str) -> bool:
    """The oracle, without time."""
    only = FOR_ONE_REASON.get((from_state, to_state))
    return (from_state, to_state) in MAY and only in (None, reason)


class Life(RuleBasedStateMachine):
    """One link; its clock goes on, and now and then back."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.begin(0, None)

    @initialize(steps=STEPS_DONE, adult_in=ADULT_IN)
    def begin(self, steps: int, adult_in: int | None) -> None:
        """A link, so many steps on its way already; on a child, who comes of age in so many
        days."""
        self.state, self.seen = "draft", ["draft"]
        self.lapses = self.now + 7 * DAY
        self.acts_until = None if adult_in is None else self.now + adult_in * DAY
        self.used: datetime = self.now
        self.warned: datetime | None = None
        self.last_day: date | None = None
        DONE["links"] += 1
        for wish in ("noticed", "submitted", "evidence_accepted", "awaiting_face", "active")[
            :steps
        ]:
            self.tries(wish, "opened")

    # --- what the services keep, and what the oracle makes of it ---------------------------------

    def terms(self) -> rules.Terms:
        unused = rules.unused_until(self.used, self.warned, SHANGHAI, POLICY)
        ends_at = rules.ends_at(self.last_day, SHANGHAI) if self.last_day else None
        reads_until = rules.reads_until(self.acts_until, POLICY)
        return rules.Terms(self.lapses, reads_until, unused, ends_at)

    def over(self) -> set[tuple[str, str]]:
        """What time has ended by now, by dates alone."""
        found = set()
        if self.state in LAPSES and self.now >= self.lapses:
            found.add(("expired", "lapsed"))
        grown = self.acts_until is not None and self.now >= self.acts_until + 30 * DAY
        if self.state in STANDS and grown:
            found.add(("ended", "age_milestone"))
        if self.last_day is not None and self.now.astimezone(SHANGHAI).date() > self.last_day:
            if self.state in STANDS:
                found.add(("ended", "end_date_reached"))
            if self.state in GIVEN_UP:
                found.add(("expired", "end_date_reached"))
        if self.state == "active" and self.warned is not None:
            local = self.used.astimezone(SHANGHAI)
            leap = (local.month, local.day) == (2, 29) and (local.year + 2) % 4 != 0
            month, day = (3, 1) if leap else (local.month, local.day)
            idle = datetime(local.year + 2, month, day, tzinfo=SHANGHAI)
            if self.now >= max(idle, self.warned + 30 * DAY):
                found.add(("ended", "unused"))
        return found

    def enter(self, state: str) -> None:
        self.state = state
        self.seen.append(state)
        if state == "active":
            self.used, self.warned = self.now, None
        DONE["moves"] += 1

    # --- what may happen --------------------------------------------------------------------------

    @rule(data=st.data())
    def somebody_moves_it(self, data: Any) -> None:
        reason = data.draw(st.sampled_from(sorted(rules.REASONS)))
        wish = data.draw(st.sampled_from(rules.STATES))
        self.tries(wish, reason)

    @rule(data=st.data())
    def somebody_does_what_comes_next(self, data: Any) -> None:
        """Or no walk would come far."""
        onwards = [to for one, to in ONWARDS if one == self.state]
        others = sorted(to for one, to in MAY if one == self.state)
        if onwards or others:
            wish = data.draw(st.sampled_from(onwards * 8 + others))
            self.tries(wish, FOR_ONE_REASON.get((self.state, wish), "opened"))

    @precondition(lambda self: self.state in ("withdrawn", "expired"))
    @rule(steps=STEPS_DONE, adult_in=ADULT_IN)
    def another_application_is_opened(self, steps: int, adult_in: int | None) -> None:
        """What is final stays so: the walk goes on with a new link."""
        self.begin(steps, adult_in)

    def tries(self, wish: str, reason: str) -> None:
        over = self.over()
        legal = allowed(self.state, wish, reason)
        legal &= not over or wish in {state for state, _ in over}
        try:
            rules.check_move_now(self.state, wish, reason, self.terms(), self.now)
        except (IllegalMove, ApplicationExpired):
            assert not legal, (self.state, wish, reason)
            DONE["refused"] += 1
        else:
            assert legal, (self.state, wish, reason)
            self.enter(wish)

    @rule(days=st.integers(-1, 3))
    def time_passes(self, days: int) -> None:
        self.now += days * DAY

    @precondition(lambda self: self.state in STANDS)
    @rule(days=st.sampled_from([15, 30, 365, 700, 731]))
    def years_pass(self, days: int) -> None:
        self.now += days * DAY

    @rule()
    def the_young_person_confirms(self) -> None:
        grown = self.acts_until is not None and self.now >= self.acts_until
        if self.state == "active" and grown and not self.over():
            self.stays("confirmed_by_relative")
            self.acts_until = None

    @rule(days=st.sampled_from([0, 1, 2, 40, 200]))
    def somebody_gives_it_a_last_day(self, days: int) -> None:
        """As the services do it: what is not active is not extended."""
        last_day = self.now.astimezone(SHANGHAI).date() + days * DAY
        longer = rules.lasts_longer(last_day, self.last_day)
        assert longer == (self.last_day is not None and last_day > self.last_day)
        may = self.state == "active" or (self.state in STAYS["end_date_set"] and not longer)
        if may and not self.over():
            self.stays("end_date_set")
            self.last_day = last_day

    @precondition(lambda self: self.last_day is not None)
    @rule()
    def somebody_takes_its_last_day_away(self) -> None:
        if self.state == "active" and not self.over():
            self.stays("end_date_removed")
            self.last_day = None

    def stays(self, reason: str) -> None:
        rules.check_stay(self.state, reason)
        assert self.state in STAYS[reason], (self.state, reason)
        DONE[f"without a move: {reason}"] += 1

    @rule()
    def the_holder_uses_it(self) -> None:
        if rules.may_act(self.state, self.used, self.acts_until, self.now) and not self.over():
            self.used, self.warned = max(self.used, self.now), None

    @rule()
    def the_jobs_run(self) -> None:
        self.warn()
        self.sweep()

    def warn(self) -> None:
        due = rules.warn_of_idleness_at(self.used, SHANGHAI, POLICY)
        if self.state == "active" and not self.over() and self.warned is None and due <= self.now:
            self.warned = self.now
            DONE["warned"] += 1

    def sweep(self) -> None:
        due = rules.due_move(self.state, self.terms(), self.now)
        if due is None:
            return
        assert (due.state, due.reason) in self.over()
        rules.check_move_now(self.state, due.state, due.reason, self.terms(), self.now)
        self.enter(due.state)
        DONE[f"by time: {due.reason}"] += 1
        assert rules.due_move(self.state, self.terms(), self.now) is None

    # --- what always holds ------------------------------------------------------------------------

    @invariant()
    def the_read_says_what_the_sweep_would(self) -> None:
        DONE["steps"] += 1
        over, due = self.over(), rules.due_move(self.state, self.terms(), self.now)
        assert (due is not None) == bool(over)
        shown = rules.state_at(self.state, self.terms(), self.now)
        assert shown == (due.state if due else self.state)
        if due is not None:
            assert due.at <= self.now
            assert not rules.may_act(shown, START, None, self.now)

    @invariant()
    def every_wish_is_answered_as_the_oracle_says(self) -> None:
        terms, over = self.terms(), {state for state, _ in self.over()}
        for wish in rules.STATES:
            for reason in {"opened", *FOR_ONE_REASON.values()}:
                legal = allowed(self.state, wish, reason) and (not over or wish in over)
                try:
                    rules.check_move_now(self.state, wish, reason, terms, self.now)
                except (IllegalMove, ApplicationExpired):
                    assert not legal, (self.state, wish, reason)
                else:
                    assert legal, (self.state, wish, reason)

    @invariant()
    def no_step_is_skipped(self) -> None:
        if "active" not in self.seen:
            return
        before = self.seen[: self.seen.index("active")]
        assert before[:3] == FIRST_STEPS
        assert before[-1] in ("awaiting_face", "in_review")

    @invariant()
    def each_step_is_one_of_the_drawn(self) -> None:
        assert all(pair in MAY for pair in zip(self.seen, self.seen[1:], strict=False))


def test_the_moves_are_those_of_the_mission() -> None:
    drawn = {(one, to) for one, all_to in rules.MOVES.items() if one for to in all_to}
    assert drawn == MAY
    assert {step: {reason} for step, reason in FOR_ONE_REASON.items()} == dict(rules.ONLY_FOR)
    assert dict(rules.STAYS) == STAYS
    assert not set(rules.STAYS) & rules.REASONS


@pytest.mark.gate
def test_no_walk_finds_an_illegal_or_skipped_move(
    record_property: Callable[[str, object], None],
) -> None:
    DONE.clear()
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    record_property("runs", RUNS)
    record_property("steps each", STEPS)
    for what, count in sorted(DONE.items()):
        record_property(what, count)
    by_time = {f"by time: {reason}" for _, _, reason, _ in rules.MADE_BY_TIME}
    assert by_time <= set(DONE) or not FULL  # a small run does not come everywhere
