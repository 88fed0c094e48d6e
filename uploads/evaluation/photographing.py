"""Makes a flat picture look as if a hand-held phone had taken it: a table under it, a slant,
uneven light, a little blur and noise, JPEG. The same seed gives the same picture."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

SIZE = (1600, 1200)


@dataclass(frozen=True, slots=True)
class Camera:
    """How bad it may get; each is the most of what is drawn by lot.

    `slant`: of the picture's sides, each corner. `lean`: degrees. `fill`: least and most part of
    the picture's width or height that the document takes. `blur`: sigma in pixels. `noise`:
    standard deviation of 255. `shade`: part of the light lost across the picture.
    """

    slant: float = 0.03
    lean: float = 6.0
    fill: tuple[float, float] = (0.72, 0.93)
    blur: float = 1.3
    noise: float = 5.0
    shade: float = 0.35
    quality: tuple[int, int] = (70, 92)
    quarter_turns: bool = True


def photographed(picture: Image.Image, seed: int, camera: Camera | None = None) -> bytes:
    """A JPEG of SIZE (or on its side)."""
    camera, rng = camera or Camera(), random.Random(seed)  # noqa: S311 - repeatable
    drops = np.random.default_rng(seed)
    shot = _laid_down(np.asarray(picture.convert("RGB")), rng, drops, camera)
    shot = _lit(shot, rng, camera)
    shot = cv2.GaussianBlur(shot, (0, 0), 0.3 + rng.random() * camera.blur)
    shot = shot + drops.normal(0, rng.random() * camera.noise, shot.shape)
    turns = rng.randrange(4) if camera.quarter_turns else 0
    whole = np.rot90(np.clip(shot, 0, 255).astype(np.uint8), turns)
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(whole)).save(
        out, "JPEG", quality=rng.randint(*camera.quality)
    )
    return out.getvalue()


def _laid_down(
    flat: np.ndarray, rng: random.Random, drops: np.random.Generator, camera: Camera
) -> np.ndarray:
    height, width = flat.shape[:2]
    scale = rng.uniform(*camera.fill) * min(SIZE[0] / width, SIZE[1] / height)
    lean = np.deg2rad(rng.uniform(-camera.lean, camera.lean))
    turn = np.array([[np.cos(lean), -np.sin(lean)], [np.sin(lean), np.cos(lean)]])
    half = np.array([width, height]) * scale / 2
    corners = (np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half) @ turn.T
    spread = camera.slant * np.array(SIZE)
    corners += np.array([[rng.uniform(-1, 1) * side for side in spread] for _ in range(4)])
    middle = np.array(SIZE) / 2 + np.array([rng.uniform(-0.02, 0.02) * side for side in SIZE])
    fit = min(
        1.0,
        *(0.98 * middle / np.abs(corners).max(0)),
        *(0.98 * (np.array(SIZE) - middle) / np.abs(corners).max(0)),
    )
    goal = (corners * fit + middle).astype(np.float32)
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    way = cv2.getPerspectiveTransform(source, goal)
    table = _table(rng, drops)
    shot = cv2.warpPerspective(flat, way, SIZE, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), way, SIZE)[..., None]
    return table * (1 - mask) + shot * mask


def _table(rng: random.Random, drops: np.random.Generator) -> np.ndarray:
    colour = np.array([rng.uniform(40, 140) for _ in range(3)])
    grain = cv2.resize(drops.normal(0, 12, (60, 8)), SIZE, interpolation=cv2.INTER_CUBIC)
    return np.clip(colour + grain[..., None], 0, 255)


def _lit(shot: np.ndarray, rng: random.Random, camera: Camera) -> np.ndarray:
    x, y = np.meshgrid(np.linspace(-1, 1, SIZE[0]), np.linspace(-1, 1, SIZE[1]))
    angle = rng.uniform(0, 2 * np.pi)
    slope = (x * np.cos(angle) + y * np.sin(angle)) / 2
    light = rng.uniform(0.75, 1.05) * (1 - camera.shade * rng.random() * (slope + 0.5))
    cast = np.array([rng.uniform(0.93, 1.05) for _ in range(3)])
    return np.asarray(shot * light[..., None] * cast)
