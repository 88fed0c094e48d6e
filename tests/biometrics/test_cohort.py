"""Mean faces by age: what is taken away, what is refused, and what the committed files hold."""

import json

import numpy as np
import pytest

from biometrics import cohort
from biometrics.cohort import AgeMeans, Strength
from biometrics.comparison import distance, distance_at_age
from biometrics.engines import ENGINES
from biometrics.errors import ModelAltered, NotCalibratedFor

SIZE = 8
WEIGHTS = "0" * 64


def means_of(strength: Strength) -> AgeMeans:
    """Three cells that point each to its own side."""
    means = 0.9 * np.eye(3, SIZE, dtype=np.float32)
    ages, people = np.array([2.0, 8.0, 40.0]), np.array([60, 60, 90])
    return AgeMeans("made-up", WEIGHTS, ages, people, means, strength)


def faces(age_axis: int, count: int = 40) -> np.ndarray:
    """People who differ little from the mean of their age."""
    random = np.random.default_rng(5)
    vectors = np.eye(SIZE)[age_axis] + 0.2 * random.normal(size=(count, SIZE))
    found = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return np.asarray(found)


def spread(vectors: np.ndarray) -> float:
    """Mean distance of two of them."""
    count = len(vectors)
    return float((1 - vectors @ vectors.T).sum() / (count * (count - 1)))


def test_children_of_an_age_lie_further_apart_without_the_mean_of_their_age():
    children, means = faces(1), means_of(Strength(0.8, 0.0))
    assert spread(means.centred(children, 8)) > 3 * spread(children)
    assert np.linalg.norm(means.centred(children, 8), axis=1) == pytest.approx(np.ones(40))


def test_the_mean_of_another_age_does_not_help():
    children, means = faces(1), means_of(Strength(0.8, 0.0))
    assert spread(means.centred(children, 2)) < 1.5 * spread(children)


def test_adults_stay_as_they_are_where_the_strength_is_none():
    adults = faces(2)
    assert means_of(Strength(0.8, 0.0)).centred(adults, 40) is adults
    assert means_of(Strength(0.8, 0.0)).centred(adults, None) is adults
    assert spread(means_of(Strength(0.8, 0.5)).centred(adults, None)) > spread(adults)


def test_ages_beyond_the_cells_take_the_nearest_one():
    means = means_of(Strength(1, 1))
    assert means.mean_at(0) == pytest.approx(means.mean_at(2))
    assert means.mean_at(90) == pytest.approx(means.mean_at(40))
    assert means.cell_at(100) == pytest.approx(means.means[2])


def test_neighbouring_ages_share_a_mean_by_their_nearness():
    means = means_of(Strength(1, 1))
    at_five = means.mean_at(5)
    assert at_five[0] == pytest.approx(at_five[1])
    assert means.mean_at(7)[1] > means.mean_at(7)[0]
    assert means.mean_at(25)[2] > 0.5


def test_a_distance_at_an_age_is_the_plain_one_where_there_are_no_means():
    one, other = faces(1)[:2]
    assert distance_at_age(one, other, 8, None) == distance(one, other)
    assert distance_at_age(one, other, 8, means_of(Strength(0.8, 0))) > distance(one, other)


def test_what_is_written_reads_back_the_same(tmp_path):
    means = means_of(Strength(0.8, 0.25))
    (tmp_path / "made-up.json").write_text(cohort.written(means, {"source": "nobody"}))
    found = cohort.load("made-up", WEIGHTS, tmp_path)
    assert found is not None
    assert found.strength == means.strength
    assert found.means == pytest.approx(means.means, abs=1e-5)
    assert cohort.load("unheard of", WEIGHTS, tmp_path) is None


def altered(change: str):
    content = json.loads(cohort.written(means_of(Strength(0.8, 0)), {}))
    if change == "people":
        content["cells"][0]["people"] = 49
    elif change == "nan":
        content["cells"][0]["mean"][0] = float("nan")
    elif change == "age":
        content["cells"][1]["age"] = float("nan")
    elif change == "order":
        content["cells"].reverse()
    elif change == "strength":
        content["strength"]["minor"] = 1.5
    else:
        del content["cells"][0]["mean"]
    return content


@pytest.mark.parametrize("change", ["people", "nan", "age", "order", "strength", "missing"])
def test_a_file_that_is_not_one_is_refused(tmp_path, change):
    (tmp_path / "made-up.json").write_text(json.dumps(altered(change)))
    with pytest.raises(ModelAltered):
        cohort.load("made-up", WEIGHTS, tmp_path)


def test_means_of_another_engine_or_of_other_weights_are_refused(tmp_path):
    written = cohort.written(means_of(Strength(0.8, 0)), {})
    for name in ("made-up", "another"):
        (tmp_path / f"{name}.json").write_text(written)
    with pytest.raises(NotCalibratedFor):
        cohort.load("made-up", "f" * 64, tmp_path)
    with pytest.raises(NotCalibratedFor):
        cohort.load("another", WEIGHTS, tmp_path)


def test_the_committed_means_are_few_and_stand_for_many_people():
    files = sorted(cohort.FOLDER.glob("*.json"))
    assert len(files) >= 2
    for path in files:
        means = cohort.read(json.loads(path.read_text()))
        assert cohort.load(path.stem, means.weights) is not None
        assert means.people.min() >= cohort.MIN_PEOPLE
        assert path.stat().st_size < 200_000
        assert json.loads(path.read_text())["recipe"]["source"]
    assert len(files) <= len(ENGINES)
