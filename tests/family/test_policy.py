"""The state machine and the rules of relation, age and caps."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecard.family import policy as rules
from ecard.family.errors import AgeDoesNotFit, CapReached, IllegalMove, RelationNeedsGuardian
from ecard.persons.policy import age_on, months_after
from tests.policies import demo_policy

TODAY = date(2026, 11, 18)
NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
POLICY = demo_policy()
SHANGHAI = ZoneInfo("Asia/Shanghai")


def born(years_ago: int) -> date:
    return date(TODAY.year - years_ago, 3, 5)


@given(st.sampled_from([None, *rules.STATES]), st.sampled_from(rules.STATES))
def test_only_listed_moves_are_legal(from_state: str | None, to_state: str) -> None:
    only_for = rules.ONLY_FOR.get((from_state or "", to_state), {"opened"})
    (reason,) = only_for
    if to_state in rules.MOVES[from_state]:
        rules.check_move(from_state, to_state, reason)
    else:
        with pytest.raises(IllegalMove):
            rules.check_move(from_state, to_state, reason)


@given(st.lists(st.sampled_from(rules.STATES), min_size=1, max_size=50))
def test_no_walk_reaches_active_without_notice_and_evidence(wishes: list[str]) -> None:
    state: str | None = None
    seen: list[str] = []
    for wish in wishes:
        try:
            rules.check_move(state, wish, "dispute_settled")
        except IllegalMove:
            continue
        state = wish
        seen.append(wish)
    if rules.ACTIVE in seen:
        before = seen[: seen.index(rules.ACTIVE)]
        assert before[:3] == [rules.DRAFT, rules.NOTICED, rules.SUBMITTED]


def test_an_ended_link_comes_back_only_when_a_death_is_revoked() -> None:
    rules.check_move(rules.ENDED, rules.ACTIVE, "death_revoked")
    with pytest.raises(IllegalMove):
        rules.check_move(rules.ENDED, rules.ACTIVE, "safeguarding_lifted")


def test_an_unknown_reason_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="not a reason"):
        rules.check_move(rules.DRAFT, rules.NOTICED, "because")


def test_the_safeguarding_reason_is_hidden_from_the_holder_only() -> None:
    assert rules.shown_reason("safeguarding", to_holder=True) == "not_disclosed"
    assert rules.shown_reason("safeguarding", to_holder=False) == "safeguarding"
    assert rules.shown_reason("misuse", to_holder=True) == "misuse"


@pytest.mark.parametrize("state", sorted(rules.APPLYING))
def test_an_open_application_is_expired_at_the_very_moment_it_lapses(state: str) -> None:
    assert rules.state_at(state, rules.Terms(NOW + timedelta(seconds=1)), NOW) == state
    assert rules.state_at(state, rules.Terms(NOW), NOW) == rules.EXPIRED


@pytest.mark.parametrize("state", sorted(set(rules.STATES) - rules.APPLYING))
def test_what_is_not_an_open_application_never_lapses(state: str) -> None:
    assert rules.state_at(state, rules.Terms(NOW - timedelta(days=400)), NOW) == state


@given(
    used_ago=st.timedeltas(timedelta(0), timedelta(days=4000)),
    warned_late=st.timedeltas(timedelta(0), timedelta(days=200)),
    months=st.integers(1, 60),
)
def test_an_unused_link_ends_after_its_months_and_never_before_the_warning_was_out_for_its_days(
    used_ago: timedelta, warned_late: timedelta, months: int
) -> None:
    policy, last = demo_policy(unused_months=months), NOW - used_ago
    warn_at = rules.warn_of_idleness_at(last, SHANGHAI, policy)
    assert rules.unused_until(last, None, SHANGHAI, policy) is None
    until = rules.unused_until(last, warn_at + warned_late, SHANGHAI, policy)
    assert until is not None
    assert until - (warn_at + warned_late) >= timedelta(days=policy.unused_warning_days)
    day = months_after(last.astimezone(SHANGHAI).date(), months)
    ends = until.astimezone(SHANGHAI) - warned_late
    assert (ends.date(), ends.hour, ends.minute) == (day, 0, 0)


def test_what_time_ends_first_names_the_reason() -> None:
    terms = rules.Terms(NOW, reads_until=NOW - timedelta(days=2), unused_until=NOW)
    due = rules.due_move(rules.ACTIVE, terms, NOW)
    assert due == rules.Due(rules.ENDED, "age_milestone", NOW - timedelta(days=2))
    assert rules.due_move(rules.SUSPENDED, rules.Terms(NOW, unused_until=NOW), NOW) is None


@pytest.mark.parametrize("asked_on", [date(2026, 5, 31), date(2026, 6, 2), date(2026, 12, 2)])
def test_how_much_older_somebody_is_does_not_change_with_the_day(asked_on: date) -> None:
    mother, child = date(2000, 6, 1), date(2013, 12, 1)  # thirteen and a half years younger
    with pytest.raises(AgeDoesNotFit):
        rules.check_relation("child", mother, child, asked_on, POLICY)
    rules.check_relation("child", mother, date(2014, 6, 1), asked_on, POLICY)


@pytest.mark.parametrize(
    ("relation", "holder", "relative", "refusal"),
    [
        ("child", 36, 9, None),
        ("child", 36, 30, AgeDoesNotFit),
        ("child", 36, 40, AgeDoesNotFit),
        ("ward", 36, 9, None),
        ("parent", 45, 72, None),
        ("parent", 45, 50, AgeDoesNotFit),
        ("grandparent", 30, 60, None),
        ("grandparent", 30, 50, AgeDoesNotFit),
        ("spouse", 30, 17, AgeDoesNotFit),
        ("spouse", 30, 33, None),
        ("sibling", 30, 12, RelationNeedsGuardian),
        ("other", 30, 15, RelationNeedsGuardian),
        ("other", 30, 16, None),
    ],
)
def test_relation_and_ages_must_fit(
    relation: str, holder: int, relative: int, refusal: type[Exception] | None
) -> None:
    if refusal is None:
        rules.check_relation(relation, born(holder), born(relative), TODAY, POLICY)
    else:
        with pytest.raises(refusal):
            rules.check_relation(relation, born(holder), born(relative), TODAY, POLICY)


@given(
    st.sampled_from(rules.RELATIONS),
    st.lists(st.sampled_from(rules.RELATIONS), max_size=10),
    st.integers(0, 8),
)
def test_caps_are_never_passed(relation: str, held: list[str], new: int) -> None:
    group = rules.GROUPS[relation]
    caps = {"children": 3, "parents": 4, "spouse": 1, "others": 2}
    full = (
        sum(rules.GROUPS[one] == group for one in held) >= caps[group]
        or len(held) >= POLICY.cap_all
        or new >= POLICY.new_links_a_month
    )
    if full:
        with pytest.raises(CapReached):
            rules.check_caps(relation, held, new, POLICY)
    else:
        rules.check_caps(relation, held, new, POLICY)


@given(st.integers(0, 100))
def test_from_sixteen_the_relative_accepts_in_person(age: int) -> None:
    assert rules.accepts_in_person(age, POLICY) == (age >= 16)
    assert rules.face_subject(age, POLICY) == ("guardian" if age < 6 else "relative")


def test_accepted_on_the_holders_phone_the_link_reads_only_for_a_day() -> None:
    window = rules.acting_window(NOW, via="handed_over", adult_at=None, policy=POLICY)
    assert not rules.may_act(rules.ACTIVE, window.acts_from, None, NOW + timedelta(hours=23))
    assert rules.may_read(rules.ACTIVE, None, NOW)
    assert rules.may_act(rules.ACTIVE, window.acts_from, None, NOW + timedelta(hours=24))


def test_a_childs_link_stops_acting_at_sixteen_and_reads_for_thirty_days_more() -> None:
    window = rules.acting_window(NOW, via=None, adult_at=NOW + timedelta(days=3), policy=POLICY)
    end = NOW + timedelta(days=3)
    assert rules.may_act(rules.ACTIVE, window.acts_from, end, end - timedelta(seconds=1))
    assert not rules.may_act(rules.ACTIVE, window.acts_from, end, end)
    until = rules.reads_until(end, POLICY)
    assert rules.may_read(rules.ACTIVE, until, end + timedelta(days=29))
    assert not rules.may_read(rules.ACTIVE, until, end + timedelta(days=30))


@pytest.mark.parametrize("state", sorted(set(rules.STATES) - {rules.ACTIVE}))
def test_only_an_active_link_acts_or_reads(state: str) -> None:
    assert not rules.may_act(state, NOW, None, NOW)
    assert not rules.may_read(state, None, NOW)


def test_every_state_says_what_comes_next_or_nothing() -> None:
    steps = {
        state: rules.next_step(state, has_account=True, adult=True, route="face")
        for state in rules.STATES
    }
    assert steps[rules.DRAFT] == "acknowledge_notice"
    assert steps[rules.NOTICED] == "add_evidence"
    assert steps[rules.EVIDENCE_ACCEPTED] == "invite_or_hand_over"
    assert steps[rules.ACTIVE] is None


def test_ages_of_this_file_are_what_they_say() -> None:
    assert age_on(born(9), TODAY) == 9
