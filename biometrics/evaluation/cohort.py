"""`cohort`: mean faces by age, from pictures of people whose age is known.

Every person counts once in a cell. Ages are put together until a cell holds enough people; single
years where they can.
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from biometrics.cohort import ADULT_FROM_YEARS, MIN_PEOPLE, AgeMeans, Strength, Vectors, written
from biometrics.embedding import unit
from biometrics.evaluation.arguments import add_sources, opened_gallery, reported, share
from biometrics.evaluation.errors import TooFewPeople
from biometrics.evaluation.gallery import Gallery

STRENGTHS: Mapping[str, Strength] = {
    "dlib-resnet-v1": Strength(minor=0.8, adult=0.0),
    "yunet-mobilefacenet-v1": Strength(minor=1.0, adult=0.5),
}
"""Minors': chosen on FG-NET's odd subjects. Adults': dlib's network bears none of it. For
MobileFaceNet, on either half of the people of Labeled Faces in the Wild and of Families in the
Wild, one photo against another and against the mean of three, the FNMR averaged over FMR 1e-5 to
1e-3 is lower with a half than with nothing; with all of it, no longer on one of the eight."""
CELL_PEOPLE = 58
"""At least, in a cell: a few more than `MIN_PEOPLE`, since sets from the web call some people by
two names (doubles.py)."""
_OTHERS = Strength(minor=0.8, adult=0.0)


@reported
def main(arguments: Sequence[str]) -> int:
    """Writes the file that `biometrics.cohort` reads."""
    parser = argparse.ArgumentParser("python -m biometrics.evaluation cohort")
    add_sources(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--source", default="", help="where the pictures are from, and their terms")
    parser.add_argument("--minor", type=share, help="strength below 18 years, 0 to 1")
    parser.add_argument("--adult", type=share, help="strength from 18 years on, 0 to 1")
    options = parser.parse_args(arguments)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    gallery = opened_gallery(options, options.out.parent)
    usual = STRENGTHS.get(gallery.engine, _OTHERS)
    minor = usual.minor if options.minor is None else options.minor
    adult = usual.adult if options.adult is None else options.adult
    means = age_means(gallery, Strength(minor, adult))
    options.out.write_text(written(means, recipe(options.source)), encoding="utf-8")
    print(f"{len(means.ages)} cells of {means.people.min()} people and more: {options.out}")
    return 0


def recipe(source: str) -> dict[str, str | int]:
    """What the file says about itself."""
    return {
        "made_by": "python -m biometrics.evaluation cohort",
        "what": "mean of embeddings of length 1 (three cuts and their mirror images), by age",
        "source": source,
        "least_people_in_a_cell": MIN_PEOPLE,
        "date": datetime.now(UTC).date().isoformat(),
    }


def age_means(gallery: Gallery, strength: Strength) -> AgeMeans:
    """The cells. Raises `TooFewPeople` where there are not enough for one."""
    cells = _cells(_by_age(gallery))
    if not cells:
        raise TooFewPeople(f"no age has {CELL_PEOPLE} people")
    ages, people, means = zip(*cells, strict=True)
    stacked = np.stack(means).astype(np.float32)
    named = gallery.engine, gallery.weights
    return AgeMeans(*named, np.array(ages), np.array(people), stacked, strength)


def _by_age(gallery: Gallery) -> dict[int, list[Vectors]]:
    """One embedding for each person at each age."""
    photos = unit(gallery.vectors.sum(axis=1))
    own: dict[tuple[int, str], list[Vectors]] = defaultdict(list)
    for picture, photo, found in zip(gallery.pictures, photos, gallery.found(), strict=True):
        if found and picture.age is not None:
            own[picture.age, picture.subject].append(photo)
    by_age: dict[int, list[Vectors]] = defaultdict(list)
    for (age, _), pictures in own.items():
        by_age[age].append(unit(np.sum(pictures, axis=0)))
    return by_age


def _cells(by_age: dict[int, list[Vectors]]) -> list[tuple[float, int, Vectors]]:
    """Mean age, people and mean embedding; minors and adults are not put together."""
    cells: list[tuple[float, int, Vectors]] = []
    ages: list[int] = []
    faces: list[Vectors] = []
    for age in sorted(by_age):
        if age >= ADULT_FROM_YEARS and ages and ages[-1] < ADULT_FROM_YEARS:
            ages, faces = [], []
        ages += [age] * len(by_age[age])
        faces += by_age[age]
        if len(faces) >= CELL_PEOPLE:
            cells.append((float(np.mean(ages)), len(faces), np.mean(faces, axis=0)))
            ages, faces = [], []
    return cells
