"""Turns, scales and cuts a face so that its eyes and nose lie where the embedder expects them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

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

_HALVING_SHIFT = np.array([1.25, 0.75])
"""Where dlib's halving puts a point: at half of it, less this. The true shift is 1 either way; its
network was trained on chips cut that way."""
_BINOMIAL = np.array([1, 4, 6, 4, 1], np.float32)
_FILTER_PX = len(_BINOMIAL)
_CHIP_CORNERS = np.array([(0, 0, 1), (1, 0, 1), (0, 1, 1), (1, 1, 1)]).T * np.array(
    [[CHIP_SIDE_PX - 1], [CHIP_SIDE_PX - 1], [1]]
)
_ROUNDING = np.float32(0.002)
"""What floats may fall short of a whole value by."""


def face_chip(image: RgbImage, landmarks: Points) -> RgbImage:
    """150 × 150 RGB; black where the picture ends. The same cut as dlib's `get_face_chip` makes
    from these landmarks, quirks included: the same halvings of the same part of the picture, the
    same corners, bilinear, cut down to whole values."""
    fit = similarity(CHIP_POINTS, landmarks)
    middle = fit @ np.array([CHIP_SIDE_PX / 2, CHIP_SIDE_PX / 2, 1])
    axes = fit[:, :2] / np.hypot(*fit[:, 0])
    extent = CHIP_SIDE_PX * float(np.hypot(*fit[:, 0])) - 1
    halvings = _halvings(extent)
    image, corner = _surroundings(image, middle, axes, extent, halvings)
    middle = middle - corner
    for _ in range(halvings):
        image = _halved(image)
        middle, extent = middle / 2 - _HALVING_SHIFT, extent / 2
    step = extent / (CHIP_SIDE_PX - 1)
    to_image = np.column_stack([axes * step, middle - axes.sum(axis=1) * extent / 2])
    return _sampled(image, to_image)


def _halvings(extent: float) -> int:
    """How often a box (its width less one) is halved: while it covers more pixels than a chip."""
    count = 0
    while extent / 2 + 1 > CHIP_SIDE_PX:
        extent, count = extent / 2, count + 1
    return count


def _surroundings(
    image: RgbImage, middle: Points, axes: Points, extent: float, halvings: int
) -> tuple[RgbImage, Points]:
    """The part of the picture that is needed, and its upper left corner, as dlib chooses it: which
    rows and columns a halving keeps depends on it."""
    margin = 2.0 ** (halvings + 2) - 2
    reach = extent / 2 * np.abs(axes).sum(axis=1) + margin
    height, width = image.shape[:2]
    low = np.maximum(middle - reach, 0)
    high = np.minimum(middle + reach, [width - 1, height - 1])
    (left, top), (right, bottom) = (np.floor(edge + 0.5).astype(int) for edge in (low, high))
    return image[top : bottom + 1, left : right + 1], np.array([left, top], np.float64)


def _halved(image: RgbImage) -> RgbImage:
    """dlib's pyramid_down: 5 × 5 binomial filter, every second pixel, no border."""
    height, width = image.shape[:2]
    rows, columns = (height - _FILTER_PX + 2) // 2, (width - _FILTER_PX + 2) // 2
    if rows < 1 or columns < 1:
        return image[:0, :0]
    filtered = cv2.sepFilter2D(image, cv2.CV_32F, _BINOMIAL, _BINOMIAL)
    kept = filtered[2 : 2 + 2 * rows : 2, 2 : 2 + 2 * columns : 2]
    return np.asarray(kept / 256, np.uint8)


def _sampled(image: RgbImage, to_image: Points) -> RgbImage:
    """Bilinear; black where one of the four pixels lies outside. In floats: on bytes OpenCV rounds
    the places to a 32nd and the values to the nearest whole."""
    height, width = image.shape[:2]
    size = (CHIP_SIDE_PX, CHIP_SIDE_PX)
    if height < 2 or width < 2:
        return np.zeros((*size, 3), np.uint8)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(image.astype(np.float32), to_image, size, flags=flags)
    chip = np.asarray(warped + _ROUNDING, np.uint8)
    x, y = to_image @ _CHIP_CORNERS
    if min(x.min(), y.min()) < 0 or x.max() >= width - 1 or y.max() >= height - 1:
        chip[~_inside(to_image, width, height)] = 0
    return chip


def _inside(to_image: Points, width: int, height: int) -> NDArray[np.bool_]:
    """Which of the chip's pixels lie between pixels of the picture."""
    across = np.arange(CHIP_SIDE_PX)
    x, y = (row[0] * across + row[1] * across[:, None] + row[2] for row in to_image)
    return np.asarray((x >= 0) & (y >= 0) & (x < width - 1) & (y < height - 1))


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
