import random
from itertools import pairwise

from biometrics.challenge import (
    COLOURS,
    LONGEST_GAP_MS,
    LONGEST_MS,
    MOST_FRAMES,
    MOVES,
    Light,
    Move,
    Profile,
    draw,
    frame_times,
    sequences,
)

MANY = [draw(Profile.STANDARD, random.Random(seed)) for seed in range(300)]


def test_every_order_of_the_moves_is_drawn():
    orders = {tuple(slot.move for slot in challenge.slots) for challenge in MANY}
    assert len(orders) == 24
    assert all(sorted(order) == sorted(MOVES) for order in orders)


def test_the_light_may_come_before_between_and_after_the_moves():
    places = {
        sum(slot.ends_ms <= challenge.flashes[0].begins_ms for slot in challenge.slots)
        for challenge in MANY
    }
    assert places == {0, 1, 2, 3, 4}


def test_two_challenges_are_hardly_ever_alike():
    assert len(set(MANY)) == len(MANY)


def test_no_colour_follows_itself_and_fewer_than_three_change_in_a_second():
    for challenge in MANY:
        for one, other in pairwise(challenge.flashes):
            assert one.light is not other.light
            assert one.ends_ms == other.begins_ms
        assert all(flash.ends_ms - flash.begins_ms > 334 for flash in challenge.flashes)
        assert {flash.light for flash in challenge.flashes} <= set(COLOURS)


def test_every_sequence_of_colours_that_is_drawn_is_among_all_that_can_be():
    known = sequences(6)
    assert len(known) == len(set(known)) == 96
    assert {tuple(flash.light for flash in one.flashes) for one in MANY} <= set(known)


def test_a_capture_takes_at_most_twelve_seconds():
    assert max(challenge.length_ms for challenge in MANY) <= LONGEST_MS


def test_moves_and_colours_never_overlap():
    for challenge in MANY:
        for slot in challenge.slots:
            assert all(
                flash.ends_ms <= slot.begins_ms or flash.begins_ms >= slot.ends_ms
                for flash in challenge.flashes
            )


def test_what_a_profile_takes_away_is_not_drawn():
    chance = random.Random(1)
    assert not draw(Profile.NO_LIGHT, chance).flashes
    assert len(draw(Profile.NO_LIGHT, chance).slots) == 4
    assert not draw(Profile.NO_MOVEMENT, chance).slots
    assert draw(Profile.NO_MOVEMENT, chance).flashes


def test_the_light_of_each_moment_is_known():
    challenge = MANY[0]
    first = challenge.flashes[0]
    assert challenge.light_at(first.begins_ms) is first.light
    assert challenge.light_at(first.begins_ms - 1) is Light.NONE
    assert challenge.light_at(challenge.flashes[-1].ends_ms) is Light.NONE


def test_the_times_that_are_proposed_see_every_colour_twice_and_leave_no_long_gap():
    for challenge in MANY:
        times = frame_times(challenge, 28)
        assert len(times) <= MOST_FRAMES
        assert all(one < other for one, other in pairwise(times))
        assert max(other - one for one, other in pairwise(times)) < LONGEST_GAP_MS
        for flash in challenge.flashes:
            assert sum(flash.begins_ms <= at < flash.ends_ms for at in times) == 2


def test_to_the_left_is_the_persons_own_left():
    assert Move.LEFT.value == "turn_left"
