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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from biometrics.types import QualityFact, RgbImage


@dataclass(frozen=True, slots=True)
class LivenessJudgement:
    """`distinct` holds the indices of the frames that repeat no earlier one."""

    is_attack: bool
    distinct: tuple[int, ...]
    fact: QualityFact


def judge_frames(frames: Sequence[RgbImage]) -> LivenessJudgement:
    """An attack where two or more frames were sent and all are one picture, pixel by pixel."""
    distinct: list[int] = []
    for index, frame in enumerate(frames):
        if not any(np.array_equal(frame, frames[earlier]) for earlier in distinct):
            distinct.append(index)
    repeated = len(frames) - len(distinct)
    is_attack = len(frames) > 1 and len(distinct) == 1
    fact = QualityFact("frames_identical", repeated, "frames", not is_attack)
    return LivenessJudgement(is_attack, tuple(distinct), fact)
