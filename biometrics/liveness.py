"""Is a live person before the camera? **Only one thing is checked so far: that the frames are not
all one picture.**

A real camera never delivers the same pixels twice in a row for a whole capture (sensor noise alone
differs), a re-sent still does. This stops nothing but the laziest replay: prints, screens, masks,
played-back videos and injected streams are NOT detected yet. Distance change, coloured light and
head turn, judged against a challenge that the server drew, come with the liveness work and belong
into this module.

Single repeated frames are no attack (a slow camera may hand out one picture twice); they are
dropped, not counted.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from biometrics.types import QualityFact, RgbImage


@dataclass(frozen=True, slots=True)
class LivenessJudgement:
    """`distinct` holds the indices of the frames that repeat no earlier one."""

    is_attack: bool
    distinct: tuple[int, ...]
    fact: QualityFact


def judge_frames(frames: Sequence[RgbImage]) -> LivenessJudgement:
    """An attack where two or more frames were sent and all are one picture, pixel by pixel."""
    first_seen: dict[bytes, int] = {}
    for index, frame in enumerate(frames):
        first_seen.setdefault(_fingerprint(frame), index)
    repeated = len(frames) - len(first_seen)
    is_attack = len(frames) > 1 and len(first_seen) == 1
    fact = QualityFact("frames_identical", repeated, "frames", not is_attack)
    return LivenessJudgement(is_attack, tuple(first_seen.values()), fact)


def _fingerprint(frame: RgbImage) -> bytes:
    shape = repr(frame.shape).encode()
    return hashlib.sha256(shape + frame.tobytes()).digest()
