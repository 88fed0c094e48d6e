"""The desk's rules: due dates in working days, conflicts of interest, what each side reads."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecard.family.policy import REASONS as LINK_REASONS
from ecard.family.policy import STATES
from ecard.review.policy import (
    HIDDEN_REASONS,
    NOT_DISCLOSED,
    REVIEW_REASONS,
    CaseKind,
    CaseState,
    DecisionOutcome,
    after_days,
    due_at,
    in_conflict,
    is_overtaken,
    may_be_sent,
    reasons_of,
    shown_reason,
    state_after,
)

SHANGHAI, MADRID = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Madrid")


def local(year: int, month: int, day: int, hour: int, zone: ZoneInfo) -> datetime:
    return datetime(year, month, day, hour, tzinfo=zone)


@pytest.mark.parametrize(
    ("opened", "end_of"),
    [
        (local(2026, 11, 16, 9, SHANGHAI), (2026, 11, 19)),  # Monday → Thursday
        (local(2026, 11, 18, 9, SHANGHAI), (2026, 11, 23)),  # Wednesday → Monday
        (local(2026, 11, 20, 23, SHANGHAI), (2026, 11, 25)),  # Friday night → Wednesday
        (local(2026, 11, 21, 9, SHANGHAI), (2026, 11, 25)),  # Saturday counts from Monday
        (local(2026, 11, 22, 9, SHANGHAI), (2026, 11, 25)),  # Sunday too
    ],
)
def test_a_case_is_due_at_the_end_of_the_third_working_day(
    opened: datetime, end_of: tuple[int, int, int]
) -> None:
    due = due_at(opened, 3, SHANGHAI)
    assert due == datetime(*end_of, tzinfo=SHANGHAI) + timedelta(days=1)


def test_the_regions_own_calendar_day_counts() -> None:
    opened = datetime(2026, 11, 19, 18, 0, tzinfo=UTC)  # Friday 02:00 in Shanghai, Thursday in UTC
    assert due_at(opened, 3, SHANGHAI) == datetime(2026, 11, 26, tzinfo=SHANGHAI)
    assert due_at(opened, 3, MADRID) == datetime(2026, 11, 25, tzinfo=MADRID)


def test_a_due_date_survives_the_change_to_winter_time() -> None:
    due = due_at(local(2026, 10, 22, 12, MADRID), 3, MADRID)  # the clock goes back on 25 October
    assert due == datetime(2026, 10, 27, 23, 0, tzinfo=UTC)  # midnight in Madrid


@given(
    st.integers(0, 200_000).map(
        lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    ),
    st.integers(1, 10),
    st.sampled_from([SHANGHAI, MADRID, ZoneInfo("America/Bogota")]),
)
def test_a_due_date_is_a_local_midnight_with_the_right_number_of_working_days_before_it(
    opened: datetime, days: int, zone: ZoneInfo
) -> None:
    due = due_at(opened, days, zone).astimezone(zone)
    assert (due.hour, due.minute) == (0, 0)
    first, last = opened.astimezone(zone).date(), due.date()
    between = (first + timedelta(days=n) for n in range(1, (last - first).days))
    assert sum(day.weekday() < 5 for day in between) == days


def test_nobody_decides_about_themselves() -> None:
    assert in_conflict("mine", ["holder", "mine"])
    assert not in_conflict("mine", ["holder", "relative"])
    assert not in_conflict(None, ["holder", "relative"])


def test_only_a_first_rejection_may_be_appealed() -> None:
    may = {
        (outcome, level): state_after(CaseKind.FACE, outcome, level) is CaseState.DECIDED
        for outcome in DecisionOutcome
        for level in (1, 2)
    }
    assert [key for key, appealable in may.items() if appealable] == [(DecisionOutcome.REJECTED, 1)]


@pytest.mark.parametrize("outcome", DecisionOutcome)
def test_each_first_decision_of_a_dispute_may_be_appealed(outcome: DecisionOutcome) -> None:
    after = [state_after(CaseKind.DISPUTE, outcome, level) for level in (1, 2)]
    assert after == [CaseState.DECIDED, CaseState.CLOSED]


@pytest.mark.parametrize("kind", CaseKind)
def test_a_reason_belongs_to_one_outcome(kind: CaseKind) -> None:
    approved, rejected = (reasons_of(kind, outcome) for outcome in DecisionOutcome)
    assert approved
    assert rejected
    assert not approved & rejected
    assert kind is CaseKind.DISPUTE or len(approved) == 1
    if kind is CaseKind.DISPUTE:
        assert rejected == {"relation_changed", "no_legal_basis"} <= LINK_REASONS


def test_an_agreement_in_a_video_is_approved_by_whoever_heard_it_only() -> None:
    def approved(kind: CaseKind, *why: str) -> frozenset[str]:
        return reasons_of(kind, DecisionOutcome.APPROVED, why)

    assert approved(CaseKind.DIGITS_VIDEO, "digits_video") == {"digits_confirmed"}
    heard = approved(CaseKind.DIGITS_VIDEO, "digits_video", "agreement_in_video")
    assert heard == approved(CaseKind.CONFIRMATION) == {"agreement_confirmed"}


def test_days_are_given_to_the_end_of_the_last_one() -> None:
    for now, end in ((local(2026, 10, 22, 12, MADRID), 6), (local(2026, 10, 22, 0, MADRID), 5)):
        assert after_days(now, 14, MADRID) == datetime(2026, 11, end, tzinfo=MADRID)


def test_a_safeguarding_reason_is_hidden_from_the_holder_and_never_sent() -> None:
    for reason in HIDDEN_REASONS:
        assert shown_reason(reason, to_holder=True) == NOT_DISCLOSED
        assert shown_reason(reason, to_holder=False) == reason
        assert not may_be_sent(reason)
    assert shown_reason("misuse", to_holder=True) == "misuse"


@pytest.mark.parametrize("state", ["withdrawn", "ended", "expired"])
def test_a_case_whose_link_left_review_is_overtaken(state: str) -> None:
    assert is_overtaken(CaseKind.FACE, CaseState.OPEN, state)
    assert not is_overtaken(CaseKind.FACE, CaseState.OPEN, "in_review")
    assert not is_overtaken(CaseKind.FACE, CaseState.DECIDED, "rejected")


def test_a_dispute_outlasts_a_stop_for_somebodys_safety_and_nothing_else() -> None:
    over = {state: is_overtaken(CaseKind.DISPUTE, CaseState.OPEN, state) for state in STATES}
    assert [state for state, overtaken in over.items() if not overtaken] == [
        "suspended",
        "disputed",
    ]


def test_a_case_moves_its_link_for_a_reason_that_the_link_knows() -> None:
    assert set(REVIEW_REASONS.values()) <= LINK_REASONS
