"""Whose face proves that a person lives: their own, and not that of the relative who helps them.

Captures are simulated from one photo of somebody; the reference is another photo of them, or one of
their relative. Decided as in a proof of life; what a machine does not accept goes to a person.
"""

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from biometrics.challenge import Answer, Light, frame_times
from biometrics.evaluation.simulated import person_of
from biometrics.evaluation.simulator import Species, play
from biometrics.types import Life, Verification
from ecard.activation import policy as faces
from ecard.attestation import ALLOW
from tests.faces import CHALLENGE, SEEDS
from tests.support import engine, verifier

AGE = 45
EVERYDAY, FULL = 4, 60
TIMES = frame_times(CHALLENGE, 28)


def manifest(data: Path) -> dict[str, list[Path]]:
    """Subject → photos."""
    found: dict[str, list[Path]] = {}
    with (data / "faces" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["subject"], []).append(data / "faces" / row["path"])
    return found


def same_people(data: Path) -> Iterator[tuple[Path, Path]]:
    """Two photos of one person of the LFW."""
    several = (ps for s, ps in manifest(data).items() if "/lfw/" in str(ps[0]) and len(ps) > 1)
    return ((photos[0], photos[1]) for photos in several)


def kin(data: Path) -> Iterator[tuple[Path, Path]]:
    """A photo each of two relatives."""
    photos = manifest(data)
    with (data / "faces" / "families" / "relations.csv").open(encoding="utf-8") as file:
        pairs = [(row["subject_a"], row["subject_b"]) for row in csv.DictReader(file)]
    spread = pairs[:: max(1, len(pairs) // (3 * FULL))]  # of many families
    return ((photos[a][0], photos[b][0]) for a, b in spread if a in photos and b in photos)


def shown(at_ms: float) -> Light:
    lit = (one.light for one in CHALLENGE.flashes if one.begins_ms <= at_ms < one.ends_ms)
    return next(lit, Light.NONE)


def judged(shows: Path, reference: Path, seed: int) -> Verification | None:
    """What the verifier says of somebody's capture; None where a photo serves no simulation."""
    sitter = person_of(shows.read_bytes(), engine())
    if sitter is None or not verifier().check_reference(reference.read_bytes()).usable:
        return None
    frames = list(play(CHALLENGE, sitter, Species.LIVE, seed, at_ms=TIMES).frames)
    answer = Answer(CHALLENGE, tuple(TIMES), tuple(map(shown, TIMES)))
    return verifier().verify(frames, reference.read_bytes(), age=AGE, answer=answer)


def led_to(seen: Verification) -> str:
    """match (the proof is kept), review, no_match, unusable or presentation_attack."""
    undecided = seen.life is not Life.LIVE
    life = faces.Shown(undecided, asked_before=True, profile=faces.STANDARD, attestation=ALLOW)
    return faces.verdict(
        seen.outcome.value,
        accepted=seen.accepted,
        adult=True,
        subject="relative",
        from_document=True,
        registry_portrait="none",
        shown_live=life,
    ).outcome


def outcomes(pairs: Iterator[tuple[Path, Path]], count: int) -> Counter[str]:
    tried = (judged(a, b, SEEDS[n % len(SEEDS)]) for n, (a, b) in enumerate(pairs))
    return Counter(led_to(seen) for seen in islice((one for one in tried if one), count))


@pytest.mark.gate
def test_the_persons_own_face_proves_it_and_a_relatives_does_not(
    ecard_data: Path, record_property: Callable[[str, object], None]
) -> None:
    count = FULL if os.environ.get("ECARD_FULL") else EVERYDAY
    own, relatives = (outcomes(pairs(ecard_data), count) for pairs in (same_people, kin))
    record_property("captures_of_each_kind", count)
    record_property("own_face", dict(own.most_common()))
    record_property("a_relatives_face", dict(relatives.most_common()))
    assert (own[faces.MATCH] + own[faces.REVIEW]) * 2 > count, own
    assert relatives[faces.MATCH] * 20 <= count, relatives
