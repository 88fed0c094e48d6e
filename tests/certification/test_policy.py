"""Proof of life by example: each rule of mission.md and ADR 0017 on the days where it turns."""

from datetime import date, timedelta

import pytest

from ecard.certification import policy as rules
from ecard.certification.policy import Benefit, Death, History, Question, standing
from ecard.registry.port import BENEFIT_KINDS
from tests.policies import demo_policy

TERMS = rules.terms_for("old_age", demo_policy())
BORN = date(1955, 6, 1)
GRANTED = date(2026, 1, 10)
BENEFIT = Benefit(birth_date=BORN, since=GRANTED)
DUE = date(2027, 1, 10)
LAST_PAID = date(2027, 1, 25)


def after(days: int, day: date = LAST_PAID) -> date:
    return day + timedelta(days=days)


def state(day: date, benefit: Benefit = BENEFIT, **history: tuple[object, ...]) -> str:
    return standing(benefit, History(**history), day, TERMS).state  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", BENEFIT_KINDS)
def test_every_kind_of_benefit_has_its_window_and_its_grace(kind: str) -> None:
    terms = rules.terms_for(kind, demo_policy())
    assert (terms.months, terms.grace_days) == (12, 15)
    changed = {f"certification_months_{kind}": 6, f"certification_grace_days_{kind}": 20}
    terms = rules.terms_for(kind, demo_policy(**changed))
    assert (terms.months, terms.grace_days) == (6, 20)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (after(-1, GRANTED), "not_begun"),
        (GRANTED, "certified"),
        (DUE, "certified"),
        (after(1, DUE), "in_grace"),
        (LAST_PAID, "in_grace"),
        (after(1), "stopped"),
        (after(91), "stopped"),
        (after(92), "closed"),
    ],
)
def test_a_payment_stops_after_window_and_grace_and_closes_after_90_days(
    day: date, expected: str
) -> None:
    assert state(day) == expected


@pytest.mark.parametrize(
    ("shown", "due"),
    [
        (date(2026, 1, 31), date(2027, 1, 31)),
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2023, 2, 28), date(2024, 2, 28)),
    ],
)
def test_the_due_day_is_the_same_day_of_the_month_or_its_last(shown: date, due: date) -> None:
    assert rules.due_on(shown, BORN, TERMS) == due


def test_from_80_there_is_a_month_more_counted_from_the_same_day() -> None:
    shown, eighty = date(2026, 1, 31), date(2027, 1, 31)
    assert rules.due_on(shown, date(1947, 1, 31), TERMS) == date(2027, 2, 28)
    assert rules.due_on(shown, date(1947, 2, 1), TERMS) == eighty


def test_whoever_was_born_on_a_leap_day_turns_80_on_the_first_of_march() -> None:
    born = date(1944, 2, 29)  # 80 on 29 February 2024
    assert rules.due_on(date(2023, 2, 28), born, TERMS) == date(2024, 2, 28)
    assert rules.due_on(date(2023, 3, 1), born, TERMS) == date(2024, 4, 1)
    assert rules.due_on(date(2095, 3, 1), date(2016, 2, 29), TERMS) == date(2096, 4, 1)
    assert rules.due_on(date(2099, 2, 28), date(2020, 2, 29), TERMS) == date(2100, 2, 28)


def test_a_proof_of_life_begins_a_new_window_however_early() -> None:
    early = date(2026, 6, 30)
    now = standing(BENEFIT, History(certified=(early,)), early, TERMS)
    assert (now.state, now.due_on) == ("certified", date(2027, 6, 30))


def test_an_open_review_keeps_the_payment_going_to_its_last_day() -> None:
    asked = Question(DUE, DUE, decided_on=after(20))
    assert state(after(20), questions=(asked,)) == "held"
    assert state(after(21), questions=(asked,)) == "stopped"
    assert state(after(900), questions=(Question(DUE, DUE),)) == "held"


def test_an_appeal_against_a_stop_pays_at_once_and_its_success_owes_what_was_stopped() -> None:
    appeal = Question(after(5), after(5), decided_on=after(12), accepted=True)
    history = History(questions=(appeal,))
    assert standing(BENEFIT, history, after(4), TERMS).state == "stopped"
    assert standing(BENEFIT, history, after(5), TERMS).paid
    restored = standing(BENEFIT, history, after(12), TERMS)
    assert (restored.state, restored.shown_on) == ("certified", after(5))
    assert restored.owed == (rules.Span(after(1), after(4)),)


def test_a_refused_appeal_stops_the_payment_the_day_after_and_the_90_days_begin_again() -> None:
    appeal = Question(after(5), after(5), decided_on=after(95))
    now = standing(BENEFIT, History(questions=(appeal,)), after(96), TERMS)
    assert (now.state, now.stopped_since) == ("stopped", after(96))
    assert now.restore_until == after(186)


def test_what_stopped_is_restored_within_90_days_and_not_on_the_next() -> None:
    assert state(after(91), certified=(after(91),)) == "certified"
    assert state(after(92), certified=(after(92),)) == "closed"
    now = standing(BENEFIT, History(certified=(after(91),)), after(91), TERMS)
    assert [span.days for span in now.owed] == [90]


def test_only_the_agency_takes_up_a_closed_benefit_from_that_day_on() -> None:
    taken_up = after(200)
    now = standing(BENEFIT, History(reinstated=(taken_up,)), taken_up, TERMS)
    assert (now.state, now.owed) == ("certified", ())


def test_a_death_ends_it_when_it_is_known_whatever_is_open_and_its_day_is_paid() -> None:
    died = date(2026, 5, 1)
    assert state(died, deaths=(Death(died, died),)) == "certified"
    assert state(after(1, died), deaths=(Death(died, died),)) == "died"
    late, open_review = Death(died, date(2026, 5, 20)), Question(died, died)
    assert state(date(2026, 5, 19), deaths=(late,), questions=(open_review,)) == "certified"
    assert state(date(2026, 5, 20), deaths=(late,), questions=(open_review,)) == "died"


def test_a_revoked_death_is_a_proof_of_life_and_owes_the_days_between() -> None:
    death = Death(date(2026, 5, 1), date(2026, 5, 1), revoked_on=after(30))
    now = standing(BENEFIT, History(deaths=(death,)), after(30), TERMS)
    assert (now.state, now.shown_on) == ("certified", after(30))
    assert now.owed == (rules.Span(date(2026, 5, 2), after(29)),)


def test_while_a_death_stands_nothing_else_proves_life() -> None:
    died = date(2026, 5, 1)
    now = standing(
        BENEFIT,
        History(deaths=(Death(died, died),), certified=(date(2026, 6, 1),)),
        date(2026, 7, 1),
        TERMS,
    )
    assert (now.state, now.shown_on) == ("died", GRANTED)


def test_a_benefit_with_a_last_day_is_over_after_it() -> None:
    orphan = Benefit(birth_date=BORN, since=GRANTED, until=date(2026, 8, 31))
    assert state(date(2026, 8, 31), orphan) == "certified"
    assert state(date(2026, 9, 1), orphan) == "over"


def test_what_is_decided_later_changes_nothing_on_the_days_before() -> None:
    history = History(
        certified=(after(30),), questions=(Question(after(10), DUE, after(40), True),)
    )
    assert standing(BENEFIT, history, after(9), TERMS).state == "stopped"
    assert standing(BENEFIT, history, after(29), TERMS).state == "held"
    assert standing(BENEFIT, history, after(9), TERMS).owed == ()


@pytest.mark.parametrize(
    ("left", "expected"), [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (0, 7)]
)
def test_reminders_come_60_30_and_7_days_before_and_one_that_was_missed_is_made_up(
    left: int, expected: int | None
) -> None:
    day = DUE - timedelta(days=left)
    assert rules.reminder(standing(BENEFIT, History(), day, TERMS), day, TERMS) == expected


def test_nobody_is_reminded_of_what_is_past_or_of_a_window_that_has_just_begun() -> None:
    late = after(1, DUE)
    assert rules.reminder(standing(BENEFIT, History(), late, TERMS), late, TERMS) is None
    short = rules.terms_for("old_age", demo_policy(certification_months_old_age=1))
    now = standing(BENEFIT, History(), GRANTED, short)
    assert rules.reminder(now, GRANTED, short) is None
