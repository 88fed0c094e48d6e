"""What ten years of a family are played on: a clock, phones, and the agency's registry."""

from datetime import date
from itertools import pairwise

import pytest

from ecard.demo import ten_years
from ecard.demo.years.children import Children
from ecard.demo.years.mother import Mother
from ecard.demo.years.world import WentOtherwise, World
from tests.support import Stage

TEN_YEARS_DAYS = 3650


@pytest.fixture
def world(stage: Stage) -> World:
    return World(stage.joined, stage.clock, stage.app, stage.demo, {})


def test_what_happens_is_told_in_the_order_of_its_days() -> None:
    chapters = ten_years.story(Children(), Mother())
    days = [day for _, scenes in chapters for day, _ in scenes]
    assert days[0] == ten_years.BEGINS
    assert all(one < other for one, other in pairwise([*days, ten_years.ENDS]))
    assert (ten_years.ENDS - ten_years.BEGINS).days > TEN_YEARS_DAYS


def test_somebody_signs_in_with_the_code_that_arrived_and_stays_so_for_a_while(
    world: World,
) -> None:
    phone = world.phone("lucia")
    assert phone.must("GET", "/card")["password"] == "set"
    token = phone.token
    assert world.phone("lucia").token == token
    world.clock.advance(days=400)
    assert world.phone("lucia").token != token


def test_the_agency_corrects_a_person_and_nothing_else_of_them(world: World) -> None:
    registry = world.joined.dependencies.registry
    before = registry.person("elena")
    world.registry_says("elena", died_on=date(2026, 11, 16))
    assert getattr(registry.person("elena"), "died_on", None) == date(2026, 11, 16)
    world.registry_says("elena", died_on=None)
    assert registry.person("elena") == before


def test_a_scene_that_comes_out_otherwise_ends_with_a_word(world: World) -> None:
    with pytest.raises(WentOtherwise, match="Elena is told: False"):
        world.hears("certification_due", "elena")
    answer = world.empty_phone().send("GET", "/links")
    with pytest.raises(WentOtherwise, match="'not_signed_in', and not 'scope_off'"):
        world.refused("the link", answer, "scope_off")
    assert world.refused("the link", answer, "not_signed_in") == "401 not_signed_in"
