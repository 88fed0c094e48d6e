"""Five landmarks by regression trees: dlib's 5-point shape predictor, read in plain Python, run in
numpy.

dlib's own predictor is as fast but holds Python's global lock. The 68-point model is never used: it
is trained on pictures that exclude commercial use.

The file is one long row of dlib integers (networks.py); a float is two of them, mantissa and binary
exponent. Its layout never varies, so it is read as one array and reshaped: version, mean shape,
cascades; per cascade its trees; per tree 15 splits (two pixel numbers, a threshold) and 16 leaves
(a shape each); then, per cascade, the landmark next to which each probed pixel lies, and the step
from there.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biometrics.errors import ModelAltered
from biometrics.types import Box, Points, RgbImage

POINTS = 5
_CASCADES, _TREES, _DEPTH, _PIXELS = 15, 500, 4, 800
_SPLITS, _LEAVES = 2**_DEPTH - 1, 2**_DEPTH
_SHAPE = 2 * POINTS
_ONE_INTEGER = rb"(?:\x00|[\x01\x81].|[\x02\x82]..|[\x03\x83]...|[\x04\x84]....)"


@dataclass(frozen=True, slots=True)
class _Cascade:
    first_pixels: NDArray[np.intp]  # trees · splits
    second_pixels: NDArray[np.intp]  # trees · splits
    thresholds: NDArray[np.float32]  # trees · splits
    leaves: NDArray[np.float32]  # trees · leaves, 10
    anchors: NDArray[np.intp]  # pixels
    steps: NDArray[np.complex64]  # pixels; x + y · i


class LandmarkFinder:
    """Finds, in this order as seen in the picture: the right-hand eye's outer and inner corner, the
    left-hand eye's outer and inner corner, the bottom of the nose."""

    def __init__(self, weights: bytes) -> None:
        """`weights`: the content of shape_predictor_5_face_landmarks.dat; takes about a second to
        read."""
        self._mean_shape, self._cascades = _read_model(weights)
        mean = self._mean_shape.astype(np.float64).view(np.complex128)[:, 0]
        centred = mean - mean.mean()
        self._turning = centred.conj() / (np.abs(centred) ** 2).sum()

    def find(self, image: RgbImage, box: Box) -> Points:
        """5 × 2 points in the picture's pixels, for a face whose detection box is given."""
        shape = self._mean_shape.copy()
        flat = np.ascontiguousarray(image).reshape(-1)
        for cascade in self._cascades:
            values = self._pixel_values(flat, image.shape, box, shape, cascade)
            shape = _moved(shape, values, cascade)
        return _to_image(box, shape)

    def _pixel_values(
        self,
        flat: NDArray[np.uint8],
        size: tuple[int, ...],
        box: Box,
        shape: NDArray[np.float32],
        cascade: _Cascade,
    ) -> NDArray[np.float32]:
        """The grey of the probed pixels (the mean of red, green and blue, cut to a whole number),
        0 outside of the picture. Points as complex numbers: few steps of numpy, each of which
        would hold Python's lock."""
        points = _complex(shape)
        turn = np.complex64(self._turning.dot(points))  # summed in double, as dlib does
        places = cascade.steps * turn + points.take(cascade.anchors)
        pixels = np.floor(_to_image(box, places.view(np.float32).reshape(-1, 2)) + 0.5)
        columns, rows = pixels.astype(np.intp).T
        height, width = size[:2]
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        first = (rows * width + columns) * 3
        if inside.all():
            return _greys(flat, first)
        return np.where(inside, _greys(flat, np.where(inside, first, 0)), np.float32(0))


def _complex(points: NDArray[np.float32]) -> NDArray[np.complex64]:
    """n × 2 → n."""
    return np.ascontiguousarray(points).view(np.complex64)[:, 0]


def _greys(flat: NDArray[np.uint8], first: NDArray[np.intp]) -> NDArray[np.float32]:
    total = flat.take(first).astype(np.uint16)
    total += flat.take(first + 1)
    total += flat.take(first + 2)
    return (total // 3).astype(np.float32)


def similarity(
    source: Points | NDArray[np.float32], target: Points | NDArray[np.float32]
) -> Points:
    """The 2 × 3 matrix (turn, scale, shift) that carries `source` nearest to `target` in the least
    squares sense (Umeyama 1991)."""
    source, target = source.astype(np.float64), target.astype(np.float64)
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    centred, wanted = source - source_mean, target - target_mean
    spread = (centred**2).sum()
    along = (centred * wanted).sum() / spread
    across = (centred[:, 0] * wanted[:, 1] - centred[:, 1] * wanted[:, 0]).sum() / spread
    turn = np.array([[along, -across], [across, along]])
    return np.column_stack([turn, target_mean - turn @ source_mean])


def _to_image(box: Box, shape: NDArray[np.float32]) -> Points:
    """From the box's own coordinates (0–1) to pixels. dlib's boxes include their last pixel."""
    size = np.array([box.width - 1, box.height - 1])
    corner = np.array([box.left, box.top])
    return np.asarray(corner + shape.astype(np.float64) * size, np.float64)


def _moved(
    shape: NDArray[np.float32], values: NDArray[np.float32], cascade: _Cascade
) -> NDArray[np.float32]:
    """The shape after every tree of a cascade has added its leaf."""
    first, second = values.take(cascade.first_pixels), values.take(cascade.second_pixels)
    goes_right = (first - second <= cascade.thresholds).view(np.int8)
    place = _FIRST_SPLITS
    for _ in range(_DEPTH):
        # of the children, numbered 2n + 1 and 2n + 2 in each tree
        place = 2 * place + goes_right.take(place) - _SPLITS_BEFORE
    leaves = np.empty((1 + _TREES, _SHAPE), np.float32)
    leaves[0] = shape.reshape(-1)
    cascade.leaves.take(place + _TO_LEAVES, axis=0, out=leaves[1:], mode="clip")
    # one by one and in float32, as dlib adds them: rounded otherwise, other pixels are probed next
    return np.asarray(leaves.sum(axis=0).reshape(POINTS, 2), np.float32)


_FIRST_SPLITS = _SPLITS * np.arange(_TREES)
_SPLITS_BEFORE = _FIRST_SPLITS - 1
"""A split is numbered through all trees: twice its number is a tree's first split too much."""
_TO_LEAVES = np.arange(_TREES) - _SPLITS
"""From the number after the last split to that of the leaf: a tree has one more of these."""


def _read_model(weights: bytes) -> tuple[NDArray[np.float32], list[_Cascade]]:
    numbers = _read_integers(weights)
    tree_size = 1 + 4 * _SPLITS + 1 + _LEAVES * (2 + 2 * _SHAPE)
    forest_size, pixel_size = 1 + _TREES * tree_size, 1 + _PIXELS
    heads = 1 + 2 + 2 * _SHAPE
    try:
        mean_shape = _floats(numbers[3:heads]).reshape(POINTS, 2)
        forests, rest = _take(numbers[heads + 1 :], _CASCADES, forest_size)
        anchors, rest = _take(rest[1:], _CASCADES, pixel_size)
        steps, rest = _take(rest[1:], _CASCADES, 1 + 4 * _PIXELS)
    except ValueError as error:
        raise ModelAltered("not the 5-point landmark model") from error
    parts = zip(forests, anchors, steps, strict=True)
    return mean_shape, [_read_cascade(*part) for part in parts]


def _take(
    numbers: NDArray[np.int64], count: int, size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return numbers[: count * size].reshape(count, size), numbers[count * size :]


def _read_cascade(
    forest: NDArray[np.int64], anchors: NDArray[np.int64], steps: NDArray[np.int64]
) -> _Cascade:
    trees = forest[1:].reshape(_TREES, -1)
    splits = trees[:, 1 : 1 + 4 * _SPLITS].reshape(_TREES, _SPLITS, 4)
    leaves = trees[:, 2 + 4 * _SPLITS :].reshape(_TREES, _LEAVES, 2 + 2 * _SHAPE)
    return _Cascade(
        first_pixels=splits[..., 0].astype(np.intp).ravel(),
        second_pixels=splits[..., 1].astype(np.intp).ravel(),
        thresholds=_floats(splits[..., 2:]).ravel(),
        leaves=_floats(leaves[..., 2:]).reshape(-1, _SHAPE),
        anchors=anchors[1:].astype(np.intp),
        steps=_complex(_floats(steps[1:]).reshape(_PIXELS, 2)),
    )


def _floats(numbers: NDArray[np.int64]) -> NDArray[np.float32]:
    """Pairs of mantissa and exponent along the last axis → floats."""
    mantissas, exponents = numbers[..., 0::2], numbers[..., 1::2]
    return np.ldexp(mantissas.astype(np.float64), exponents).astype(np.float32)


def _read_integers(content: bytes) -> NDArray[np.int64]:
    """Every dlib integer of a file that holds nothing else. In blocks: as one, it would take 400
    MB."""
    block = re.compile(rb"(?:%s){1,100000}" % _ONE_INTEGER, re.DOTALL)
    parts, position = [], 0
    while found := block.match(content, position):
        parts.append(_integers_of_block(found[0]))
        position = found.end()
    if position != len(content):
        raise ModelAltered("not a file of dlib integers")
    return np.concatenate(parts)


def _integers_of_block(block: bytes) -> NDArray[np.int64]:
    words = re.findall(_ONE_INTEGER, block, re.DOTALL)
    raw = np.frombuffer(block + bytes(4), np.uint8)
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    starts = np.cumsum(lengths) - lengths
    values = np.zeros(len(words), np.int64)
    for byte in range(4):
        part = raw[starts + 1 + byte].astype(np.int64) << (8 * byte)
        values += np.where(byte < lengths - 1, part, 0)
    return np.where(raw[starts] & 0x80, -values, values)
