"""Single facts about one face in one picture: large enough, whole, lit, sharp, facing the camera.

What is measured follows ISO/IEC 29794-5 and its reference implementation (OFIQ) where these need no
weights. Never one boolean: every fact has a name, a value, a unit, a range and a sentence that a
person can act on (`MEASURES`). Some refuse a picture, with a reason (`_REASONS`); the others advise
only. Bad light is a reason of its own and never counts as "not you". All limits here were set by
hand on public research pictures (the comment on each says what was seen there), not on captures of
this service.

Not looked at yet: whether something covers the face (mask, hand, dark glasses).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from biometrics.types import Face, LandmarkLayout, QualityFact, RgbImage, UnusableReason

_FACE_ROWS = slice(30, 120)
_FACE_COLUMNS = slice(30, 120)
"""The part of a 150 × 150 chip that skin fills: brows to mouth, cheek to cheek."""


_LEFT_CHEEK = (slice(30, 75), slice(4, 40))
_RIGHT_CHEEK = (slice(30, 75), slice(50, 86))
"""Of that part: from below the eyes to the mouth, either side of the nose."""
_CHIN_DROP = 1.8
"""The chin below the eyes, in eye distances: five points do not give it."""
_GREYS = 256
_DARKEST, _BRIGHTEST = 25, 247
"""Up to and from these greys a pixel counts as under- or overexposed (ISO/IEC 29794-5)."""

_MEAN_NOSE_DROP = {LandmarkLayout.EYE_CORNERS: 0.773, LandmarkLayout.EYES_NOSE_MOUTH: 0.572}
"""Below the eyes, in eye distances, in the mean faces of alignment.py."""


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Limits on one face. Light and sharpness are measured on the aligned chip, whose eyes
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
    # From here on: advice. A face beyond these is compared all the same. Of 393 pictures of LFW:
    min_head_percent: float = 10.0
    """None below 19: the whole head is small in the picture."""
    max_roll_degrees: float = 20.0
    """2 above; the cut turns a face upright, so this is for the person's comfort."""
    max_exposed_percent: float = 10.0
    """Of the face too dark (1 of 100 pictures above) or too bright (none) to show anything."""
    min_dynamic_range_bits: float = 5.5
    """The poorest has 6.0."""
    min_uniformity: float = 0.1
    """2 of 100 below: one side of the face lies in the shade."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a fact is: its unit, between which values it lies, and what to do where it fails."""

    unit: str
    least: float
    most: float
    advice: str


_CLOSER, _LIGHT = "Come closer to the camera.", "Turn to the light."
_SHADE, _STRAIGHT = "Go out of the glaring light.", "Look straight into the camera."

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "single_face": Measure("percent", 0, 100, "Only one person may be in the picture."),
        "eye_distance": Measure("px", 0, math.inf, _CLOSER),
        "head_size": Measure("percent", 0, math.inf, _CLOSER),
        "visible": Measure("percent", 0, 100, "Move until the whole face is in the picture."),
        "brightness_low": Measure("0-255", 0, 255, _LIGHT),
        "brightness_high": Measure("0-255", 0, 255, _SHADE),
        "contrast_in_shade": Measure("0-255", 0, 255, _LIGHT),
        "contrast_in_light": Measure("0-255", 0, 255, _SHADE),
        "under_exposed": Measure("percent", 0, 100, _LIGHT),
        "over_exposed": Measure("percent", 0, 100, _SHADE),
        "dynamic_range": Measure("bits", 0, 8, _LIGHT),
        "uniformity": Measure("share", 0, 1, "Let the light fall on both sides of the face."),
        "sharpness": Measure("ratio", 0, 64, "Hold the camera still, and wipe its lens."),
        "turn": Measure("percent", 0, math.inf, _STRAIGHT),
        "tilt": Measure("percent", 0, math.inf, _STRAIGHT),
        "roll": Measure("degrees", 0, 180, "Hold the camera and the head upright."),
    }
)


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
"""Set by hand: mean of a whole picture (0–255) beyond which the light is why no face was found."""


def judge_face(
    image: RgbImage, face: Face, chip: RgbImage, limits: QualityLimits
) -> tuple[QualityFact, ...]:
    """Every fact about a face. `chip`: the same face, aligned."""
    return (*_size_facts(image, face, limits), *_light_facts(chip, limits), *_pose(face, limits))


def _size_facts(image: RgbImage, face: Face, limits: QualityLimits) -> Iterable[QualityFact]:
    distance, head = face.eye_distance_px, head_percent(image, face)
    visible = visible_percent(image, face)
    yield _fact("eye_distance", distance, distance >= limits.min_eye_distance_px)
    yield _fact("head_size", head, head >= limits.min_head_percent)
    yield _fact("visible", visible, visible >= limits.min_visible_percent)


def _light_facts(chip: RgbImage, limits: QualityLimits) -> Iterable[QualityFact]:
    grey = _skin(chip)
    brightness, contrast, sharp = float(grey.mean()), spread(grey), sharpness(chip)
    contrast_name = "contrast_in_shade" if brightness < _MIDDLE_GREY else "contrast_in_light"
    under, over = exposed_percent(grey)
    bits, uniform = dynamic_range(grey), uniformity(grey)
    yield _fact("brightness_low", brightness, brightness >= limits.min_brightness)
    yield _fact("brightness_high", brightness, brightness <= limits.max_brightness)
    yield _fact(contrast_name, contrast, contrast >= limits.min_contrast)
    yield _fact("under_exposed", under, under <= limits.max_exposed_percent)
    yield _fact("over_exposed", over, over <= limits.max_exposed_percent)
    yield _fact("dynamic_range", bits, bits >= limits.min_dynamic_range_bits)
    yield _fact("uniformity", uniform, uniform >= limits.min_uniformity)
    yield _fact("sharpness", sharp, sharp >= limits.min_sharpness)


def _pose(face: Face, limits: QualityLimits) -> Iterable[QualityFact]:
    turn, tilt, roll = turn_percent(face), tilt_percent(face), roll_degrees(face)
    yield _fact("turn", turn, turn <= limits.max_turn_percent)
    yield _fact("tilt", tilt, tilt <= limits.max_tilt_percent)
    yield _fact("roll", roll, roll <= limits.max_roll_degrees)


def _fact(name: str, value: float, passed: bool) -> QualityFact:
    return QualityFact(name, value, MEASURES[name].unit, passed)


def single_face(faces: Sequence[Face], meant: Face, *, has_rival: bool) -> QualityFact:
    """How large the largest other face is, in percent of the one that is meant (by width). Whether
    it passes is detection's rule: a helper beside the person may be there."""
    others = [face.box.width for face in faces if face is not meant]
    share = 100 * max(others, default=0.0) / meant.box.width
    return _fact("single_face", min(100.0, share), not has_rival)


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


def _histogram(grey: NDArray[np.float32]) -> NDArray[np.float64]:
    """Share of the pixels at each whole grey."""
    counts = np.bincount(grey.astype(np.uint8).ravel(), minlength=_GREYS)
    return np.asarray(counts / grey.size, np.float64)


def exposed_percent(grey: NDArray[np.float32]) -> tuple[float, float]:
    """Under- and overexposed: how much of the face is nearly black, and nearly white."""
    shares = _histogram(grey)
    return float(100 * shares[: _DARKEST + 1].sum()), float(100 * shares[_BRIGHTEST:].sum())


def dynamic_range(grey: NDArray[np.float32]) -> float:
    """Entropy of the greys, in bits: 0 for one grey, 8 for all of them equally often."""
    shares = _histogram(grey)
    used = shares[shares > 0]
    return float(max(0.0, -(used * np.log2(used)).sum()))


def uniformity(grey: NDArray[np.float32]) -> float:
    """How alike the greys of the two cheeks are (what their histograms share): 1 the same, 0
    nothing in common."""
    left, right = _histogram(grey[_LEFT_CHEEK]), _histogram(grey[_RIGHT_CHEEK])
    return float(min(1.0, np.minimum(left, right).sum()))


def sharpness(chip: RgbImage) -> float:
    """Energy of fine detail (variance of the Laplacian) against the energy of all contrast; without
    unit, higher is sharper, not moved by exposure."""
    grey = _skin(chip)
    detail = cv2.Laplacian(grey, cv2.CV_32F)
    return float(detail.var() / (grey.var() + 1))


def head_percent(image: RgbImage, face: Face) -> float:
    """From the eyes down to the chin, in percent of the picture's height."""
    return 100 * _CHIN_DROP * face.eye_distance_px / len(image)


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


def roll_degrees(face: Face) -> float:
    """How far the line between the eyes leans, 0 to 180."""
    across, down = face.eyes[0] - face.eyes[1]
    return float(abs(np.degrees(np.arctan2(down, across))))


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
