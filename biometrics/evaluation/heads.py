"""What the simulator's camera looks at: a head made from one photo, and sheets that show a picture.

The head is generic: a half ellipsoid with nose, eye sockets, lips and chin, in distances between
the eyes; only its paint is the photo's. Real heads differ in depth and outline, hair has none here,
and nothing blinks or speaks.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from biometrics.evaluation.scene import GAMMA, Floats, Surface, floats, grid, surface_of
from biometrics.types import Face, RgbImage

EYES_M = 0.063
"""Between the eyes of the generic head."""
_PX = 90
"""Pixels of a texture for one distance between the eyes."""
_HEAD = (-1.4, -1.75, 1.4, 2.15)
"""Left, top, right and bottom of the head's patch from the middle of the eyes."""
_BUST = (-3.4, 0.9, 3.4, 5.0)
_BUST_BEHIND_M = 0.075


@dataclass(frozen=True, slots=True)
class Person:
    """A head and shoulders, and the flat picture that they were made from."""

    head: Surface
    bust: Surface
    picture: Floats
    """Height × width × 3, linear: the photo around the face, as one would print it."""


def person_from(photo: RgbImage, face: Face) -> Person:
    """The person on an upright photo, whose face looks about straight into the camera."""
    linear = floats((photo / 255.0) ** GAMMA)
    head_paint = _cut(linear, face, _HEAD)
    return Person(
        head=surface_of(*_head_shape(), _with_outline(head_paint, _head_outline())),
        bust=surface_of(*_bust_shape(), _with_outline(_cut(linear, face, _BUST), _bust_outline())),
        picture=_cut(linear, face, (-2.1, -2.1, 2.1, 3.2)),
    )


def sheet(paint: Floats, width_m: float, bend_radius_m: float | None, **looks: float) -> Surface:
    """A rectangle that shows a picture, flat or bent around an upright axis, bulging forward."""
    height, width = paint.shape[:2]
    half = width_m / 2
    flat = grid(half, half * height / width)
    depth = np.zeros(flat.shape[:2], np.float32)
    if bend_radius_m is not None:
        angle = flat[..., 0] / bend_radius_m
        depth = bend_radius_m * (np.cos(angle) - 1)
        flat = np.dstack([bend_radius_m * np.sin(angle), flat[..., 1]]).astype(np.float32)
    solid = np.ones(paint.shape[:2], np.float32)
    return surface_of(flat, depth, np.dstack([paint, solid]).astype(np.float32), **looks)


def bump(values: Floats, middle: float, width: float | Floats) -> Floats:
    """A Gaussian of height 1."""
    return np.asarray(np.exp(-(((values - middle) / width) ** 2)), np.float32)


def head_depth(x: Floats, y: Floats) -> Floats:
    """Height of the generic face over the plane of the eyes, in distances between the eyes."""
    inside = 1 - (x / 1.3) ** 2 - ((y - 0.25) / 1.9) ** 2
    skull = 1.5 * (np.sqrt(np.clip(inside, 0.02, None)) - 1)
    ridge = np.clip((y + 0.15) / 0.75, 0, 1) * np.clip((0.82 - y) / 0.16, 0, 1)
    nose = 0.42 * ridge * bump(x, 0, 0.17 + 0.1 * np.clip(y, 0, 1))
    sockets = -0.1 * (bump(x, 0.5, 0.2) + bump(x, -0.5, 0.2)) * bump(y, 0, 0.2)
    lips = 0.08 * bump(x, 0, 0.35) * bump(y, 1.05, 0.15)
    chin = 0.12 * bump(x, 0, 0.35) * bump(y, 1.65, 0.2)
    return np.asarray(skull + nose + sockets + lips + chin, np.float32)


def _head_shape() -> tuple[Floats, Floats]:
    flat = _patch(_HEAD)
    return flat * EYES_M, head_depth(flat[..., 0], flat[..., 1]) * EYES_M


def _bust_shape() -> tuple[Floats, Floats]:
    flat = _patch(_BUST)
    fallen = 0.35 * (flat[..., 0] / 3.4) ** 2 * EYES_M
    return flat * EYES_M, np.asarray(-_BUST_BEHIND_M - fallen, np.float32)


def _patch(edges: tuple[float, float, float, float]) -> Floats:
    left, top, right, bottom = edges
    flat = grid((right - left) / 2, (bottom - top) / 2)
    return floats(flat + np.array([(left + right) / 2, (top + bottom) / 2]))


def _cut(linear: Floats, face: Face, edges: tuple[float, float, float, float]) -> Floats:
    """That part of the photo, level, with the eyes where the head has them."""
    left, top, right, bottom = edges
    person_left, person_right = face.eyes
    if person_left[0] < person_right[0]:
        person_left, person_right = person_right, person_left
    across = (person_left - person_right) / _PX
    down = np.array([-across[1], across[0]])
    middle = (person_left + person_right) / 2
    corner = middle + left * _PX * across + top * _PX * down
    to_photo = np.column_stack([across, down, corner])
    size = round((right - left) * _PX), round((bottom - top) * _PX)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cut = cv2.warpAffine(linear, to_photo, size, flags=flags, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(cut, np.float32)


def _head_outline() -> NDArray[np.float32]:
    x, y = _texture_grid(_HEAD)
    away = np.sqrt((x / 1.26) ** 2 + ((y - 0.2) / 1.8) ** 2)
    return np.clip((1 - away) / 0.04, 0, 1).astype(np.float32)


def _bust_outline() -> NDArray[np.float32]:
    x, y = _texture_grid(_BUST)
    shoulders = np.minimum(0.75 + 2.2 * np.sqrt(np.maximum(y - 2.1, 0)), 3.1)
    return floats(np.clip((shoulders - np.abs(x)) / 0.08, 0, 1))


def _texture_grid(edges: tuple[float, float, float, float]) -> tuple[Floats, Floats]:
    left, top, right, bottom = edges
    size = round((right - left) * _PX), round((bottom - top) * _PX)
    x, y = np.meshgrid(np.linspace(left, right, size[0]), np.linspace(top, bottom, size[1]))
    return x.astype(np.float32), y.astype(np.float32)


def _with_outline(paint: Floats, outline: NDArray[np.float32]) -> Floats:
    return np.dstack([paint, outline]).astype(np.float32)
