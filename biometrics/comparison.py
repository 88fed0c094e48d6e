"""Two embeddings → distance → zone. Pure: no model, no picture, no clock."""

import math
from collections.abc import Sequence

import numpy as np

from biometrics.calibration import OperatingPoint
from biometrics.cohort import AgeMeans
from biometrics.embedding import Embedding
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


STRAYS_FORGIVEN = 1
"""Of a head that was asked to move: a frame may be a blur or lie badly. Of 12 simulated sessions
two had one frame too far and one had three; of 9 real clips of moving heads none had any."""


def furthest_stray(best: list[Embedding], every: list[Embedding], *, forgiven: int = 0) -> float:
    """How ill the frames of one capture agree: the largest distance between two of the best frames,
    or between any frame and the best frame nearest to it (a head turned away is near to another
    turned one only), but for the ``forgiven`` furthest ones."""
    chosen = np.stack(best)
    among_best = 1 - float((chosen @ chosen.T).min())
    to_best = np.sort(1 - (np.stack(every) @ chosen.T).max(axis=1))
    return max(among_best, float(to_best[max(0, len(to_best) - 1 - forgiven)]))
