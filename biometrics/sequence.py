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

from biometrics.challenge import Challenge, is_in_time
from biometrics.types import RgbImage

Bits = NDArray[np.bool_]

SAME_PICTURE_BITS = 20
"""Fingerprints that differ in no more bits are of one picture. Simulated frames sent again with
noise of 8 levels, or compressed to quality 60, differ in 8 to 19; frames of 8 real clips, a second
or more apart, in 29 at least (one clip before a stand: 14); two simulated sessions of one person
in 65."""
STILL_LEVELS = 0.6
"""Grey levels (of 255) by which the thumbnails of one still picture, however noisy, differ at most:
0.5 with a noise of 20 levels. Among 18 real clips the least was 0.8: somebody who speaks for 3
seconds before a camera on a stand; held in the hand, 17."""
NEARLY_EXACT_BITS = 6
"""The same for people who are asked for no moves: who sits still twice looks nearly the same twice
(the clip before a stand: 14 bits), a frame sent again as it was differs in none."""
_SIDE = 16
_THUMBNAIL = 8


@dataclass(frozen=True, slots=True)
class Recording:
    """`in_time`: the times rise, from the beginning to about the end, without a long gap.
    `frames`: how many. `repeated`: those that are an earlier one, pixel by pixel or but for their
    compression. `moved`: by how many grey levels
    the thumbnails change at most."""

    in_time: bool
    frames: int
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
    repeated = len(images) - len(distinct_frames(images))
    return Recording(is_in_time(at_ms, challenge), len(images), repeated, moved(images))


def distinct_frames(images: Sequence[RgbImage]) -> list[int]:
    """Indices of the frames that repeat no earlier one."""
    distinct: list[int] = []
    for index, image in enumerate(images):
        if not any(np.array_equal(image, images[earlier]) for earlier in distinct):
            distinct.append(index)
    return distinct


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


def mirrored(print_: bytes) -> bytes:
    """The fingerprint of the mirrored picture; of 20 simulated ones it was at most 22 bits off,
    most within `SAME_PICTURE_BITS`."""
    bits = np.unpackbits(np.frombuffer(print_, np.uint8)).reshape(_SIDE, _SIDE)
    return np.packbits(1 - bits[:, ::-1]).tobytes()


def count_known(prints: Sequence[bytes], known: Sequence[bytes], within: int) -> int:
    """How many fingerprints, as they are or mirrored, are within so many bits of a known one."""
    if not prints or not known:
        return 0
    earlier = _bits(known)
    both = (_bits(prints), _bits([mirrored(one) for one in prints]))
    alike = np.maximum(*[(some @ earlier.T).max(axis=1) for some in both])
    return int(((_SIDE**2 - alike) / 2 <= within).sum())


def _bits(prints: Sequence[bytes]) -> NDArray[np.float32]:
    """Each bit as 1 or -1: the product of two fingerprints counts those that agree."""
    joined = np.frombuffer(b"".join(prints), np.uint8).reshape(len(prints), -1)
    return 2 * np.unpackbits(joined, axis=1).astype(np.float32) - 1
