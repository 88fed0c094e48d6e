"""Two embeddings → distance → zone. Pure: no model, no picture, no clock."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from biometrics.calibration import OperatingPoint
from biometrics.cohort import AgeMeans
from biometrics.embedding import Embedding, mean_embedding
from biometrics.errors import NotComparable
from biometrics.types import Outcome, Zone


def distance(one: Embedding, other: Embedding) -> float:
    """Cosine distance of two embeddings of length 1: 0 for the same direction, 1 for unrelated."""
    return 1 - float(np.dot(one, other))


def distance_at_age(
    one: Embedding, other: Embedding, age: int | None, means: AgeMeans | None
) -> float:
    """The distance once the look of the person's age (years) is taken away from both; without
    means, as it is. Operating points are measured on this one."""
    if means is None:
        return distance(one, other)
    return distance(means.centred(one, age), means.centred(other, age))


def zone_of(measured: float, point: OperatingPoint) -> Zone:
    """The zone in which a distance lies; a distance on a limit is inside. `NotComparable` for what
    is no number: it must never look like a near face."""
    if not math.isfinite(measured):
        raise NotComparable("a distance must be a finite number")
    if point.accept_within is not None and measured <= point.accept_within:
        return Zone.ACCEPT
    return Zone.REVIEW if measured <= point.review_within else Zone.REJECT


def outcome_of(zone: Zone) -> Outcome:
    """Only the zone reject is a `no_match`; a `match` in the zone review waits for a person."""
    return Outcome.NO_MATCH if zone is Zone.REJECT else Outcome.MATCH


def is_nearest_to_claimed(claimed: float, household: Sequence[float], margin: float) -> bool:
    """Household contrast: whether the claimant is nearer to the claimed reference than to every
    other one of the household, by that margin. True where no other is on file. `NotComparable` for
    what is no number."""
    if not all(math.isfinite(measured) for measured in (claimed, margin, *household)):
        raise NotComparable("a distance must be a finite number")
    return all(claimed + margin < other for other in household)


INNER_SHARE, NEAR_SHARE = 0.5, 0.6
"""Of the distance at which frames of one capture show different people (calibration.py; 0.11 with
dlib's network): so near the core a frame shows the same person by itself; so near such a frame it
does too, for a turned head is near to a half turned one only. Of 24 simulated people's frames in
another's capture 1 % lie within (3 pairs who look alike), of two public portraits none of 672 (the
nearest 0.071); of the frames of 6 real clips of turning heads 5 of 237 lie beyond, 4 of them turned
too far to be judged anyway."""
STRAYS_DOUBTED = 1
"""One good frame beyond the limit may lie badly: nobody is shown to be live, and the capture is
asked for again. More are somebody else."""
CORE_PART = 4
"""One frame in four, those that lie closest together, say who is before the camera: all of one
person even where half of the frames are somebody else's."""


@dataclass(frozen=True, slots=True)
class Together:
    """How well the frames of one capture agree on who they show. `furthest`: of the frame that is
    least like any that surely shows the person, 1 being the limit; `strays`: places of the frames
    beyond it."""

    furthest: float
    strays: tuple[int, ...]


def core_of(embeddings: Sequence[Embedding]) -> Embedding:
    """The common direction of the quarter of the frames (two at least) that lie closest
    together."""
    every = np.stack(embeddings)
    away = 1 - every @ every.T
    count = min(len(every), max(2, len(every) // CORE_PART))
    middle = int(np.argmin(np.sort(away, axis=1)[:, count - 1]))
    return mean_embedding(list(every[np.argsort(away[middle], kind="stable")[:count]]))


def together(embeddings: Sequence[Embedding], within: float) -> Together:
    """The frames of one capture against each other; `within`: the distance at which two of them
    show different people."""
    every = np.stack(embeddings)
    away = 1 - every @ core_of(embeddings)
    inner = every[away <= max(INNER_SHARE * within, float(away.min()))]
    nearest = (1 - (every @ inner.T).max(axis=1)) / (NEAR_SHARE * within)
    return Together(float(nearest.max()), tuple(np.flatnonzero(nearest > 1).tolist()))
