"""Turns, scales and cuts a face so that its eyes and nose lie where the embedder expects them."""

import cv2
import numpy as np

from biometrics.landmarks import similarity
from biometrics.networks import CHIP_SIDE_PX
from biometrics.types import Points, RgbImage

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


def with_mirrors(chips: list[RgbImage]) -> RgbImage:
    """2n × 150 × 150 × 3: the chips, then their mirror images."""
    stacked = np.stack(chips)
    return np.concatenate([stacked, stacked[:, :, ::-1]])
