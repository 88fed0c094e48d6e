"""Single facts about one face in one picture: large enough, whole, lit, sharp, facing the camera.

Never one boolean: every fact has a name, a value and a unit, and each failing one maps to a reason
a person can act on. Bad light is a reason of its own and never counts as "not you". All limits here
are INTERIM: they were set by hand on public research pictures (see the comment on each), not on
captures of this service.

Not looked at yet: whether something covers the face (mask, hand, dark glasses).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from biometrics.types import Face, LandmarkLayout, QualityFact, RgbImage, UnusableReason

_FACE_ROWS = slice(30, 120)
_FACE_COLUMNS = slice(30, 120)
"""The part of a 150 × 150 chip that skin fills: brows to mouth, cheek to cheek."""


_MEAN_NOSE_DROP = {LandmarkLayout.EYE_CORNERS: 0.773, LandmarkLayout.EYES_NOSE_MOUTH: 0.572}
"""Below the eyes, in eye distances, in the mean faces of alignment.py."""


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """INTERIM limits on one face. Light and sharpness are measured on the aligned chip, whose eyes
    are always the same distance apart, so they mean the same in every picture."""

    min_eye_distance_px: float
    min_visible_percent: float = 75.0
    """Of the face's box that lies inside the picture. Boxes are coarse: 5 of 100 tight, but whole,
    crops of Families in the Wild show less than 85."""
    min_brightness: float = 40.0
    """Mean of the face, 0–255. The darkest of 1,962 pictures of Labeled Faces in the Wild (LFW) has
    43: set below it, so that dark skin is never taken for bad light."""
    max_brightness: float = 225.0
    """The brightest there has 211."""
    min_contrast: float = 30.0
    """Between the 5th and the 95th percentile of the face, 0–255. The flattest there has 45."""
    min_sharpness: float = 0.0
    """See `sharpness`. LFW: half of the pictures above 0.045, 1 of 100 below 0.011."""
    max_turn_percent: float = 30.0
    """See `turn_percent`. LFW: 1 of 100 above 33."""
    max_tilt_percent: float = 30.0
    """See `tilt_percent`. LFW: 2.5 of 100 above; in clips of nodding heads, frames above it lie as
    far from their own person as a stranger does."""


_REASONS = {
    "eye_distance": UnusableReason.TOO_SMALL,
    "visible": UnusableReason.CUT_OFF,
    "brightness_low": UnusableReason.DARK,
    "brightness_high": UnusableReason.BRIGHT,
    "contrast_in_shade": UnusableReason.DARK,
    "contrast_in_light": UnusableReason.BRIGHT,
    "sharpness": UnusableReason.BLURRED,
    # a head turned away covers half of its own face
    "turn": UnusableReason.COVERED,
    "tilt": UnusableReason.COVERED,
}
"""In the order in which they are named when several fail."""

_MIDDLE_GREY = 127.5
_DARK_SCENE = 30.0
_BRIGHT_SCENE = 235.0
"""INTERIM: mean of a whole picture (0–255) beyond which the light is why no face was found."""


def judge_face(
    image: RgbImage, face: Face, chip: RgbImage, limits: QualityLimits
) -> tuple[QualityFact, ...]:
    """Every fact about a face. `chip`: the same face, aligned."""
    grey = _skin(chip)
    brightness, contrast = float(grey.mean()), spread(grey)
    visible = visible_percent(image, face)
    turn, tilt = turn_percent(face), tilt_percent(face)
    sharp = sharpness(chip)
    distance = face.eye_distance_px
    contrast_name = "contrast_in_shade" if brightness < _MIDDLE_GREY else "contrast_in_light"
    return (
        QualityFact("eye_distance", distance, "px", distance >= limits.min_eye_distance_px),
        QualityFact("visible", visible, "percent", visible >= limits.min_visible_percent),
        QualityFact("brightness_low", brightness, "0-255", brightness >= limits.min_brightness),
        QualityFact("brightness_high", brightness, "0-255", brightness <= limits.max_brightness),
        QualityFact(contrast_name, contrast, "0-255", contrast >= limits.min_contrast),
        QualityFact("sharpness", sharp, "ratio", sharp >= limits.min_sharpness),
        QualityFact("turn", turn, "percent", turn <= limits.max_turn_percent),
        QualityFact("tilt", tilt, "percent", tilt <= limits.max_tilt_percent),
    )


def first_failure(facts: Iterable[QualityFact]) -> UnusableReason | None:
    """The reason for the fact that failed first in the order of `_REASONS`, or None."""
    failed = {fact.name for fact in facts if not fact.passed}
    return next((reason for name, reason in _REASONS.items() if name in failed), None)


def light_failure(image: RgbImage) -> UnusableReason | None:
    """Whether a picture without a face is dark or bright as a whole."""
    mean = float(luminance(image).mean())
    if mean < _DARK_SCENE:
        return UnusableReason.DARK
    return UnusableReason.BRIGHT if mean > _BRIGHT_SCENE else None


def luminance(image: RgbImage) -> NDArray[np.float32]:
    """Rec. 601 luma, 0–255."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def spread(grey: NDArray[np.float32]) -> float:
    """Between the 5th and the 95th percentile."""
    values = np.sort(grey, axis=None)  # numpy's own percentiles take ten times as long
    places = np.array([0.05, 0.95]) * (len(values) - 1)
    low, high = np.interp(places, np.arange(len(values)), values)
    return float(high - low)


def _skin(chip: RgbImage) -> NDArray[np.float32]:
    return luminance(np.ascontiguousarray(chip[_FACE_ROWS, _FACE_COLUMNS]))


def sharpness(chip: RgbImage) -> float:
    """Energy of fine detail (variance of the Laplacian) against the energy of all contrast; without
    unit, higher is sharper, not moved by exposure."""
    grey = _skin(chip)
    detail = cv2.Laplacian(grey, cv2.CV_32F)
    return float(detail.var() / (grey.var() + 1))


def visible_percent(image: RgbImage, face: Face) -> float:
    """Part of the face's box that lies inside the picture."""
    height, width = image.shape[:2]
    box = face.box
    inside_x = max(0.0, min(box.right, width) - max(box.left, 0))
    inside_y = max(0.0, min(box.bottom, height) - max(box.top, 0))
    return float(100 * inside_x * inside_y / (box.width * box.height))


def turn_percent(face: Face) -> float:
    """How far the nose stands beside the middle of the eyes, in percent of their distance: 0 is
    frontal. A stand-in for the head's angle to the side, which five points do not give."""
    return 100 * abs(_nose(face)[0])


def tilt_percent(face: Face) -> float:
    """How much nearer to the eyes, or further from them, the nose stands than in the mean face. A
    stand-in for looking up or down."""
    return 100 * abs(_nose(face)[1] / _MEAN_NOSE_DROP[face.layout] - 1)


def _nose(face: Face) -> tuple[float, float]:
    """The nose from the middle of the eyes, along their line and across it, in eye distances."""
    one_eye, other_eye = face.eyes
    line = (one_eye - other_eye) / (np.hypot(*(one_eye - other_eye)) ** 2)
    x, y = np.array(face.nose) - (one_eye + other_eye) / 2
    return float(x * line[0] + y * line[1]), abs(float(x * line[1] - y * line[0]))


_SHARP_ENOUGH = 0.05
"""Beyond it more detail no longer helps recognition, facing the camera does."""


def merit(face: Face, chip: RgbImage) -> float:
    """For putting the frames of a capture in order: higher is sharper and more frontal."""
    facing = (100 - min(100.0, turn_percent(face))) * (100 - min(100.0, tilt_percent(face)))
    return facing * min(sharpness(chip), _SHARP_ENOUGH)
