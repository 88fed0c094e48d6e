"""Quality is an order, not a magic number."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from biometrics.alignment import face_chip
from biometrics.quality import (
    QualityLimits,
    first_failure,
    judge_face,
    merit,
    sharpness,
    tilt_percent,
    turn_percent,
    visible_percent,
)
from biometrics.types import Box, Face, QualityFact, RgbImage, UnusableReason
from tests.biometrics.pictures import brightened, pixels, views


@pytest.fixture(scope="module")
def view(astronaut):
    return views(astronaut)[0]


@pytest.fixture(scope="module")
def face(verifier, view):
    return verifier.find_faces(pixels(view))[0]


def chip_of(view: Image.Image, face: Face) -> RgbImage:
    return face_chip(pixels(view), np.array(face.landmarks))


def test_more_blur_means_less_sharpness(view, face):
    measured = [
        sharpness(chip_of(view.filter(ImageFilter.GaussianBlur(radius)), face))
        for radius in (0, 2, 4, 6)
    ]
    assert measured == sorted(measured, reverse=True)


def test_exposure_does_not_pass_for_blur(view, face):
    sharp = sharpness(chip_of(view, face))
    shaded = sharpness(chip_of(brightened(0.6)(view), face))
    assert shaded == pytest.approx(sharp, rel=0.2)


def test_a_sharp_frontal_frame_has_more_merit_than_a_blurred_or_turned_one(view, face):
    blurred = view.filter(ImageFilter.GaussianBlur(5))
    chip = chip_of(view, face)
    *eyes, (nose_x, nose_y) = face.landmarks
    turned = replace(face, landmarks=(*eyes, (nose_x + 25, nose_y)))
    assert merit(face, chip) > merit(face, chip_of(blurred, face))
    assert merit(face, chip) > merit(turned, chip)
    assert turn_percent(turned) > turn_percent(face)


def test_a_nose_nearer_to_the_eyes_is_a_tilt(face):
    *eyes, (nose_x, nose_y) = face.landmarks
    tilted = replace(face, landmarks=(*eyes, (nose_x, nose_y - 40)))
    assert tilt_percent(tilted) > tilt_percent(face) + 20


def test_what_lies_outside_the_picture_is_not_visible(view, face):
    image = pixels(view)
    width = image.shape[1]
    assert visible_percent(image, face) == 100
    half = replace(face, box=Box(width - 50, 10, width + 50, 110))
    assert visible_percent(image, half) == pytest.approx(50)
    gone = replace(face, box=Box(width + 10, 0, width + 20, 10))
    assert visible_percent(image, gone) == 0


def test_every_fact_has_a_unit_and_a_good_face_passes_all(view, face):
    facts = judge_face(pixels(view), face, chip_of(view, face), QualityLimits(30))
    assert all(fact.unit and fact.passed for fact in facts)
    assert first_failure(facts) is None


def test_darkness_is_named_before_blur():
    facts = (
        QualityFact("sharpness", 0, "ratio", passed=False),
        QualityFact("brightness_low", 10, "0-255", passed=False),
    )
    assert first_failure(facts) is UnusableReason.DARK
