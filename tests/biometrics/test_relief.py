"""On a rendered head and a rendered sheet of paper with its picture: a simulation."""

import random

import pytest

from biometrics import relief
from biometrics.challenge import Move, Profile, draw
from biometrics.engines import Engine
from biometrics.evaluation import simulated
from biometrics.evaluation.clips import followed
from biometrics.evaluation.heads import Person
from biometrics.evaluation.simulator import Species, play
from biometrics.images import FRAME_FORMATS, ImageLimits, decode
from biometrics.tracks import Seen
from tests.biometrics import pictures

CHALLENGE = draw(Profile.STANDARD, random.Random(3))
SLOTS = {slot.move: slot for slot in CHALLENGE.slots}
HALF, EARLY = 0.55, 0.32
"""Of a slot: where the move is at its furthest, and where it is half made."""


@pytest.fixture(scope="module")
def person(resnet: Engine) -> Person:
    made = simulated.person_of(pictures.jpeg(pictures.astronaut()), resnet)
    assert made is not None
    return made


def moments(person: Person, species: Species, resnet: Engine) -> dict[str, Seen]:
    """At rest, turned to the left, close by and far away."""
    at = {"rest": 0, "left": moment(Move.LEFT, EARLY)}
    at |= {"near": moment(Move.CLOSER, HALF), "far": moment(Move.BACK, HALF)}
    take = play(CHALLENGE, person, species, 6, at_ms=sorted(at.values()))
    frames = [decode(jpeg, FRAME_FORMATS, ImageLimits()) for jpeg in take.frames]
    track = followed(resnet, list(zip(take.at_ms, frames, strict=True)))
    return dict(zip(sorted(at, key=lambda name: at[name]), track.frames, strict=True))


def moment(move: Move, share: float) -> int:
    slot = SLOTS[move]
    return round(slot.begins_ms + share * (slot.ends_ms - slot.begins_ms))


@pytest.fixture(scope="module")
def head(person: Person, resnet: Engine) -> dict[str, Seen]:
    return moments(person, Species.LIVE, resnet)


@pytest.fixture(scope="module")
def paper(person: Person, resnet: Engine) -> dict[str, Seen]:
    return moments(person, Species.PRINT_FLAT, resnet)


def test_a_nose_comes_nearer_and_a_picture_of_one_does_not(head, paper):
    real = relief.by_distance(head["far"], head["near"])
    flat = relief.by_distance(paper["far"], paper["near"])
    assert real.factor > 0.5 > abs(flat.factor)


def test_a_turned_head_shows_its_nose(head):
    real = relief.by_turning(head["rest"], head["left"])
    assert real.factor > 0.4
    assert real.expected > 0.005


def test_a_turned_picture_shows_no_turn(paper):
    flat = relief.by_turning(paper["rest"], paper["left"])
    assert flat.expected < 0.01


def test_a_frame_beside_itself_shows_nothing(head):
    same = relief.by_turning(head["rest"], head["rest"])
    assert same is None


def test_without_a_face_nothing_is_measured(head):
    faceless = Seen(0, head["rest"].image, None)
    assert relief.by_turning(faceless, head["left"]) is None
    assert relief.by_distance(head["far"], faceless) is None
