"""Turns, scales and cuts a face so that its eyes and nose lie where the embedder expects them."""

from dataclasses import dataclass

import cv2
import numpy as np

from biometrics.landmarks import similarity
from biometrics.networks import CHIP_SIDE_PX
from biometrics.types import Face, LandmarkLayout, Points, RgbImage

_PADDING = 0.25
"""dlib's: this part of the mean face's box is added on each side."""

_MEAN_FACE = np.array(
    [
        (0.8595674595992, 0.2134981538014),
        (0.6460604764104, 0.2289674387677),
        (0.1205750620789, 0.2137274526848),
        (0.3340850613712, 0.2290642403242),
        (0.4901123135679, 0.6277975316475),
    ]
)
"""The five points in the mean face's own box (0–1), from dlib's get_face_chip_details."""

CHIP_POINTS = (_MEAN_FACE + _PADDING) / (2 * _PADDING + 1) * CHIP_SIDE_PX
"""Where the five points come to lie in the chip, in pixels."""


_HALVE_ABOVE = 2.0
"""Picture pixels for one of the chip: from here on bilinear sampling would skip pixels."""

_HALVING_SHIFT = np.array([-0.25, 0.25])
"""dlib's halving misplaces points by a quarter pixel; its network was trained on chips cut that
way."""


def face_chip(image: RgbImage, landmarks: Points) -> RgbImage:
    """150 × 150 RGB; black where the picture ends. The same cut as dlib's `get_face_chip`, quirks
    included: the chip's middle is taken to be at 75, and its box to be one pixel smaller than
    its size."""
    fit = similarity(CHIP_POINTS, landmarks)
    axis_x, axis_y = (axis / np.hypot(*axis) for axis in fit[:, :2].T)
    middle = fit @ np.array([CHIP_SIDE_PX / 2, CHIP_SIDE_PX / 2, 1])
    extent = CHIP_SIDE_PX * float(np.hypot(*fit[:, 0])) - 1
    while extent / 2 + 1 > CHIP_SIDE_PX:
        # halve first: bilinear sampling alone would skip pixels
        image = np.asarray(cv2.pyrDown(image), np.uint8)
        middle, extent = middle / 2 + _HALVING_SHIFT, extent / 2
    step = extent / (CHIP_SIDE_PX - 1)
    corner = middle - (axis_x + axis_y) * extent / 2
    to_image = np.column_stack([axis_x * step, axis_y * step, corner])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    chip = cv2.warpAffine(image, to_image, (CHIP_SIDE_PX, CHIP_SIDE_PX), flags=flags)
    return np.asarray(chip, np.uint8)


@dataclass(frozen=True, slots=True)
class Alignment:
    """How an engine's embedder wants a face: which five points lie where in a square chip."""

    layout: LandmarkLayout
    side_px: int
    points: Points
    """5 × 2, in pixels of the chip."""


DLIB_150 = Alignment(LandmarkLayout.EYE_CORNERS, CHIP_SIDE_PX, CHIP_POINTS)
FIVE_POINT_112 = Alignment(
    LandmarkLayout.EYES_NOSE_MOUTH,
    112,
    np.array(
        [
            (38.2946, 51.6963),
            (73.5318, 51.5014),
            (56.0252, 71.7366),
            (41.5493, 92.3655),
            (70.7299, 92.2041),
        ]
    ),
)
"""The five-point cut that most open networks were trained on."""

_CHIP_EYES = np.stack([CHIP_POINTS[:2].mean(axis=0), CHIP_POINTS[2:4].mean(axis=0)])


def align(image: RgbImage, face: Face, alignment: Alignment) -> RgbImage:
    """The face's chip; `ValueError` where its landmarks are of another layout."""
    if face.layout is not alignment.layout:
        raise ValueError(f"{face.layout} is not {alignment.layout}")
    points = np.array(face.landmarks)
    if alignment is DLIB_150:
        return face_chip(image, points)
    return _cut(image, similarity(alignment.points, points), alignment.side_px)


def quality_chip(image: RgbImage, face: Face) -> RgbImage:
    """150 × 150 with the eyes where dlib's chips have them: so that light and sharpness mean the
    same whatever the engine's own alignment is."""
    return _cut(image, similarity(_CHIP_EYES, face.eyes), CHIP_SIDE_PX)


def _cut(image: RgbImage, to_image: Points, side_px: int) -> RgbImage:
    """`to_image`: 2 × 3, from the chip's pixels to the picture's."""
    while np.hypot(*to_image[:, 0]) > _HALVE_ABOVE:
        image, to_image = np.asarray(cv2.pyrDown(image), np.uint8), to_image / 2
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, to_image, (side_px, side_px), flags=flags), np.uint8)


def with_mirrors(chips: list[RgbImage]) -> RgbImage:
    """2n × side × side × 3: the chips, then their mirror images."""
    stacked = np.stack(chips)
    return np.concatenate([stacked, stacked[:, :, ::-1]])
