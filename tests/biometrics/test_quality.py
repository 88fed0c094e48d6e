"""Quality is an order, not a magic number."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from biometrics.alignment import face_chip
from biometrics.quality import (
    MEASURES,
    QualityLimits,
    first_failure,
    judge_face,
    merit,
    roll_degrees,
    sharpness,
    single_face,
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


def facts_of(picture: Image.Image, found: Face) -> dict[str, QualityFact]:
    facts = judge_face(pixels(picture), found, chip_of(picture, found), QualityLimits(30))
    return {fact.name: fact for fact in facts}


def test_a_good_face_passes_all_and_every_fact_has_unit_range_and_advice(view, face):
    facts = judge_face(pixels(view), face, chip_of(view, face), QualityLimits(30))
    assert all(fact.passed for fact in facts)
    assert first_failure(facts) is None
    for fact in facts:
        measure = MEASURES[fact.name]
        assert fact.unit == measure.unit
        assert measure.least <= fact.value <= measure.most
        assert measure.advice.endswith(".")
    contrasts = {"contrast_in_shade", "contrast_in_light"}
    assert {fact.name for fact in facts} | contrasts | {"single_face"} == set(MEASURES)


@pytest.fixture(scope="module", params=["astronaut", "admiral"])
def person(request, verifier) -> tuple[Image.Image, Face]:
    seen = views(request.getfixturevalue(request.param))[0]
    return seen, verifier.find_faces(pixels(seen))[0]


def test_less_light_is_darker_poorer_and_more_of_it_underexposed(person):
    seen, found = person
    steps = [facts_of(brightened(part)(seen), found) for part in (1, 0.6, 0.3)]
    for name in ("brightness_low", "dynamic_range"):
        values = [facts[name].value for facts in steps]
        assert values == sorted(values, reverse=True)
        assert values[0] > values[-1]
    contrasts = [facts["contrast_in_shade"].value for facts in steps[1:]]
    assert contrasts[0] > contrasts[1]
    under = [facts["under_exposed"].value for facts in steps]
    assert under == sorted(under)
    assert under[-1] > under[0]


def test_glare_is_brighter_and_more_of_it_overexposed(person):
    seen, found = person
    glare = [seen.point([min(255, grey + by) for grey in range(256)] * 3) for by in (0, 60, 110)]
    steps = [facts_of(picture, found) for picture in glare]
    for name in ("brightness_high", "over_exposed"):
        values = [facts[name].value for facts in steps]
        assert values == sorted(values)
        assert values[0] < values[-1]
    assert not steps[-1]["over_exposed"].passed


def test_a_side_of_the_face_in_the_shade_is_less_uniform(person):
    seen, found = person
    darker_first = np.diff([half.mean() for half in np.hsplit(chip_of(seen, found), 2)])[0] > 0
    across = np.linspace(1, 0.05, seen.width)[:: -1 if darker_first else 1, None]
    shaded = Image.fromarray((pixels(seen) * across).astype(np.uint8))
    values = [facts_of(picture, found)["uniformity"].value for picture in (seen, shaded)]
    assert values[1] < values[0] - 0.1


def test_further_away_is_smaller_in_eyes_and_head(person, verifier):
    seen, found = person
    scene = Image.new("RGB", seen.size, (110, 110, 110))
    scene.paste(seen.resize([round(0.75 * side) for side in seen.size]), (40, 40))
    near, far = facts_of(seen, found), facts_of(scene, verifier.find_faces(pixels(scene))[0])
    for name in ("eye_distance", "head_size"):
        assert far[name].value == pytest.approx(0.75 * near[name].value, rel=0.1)


def test_blur_lowers_sharpness(person):
    seen, found = person
    blurred = [seen.filter(ImageFilter.GaussianBlur(radius)) for radius in (0, 2, 4)]
    values = [facts_of(picture, found)["sharpness"].value for picture in blurred]
    assert values == sorted(values, reverse=True)
    assert values[0] > 2 * values[-1]


def test_a_leaning_head_is_measured_in_degrees(person, verifier):
    seen, found = person
    leaning = pixels(seen.rotate(15, resample=Image.Resampling.BICUBIC))
    assert roll_degrees(found) < 8
    assert roll_degrees(verifier.find_faces(leaning)[0]) == pytest.approx(15, abs=8)


def test_upside_down_is_half_a_turn(face):
    turned = replace(face, landmarks=tuple((-x, -y) for x, y in face.landmarks))
    assert roll_degrees(turned) == pytest.approx(180 - roll_degrees(face), abs=1e-6)


def test_another_face_is_measured_by_its_size_and_judged_by_the_rule_for_helpers(face):
    left, top = face.box.left, face.box.top
    helper = replace(face, box=Box(left, top, left + face.box.width / 4, top + 10))
    alone = single_face([face], face, has_rival=False)
    beside = single_face([face, helper], face, has_rival=False)
    rival = single_face([face, replace(face)], face, has_rival=True)
    assert [alone.value, beside.value, rival.value] == pytest.approx([0, 25, 100])
    assert (alone.passed, beside.passed, rival.passed) == (True, True, False)


def test_advice_alone_refuses_no_picture():
    advised = {"head_size", "roll", "under_exposed", "over_exposed", "dynamic_range", "uniformity"}
    assert all(first_failure([QualityFact(name, 0, "", False)]) is None for name in advised)


def test_darkness_is_named_before_blur():
    facts = (
        QualityFact("sharpness", 0, "ratio", passed=False),
        QualityFact("brightness_low", 10, "0-255", passed=False),
    )
    assert first_failure(facts) is UnusableReason.DARK
