"""How sure an error rate is.

Trials that share nothing: Clopper-Pearson. Comparisons of pictures share people, so they are drawn
again by person: a *unit* is a person (or a family), a comparison belongs to one unit (genuine) or
to two (impostor), and in a redrawn world it weighs as often as its units were drawn.

Two units' weights multiplied would count the chance of a single comparison three times, so the
spread of the redrawn rates is brought to the one that the comparisons themselves show (the variance
for pairs that share members; Aronow, Samii and Assenova 2015).

Under 100 units or 30 errors nothing is redrawn. A rate at a fixed limit then gets Clopper-Pearson
over the comparisons that the spread is worth (Korn and Graubard 1998), with no error at all over
those that share nobody; a rate at a limit that was itself estimated gets none.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]

CONFIDENCE = 0.95
MIN_UNITS = 100
"""People (or families) below which nothing is redrawn."""
MIN_ERRORS = 30
"""Errors below which nothing is redrawn."""
EXPECTED_ERRORS = 3
"""A rate is printed only where at least this many errors are to be expected at it: 30,000
comparisons for 1e-4."""
DRAWS = 1000
_SEED = 20261122


@dataclass(frozen=True, slots=True)
class Rate:
    """An error rate with its 95 % interval; `low` and `high` None: not supported by so few."""

    value: float
    low: float | None
    high: float | None
    errors: int
    comparisons: int
    method: str
    """`bootstrap`, `clopper-pearson`, or why there is no interval."""


def clopper_pearson(errors: float, trials: float) -> tuple[float, float]:
    """Exact interval for `errors` of `trials` independent ones; both may be effective numbers.

    Raises `ValueError` where there are no trials, or more errors than trials.
    """
    if trials <= 0 or not 0 <= errors <= trials:
        raise ValueError("errors must lie between 0 and a positive number of trials")
    tail = (1 - CONFIDENCE) / 2
    low = float(beta.ppf(tail, errors, trials - errors + 1)) if errors > 0 else 0.0
    high = float(beta.ppf(1 - tail, errors + 1, trials - errors)) if errors < trials else 1.0
    return low, high


@dataclass(frozen=True)
class Trials:
    """How many comparisons there are within and between n units."""

    own: Floats
    """n: comparisons that belong to one unit."""
    between: NDArray[np.float32] | None = None
    """n × n, symmetric, with an empty diagonal: comparisons between two units. None where there
    are none: of thousands of units the matrix takes gigabytes."""

    @cached_property
    def by_unit(self) -> Floats:
        """Comparisons that each unit takes part in."""
        return self.own if self.between is None else self.own + self.between.sum(1, np.float64)

    @cached_property
    def units(self) -> int:
        """Those with at least one comparison."""
        return int((self.by_unit > 0).sum())

    @cached_property
    def total(self) -> int:
        """All comparisons."""
        return round(float(self.own.sum() + self.by_unit.sum()) / 2)

    def redrawn(self, weights: NDArray[np.float32]) -> Floats:
        """Comparisons in each redrawn world. `weights`: worlds × units."""
        own = np.asarray(weights @ self.own, np.float64)
        if self.between is None:
            return own
        both = np.einsum("wi,wi->w", weights @ self.between, weights, dtype=np.float64)
        return np.asarray(own + both / 2, np.float64)

    def among(self, units: Ints) -> "Trials":
        """Those of some units only, in this order."""
        between = None if self.between is None else self.between[np.ix_(units, units)]
        return Trials(self.own[units], between)


def trials_of(first: Ints, second: Ints, units: int) -> Trials:
    """Trials from the units of each comparison (`first` equal to `second` where it has one)."""
    apart = first != second
    own = np.bincount(first[~apart], minlength=units).astype(np.float64)
    if not apart.any():
        return Trials(own)
    counts = np.zeros((units, units), np.float32)
    np.add.at(counts, (first[apart], second[apart]), 1)
    return Trials(own, both_ways(counts).between)


_ROWS = 1000


def both_ways(counts: NDArray[np.float32]) -> Trials:
    """Trials from comparisons that were counted one way; uses up `counts`, since of thousands of
    units each copy takes gigabytes."""
    own = np.diagonal(counts).astype(np.float64)
    np.fill_diagonal(counts, 0)
    if not counts.any():
        return Trials(own)
    for start in range(0, len(counts), _ROWS):
        rows = slice(start, start + _ROWS)
        square = counts[rows, rows] + counts[rows, rows].T
        counts[rows, start:] += counts[start:, rows].T
        counts[rows, rows] = square
        counts[start:, rows] = counts[rows, start:].T
    return Trials(own, counts)


def worlds(
    units: int, draws: int = DRAWS, seed: int = _SEED, shown: Ints | None = None
) -> NDArray[np.float32]:
    """draws × units: how often each unit is drawn when as many are drawn as there are; of those
    that are `shown` only (default: all)."""
    random, chance = np.random.default_rng(seed), np.full(units, 1 / units)
    every = np.arange(units) if shown is None else shown
    drawn = [random.multinomial(units, chance)[every].astype(np.float32) for _ in range(draws)]
    return np.stack(drawn)


def weight(weights: NDArray[np.float32], first: Ints, second: Ints) -> NDArray[np.float32]:
    """Of comparisons in one or more worlds (… × units → … × comparisons)."""
    both = weights[..., first] * weights[..., second]
    return np.where(first == second, weights[..., first], both)


def spread(first: Ints, second: Ints, trials: Trials) -> float:
    """Standard error of errors / comparisons, for errors of these units."""
    total, rate = trials.total, len(first) / trials.total
    size, apart = len(trials.own), first != second
    errors = np.bincount(first, minlength=size) + np.bincount(second[apart], minlength=size)
    variance = ((errors - rate * trials.by_unit) ** 2).sum()
    if trials.between is not None:
        variance -= _squares_apart(first[apart], second[apart], rate, trials.between)
    lowest = total * rate * (1 - rate)
    return float(np.sqrt(max(variance, lowest))) / total


def _squares_apart(first: Ints, second: Ints, rate: float, between: NDArray[np.float32]) -> float:
    """The sum of (errors - rate · comparisons)² over pairs of different units, each pair once;
    multiplied out, since errors are few and a matrix of them would be large."""
    pairs = np.sort(np.stack([first, second]), axis=0)
    (one, other), errors = np.unique(pairs, axis=1, return_counts=True)
    every = np.einsum("ij,ij->", between, between, dtype=np.float64)
    return float((errors**2 - 2 * rate * errors * between[one, other]).sum() + rate**2 * every / 2)


def rate_at_fixed_limit(first: Ints, second: Ints, trials: Trials) -> Rate:
    """The rate of errors whose units are given, at a limit that was not chosen on these trials."""
    first, second, trials = _among_present(first, second, trials)
    errors, total = len(first), trials.total
    value = errors / total
    if trials.units < MIN_UNITS and not _share_nobody(trials):
        return Rate(value, None, None, errors, total, f"none: fewer than {MIN_UNITS} units")
    if errors >= MIN_ERRORS and trials.units >= MIN_UNITS:
        low, high = _redrawn_interval(first, second, trials)
        return Rate(value, low, high, errors, total, "bootstrap")
    low, high = clopper_pearson(*_effective(first, second, trials))
    return Rate(value, low, high, errors, total, "clopper-pearson")


def _among_present(first: Ints, second: Ints, trials: Trials) -> tuple[Ints, Ints, Trials]:
    """Without the units that have no comparison."""
    present = np.flatnonzero(trials.by_unit)
    if len(present) == len(trials.own):
        return first, second, trials
    places = np.searchsorted(present, first), np.searchsorted(present, second)
    return *places, trials.among(present)


def _share_nobody(trials: Trials) -> bool:
    return bool(trials.by_unit.max() <= 1)


def _effective(first: Ints, second: Ints, trials: Trials) -> tuple[float, float]:
    """Errors and independent trials worth as much as these."""
    if _share_nobody(trials):
        return len(first), trials.total
    if not len(first):
        return 0, trials.units if trials.own.any() else trials.units // 2
    value = len(first) / trials.total
    effective = value * (1 - value) / spread(first, second, trials) ** 2
    effective = min(float(trials.total), max(effective, 1.0))
    return value * effective, effective


def _redrawn_interval(first: Ints, second: Ints, trials: Trials) -> tuple[float, float]:
    weights = worlds(len(trials.own))
    failed = np.array([weight(row, first, second).sum(dtype=np.float64) for row in weights])
    rates = failed / trials.redrawn(weights)
    value = len(first) / trials.total
    wanted, found = spread(first, second, trials), float(rates.std())
    shrink = min(1.0, wanted / found) if found else 1.0
    tiny = value / (10 * len(first))
    away = np.log(np.maximum(rates, tiny) / value) * shrink
    low, high = value * np.exp(np.percentile(away, _TAILS))
    return float(low), min(1.0, float(high))


_TAILS = (100 * (1 - CONFIDENCE) / 2, 100 * (1 + CONFIDENCE) / 2)


def middle(drawn: Floats) -> tuple[float, float]:
    """The 95 % in the middle of redrawn figures."""
    low, high = np.percentile(drawn, _TAILS)
    return float(low), float(high)
