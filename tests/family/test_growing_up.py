"""A child's link acts until the local midnight of the 16th birthday, and then only reads."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ecard.agencies import service as agencies
from ecard.policy import service as policies
from tests.family.scene import born, bring_to, invent, named, sign_in, texts
from tests.support import Stage

ADULT = 16
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("adult_age", [16, 18])
def test_acting_ends_at_local_midnight_of_the_birthday(stage: Stage, adult_age: int) -> None:
    if adult_age != ADULT:
        set_policy(stage, adult_age=adult_age)
    mother = sign_in(stage, invent(stage, "mum", born(36)))
    for born_on, day in [
        (date(2017, 8, 20), (8, 20)),
        (date(2016, 2, 29), (2, 29) if adult_age == ADULT else (3, 1)),  # 2034 has no leap day
        (date(2011, 1, 1), (1, 1)),
    ]:
        child = invent(stage, f"child{born_on.year}", born_on, card="")
        link_id = named(stage, mother, child, "child")
        bring_to(stage, link_id, "active")
        shown = datetime.fromisoformat(mother.must("GET", f"/links/{link_id}")["acts_until"])
        assert shown == datetime(born_on.year + adult_age, *day, tzinfo=SHANGHAI)
        assert shown.astimezone(UTC).hour == 16  # the day before, in UTC


def set_policy(stage: Stage, **values: object) -> None:
    """The city's own rules from now on."""
    now = stage.clock.time
    with stage.joined.db.write() as session:
        city = agencies.region_by_code(session, "north-harbour")
        policies.add(session, city.id, values, effective_from=now, now=now)
        session.commit()


def test_on_the_birthday_acting_stops_and_reading_stays_for_thirty_days(stage: Stage) -> None:
    parent = invent(stage, "mum", born(40))
    mother = sign_in(stage, parent)
    child = invent(stage, "child", date(2010, 11, 21), card="")
    link_id = named(stage, mother, child, "child")
    bring_to(stage, link_id, "active")
    birthday = datetime(2026, 11, 21, tzinfo=SHANGHAI)
    for at, acts, reads in [
        (birthday - timedelta(minutes=1), True, True),
        (birthday, False, True),
        (birthday + timedelta(days=30, minutes=-1), False, True),
        (birthday + timedelta(days=30), False, False),
    ]:
        stage.clock.time = at.astimezone(UTC) - timedelta(seconds=6)
        sign_in(stage, parent, mother)  # moves the clock on by six seconds
        seen = mother.must("GET", f"/links/{link_id}")
        assert (seen["may_act"], seen["may_read"]) == (acts, reads), at
        assert datetime.fromisoformat(seen["reads_until"]) == birthday + timedelta(days=30)
        assert seen["state"] == ("active" if reads else "ended")


def test_an_adults_link_has_no_end_of_its_own(stage: Stage) -> None:
    son = sign_in(stage, invent(stage, "son", born(45)))
    link_id = named(stage, son, invent(stage, "mother", born(72)), "parent")
    bring_to(stage, link_id, "active")
    assert son.must("GET", f"/links/{link_id}")["acts_until"] is None


def test_below_six_the_guardians_face_is_asked_for(stage: Stage) -> None:
    mother = sign_in(stage, invent(stage, "mum", born(36)))
    for ref, years, subject in (("small", 5, "guardian"), ("school", 6, "relative")):
        link_id = named(stage, mother, invent(stage, ref, born(years), card=""), "child")
        assert mother.must("GET", f"/links/{link_id}")["face_subject"] == subject


def test_both_sides_are_told_ninety_thirty_and_seven_days_before_acting_stops(
    stage: Stage,
) -> None:
    parent = invent(stage, "mum", born(40))
    mother = sign_in(stage, parent)
    child = invent(stage, "child", date(2011, 3, 1), card="")  # 16 in 103 days
    bring_to(stage, named(stage, mother, child, "child"), "active")
    sides = (parent, "coming_of_age"), (child, "coming_of_age_relative")
    birthday = datetime(2027, 3, 1, tzinfo=SHANGHAI).astimezone(UTC)
    for days_left, told in [(90, 1), (30, 2), (7, 3)]:
        stage.clock.time = birthday - timedelta(days=days_left, minutes=1)
        assert [len(texts(stage, who, kind)) for who, kind in sides] == [told - 1] * 2
        stage.clock.time = birthday - timedelta(days=days_left)
        assert [len(texts(stage, who, kind)) for who, kind in sides] == [told] * 2
    assert "March 2027" in texts(stage, parent, "coming_of_age")[0]
    assert "/of-age " in texts(stage, child, "coming_of_age_relative")[0]


def test_nobody_is_told_of_a_birthday_after_the_link_ended(stage: Stage) -> None:
    parent = invent(stage, "mum", born(40))
    mother = sign_in(stage, parent)
    child = invent(stage, "child", date(2011, 3, 1), card="")
    link_id = named(stage, mother, child, "child")
    bring_to(stage, link_id, "active")
    mother.must("POST", f"/links/{link_id}/end")
    stage.clock.advance(days=30)
    assert texts(stage, parent, "coming_of_age") == []
