"""Intervals on made-up scores whose true rates are known. The full gate runs 1,000 worlds a case,
the small one 100; every day fewer. Fewer worlds get the room that chance needs."""

import os
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.stats import binom, norm

from biometrics.evaluation.intervals import (
    Rate,
    Trials,
    clopper_pearson,
    rate_at_fixed_limit,
    spread,
    trials_of,
    worlds,
)
from biometrics.evaluation.rates import Comparisons, fnmr_at_fmr

GATE = pytest.mark.gate
MANY = 1000 if os.environ.get("ECARD_FULL") else 100
RUNS = [10, pytest.param(MANY, marks=GATE)]


def one_unit_worlds(runs: int, people: int, each: int, rate: float, alike: float):
    """Genuine comparisons; those of one person share a rate drawn from a beta distribution."""
    random = np.random.default_rng(runs)
    units = np.repeat(np.arange(people), each)
    trials = trials_of(units, units, people)
    shape = (1 / alike - 1) * np.array([rate, 1 - rate])
    for _ in range(runs):
        failed = units[random.random(len(units)) < random.beta(shape[0], shape[1], people)[units]]
        yield rate_at_fixed_limit(failed, failed, trials)


def pair_worlds(runs: int, people: int, rate: float, wolves: float):
    """Impostor comparisons of one picture each; some people pass more easily for others."""
    random = np.random.default_rng(runs)
    trials = Trials(np.zeros(people), 1 - np.eye(people, dtype=np.float32))
    first, second = np.triu_indices(people, 1)
    limit = norm.ppf(rate) * np.sqrt(1 + 2 * wolves**2)
    for _ in range(runs):
        likeness = random.normal(0, wolves, people)
        chance = norm.cdf(limit + likeness[first] + likeness[second])
        passed = random.random(len(first)) < chance
        yield rate_at_fixed_limit(first[passed], second[passed], trials)


def misses(rates: Iterator[Rate], truth: float, method: str) -> tuple[int, int]:
    """Intervals above or below the truth, and how many were by that method."""
    found = [rate for rate in rates if rate.method == method]
    outside = 0
    for rate in found:
        assert rate.low is not None
        assert rate.high is not None
        outside += not rate.low <= truth <= rate.high
    return outside, len(found)


def held(outside: int, runs: int, most_percent: float, least_percent: float = 0.0) -> bool:
    """Whether the share that misses lies between two percentages; few runs only bound it above."""
    if runs < 900:
        return outside <= int(binom.ppf(0.999, runs, most_percent / 100))
    return least_percent <= 100 * outside / runs <= most_percent


@pytest.mark.parametrize("runs", [200, pytest.param(1000, marks=GATE)])
@pytest.mark.parametrize(("rate", "trials"), [(0.5, 40), (0.05, 200), (0.001, 3000), (0.0, 50)])
def test_clopper_pearson_holds_the_truth_in_at_least_94_of_100_worlds(runs, rate, trials):
    random = np.random.default_rng(7)
    intervals = [clopper_pearson(errors, trials) for errors in random.binomial(trials, rate, runs)]
    outside = sum(not low <= rate <= high for low, high in intervals)
    assert outside <= (0.06 if runs == 1000 else 0.09) * runs


def matrix(trials: Trials) -> np.ndarray:
    assert trials.between is not None
    return np.diag(trials.own) + trials.between


def test_comparisons_are_counted_whichever_way_round_they_are():
    random = np.random.default_rng(8)
    one, other = random.integers(0, 1500, (2, 5000))  # more units than are turned at a time
    trials = trials_of(one, other, 1500)
    expected = np.zeros((1500, 1500))
    np.add.at(expected, (one, other), 1)
    np.add.at(expected, (other[one != other], one[one != other]), 1)
    assert (matrix(trials) == expected).all()
    assert trials.total == 5000
    weights = worlds(1500, draws=3).astype(float)
    twice = np.einsum("wi,ij,wj->w", weights, matrix(trials), weights)
    own = np.diagonal(expected)
    assert trials.redrawn(worlds(1500, draws=3)) == pytest.approx(
        (twice - weights**2 @ own) / 2 + weights @ own
    )


@pytest.mark.gate
def test_comparisons_of_one_unit_each_take_no_table_of_each_two():
    units = np.arange(100_000)
    trials = trials_of(units, units, len(units))
    assert trials.between is None
    assert rate_at_fixed_limit(units[:50], units[:50], trials).value == 50 / 100_000


def test_some_of_the_units_are_drawn_as_often_as_among_all():
    shown = np.array([2, 7, 30])
    assert (worlds(40, draws=20, shown=shown) == worlds(40, draws=20)[:, shown]).all()


def test_the_spread_is_that_of_the_whole_matrix_of_errors():
    random = np.random.default_rng(3)
    places = np.triu_indices(30)
    chosen = np.sort(random.integers(0, len(places[0]), 900))
    trials = trials_of(places[0][chosen], places[1][chosen], 30)
    first, second = (side[chosen][:80] for side in places)  # all of two people
    residual = matrix(trials_of(first, second, 30)) - 80 / 900 * matrix(trials)
    apart = residual - np.diag(np.diagonal(residual))
    variance = (residual.sum(axis=1) ** 2).sum() - (apart**2).sum() / 2
    assert spread(first, second, trials) == pytest.approx(np.sqrt(variance) / 900)
    assert trials.total == 900


def test_clopper_pearson_is_the_published_one():
    assert clopper_pearson(0, 43)[1] == pytest.approx(0.0822, abs=1e-4)
    assert clopper_pearson(8, 20) == pytest.approx((0.1912, 0.6395), abs=1e-4)
    assert clopper_pearson(20, 20)[1] == 1


@pytest.mark.parametrize(("errors", "trials"), [(1, 0), (3, 2), (-1, 5)])
def test_errors_that_cannot_be_have_no_interval(errors, trials):
    with pytest.raises(ValueError, match="errors"):
        clopper_pearson(errors, trials)


@pytest.mark.gate
@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize(
    ("people", "each", "rate", "alike"),
    [(120, 6, 0.10, 0.15), (200, 6, 0.08, 0.5), (300, 2, 0.15, 0.05)],
)
def test_the_bootstrap_over_people_holds_a_false_non_match_rate(runs, people, each, rate, alike):
    outside, found = misses(one_unit_worlds(runs, people, each, rate, alike), rate, "bootstrap")
    assert found >= 0.9 * runs
    assert held(outside, found, most_percent=10, least_percent=2)


@pytest.mark.gate
@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize(
    ("people", "rate", "wolves"), [(150, 0.01, 0.01), (150, 0.01, 0.4), (375, 1e-3, 0.2)]
)
def test_the_bootstrap_over_people_holds_a_false_match_rate(runs, people, rate, wolves):
    outside, found = misses(pair_worlds(runs, people, rate, wolves), rate, "bootstrap")
    assert found >= 0.9 * runs
    assert held(outside, found, most_percent=10, least_percent=2)


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("wolves", [0.01, 0.2])
def test_few_errors_get_clopper_pearson_over_what_they_are_worth(runs, wolves):
    outside, found = misses(pair_worlds(runs, 150, 1e-3, wolves), 1e-3, "clopper-pearson")
    assert found >= 0.9 * runs
    assert held(outside, found, most_percent=6)


def test_too_few_people_support_no_interval():
    units = np.repeat(np.arange(99), 10)
    rate = rate_at_fixed_limit(units[:50], units[:50], trials_of(units, units, 99))
    assert rate.value == pytest.approx(50 / 990)
    assert rate.low is None
    assert rate.high is None
    assert "100" in rate.method


def test_no_error_at_all_is_judged_by_the_comparisons_that_share_nobody():
    nobody = np.array([], np.intp)
    trials = Trials(np.zeros(200), 1 - np.eye(200, dtype=np.float32))
    rate = rate_at_fixed_limit(nobody, nobody, trials)
    assert (rate.value, rate.low) == (0, 0)
    assert rate.high == pytest.approx(clopper_pearson(0, 100)[1])


def scores(random: np.random.Generator, people: int, each: int) -> Comparisons:
    """Normal distances; the genuine ones of a person are shifted together."""
    units = np.repeat(np.arange(people), each)
    genuine = random.normal(0, 1, len(units)) + random.normal(0, 0.5, people)[units]
    first, second = np.triu_indices(people, 1)
    impostor = random.normal(GAP, 1, len(first))
    trials = Trials(np.zeros(people), 1 - np.eye(people, dtype=np.float32))
    everybody = np.arange(people), people
    return Comparisons(genuine, units, units, *everybody, impostor, first, second, trials)


GAP = 3.5


def known_fnmr(fmr: float) -> float:
    return float(norm.sf(GAP + norm.ppf(fmr), scale=np.sqrt(1.25)))


@pytest.mark.parametrize("runs", RUNS)
def test_the_bootstrap_holds_a_rate_at_a_limit_that_was_itself_estimated(runs):
    random = np.random.default_rng(runs)
    truth = known_fnmr(1e-2)
    outside = 0
    for _ in range(runs):
        rate = fnmr_at_fmr(scores(random, 120, 5), (1e-2,), draws=200)[1e-2]
        assert rate is not None
        assert rate.low is not None
        assert rate.high is not None
        outside += not rate.low <= truth <= rate.high
    assert held(outside, runs, most_percent=10, least_percent=2)


def test_a_rate_that_so_few_comparisons_cannot_show_is_none():
    rates = fnmr_at_fmr(scores(np.random.default_rng(1), 70, 3), (1e-2, 1e-3, 1e-4), draws=50)
    assert rates[1e-2] is not None
    assert rates[1e-2].low is None
    assert rates[1e-3] is None
    assert rates[1e-4] is None
