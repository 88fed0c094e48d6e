import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biometrics.calibration import ADULT, AGE_UNKNOWN, UNDER_16, operating_point_for
from biometrics.comparison import distance, furthest_stray, outcome_of, zone_of
from biometrics.types import Outcome, Zone

NEAR, MIDDLING, FAR = 0.01, 0.07, 0.5


def direction(*values: float) -> np.ndarray:
    vector = np.array(values, np.float32)
    return vector / np.linalg.norm(vector)


def test_an_adult_near_enough_is_accepted_a_middling_one_reviewed_a_far_one_rejected():
    zones = [zone_of(measured, ADULT) for measured in (NEAR, MIDDLING, FAR)]
    assert zones == [Zone.ACCEPT, Zone.REVIEW, Zone.REJECT]


def test_limits_belong_to_the_nearer_zone():
    assert ADULT.accept_within is not None
    assert zone_of(ADULT.accept_within, ADULT) is Zone.ACCEPT
    assert zone_of(math.nextafter(ADULT.accept_within, 1), ADULT) is Zone.REVIEW
    assert zone_of(ADULT.review_within, ADULT) is Zone.REVIEW
    assert zone_of(math.nextafter(ADULT.review_within, 1), ADULT) is Zone.REJECT


@given(age=st.integers(0, 15), measured=st.floats(0, 2))
def test_nobody_under_16_is_accepted_without_review(age, measured):
    assert zone_of(measured, operating_point_for(age)) is not Zone.ACCEPT


@given(measured=st.floats(0, 2))
def test_nobody_of_unknown_age_is_accepted_without_review(measured):
    assert zone_of(measured, operating_point_for(None)) is not Zone.ACCEPT


def test_the_age_decides_the_operating_point():
    assert operating_point_for(15) is UNDER_16
    assert operating_point_for(16) is ADULT
    assert operating_point_for(None) is AGE_UNKNOWN
    with pytest.raises(ValueError, match="negative"):
        operating_point_for(-1)


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


def test_a_frame_far_from_all_the_best_ones_strays():
    best = [direction(1, 0), direction(1, 0.1)]
    assert furthest_stray(best, [*best, direction(1, 0.2)]) < 0.02
    assert furthest_stray(best, [*best, direction(0, 1)]) > 0.8
    assert furthest_stray([direction(1, 0), direction(0, 1)], best) > 0.8
