"""`doubles`: pictures that a set gives to two people, though they show one.

Sets collected from the web call the same face by several names; every such pair would count as a
false match. A second engine, trained by others on other pictures, names the pairs so near that it
practically never sees strangers there. The table is for `match --doubles`, which then shows the
rates with and without them. It names pictures of people: keep it beside them, not in a repository.
"""

import argparse
import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np

from biometrics import cohort
from biometrics.cohort import AgeMeans, Strength
from biometrics.evaluation.arguments import add_sources, opened_gallery, reported
from biometrics.evaluation.errors import EngineUnknown
from biometrics.evaluation.gallery import Gallery
from biometrics.evaluation.manifest import read_rows
from biometrics.evaluation.measure import Method, as_shipped

WITHIN = {"yunet-mobilefacenet-v1": 0.45}
"""Distance, age mean subtracted. Of the strangers of Labeled Faces in the Wild 5 of 1.9 million
pairs are as near, of FG-NET 1 of 29 thousand of the same age band."""

_ALL_OF_IT = Strength(minor=1.0, adult=1.0)
"""Of the age mean, whatever the comparisons of the product take away."""

COLUMNS = ("path_a", "path_b")


@reported
def main(arguments: Sequence[str]) -> int:
    """Writes the table."""
    parser = argparse.ArgumentParser("python -m biometrics.evaluation doubles")
    add_sources(parser, default_engine="yunet-mobilefacenet")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    options = parser.parse_args(arguments)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    gallery = opened_gallery(options, options.out.parent)
    means = cohort.load(gallery.engine, gallery.weights)
    if means is None or gallery.engine not in WITHIN:
        raise EngineUnknown(f"{gallery.engine} has no limit for this; {', '.join(WITHIN)} has")
    pairs = find_doubles(gallery, means, WITHIN[gallery.engine])
    with options.out.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *pairs])
    print(f"{len(pairs)} pairs: {options.out}")
    return 0


def find_doubles(gallery: Gallery, means: AgeMeans, within: float) -> list[tuple[str, str]]:
    """Pairs of paths, among people of known age with one picture each."""
    counted = Counter(picture.subject for picture in gallery.pictures)
    alone = [p.age is not None and counted[p.subject] == 1 for p in gallery.pictures]
    chosen = np.flatnonzero(np.array(alone) & gallery.found())
    method = as_shipped(replace(means, strength=_ALL_OF_IT))
    if not len(chosen):
        return []
    vectors = np.stack([_centred(gallery, method, row) for row in chosen.tolist()])
    near = np.argwhere(np.triu(1 - vectors @ vectors.T < within, 1))
    paths = [gallery.pictures[row].path for row in chosen.tolist()]
    return [(paths[one], paths[other]) for one, other in near.tolist()]


def _centred(gallery: Gallery, method: Method, row: int) -> cohort.Vectors:
    photo = method.photo(gallery.vectors[row][None])
    return np.asarray(method.centre(photo, gallery.pictures[row].age)[0], np.float32)


def read_doubles(path: Path) -> list[tuple[str, str]]:
    """Pairs of paths. Raises `ManifestUnreadable`."""
    return [(row["path_a"], row["path_b"]) for _, row in read_rows(path, set(COLUMNS))]


def same_files(gallery: Gallery) -> list[tuple[str, str]]:
    """Pairs of paths under which one and the same file lies."""
    by_file: dict[str, list[str]] = {}
    for picture, file in zip(gallery.pictures, gallery.files, strict=True):
        by_file.setdefault(file, []).append(picture.path)
    return [pair for paths in by_file.values() for pair in combinations(paths, 2)]
