"""Household contrast: who is about as near to another member's reference waits for a person."""

import pytest
from PIL import Image

from biometrics.types import Outcome, ReviewReason, Zone
from tests.biometrics.pictures import capture, jpeg, views

ADULT_AGE = 40


def test_a_claimant_clearly_nearest_to_the_claimed_reference_is_accepted(
    verifier, astronaut, admiral
):
    frames, reference = capture(astronaut), jpeg(astronaut)
    answer = verifier.verify(frames, reference, age=ADULT_AGE, household=[jpeg(admiral)])
    assert answer.accepted
    assert answer.review is None
    assert ("household", 1, True) in [(f.name, f.value, f.passed) for f in answer.facts]


def test_a_claimant_as_near_to_another_one_waits_for_a_person(verifier, astronaut, admiral):
    own_again = jpeg(views(astronaut, 3)[2])
    household = [jpeg(admiral), own_again]
    answer = verifier.verify(
        capture(astronaut), jpeg(astronaut), age=ADULT_AGE, household=household
    )
    assert (answer.outcome, answer.zone) == (Outcome.MATCH, Zone.REVIEW)
    assert answer.review is ReviewReason.CLOSE_RELATIVE
    assert not answer.accepted


def test_contrast_never_lifts_a_mismatch(verifier, astronaut, admiral):
    answer = verifier.verify(
        capture(astronaut), jpeg(admiral), age=ADULT_AGE, household=[jpeg(astronaut)]
    )
    assert (answer.outcome, answer.zone, answer.review) == (Outcome.NO_MATCH, Zone.REJECT, None)


@pytest.mark.parametrize("other", [b"", b"no picture", jpeg(Image.new("RGB", (300, 300)))])
def test_where_a_reference_of_the_household_cannot_be_compared_a_person_looks(
    verifier, astronaut, admiral, other
):
    household = [jpeg(admiral), other]
    answer = verifier.verify(
        capture(astronaut), jpeg(astronaut), age=ADULT_AGE, household=household
    )
    assert [(f.value, f.passed) for f in answer.facts if f.name == "household"] == [(1, False)]
    assert (answer.outcome, answer.zone) == (Outcome.MATCH, Zone.REVIEW)
    assert answer.review is ReviewReason.HOUSEHOLD_UNREAD
    assert not answer.accepted
