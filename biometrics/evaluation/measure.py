"""Compares the pictures of a slice in one way (a *method*), and keeps what the rates need."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biometrics.cohort import AgeMeans, Vectors, without
from biometrics.embedding import unit
from biometrics.evaluation.gallery import Gallery
from biometrics.evaluation.intervals import Floats, Ints, Trials, both_ways
from biometrics.evaluation.rates import FMRS, Comparisons
from biometrics.evaluation.slices import Block, Mask, Slice

Centre = Callable[[Vectors, int | None], Vectors]
"""Embeddings (n × dimensions) as compared at an age."""
Join = Callable[[Vectors], Vectors]
"""One embedding for each picture of a gallery (n × cuts × dimensions → n × dimensions)."""

_KEPT = 1.5 * max(FMRS)
"""Share of the impostor comparisons whose distances are kept: the nearest ones."""


@dataclass(frozen=True, slots=True)
class Method:
    """A way to compare."""

    name: str
    photo: Join
    frames: Callable[[Vectors], Vectors]
    """One embedding from several pictures (n × pictures × cuts × dimensions → n × dimensions)."""
    centre: Centre


def as_shipped(means: AgeMeans | None) -> Method:
    """What the verifier does."""
    return Method("shipped", _all_cuts, _mean_of_frames, means.centred if means else _as_it_is)


def plain() -> Method:
    """The engine's embedding of one picture, its mirror image averaged in as everywhere, cosine;
    of several pictures the first."""
    return Method("plain", _first_cut, lambda frames: frames[:, 0, 0], _as_it_is)


def plain_mean() -> Method:
    """The same, several pictures averaged."""
    return Method("plain_mean", _first_cut, _mean_of_frames, _as_it_is)


def plain_cohort(means: AgeMeans) -> Method:
    """The mean of the one nearest cell subtracted, all of it."""

    def centre(vectors: Vectors, age: int | None) -> Vectors:
        return vectors if age is None else without(vectors, means.cell_at(age), 1.0)

    return Method("plain_cohort", _first_cut, _mean_of_frames, centre)


def _first_cut(vectors: Vectors) -> Vectors:
    return vectors[:, 0]


def _all_cuts(vectors: Vectors) -> Vectors:
    return unit(vectors.sum(axis=1))


def _mean_of_frames(vectors: Vectors) -> Vectors:
    return unit(vectors[:, :, 0].sum(axis=1))


def _as_it_is(vectors: Vectors, _: int | None) -> Vectors:
    return vectors


def compare(
    gallery: Gallery,
    slice_: Slice,
    method: Method,
    kept: float = _KEPT,
    trials: Trials | None = None,
) -> Comparisons:
    """Every comparison of the slice. `kept`: share of the nearest impostors to keep; `trials`: the
    slice's, where they were counted already."""
    if trials is None:
        trials = impostor_trials(slice_)
    nearest = _NearestImpostors(int(kept * trials.total) + 1)
    genuine: list[tuple[NDArray[np.float32], Ints, Ints]] = []
    for block in slice_.blocks():
        distances = block_distances(gallery, block, method)
        units = slice_.units_of(block.rows), slice_.units_of(block.probes[:, 0])
        genuine.append(_chosen(distances, block.genuine, *units))
        nearest.add(*_chosen(distances, block.impostor, *units))
    own = [np.concatenate(parts) for parts in zip(_NOTHING, *genuine, strict=True)]
    away, everybody = own[0].astype(np.float64), int(slice_.units.max()) + 1
    near = nearest.result()
    return Comparisons(away, own[1], own[2], slice_.present, everybody, *near, trials)


_NOTHING = np.empty(0, np.float32), np.empty(0, np.intp), np.empty(0, np.intp)
"""Distances and units of no comparison."""


def block_distances(gallery: Gallery, block: Block, method: Method) -> NDArray[np.float32]:
    """References × probes."""
    references = method.centre(method.photo(gallery.vectors[block.rows]), block.age)
    probes = method.centre(_probes(gallery.vectors, block.probes, method), block.age)
    return np.asarray(1 - references @ probes.T, np.float32)


def _probes(vectors: Vectors, probes: Ints, method: Method) -> Vectors:
    """A single picture is a photo; of several, each is a frame, which is cut once only."""
    if probes.shape[1] == 1:
        return method.photo(vectors[probes[:, 0]])
    return method.frames(vectors[probes])


def _chosen(
    distances: NDArray[np.float32], mask: Mask, row_units: Ints, column_units: Ints
) -> tuple[NDArray[np.float32], Ints, Ints]:
    rows, columns = np.nonzero(mask)
    return distances[rows, columns], row_units[rows], column_units[columns]


def impostor_trials(slice_: Slice, wanted: Callable[[Block], bool] = lambda _: True) -> Trials:
    """How many impostor comparisons there are between each two units."""
    size = len(slice_.present)
    counts = np.zeros((size, size), np.float32)
    for block in slice_.blocks():
        if wanted(block):
            units = slice_.units_of(block.rows), slice_.units_of(block.probes[:, 0])
            _count(counts, block.impostor, *units)
    return both_ways(counts)


def _count(counts: NDArray[np.float32], mask: Mask, rows: Ints, columns: Ints) -> None:
    """Adds a block's comparisons, unit by unit."""
    order = np.argsort(columns, kind="stable")
    present, starts = np.unique(columns[order], return_index=True)
    by_column = np.add.reduceat(mask[:, order].astype(np.float32), starts, axis=1)
    for person in np.unique(rows):
        counts[person, present] += by_column[rows == person].sum(axis=0)


class _NearestImpostors:
    """Keeps the nearest so many of all that are added."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._parts: list[tuple[NDArray[np.float32], Ints, Ints]] = [_NOTHING]
        self._limit = np.inf

    def add(self, distances: NDArray[np.float32], first: Ints, second: Ints) -> None:
        near = distances <= self._limit
        self._parts.append((distances[near], first[near], second[near]))
        if sum(len(part[0]) for part in self._parts) > 4 * self._size:
            self._prune()

    def _prune(self) -> None:
        distances, first, second = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        if len(distances) > self._size:
            near = np.argpartition(distances, self._size - 1)[: self._size]
            distances, first, second = distances[near], first[near], second[near]
            self._limit = float(distances.max())
        self._parts = [(distances, first, second)]

    def result(self) -> tuple[Floats, Ints, Ints]:
        self._prune()
        distances, first, second = self._parts[0]
        return distances.astype(float), first, second
