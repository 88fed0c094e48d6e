"""False non-match rates where false matches have a given rate, with intervals, and compared pair
by pair."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from biometrics.evaluation.intervals import (
    DRAWS,
    EXPECTED_ERRORS,
    MIN_ERRORS,
    MIN_UNITS,
    Floats,
    Ints,
    Rate,
    Trials,
    middle,
    rate_at_fixed_limit,
    trials_of,
    weight,
    worlds,
)

LEAST_GENUINE = 30
"""Genuine comparisons below which no FNMR is printed: none of 30 failing still allows one in ten.
"""
FMRS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


@dataclass(frozen=True)
class Comparisons:
    """Distances of one method on one slice, and the units (people, families) they belong to."""

    genuine: Floats
    genuine_first: Ints
    genuine_second: Ints
    present: Ints
    """Units are numbered by their place in this: their numbers in the whole gallery."""
    drawn_from: int
    """Units of the whole gallery: worlds are redrawn from all of them, so that each unit is drawn
    as often in every slice."""
    nearest: Floats
    """Of the impostors: the nearest ones, enough for the largest rate asked for."""
    nearest_first: Ints
    nearest_second: Ints
    trials: Trials
    """Of the impostors: all of them."""

    @cached_property
    def order(self) -> Ints:
        """The nearest impostors, nearest first."""
        return np.argsort(self.nearest, kind="stable")

    @cached_property
    def genuine_trials(self) -> Trials:
        """The genuine comparisons by unit."""
        return trials_of(self.genuine_first, self.genuine_second, len(self.present))

    @cached_property
    def usual_worlds(self) -> dict[float, Floats]:
        """The FNMR in each redrawn world, at the usual FMRs; kept, since it takes seconds."""
        return _redrawn(self, FMRS, DRAWS)

    def supports(self, fmr: float) -> bool:
        """Whether so few comparisons can show a rate so low."""
        return len(self.genuine) >= LEAST_GENUINE and self.supports_limit(fmr)

    def supports_limit(self, fmr: float) -> bool:
        """Whether a limit for a rate so low can be read off the impostors."""
        return fmr * self.trials.total >= EXPECTED_ERRORS

    def limit(self, fmr: float) -> float:
        """The distance that at most this share of the impostors stays below."""
        allowed = int(fmr * self.trials.total)
        return float(self.nearest[self.order[min(allowed, len(self.nearest) - 1)]])

    def false_non_matches(self, limit: float) -> Rate:
        """Genuine comparisons at or beyond a limit that was not chosen on them."""
        failed = self.genuine >= limit
        units = self.genuine_first[failed], self.genuine_second[failed]
        return rate_at_fixed_limit(*units, self.genuine_trials)

    def false_matches(self, limit: float) -> Rate:
        """Impostor comparisons below a limit that was not chosen on them."""
        passed = self.nearest < limit
        return rate_at_fixed_limit(
            self.nearest_first[passed], self.nearest_second[passed], self.trials
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """Of two rates of the same comparisons; `low` and `high` None where not supported."""

    value: float
    low: float | None
    high: float | None


def fnmr_at_fmr(
    comparisons: Comparisons, fmrs: Sequence[float] = FMRS, draws: int = DRAWS
) -> dict[float, Rate | None]:
    """The FNMR at each FMR; None where the comparisons cannot show it."""
    redrawn = _in_worlds(comparisons, fmrs, draws)
    return {fmr: _rate(comparisons, fmr, redrawn.get(fmr)) for fmr in fmrs}


def _rate(comparisons: Comparisons, fmr: float, redrawn: Floats | None) -> Rate | None:
    if not comparisons.supports(fmr):
        return None
    failed = int((comparisons.genuine >= comparisons.limit(fmr)).sum())
    total = len(comparisons.genuine)
    if redrawn is None:
        return Rate(failed / total, None, None, failed, total, _why_none(comparisons))
    return Rate(failed / total, *middle(redrawn), failed, total, "bootstrap")


def _why_none(comparisons: Comparisons) -> str:
    few = comparisons.genuine_trials.units < MIN_UNITS
    return f"none: fewer than {MIN_UNITS} units" if few else f"none: fewer than {MIN_ERRORS} errors"


def differences(
    ours: Comparisons, theirs: Comparisons, fmrs: Sequence[float] = FMRS, draws: int = DRAWS
) -> dict[float, Difference | None]:
    """Our FNMR minus theirs at each FMR, in the same redrawn worlds: both must be of the same
    comparisons, in the same order."""
    our_worlds, their_worlds = (_in_worlds(each, fmrs, draws) for each in (ours, theirs))
    found: dict[float, Difference | None] = {}
    for fmr in fmrs:
        found[fmr] = None
        if ours.supports(fmr):
            value = _fnmr(ours, fmr) - _fnmr(theirs, fmr)
            both = fmr in our_worlds and fmr in their_worlds
            bounds = middle(our_worlds[fmr] - their_worlds[fmr]) if both else (None, None)
            found[fmr] = Difference(value, *bounds)
    return found


def _fnmr(comparisons: Comparisons, fmr: float) -> float:
    return float((comparisons.genuine >= comparisons.limit(fmr)).mean())


def _in_worlds(comparisons: Comparisons, fmrs: Sequence[float], draws: int) -> dict[float, Floats]:
    usual = (tuple(fmrs), draws) == (FMRS, DRAWS)
    return comparisons.usual_worlds if usual else _redrawn(comparisons, fmrs, draws)


def _redrawn(comparisons: Comparisons, fmrs: Sequence[float], draws: int) -> dict[float, Floats]:
    """The FNMR in each redrawn world, for the FMRs at which there is enough of everything."""
    shown = [fmr for fmr in fmrs if _may_be_redrawn(comparisons, fmr)]
    if not shown:
        return {}
    weights = worlds(comparisons.drawn_from, draws, shown=comparisons.present)
    allowed = comparisons.trials.redrawn(weights)[:, None] * np.array(shown)
    nearest = _Nearest.of(comparisons, float(allowed.max()))
    columns = [
        _fnmr_in_world(comparisons, nearest, world, bounds)
        for world, bounds in zip(weights, allowed, strict=True)
    ]
    return dict(zip(shown, np.array(columns).T, strict=True))


@dataclass(frozen=True, slots=True)
class _Nearest:
    """Impostor comparisons, nearest first, as many as the redrawn worlds may reach."""

    distances: Floats
    first: Ints
    second: Ints

    @classmethod
    def of(cls, comparisons: Comparisons, most: float) -> "_Nearest":
        reach = comparisons.order[: int(_MARGIN * most) + 100]
        units = comparisons.nearest_first[reach], comparisons.nearest_second[reach]
        return cls(comparisons.nearest[reach], *units)


_MARGIN = 2
"""A redrawn world may give the nearest comparisons half the weight they have."""


def _may_be_redrawn(comparisons: Comparisons, fmr: float) -> bool:
    if not comparisons.supports(fmr) or comparisons.genuine_trials.units < MIN_UNITS:
        return False
    failed = (comparisons.genuine >= comparisons.limit(fmr)).sum()
    return bool(min(failed, fmr * comparisons.trials.total) >= MIN_ERRORS)


def _fnmr_in_world(
    comparisons: Comparisons, nearest: _Nearest, world: NDArray[np.float32], allowed: Floats
) -> list[float]:
    passed = np.cumsum(weight(world, nearest.first, nearest.second), dtype=np.float64)
    places = np.searchsorted(passed, allowed, side="right").clip(max=len(passed) - 1)
    weights = weight(world, comparisons.genuine_first, comparisons.genuine_second)
    total = weights.sum(dtype=np.float64)
    return [
        float(weights[comparisons.genuine >= limit].sum(dtype=np.float64) / total)
        for limit in nearest.distances[places]
    ]
