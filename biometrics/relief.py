"""Does the face stand out? What a turn and a change of distance do to a nose they cannot do to a
picture of one.

Two frames are laid over each other by the eyes. The remaining shift of each point is measured
(dense optical flow), and everything that a flat or evenly bent sheet could do is taken away (a
polynomial of third degree in x and second in y). What is left is compared with what a generic nose
would leave: the factor is about 1 for a head and about 0 for a sheet, whatever the size of the
move. It needs no landmarks beyond the eyes, and is blind to a head that is really there: a mask or
a second person.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from biometrics.tracks import Seen, eyes_of, turn_of
from biometrics.types import Face, RgbImage

Floats = NDArray[np.float64]

_PX = 40
"""Pixels of a chip for one distance between the eyes."""
_LEFT, _TOP, _RIGHT, _BOTTOM = -1.0, -0.5, 1.0, 1.4
"""The chip around the middle of the eyes, in distances between them."""
_FOCAL = 0.85
"""Of an ordinary phone's front camera, in long sides of its picture."""
_NOSE_HEIGHT = 0.42
"""Of a generic nose's tip over the eyes' plane, in distances between them (about 26 mm)."""
_SINE_OF_TURN = 1.6
"""Sine of the head's turn for one distance between the eyes by which the nose's bottom moves."""


@dataclass(frozen=True, slots=True)
class Relief:
    """`factor`: measured depth of the nose, 1 being a generic one. `expected`: by how many
    distances between the eyes a generic nose would have moved: how much the measurement is worth.
    """

    factor: float
    expected: float


def by_turning(rest: Seen, turned: Seen) -> Relief | None:
    """From a frame at rest and a turned one; how far it is turned says the nose's place between the
    eyes."""
    if rest.face is None or turned.face is None:
        return None
    turn = turn_of(turned.face) - turn_of(rest.face)
    x, y = _places()
    nose = nose_height(x, y)
    sine = float(np.clip(_SINE_OF_TURN * turn, -0.7, 0.7))
    return _relief(rest, turned, np.stack([nose * sine, np.zeros_like(nose)]))


def by_distance(far: Seen, near: Seen) -> Relief | None:
    """From a frame of the face far away and one of it close by."""
    if far.face is None or near.face is None:
        return None
    x, y = _places()
    nose = nose_height(x, y)
    shift = _magnified(near, near.face, nose) - _magnified(far, far.face, nose)
    return _relief(far, near, shift)


def nose_height(x: Floats, y: Floats) -> Floats:
    """Of a generic nose over its surroundings, in distances between the eyes."""
    ridge = np.clip((y + 0.15) / 0.75, 0, 1) * np.clip((0.82 - y) / 0.16, 0, 1)
    width = 0.17 + 0.1 * np.clip(y, 0, 1)
    return np.asarray(_NOSE_HEIGHT * ridge * np.exp(-((x / width) ** 2)))


def _magnified(seen: Seen, face: Face, nose: Floats) -> Floats:
    """By how much what stands out is moved away from the camera's axis: 2 × rows × columns."""
    height, width = seen.image.shape[:2]
    distance = _FOCAL * max(height, width) / face.eye_distance_px
    left, right = eyes_of(face)
    axis = (np.array([width, height]) / 2 - (left + right) / 2) / face.eye_distance_px
    x, y = _places()
    return np.asarray(np.stack([(x - axis[0]) * nose, (y - axis[1]) * nose]) / distance)


def _relief(first: Seen, second: Seen, shift: Floats) -> Relief | None:
    """`shift`: what a generic nose would do, 2 × rows × columns, in distances between the eyes."""
    if first.face is None or second.face is None:
        return None
    chips = [_chip(seen.image, face) for seen, face in ((first, first.face), (second, second.face))]
    flow = _flow(*chips) / _PX
    flat = _bending()
    wanted, found = _without(flat, shift), _without(flat, flow)
    weights = _mask()
    energy = float((weights * wanted**2).sum())
    expected = float(np.sqrt(energy / weights.sum()))
    if energy <= 0:
        return None
    return Relief(float((weights * wanted * found).sum() / energy), expected)


def _chip(image: RgbImage, face: Face) -> NDArray[np.uint8]:
    """Grey, evened out, laid over the eyes."""
    left, right = eyes_of(face)
    across = (right - left) / _PX
    down = np.array([-across[1], across[0]])
    corner = (left + right) / 2 + _PX * (_LEFT * across + _TOP * down)
    to_image = np.column_stack([across, down, corner])
    size = round((_RIGHT - _LEFT) * _PX), round((_BOTTOM - _TOP) * _PX)
    scale = float(np.hypot(*across))
    if scale > 1.5:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.5 * scale), np.uint8)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    chip = cv2.warpAffine(image, to_image, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey -= cv2.GaussianBlur(grey, (0, 0), 12)
    return np.asarray(np.clip(128 + 40 * grey / (grey.std() + 4), 0, 255), np.uint8)


def _flow(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Floats:
    """2 × rows × columns: where each of the first's points went, in pixels."""
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found = finder.calc(first, second, np.zeros((*first.shape, 2), np.float32))
    return np.asarray(found, np.float64).transpose(2, 0, 1)


@cache
def _places() -> tuple[Floats, Floats]:
    columns, rows = round((_RIGHT - _LEFT) * _PX), round((_BOTTOM - _TOP) * _PX)
    x, y = np.meshgrid(np.arange(columns) / _PX + _LEFT, np.arange(rows) / _PX + _TOP)
    return x, y


@cache
def _mask() -> Floats:
    """The face without its outline, where flow follows the background."""
    x, y = _places()
    away = (x / 0.85) ** 2 + ((y - 0.4) / 0.95) ** 2
    return np.asarray(np.clip((1 - away) / 0.2, 0, 1))


@cache
def _bending() -> tuple[Floats, Floats]:
    """What a flat or evenly bent sheet can do, as columns, and the weighted least squares inverse
    of it."""
    x, y = (axis.ravel() for axis in _places())
    columns = np.stack([np.ones_like(x), x, y, x * y, x**2, y**2, x**3, x**2 * y], axis=1)
    weighted = columns * np.sqrt(_mask().ravel())[:, None]
    return columns, np.linalg.pinv(weighted)


def _without(bending: tuple[Floats, Floats], shift: Floats) -> Floats:
    """What is left of a shift after the best fit of it by a sheet."""
    columns, inverse = bending
    flat = shift.reshape(2, -1)
    fitted = inverse @ (flat * np.sqrt(_mask().ravel())).T
    return np.asarray((flat - (columns @ fitted).T).reshape(shift.shape))
