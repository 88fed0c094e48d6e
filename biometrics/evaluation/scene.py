"""A small renderer for the simulator: textured surfaces before a pinhole camera, in linear light.

Lengths are metres. The camera looks along z from the origin, x to the right and y down in the
picture; the phone's screen, which is also the lamp, surrounds it. A surface is a grid of points
with a texture; what hides what is settled by drawing in the order in which columns lie behind each
other, which is right for surfaces that bulge in one direction and turn by less than 45 degrees.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]

SCREEN_AREA_M2 = 0.07 * 0.14
GAMMA = 2.2
_LEAST_M = 0.08


@dataclass(frozen=True, slots=True)
class Surface:
    """A grid of points in its own coordinates (z towards the camera), and what is painted on it.

    `points`, `normals`: rows × columns × 3. `texture`: height × width × 4, linear, 0–1, the last
    plane how solid it is. `emits`: the share of its brightness that is its own light (a screen).
    """

    points: Floats
    normals: Floats
    texture: Floats
    emits: float = 0.0
    reflects: float = 1.0
    """How much of the lamp's light comes back, as a part of what its texture says."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a surface's origin is, and how it is turned (radians; positive yaw to the right in the
    picture)."""

    x: float
    y: float
    distance: float
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    def rotation(self) -> Floats:
        """3 × 3."""
        turned, _ = cv2.Rodrigues(np.array([self.pitch, 0.0, 0.0]))
        sideways, _ = cv2.Rodrigues(np.array([0.0, -self.yaw, 0.0]))
        tilted, _ = cv2.Rodrigues(np.array([0.0, 0.0, self.roll]))
        return np.asarray(tilted @ sideways @ turned, np.float32)


@dataclass(frozen=True, slots=True)
class Camera:
    """Picture size in pixels; focal length in pixels."""

    width: int
    height: int
    focal: float


def floats(values: ArrayLike) -> Floats:
    """As 32 bit floats."""
    return np.array(values, np.float32)


def grid(half_width: float, half_height: float, rows: int = 72, columns: int = 56) -> Floats:
    """rows × columns × 2: x and y from the upper left to the lower right corner."""
    x, y = np.meshgrid(
        np.linspace(-half_width, half_width, columns), np.linspace(-half_height, half_height, rows)
    )
    return np.stack([x, y], axis=2).astype(np.float32)


def surface_of(
    flat: Floats, depth: Floats, texture: Floats, emits: float = 0.0, reflects: float = 1.0
) -> Surface:
    """A surface from a grid (rows × columns × 2) and its height at each point."""
    points = np.dstack([flat, depth]).astype(np.float32)
    down, across = np.gradient(points, axis=(0, 1))
    normals = np.cross(across, down)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True) + 1e-9
    return Surface(points, normals.astype(np.float32), texture, emits, reflects)


def put(
    canvas: Floats, surface: Surface, place: Place, camera: Camera, room: Floats, lamp: Floats
) -> None:
    """Paint the surface onto the linear canvas (height × width × 3), over what is there.

    `room`: what light of the room falls on everything, red, green, blue; 1 is white at exposure 1.
    `lamp`: the screen's light, in the same unit, at one metre.
    """
    seen, normals = _placed(surface, place)
    x = camera.focal * seen[..., 0] / seen[..., 2] + camera.width / 2
    y = camera.focal * seen[..., 1] / seen[..., 2] + camera.height / 2
    part, left, top = _part(canvas, x, y)
    if part.size == 0:
        return
    x, y = x - left, y - top
    away = np.linalg.norm(seen, axis=2)
    facing = np.clip(-(normals * seen).sum(axis=2) / away, 0, 1)
    lit = facing / np.maximum(away, _LEAST_M) ** 2
    rows, columns = (int(side) for side in surface.points.shape[:2])
    reach = float(max(np.ptp(x) / columns, np.ptp(y) / rows))
    fine = int(np.clip(np.ceil(1.15 * reach), 1, 8))
    # columns become rows, those that lie behind first: of two points on one pixel the later stays
    order = slice(None) if place.yaw < 0 else slice(None, None, -1)
    size = (rows * fine, columns * fine)
    fields = [
        floats(cv2.resize(np.ascontiguousarray(field.T[order]), size))
        for field in (x, y, lit, facing)
    ]
    found, lit_at = _nearest(fields, part.shape[0], part.shape[1])
    across = np.linspace(0, 1, columns * fine, dtype=np.float32)[order]
    down = np.linspace(0, 1, rows * fine, dtype=np.float32)
    _paint(part, surface, _planes(found, lit_at, across, down), room, lamp)


def _part(canvas: Floats, x: Floats, y: Floats) -> tuple[Floats, int, int]:
    """The part of the canvas that the points lie in, and its left and upper edge."""
    height, width = canvas.shape[:2]
    left, right = (int(np.clip(edge, 0, width)) for edge in (x.min() - 2, x.max() + 3))
    top, bottom = (int(np.clip(edge, 0, height)) for edge in (y.min() - 2, y.max() + 3))
    return canvas[top:bottom, left:right], left, top


def _placed(surface: Surface, place: Place) -> tuple[Floats, Floats]:
    """Points and normals as the camera sees them: z away from it."""
    turn = place.rotation()
    flip = np.array([1, 1, -1], np.float32)
    seen = (surface.points * flip) @ turn.T + floats([place.x, place.y, place.distance])
    return seen.astype(np.float32), ((surface.normals * flip) @ turn.T).astype(np.float32)


def _nearest(
    fields: list[Floats], height: int, width: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """For each pixel the number of the grid's point that it shows (-1: none), and every point's
    light."""
    x, y, lit, facing = fields
    column, row = np.rint(x).astype(np.int32), np.rint(y).astype(np.int32)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height) & (facing > 0.05)
    numbers = np.flatnonzero(inside)
    found = np.full(height * width, -1, np.int32)
    found[(row * width + column).ravel()[numbers]] = numbers
    return found.reshape(height, width), lit.ravel()


def _planes(
    found: NDArray[np.int32], lit: NDArray[np.float32], across: Floats, down: Floats
) -> Floats:
    """Height × width × 4: where in the texture each pixel lies (0–1), its light, whether any."""
    planes = np.zeros((*found.shape, 4), np.float32)
    seen = found >= 0
    numbers = found[seen]
    columns, rows = np.divmod(numbers, len(down))
    planes[seen] = np.stack(
        [across[columns], down[rows], lit[numbers], np.ones(len(numbers), np.float32)], axis=1
    )
    return _closed(planes)


def _closed(planes: Floats) -> Floats:
    """Pixels that no point fell on, from their neighbours."""
    grown = cv2.blur(planes, (3, 3))
    known = grown[..., 3:]
    filled = grown / np.maximum(known, 1e-6)
    missing = (planes[..., 3:] == 0) & (known > 0.4)
    return np.asarray(np.where(missing, filled, planes), np.float32)


def _paint(canvas: Floats, surface: Surface, planes: Floats, room: Floats, lamp: Floats) -> None:
    height, width = surface.texture.shape[:2]
    painted = cv2.remap(
        surface.texture,
        planes[..., 0] * (width - 1),
        planes[..., 1] * (height - 1),
        cv2.INTER_LINEAR,
    )
    solid = cv2.blur(planes[..., 3] * painted[..., 3], (2, 2))[..., None]
    colour, lit = painted[..., :3], planes[..., 2:3]
    light = surface.emits + (1 - surface.emits) * room + surface.reflects * lit * lamp
    canvas[:] = canvas * (1 - solid) + solid * colour * light


def developed(
    canvas: Floats, gain: Floats, blur: float, noise: float, grain: Floats
) -> NDArray[np.uint8]:
    """The canvas as the camera's picture, RGB: exposure and white balance, lens, sensor noise,
    gamma. `grain`: normal noise of the canvas's shape."""
    seen = canvas * gain
    if blur > 0:
        seen = floats(cv2.GaussianBlur(seen, (0, 0), blur))
    seen += np.sqrt(np.maximum(seen, 0) + 0.002) * noise * grain
    steps = np.clip(seen * _STEPS, 0, _STEPS).astype(np.uint16)
    return np.asarray(_CURVE[steps], np.uint8)


_STEPS = 4095
_CURVE = (255 * (np.arange(_STEPS + 1) / _STEPS) ** (1 / GAMMA) + 0.5).astype(np.uint8)
