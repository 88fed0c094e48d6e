"""Runs simulated sessions through the whole verifier, as the service does, and counts; a
simulation, said so everywhere."""

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from biometrics import detection, images
from biometrics.challenge import Answer, Profile, draw
from biometrics.engines import Engine
from biometrics.errors import ReferenceUnusable
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
from biometrics.progress import Progress
from biometrics.tracks import Track, turn_of
from biometrics.types import LOG_ODDS, MEASURED, Outcome, Verification
from biometrics.verifier import FaceVerifier

SEEDS = {"development": DEVELOPMENT_SEEDS, "kept": KEPT_SEEDS}
ADULT = 30
"""Age in years of everybody on a photo."""
_STRAIGHT, _LEAST_EYES_PX = 0.07, 35
"""A photo serves where the face looks straight ahead and has pixels enough."""


@dataclass(frozen=True, slots=True)
class Sitter:
    """Somebody made from a photo (JPEG or PNG), and that photo."""

    person: Person
    photo: bytes


@dataclass(frozen=True, slots=True)
class Session:
    """One simulated session and what the verifier said of it, the sitter's photo being the
    reference."""

    seed: int
    species: Species
    said: Verification

    @property
    def verdict(self) -> str:
        """`live` where nobody has to look; else why not."""
        said = self.said
        if said.accepted:
            return "live"
        if said.outcome is Outcome.UNUSABLE and said.reason is not None:
            return said.reason.value
        return "undecided" if said.outcome is Outcome.MATCH else said.outcome.value

    @property
    def score(self) -> float | None:
        """Log-likelihood ratio for life; None where a check failed or nobody was recognised."""
        checks = [fact for fact in self.said.facts if fact.unit not in {MEASURED, LOG_ODDS}]
        sums = [fact.value for fact in self.said.facts if fact.unit == LOG_ODDS]
        is_match = self.said.outcome is Outcome.MATCH and all(fact.passed for fact in checks)
        return min(sums) if is_match and sums else None


def people_of(manifest: Path, folder: Path, engine: Engine, seeds: str) -> Iterator[Sitter]:
    """People made from the manifest's photos, one photo a person, without end. Those of the kept
    seeds are others than those of the development seeds."""
    paths = {picture.subject: picture.path for picture in read_manifest(manifest)}
    subjects = sorted(paths)[list(SEEDS).index(seeds) :: len(SEEDS)]
    random.Random(seeds).shuffle(subjects)  # noqa: S311  (not for protection)
    made = 0
    while True:
        before = made
        for subject in subjects:
            photo = (folder / paths[subject]).read_bytes()
            person = person_of(photo, engine)
            if person is not None:
                made += 1
                yield Sitter(person, photo)
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
    people: Iterator[Sitter],
    seeds: Sequence[int],
    species: Sequence[Species],
    load: Callable[[], FaceVerifier],
    *,
    processes: int = 1,
) -> Iterator[Session]:
    """A session of each species for each seed: the same person, the same challenge. The result
    does not depend on the number of `processes`, each of which loads a verifier of its own;
    `load` must be picklable."""
    verifier = load()
    comparable = (one for one in people if _is_comparable(one, verifier))
    seated = list(zip(seeds, islice(comparable, len(seeds)), strict=True))
    del verifier
    with Progress("simulated sessions", len(seated) * len(species)) as progress:
        starting = get_context("spawn")  # a forked ONNX Runtime has no threads
        with ProcessPoolExecutor(processes, starting, _get_ready, (load,)) as pool:
            tasks = [(seed, sitter, tuple(species)) for seed, sitter in seated]
            for sessions in pool.map(_sessions_of, *zip(*tasks, strict=True)):
                progress.step(len(sessions))
                yield from sessions


_verifier: list[FaceVerifier] = []
"""The one of this process."""


def _get_ready(load: Callable[[], FaceVerifier]) -> None:
    _verifier[:] = [load()]


def _sessions_of(seed: int, sitter: Sitter, species: Sequence[Species]) -> list[Session]:
    challenge = draw(Profile.STANDARD, random.Random(seed))  # noqa: S311  (a simulation)
    sessions = []
    for kind in species:
        take = play(challenge, sitter.person, kind, seed)
        answer = Answer(challenge, take.at_ms, take.shown)
        said = _verifier[0].verify(take.frames, sitter.photo, age=ADULT, answer=answer)
        sessions.append(Session(seed, kind, said))
    return sessions


def _is_comparable(sitter: Sitter, verifier: FaceVerifier) -> bool:
    """Whether the photo serves as a reference: on some somebody else stands beside."""
    try:
        verifier.compare_photos(sitter.photo, sitter.photo, age=ADULT)
    except ReferenceUnusable:
        return False
    return True


def means(sessions: Sequence[Session]) -> dict[str, dict[str, tuple[float, float, int]]]:
    """For each species and measurement: mean, deviation, and in how many sessions it was made."""
    table: dict[str, dict[str, tuple[float, float, int]]] = {}
    for kind in dict.fromkeys(session.species for session in sessions):
        values: dict[str, list[float]] = {}
        for session in sessions:
            if session.species is kind:
                for fact in session.said.facts:
                    values.setdefault(fact.name, []).append(fact.value)
        table[kind.value] = {
            name: (float(np.mean(found)), float(np.std(found)), len(found))
            for name, found in values.items()
        }
    return table
