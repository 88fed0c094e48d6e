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
    """How many comparisons there are between each two of n units.

    `counts`: n × n, symmetric for pairs of different units (each comparison counted once in the sum
    of the upper triangle), or diagonal where every comparison belongs to one unit.
    """

    counts: NDArray[np.float32]

    @cached_property
    def units(self) -> int:
        """Those with at least one comparison."""
        return int((self.counts.sum(axis=1) > 0).sum())

    @cached_property
    def total(self) -> int:
        """All comparisons."""
        own = np.trace(self.counts, dtype=np.float64)
        return round((float(self.counts.sum(dtype=np.float64)) + float(own)) / 2)

    def redrawn(self, weights: NDArray[np.float32]) -> Floats:
        """Comparisons in each redrawn world. `weights`: worlds × units."""
        diagonal = np.diagonal(self.counts).astype(np.float64)
        apart = self.counts.copy()
        np.fill_diagonal(apart, 0)
        pairs = np.einsum("wi,wi->w", weights @ apart, weights, dtype=np.float64) / 2
        return np.asarray(pairs + weights @ diagonal, np.float64)


def trials_of(first: Ints, second: Ints, units: int) -> Trials:
    """Trials from the units of each comparison (`first` equal to `second` where it has one)."""
    counts = np.zeros((units, units), np.float32)
    np.add.at(counts, (first, second), 1)
    return both_ways(counts)


def both_ways(counts: NDArray[np.float32]) -> Trials:
    """Trials from comparisons that were counted one way; uses up `counts`, since of thousands of
    units each copy takes gigabytes."""
    own = np.diagonal(counts).copy()
    counts += counts.T
    np.fill_diagonal(counts, own)
    return Trials(counts)


def worlds(units: int, draws: int = DRAWS, seed: int = _SEED) -> NDArray[np.float32]:
    """draws × units: how often each unit is drawn when as many are drawn as there are."""
    random = np.random.default_rng(seed)
    drawn = random.multinomial(units, np.full(units, 1 / units), size=draws)
    return drawn.astype(np.float32)


def weight(weights: NDArray[np.float32], first: Ints, second: Ints) -> NDArray[np.float32]:
    """Of comparisons in one or more worlds (… × units → … × comparisons)."""
    both = weights[..., first] * weights[..., second]
    return np.where(first == second, weights[..., first], both)


def spread(first: Ints, second: Ints, trials: Trials) -> float:
    """Standard error of errors / comparisons, for errors of these units."""
    total, rate = trials.total, len(first) / trials.total
    counts, apart = trials.counts, first != second
    errors = np.bincount(first, minlength=len(counts))
    errors += np.bincount(second[apart], minlength=len(counts))
    by_unit = errors - rate * counts.sum(axis=1, dtype=np.float64)
    variance = (by_unit**2).sum() - _squares_apart(first[apart], second[apart], rate, counts)
    lowest = total * rate * (1 - rate)
    return float(np.sqrt(max(variance, lowest))) / total


def _squares_apart(first: Ints, second: Ints, rate: float, counts: NDArray[np.float32]) -> float:
    """The sum of (errors - rate · comparisons)² over pairs of different units, each pair once;
    multiplied out, since errors are few and a matrix of them would be large."""
    pairs = np.sort(np.stack([first, second]), axis=0)
    (one, other), errors = np.unique(pairs, axis=1, return_counts=True)
    own = np.diagonal(counts).astype(np.float64)
    every = np.einsum("ij,ij->", counts, counts, dtype=np.float64) - (own**2).sum()
    return float((errors**2 - 2 * rate * errors * counts[one, other]).sum() + rate**2 * every / 2)


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
    """Without the units that have no comparison: a gallery has thousands, a slice some hundreds."""
    present = np.flatnonzero(trials.counts.any(axis=1))
    if len(present) == len(trials.counts):
        return first, second, trials
    counts = trials.counts[np.ix_(present, present)]
    return np.searchsorted(present, first), np.searchsorted(present, second), Trials(counts)


def _share_nobody(trials: Trials) -> bool:
    return bool(((trials.counts > 0).sum(axis=1) <= 1).all() and trials.counts.max() <= 1)


def _effective(first: Ints, second: Ints, trials: Trials) -> tuple[float, float]:
    """Errors and independent trials worth as much as these."""
    if _share_nobody(trials):
        return len(first), trials.total
    if not len(first):
        one_unit = np.diagonal(trials.counts).any()
        return 0, trials.units if one_unit else trials.units // 2
    value = len(first) / trials.total
    effective = value * (1 - value) / spread(first, second, trials) ** 2
    effective = min(float(trials.total), max(effective, 1.0))
    return value * effective, effective


def _redrawn_interval(first: Ints, second: Ints, trials: Trials) -> tuple[float, float]:
    weights = worlds(len(trials.counts))
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
