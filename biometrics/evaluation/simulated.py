"""Runs simulated sessions through the judgement and counts; a simulation, said so everywhere."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from biometrics import detection, images
from biometrics.challenge import Profile, draw
from biometrics.engines import Engine
from biometrics.evaluation.clips import followed
from biometrics.evaluation.errors import EvaluationError
from biometrics.evaluation.heads import Person, person_from
from biometrics.evaluation.manifest import read_manifest
from biometrics.evaluation.simulator import (
    DEVELOPMENT_SEEDS,
    KEPT_SEEDS,
    Species,
    Take,
    decoded,
    play,
)
from biometrics.images import ImageLimits
from biometrics.liveness import CaptureJudgement, judge_capture
from biometrics.tracks import Track, turn_of

SEEDS = {"development": DEVELOPMENT_SEEDS, "kept": KEPT_SEEDS}
_STRAIGHT, _LEAST_EYES_PX = 0.07, 35
"""A photo serves where the face looks straight ahead and has pixels enough."""


@dataclass(frozen=True, slots=True)
class Session:
    """One simulated session and what was said of it."""

    seed: int
    species: Species
    judgement: CaptureJudgement


def people_of(manifest: Path, folder: Path, engine: Engine, seeds: str) -> Iterator[Person]:
    """People made from the manifest's photos, one photo a person, without end. Those of the kept
    seeds are others than those of the development seeds."""
    paths = {picture.subject: picture.path for picture in read_manifest(manifest)}
    subjects = sorted(paths)[list(SEEDS).index(seeds) :: len(SEEDS)]
    random.Random(seeds).shuffle(subjects)  # noqa: S311  (not for protection)
    made = 0
    while True:
        before = made
        for subject in subjects:
            person = person_of((folder / paths[subject]).read_bytes(), engine)
            if person is not None:
                made += 1
                yield person
        if made == before:
            raise EvaluationError(f"no photo of {manifest} shows a face that looks straight ahead")


def person_of(photo: bytes, engine: Engine) -> Person | None:
    """The person on a photo (JPEG or PNG); None where no face looks straight ahead."""
    limits = ImageLimits()
    picture = images.decode(photo, images.PHOTO_FORMATS, limits, limits.photo_side_px)
    faces = engine.find_main(picture, 0.2 * min(picture.shape[:2]))
    if not faces:
        return None
    face = detection.main_face(faces, picture)
    if abs(turn_of(face)) > _STRAIGHT or face.eye_distance_px < _LEAST_EYES_PX:
        return None
    return person_from(picture, face)


def track_of(take: Take, engine: Engine) -> Track:
    """What the server sees of a simulated answer."""
    return followed(engine, list(zip(take.at_ms, decoded(take), strict=True)))


def run(
    people: Iterator[Person], seeds: Sequence[int], species: Sequence[Species], engine: Engine
) -> Iterator[Session]:
    """A session of each species for each seed: the same person, the same challenge."""
    for seed in seeds:
        person = next(people)
        challenge = draw(Profile.STANDARD, random.Random(seed))  # noqa: S311  (a simulation)
        for kind in species:
            track = track_of(play(challenge, person, kind, seed), engine)
            judgement = judge_capture(track.frames, challenge, passive=False)
            yield Session(seed, kind, judgement)


def means(sessions: Sequence[Session]) -> dict[str, dict[str, tuple[float, float, int]]]:
    """For each species and measurement: mean, deviation, and in how many sessions it was made."""
    table: dict[str, dict[str, tuple[float, float, int]]] = {}
    for kind in dict.fromkeys(session.species for session in sessions):
        values: dict[str, list[float]] = {}
        for session in sessions:
            if session.species is kind:
                for fact in session.judgement.facts:
                    values.setdefault(fact.name, []).append(fact.value)
        table[kind.value] = {
            name: (float(np.mean(found)), float(np.std(found)), len(found))
            for name, found in values.items()
        }
    return table
