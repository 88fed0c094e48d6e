"""Are these frames one recording, made now? Times, repetitions, and fingerprints by which frames
that were sent before are known again.

A fingerprint is 256 bits of which parts of the picture are brighter than their neighbours. It
survives compression, noise and small changes of size; whoever sees it learns about nothing but
whether two pictures are nearly the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from biometrics.challenge import LONGEST_MS, Challenge
from biometrics.types import RgbImage

Bits = NDArray[np.bool_]

MOST_FRAMES = 40
LONGEST_GAP_MS = 1_500
"""Between two frames: longer, and somebody could have been exchanged."""
LATE_MS = 1_500
"""By which a recording may outlast its challenge or begin after it."""
SAME_PICTURE_BITS = 6
"""Fingerprints that differ in no more bits are of one picture."""
STILL_LEVELS = 0.6
"""Grey levels (of 255) by which the thumbnails of one still picture, however noisy, differ at most:
0.5 with a noise of 20 levels. Among 18 real clips the least was 0.8: somebody who speaks for 3
seconds before a camera on a stand; held in the hand, 17."""
_SIDE = 16
_THUMBNAIL = 8


@dataclass(frozen=True, slots=True)
class Recording:
    """`in_time`: the times rise, from the beginning to about the end, without a long gap.
    `repeated`: frames that are, pixel by pixel, an earlier one. `moved`: by how many grey levels
    the thumbnails change at most."""

    in_time: bool
    repeated: int
    moved: float

    @property
    def is_one_picture(self) -> bool:
        """Whether nothing but noise changed."""
        return self.moved < STILL_LEVELS


def recording_of(
    images: Sequence[RgbImage], at_ms: Sequence[float], challenge: Challenge
) -> Recording:
    """Judge the frames of one capture."""
    distinct = distinct_frames(images)
    return Recording(_in_time(at_ms, challenge), len(images) - len(distinct), moved(images))


def distinct_frames(images: Sequence[RgbImage]) -> list[int]:
    """Indices of the frames that repeat no earlier one."""
    distinct: list[int] = []
    for index, image in enumerate(images):
        if not any(np.array_equal(image, images[earlier]) for earlier in distinct):
            distinct.append(index)
    return distinct


def _in_time(at_ms: Sequence[float], challenge: Challenge) -> bool:
    times = np.array(at_ms, np.float64)
    if not 2 <= len(times) <= MOST_FRAMES or not np.isfinite(times).all():
        return False
    gaps = np.diff(times)
    begins, ends = times[0] <= LATE_MS, abs(times[-1] - challenge.length_ms) <= LATE_MS
    within = times[-1] <= LONGEST_MS + LATE_MS and times[0] >= 0
    return bool(begins and ends and within and (gaps > 0).all() and (gaps <= LONGEST_GAP_MS).all())


def moved(images: Sequence[RgbImage]) -> float:
    """By how many grey levels the thumbnails differ at most from the first one; 0 for one frame."""
    small = [_thumbnail(image) for image in images]
    return max((float(np.abs(other - small[0]).mean()) for other in small[1:]), default=0.0)


def _thumbnail(image: RgbImage) -> NDArray[np.float64]:
    """8 × 8 grey of middle brightness: exposure may change without anything moving."""
    small = cv2.resize(image, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA)
    grey = small.astype(np.float64).mean(axis=2)
    return np.asarray(grey * (128 / max(float(grey.mean()), 1.0)))


def fingerprint(image: RgbImage) -> bytes:
    """32 bytes: which of 16 × 16 parts are brighter than their neighbour on the right."""
    small = cv2.resize(image, (_SIDE + 1, _SIDE), interpolation=cv2.INTER_AREA)
    grey = small.astype(np.float64).mean(axis=2)
    return np.packbits(grey[:, :-1] > grey[:, 1:]).tobytes()


def is_same_picture(one: bytes, other: bytes) -> bool:
    """Whether two fingerprints are of one picture."""
    difference = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return difference.bit_count() <= SAME_PICTURE_BITS
