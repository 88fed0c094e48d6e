import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biometrics import calibration
from biometrics.calibration import BANDS, OperatingPoint, band_of, points_of, read_points
from biometrics.comparison import (
    distance,
    is_nearest_to_claimed,
    outcome_of,
    together,
    zone_of,
)
from biometrics.engines import ResnetEngine
from biometrics.errors import ModelAltered
from biometrics.types import Outcome, Zone

NEAR, MIDDLING, FAR = 0.01, 0.07, 0.5
ADULT = OperatingPoint("made-up/adult", accept_within=0.05, review_within=0.09)
PERSON_DECIDES = OperatingPoint("made-up/child", accept_within=None, review_within=0.09)
IN_USE = points_of(ResnetEngine.name, ResnetEngine.weights)
assert IN_USE is not None
POINTS = IN_USE


def direction(*values: float) -> np.ndarray:
    vector = np.array(values, np.float32)
    return vector / np.linalg.norm(vector)


def test_a_near_enough_one_is_accepted_a_middling_one_reviewed_a_far_one_rejected():
    zones = [zone_of(measured, ADULT) for measured in (NEAR, MIDDLING, FAR)]
    assert zones == [Zone.ACCEPT, Zone.REVIEW, Zone.REJECT]


def test_limits_belong_to_the_nearer_zone():
    assert ADULT.accept_within is not None
    assert zone_of(ADULT.accept_within, ADULT) is Zone.ACCEPT
    assert zone_of(math.nextafter(ADULT.accept_within, 1), ADULT) is Zone.REVIEW
    assert zone_of(ADULT.review_within, ADULT) is Zone.REVIEW
    assert zone_of(math.nextafter(ADULT.review_within, 1), ADULT) is Zone.REJECT


@given(measured=st.floats(0, 2))
def test_without_a_limit_for_acceptance_nobody_is_accepted(measured):
    assert zone_of(measured, PERSON_DECIDES) is not Zone.ACCEPT


@given(age=st.integers(0, 5), measured=st.floats(0, 2))
def test_the_smallest_children_are_never_accepted_without_review(age, measured):
    assert zone_of(measured, POINTS.at(age)) is not Zone.ACCEPT


@given(measured=st.floats(0, 2))
def test_nobody_of_unknown_age_is_accepted_without_review(measured):
    assert zone_of(measured, POINTS.at(None)) is not Zone.ACCEPT


def test_the_age_decides_the_operating_point():
    names = [POINTS.at(age).id.split("/")[1] for age in (0, 5, 6, 10, 11, 15, 16, 17, 18, 59, 60)]
    assert names == ["0-5"] * 2 + ["6-10"] * 2 + ["11-15"] * 2 + ["16-17"] * 2 + [
        "18-59",
        "18-59",
        "60+",
    ]
    with pytest.raises(ValueError, match="whole years"):
        POINTS.at(-1)


@given(age=st.integers(0, 200))
def test_every_age_has_one_band(age):
    assert [band for band in BANDS if band.holds(age)] == [band_of(age)]


def test_bands_in_use_accept_only_where_the_false_match_rate_is_supported():
    kept = calibration.measured(ResnetEngine.name)
    assert kept is not None
    for band in BANDS:
        found = kept["bands"][band.name]
        assert found["people"] >= 100
        if found["accept_within"] is not None:
            assert band.accept_fmr is not None
            assert found["fmr"]["value"] <= band.accept_fmr
            assert found["fmr"]["high"] <= 2 * band.accept_fmr
        else:
            assert found["review_because"]


def test_points_that_accept_without_support_are_refused():
    kept = json.loads(json.dumps(calibration.measured(ResnetEngine.name)))
    for band in kept["bands"].values():
        band["accept_within"], band["fmr"]["high"] = 0.01, 0.5
    with pytest.raises(ValueError, match="not supported"):
        read_points("altered", kept)


@pytest.mark.parametrize("place", ["accept_within", "review_within", "high", "together"])
def test_limits_that_are_no_numbers_are_refused(place):
    kept = json.loads(json.dumps(calibration.measured(ResnetEngine.name)))
    adults = kept["bands"]["18-59"]
    holder = {"high": adults["fmr"], "together": kept}.get(place, adults)
    holder["same_capture_within" if place == "together" else place] = math.nan
    with pytest.raises(ValueError, match=r"supported|order|frames"):
        read_points("altered", kept)


@pytest.mark.parametrize(
    "content", [None, "", "{}", "[]", '{"engines": []}', '{"engines": {"altered": {}}}', "no json"]
)
def test_a_file_without_operating_points_is_refused(tmp_path, content):
    path = tmp_path / "points.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ModelAltered):
        points_of("altered", "", path)


def test_an_engine_that_was_never_measured_has_no_points():
    assert points_of("never-measured-v1", "") is None


def test_contrast_asks_that_the_claimed_reference_is_the_nearest_one():
    assert is_nearest_to_claimed(0.05, [], 0.01)
    assert is_nearest_to_claimed(0.05, [0.07, 0.2], 0.01)
    assert not is_nearest_to_claimed(0.05, [0.2, 0.055], 0.01)
    assert not is_nearest_to_claimed(0.05, [0.05], 0.0)
    with pytest.raises(ValueError, match="finite"):
        is_nearest_to_claimed(0.05, [math.nan], 0.01)


@pytest.mark.parametrize("measured", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_no_distance(measured):
    with pytest.raises(ValueError, match="finite"):
        zone_of(measured, ADULT)


def test_only_the_zone_reject_is_no_match():
    assert outcome_of(Zone.REJECT) is Outcome.NO_MATCH
    assert outcome_of(Zone.REVIEW) is Outcome.MATCH
    assert outcome_of(Zone.ACCEPT) is Outcome.MATCH


def test_distance_is_0_for_one_direction_and_1_for_unrelated_ones():
    east, north = direction(1, 0), direction(0, 1)
    assert distance(east, east) == pytest.approx(0)
    assert distance(east, north) == pytest.approx(1)
    assert distance(east, north) == distance(north, east)


WITHIN = 0.1


def test_frames_of_a_head_that_turns_step_by_step_are_one_persons():
    turning = [direction(1, step * 0.1) for step in (0, 0, 0, 0, 1, 2, 3, 4)]
    assert together(turning, WITHIN).strays == ()


@pytest.mark.parametrize("count", [1, 2, 4])
def test_frames_of_somebody_else_stray_however_few(count):
    frames = [direction(1, 0.002 * step) for step in range(28)]
    found = together([*frames, *[direction(0.5, 1)] * count], WITHIN)
    assert found.strays == tuple(range(28, 28 + count))
    assert found.furthest > 1


@pytest.mark.parametrize("every", [2, 3, 4, 6])
def test_two_people_by_turns_are_never_one(every):
    one, other = direction(1, 0), direction(0.5, 1)
    frames = [other if place % every == 0 else one for place in range(28)]
    assert len(together(frames, WITHIN).strays) == min(
        sum(frame is other for frame in frames), sum(frame is one for frame in frames)
    )
