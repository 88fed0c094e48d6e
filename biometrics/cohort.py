"""Mean faces by age, and what is left of a face once the look of its age is taken away.

Small children look alike to networks that were trained on adults: their embeddings lie together, so
strangers are near. The mean embedding of many people of an age is subtracted, and the rest is
brought back to length 1. Only means over at least `MIN_PEOPLE` people are stored (a text file for
each embedder, beside this module); `python -m biometrics.evaluation cohort` rebuilds it from an
operator's own pictures.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biometrics.errors import ModelAltered, NotCalibratedFor

Vectors = NDArray[np.float32]

MIN_PEOPLE = 50
"""Behind every mean: what may be kept of research pictures."""
ADULT_FROM_YEARS = 18
FOLDER = Path(__file__).with_name("cohorts")

_NEIGHBOURS_YEARS = 2.0
"""Standard deviation of the weights with which cells of neighbouring ages count."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How much of the mean is taken away (0 to 1). Networks differ: dlib's embeddings all lie in
    one narrow cone, of which something has to stay."""

    minor: float
    adult: float


@dataclass(frozen=True)
class AgeMeans:
    """The means of one embedder."""

    embedder: str
    weights: str
    """SHA-256 of the weights that they were made with (engines.py)."""
    ages: NDArray[np.float64]
    """Mean age in years of each cell, ascending."""
    people: NDArray[np.int64]
    means: Vectors
    """Cells × dimensions: means of embeddings of length 1."""
    strength: Strength

    def centred(self, embeddings: Vectors, age: int | None) -> Vectors:
        """The embeddings (… × dimensions) as seen among people of that age in years, of length 1;
        None stands for an adult of unknown age."""
        minor = age is not None and age < ADULT_FROM_YEARS
        strength = self.strength.minor if minor else self.strength.adult
        if not strength:
            return embeddings
        return without(embeddings, self.mean_at(age), strength)

    def mean_at(self, age: int | None) -> Vectors:
        """The mean around an age, or that of all adults."""
        return self._adults if age is None else self._smoothed(float(age))

    def cell_at(self, age: int) -> Vectors:
        """The mean of the nearest cell alone."""
        return np.asarray(self.means[int(np.abs(self.ages - age).argmin())], np.float32)

    def _smoothed(self, age: float) -> Vectors:
        age = min(max(age, float(self.ages[0])), float(self.ages[-1]))
        away = (self.ages - age) / _NEIGHBOURS_YEARS
        # beside the nearest cell all others would else vanish where cells lie far apart
        away = np.sqrt(away**2 - (away**2).min())
        return self._weighted(self.people * np.exp(-(away**2) / 2))

    @cached_property
    def _adults(self) -> Vectors:
        return self._weighted(np.where(self.ages >= ADULT_FROM_YEARS, self.people, 0.0))

    def _weighted(self, weights: NDArray[np.float64]) -> Vectors:
        return np.asarray(weights @ self.means / weights.sum(), np.float32)


def without(embeddings: Vectors, mean: Vectors, strength: float) -> Vectors:
    """The embeddings less that much of a mean, of length 1."""
    rest = embeddings - np.float32(strength) * mean
    return np.asarray(rest / np.linalg.norm(rest, axis=-1, keepdims=True), np.float32)


def load(embedder: str, weights: str, folder: Path = FOLDER) -> AgeMeans | None:
    """The means of an embedder; None where none were made for it (nothing is subtracted then).

    Raises `ModelAltered` where the file is not one of this module's, and `NotCalibratedFor` where
    it was made for another embedder or with other weights.
    """
    path = folder / f"{embedder}.json"
    if not path.is_file():
        return None
    try:
        means = read(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise ModelAltered(f"{path.name} does not hold mean faces by age") from error
    if (means.embedder, means.weights) != (embedder, weights):
        raise NotCalibratedFor(f"{path.name} was made for another engine or with other weights")
    return means


def read(content: Mapping[str, Any]) -> AgeMeans:
    """The means from the file's content. `ValueError` where a cell has too few people or its mean
    is no number."""
    cells = content["cells"]
    means = np.array([cell["mean"] for cell in cells], np.float32)
    people = np.array([cell["people"] for cell in cells], np.int64)
    ages = np.array([cell["age"] for cell in cells], np.float64)
    strength = Strength(**content["strength"])
    numbers = np.isfinite(means).all() and np.isfinite(ages).all()
    if means.ndim != 2 or not numbers or (np.diff(ages) <= 0).any():
        raise ValueError("means must be numbers, in the order of age")
    if people.min() < MIN_PEOPLE:
        raise ValueError(f"a mean needs at least {MIN_PEOPLE} people")
    if not all(0 <= share <= 1 for share in (strength.minor, strength.adult)):
        raise ValueError("a strength lies between 0 and 1")
    named = str(content["embedder"]), str(content["weights"])
    return AgeMeans(*named, ages, people, means, strength)


def written(means: AgeMeans, recipe: Mapping[str, Any]) -> str:
    """The file's content: `recipe`, then the cells with their means rounded to 5 digits."""
    strength = {"minor": means.strength.minor, "adult": means.strength.adult}
    named = {"embedder": means.embedder, "weights": means.weights}
    head = {**named, "recipe": dict(recipe), "strength": strength}
    cells = [
        {"age": round(float(age), 1), "people": int(count), "mean": [_short(x) for x in mean]}
        for age, count, mean in zip(means.ages, means.people, means.means, strict=True)
    ]
    lines = ",\n".join(json.dumps(cell, separators=(",", ":")) for cell in cells)
    return json.dumps(head, indent=1)[:-2] + ',\n "cells": [\n' + lines + "\n]}\n"


def _short(value: float) -> float:
    value = round(float(value), 5)
    if not math.isfinite(value):
        raise ValueError("a mean must be a number")
    return value
