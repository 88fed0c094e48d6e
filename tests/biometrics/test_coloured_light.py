"""On faces that are only patches of colour."""

import random
from dataclasses import replace

import numpy as np
import pytest

from biometrics.challenge import Light, Profile, draw, frame_times, sequences
from biometrics.coloured_light import response
from biometrics.liveness import LEAST_MARGIN
from biometrics.tracks import Seen, Track
from biometrics.types import RgbImage
from tests.biometrics.test_tracks import face

CHALLENGE = draw(Profile.STANDARD, random.Random(7))
OTHER = draw(Profile.STANDARD, random.Random(8))
LIGHTS = {
    Light.NONE: (0.0, 0.0, 0.0),
    Light.RED: (1.0, 0.0, 0.0),
    Light.GREEN: (0.0, 1.0, 0.0),
    Light.BLUE: (0.0, 0.0, 1.0),
}


def lit(
    at: float, strength: float, behind: float, challenge=CHALLENGE, late: float = 0
) -> RgbImage:
    """A skin-coloured head before a grey wall, both under grey light and the screen's."""
    light = np.array(LIGHTS[challenge.light_at(at - late)])
    linear = np.full((320, 240, 3), 0.2) * (1 + behind * light)
    linear[90:240, 60:180] = np.array([0.4, 0.25, 0.18]) * (1 + strength * light)
    noise = np.random.default_rng(int(at)).normal(0, 0.004, linear.shape)
    return (255 * np.clip(linear + noise, 0, 1) ** (1 / 2.2)).astype(np.uint8)


def seen_by(**how) -> Track:
    times = frame_times(CHALLENGE, 28)
    return Track([Seen(at, lit(at, **how), face()) for at in times])


def test_a_face_that_follows_the_colours_is_measured():
    found = response(seen_by(strength=0.2, behind=0.02), CHALLENGE)
    assert found is not None
    assert found.strength == pytest.approx(0.18, abs=0.04)
    assert found.agreement > 0.95
    assert found.background < 0.3 * found.strength
    assert found.own > 0.9
    assert found.margin > 0.05


def test_of_a_tint_over_the_whole_picture_nothing_is_the_face_s_own():
    found = response(seen_by(strength=0.2, behind=0.2), CHALLENGE)
    assert found.agreement > 0.95
    assert found.own < 0.6


def test_where_nothing_is_seen_behind_the_face_nothing_is_said_of_it():
    times = frame_times(CHALLENGE, 28)
    seen = [Seen(at, lit(at, strength=0.2, behind=0.0), face(size=1.8)) for at in times]
    found = response(Track(seen), CHALLENGE)
    assert found.own is None
    assert found.background is None


def test_more_light_is_a_stronger_answer():
    weak = response(seen_by(strength=0.05, behind=0.0), CHALLENGE)
    strong = response(seen_by(strength=0.4, behind=0.0), CHALLENGE)
    assert weak.strength < strong.strength


def test_a_screen_that_shows_the_colours_late_is_allowed_for():
    found = response(seen_by(strength=0.2, behind=0.02, late=100), CHALLENGE)
    assert found.agreement > 0.9


def test_colours_of_another_schedule_do_not_agree():
    found = response(seen_by(strength=0.2, behind=0.0, challenge=OTHER), CHALLENGE)
    assert found.agreement < 0.5


def recoloured(*lights: Light):
    """The challenge with other colours at the same times."""
    flashes = zip(CHALLENGE.flashes, lights, strict=True)
    return replace(CHALLENGE, flashes=tuple(replace(one, light=light) for one, light in flashes))


def test_a_face_that_answered_any_other_colours_is_told_apart():
    track = seen_by(strength=0.2, behind=0.02)
    drawn = tuple(flash.light for flash in CHALLENGE.flashes)
    others = [recoloured(*lights) for lights in sequences(len(drawn)) if lights != drawn]
    assert len(others) == 95
    assert max(response(track, other).margin for other in others) < LEAST_MARGIN


@pytest.mark.parametrize("missed", range(6))
def test_a_colour_that_no_frame_saw_could_be_any_so_nothing_is_measured(missed: int):
    track = seen_by(strength=0.2, behind=0.02)
    unseen = [seen for seen in track.frames if CHALLENGE.flash_at(seen.at_ms) != missed]
    assert response(Track(unseen), CHALLENGE) is None


def test_a_face_that_ignores_the_colours_does_not_agree():
    found = response(seen_by(strength=0.0, behind=0.0), CHALLENGE)
    assert found.strength < 0.01
    assert found.agreement < 0.6


@pytest.mark.gate
def test_where_no_colours_were_drawn_or_no_face_was_seen_nothing_is_measured():
    unlit = draw(Profile.NO_LIGHT, random.Random(7))
    assert response(seen_by(strength=0.2, behind=0.0), unlit) is None
    empty = Track([Seen(at, lit(at, 0, 0), None) for at in frame_times(CHALLENGE, 28)])
    assert response(empty, CHALLENGE) is None
