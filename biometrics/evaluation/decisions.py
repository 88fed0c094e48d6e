"""What the operating points in use make of a slice: wrongly accepted, not accepted, sent to a
person."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biometrics.calibration import ADULTS, OperatingPoint, band_of
from biometrics.evaluation.gallery import Gallery
from biometrics.evaluation.intervals import Ints, rate_at_fixed_limit, trials_of
from biometrics.evaluation.measure import Method, block_distances, impostor_trials
from biometrics.evaluation.slices import Block, Mask, Slice

Points = Mapping[str, OperatingPoint]
"""By age band."""


def point_at(points: Points, age: int | None) -> OperatingPoint:
    """A picture without an age is judged as an adult's."""
    return points[ADULTS.name if age is None else band_of(age).name]


class Decisions:
    """Counts the zones of a slice's comparisons."""

    def __init__(self, points: Points, slice_: Slice) -> None:
        self._points = points
        self._slice = slice_
        self._genuine: list[tuple[Ints, NDArray[np.int8], Mask]] = []
        self._accepted: list[tuple[Ints, Ints]] = []

    def add(self, block: Block, distances: NDArray[np.float32]) -> None:
        """The comparisons of one block."""
        point = point_at(self._points, block.age)
        accept = -np.inf if point.accept_within is None else point.accept_within
        first = self._slice.units_of(block.rows)
        second = self._slice.units_of(block.probes[:, 0])
        rows, columns = np.nonzero(block.genuine)
        own = distances[rows, columns]
        zones = (own > accept).astype(np.int8) + (own > point.review_within)
        may_accept = np.full(len(own), point.accept_within is not None)
        self._genuine.append((first[rows], zones.astype(np.int8), may_accept))
        rows, columns = np.nonzero(block.impostor & (distances <= accept))
        self._accepted.append((first[rows], second[columns]))

    def accepts(self, block: Block) -> bool:
        """Whether anybody of that age is accepted without a person."""
        return point_at(self._points, block.age).accept_within is not None

    def result(self) -> dict[str, Any]:
        """Rates with their intervals; None where there is nothing to count."""
        trials = impostor_trials(self._slice, self.accepts)
        size = len(self._slice.present)
        if not self._genuine:
            return dict.fromkeys(("fmr", "fnmr", "review", "rejected"))
        units, zones, may_accept = (
            np.concatenate(part) for part in zip(*self._genuine, strict=True)
        )
        wrong = [np.concatenate(part) for part in zip(*self._accepted, strict=True)]
        fmr = rate_at_fixed_limit(wrong[0], wrong[1], trials) if trials.total else None
        able = may_accept.astype(bool)
        return {
            "fmr": None if fmr is None else asdict(fmr),
            "fnmr": _share(units[able], zones[able] > 0, size),
            "review": _share(units, zones == 1, size),
            "rejected": _share(units, zones == 2, size),
        }


def _share(units: Ints, wanted: Mask, size: int) -> dict[str, Any] | None:
    if not len(units):
        return None
    trials = trials_of(units, units, size)
    return asdict(rate_at_fixed_limit(units[wanted], units[wanted], trials))


def decided(gallery: Gallery, slice_: Slice, method: Method, points: Points) -> dict[str, Any]:
    """`fmr`: impostors accepted without a person; `fnmr`: genuine comparisons not accepted, both
    among the ages at which anybody is. Of all genuine comparisons, `review`: go to a person,
    `rejected`: refused as no match."""
    decisions = Decisions(points, slice_)
    for block in slice_.blocks():
        decisions.add(block, block_distances(gallery, block, method))
    return decisions.result()
