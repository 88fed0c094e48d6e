"""Answers to a challenge through the whole verifier. The live one is a simulation."""

import io
import os
import random

import pytest
from PIL import Image, ImageFilter

from biometrics.challenge import Answer, Challenge, Light, Profile, draw, frame_times
from biometrics.engines import Engine
from biometrics.evaluation import simulated
from biometrics.evaluation.simulator import Species, Take, play
from biometrics.types import Face, Life, Outcome, ReviewReason, RgbImage, Verification
from biometrics.verifier import FaceVerifier, VerifierSettings
from tests.biometrics import pictures
from tests.remembered import RememberingEngine

ADULT = 40
CHALLENGE = draw(Profile.STANDARD, random.Random(11))


def answer_of(take: Take, challenge: Challenge = CHALLENGE) -> Answer:
    return Answer(challenge, take.at_ms, take.shown)


@pytest.fixture(scope="module")
def live(resnet: Engine) -> Take:
    person = simulated.person_of(pictures.jpeg(pictures.astronaut()), resnet)
    assert person is not None
    return play(CHALLENGE, person, Species.LIVE, 6)


@pytest.fixture(scope="module")
def seen(live: Take, verifier: FaceVerifier) -> Verification:
    portrait = pictures.jpeg(pictures.astronaut())
    return verifier.verify(live.frames, portrait, age=ADULT, answer=answer_of(live))


@pytest.mark.gate
def test_whoever_answers_the_drawn_challenge_is_accepted(seen):
    assert seen.outcome is Outcome.MATCH
    assert seen.accepted


@pytest.mark.gate
def test_every_measurement_is_a_fact_of_its_own(seen):
    names = [fact.name for fact in seen.facts]
    assert len(names) == len(set(names))
    assert {"turning", "relief_distance", "light_agreement", "texture"} <= set(names)


@pytest.mark.gate
def test_the_same_answer_to_another_challenge_is_not_accepted(live, verifier):
    other = draw(Profile.STANDARD, random.Random(12))
    shown = tuple(other.light_at(at) for at in live.at_ms)
    wrong = Answer(other, live.at_ms, shown)
    portrait = pictures.jpeg(pictures.astronaut())
    answer = verifier.verify(live.frames, portrait, age=ADULT, answer=wrong)
    assert not answer.accepted
    assert answer.outcome is Outcome.PRESENTATION_ATTACK or (
        answer.review is ReviewReason.LIVENESS_UNDECIDED
    )


@pytest.mark.gate
def test_frames_of_a_photo_that_only_shakes_are_not_accepted(verifier):
    frames = pictures.capture(pictures.astronaut(), 6)
    times = frame_times(CHALLENGE, 28)[:6]
    shown = tuple(CHALLENGE.light_at(at) for at in times)
    told = Answer(CHALLENGE, tuple(map(float, times)), shown)
    portrait = pictures.jpeg(pictures.astronaut())
    answer = verifier.verify(frames, portrait, age=ADULT, answer=told)
    assert not answer.accepted


def test_a_time_for_each_frame_is_asked_for(verifier):
    frames = pictures.capture(pictures.astronaut(), 3)
    told = Answer(CHALLENGE, (0.0, 100.0), (Light.NONE, Light.NONE))
    with pytest.raises(ValueError, match="3 frames, 2 times"):
        verifier.verify(frames, frames[0], age=ADULT, answer=told)


@pytest.mark.gate
@pytest.mark.parametrize("seed", range(8 if os.environ.get("ECARD_FULL") else 2))
@pytest.mark.parametrize("radius", [4, 8])
def test_a_smeared_lens_makes_nobody_an_attacker(resnet, verifier, seed, radius):
    person = simulated.person_of(pictures.jpeg(pictures.astronaut()), resnet)
    assert person is not None
    challenge = draw(Profile.STANDARD, random.Random(seed))
    take = play(challenge, person, Species.LIVE, seed)
    frames = [blurred(frame, radius) for frame in take.frames]
    portrait = pictures.jpeg(pictures.astronaut())
    answer = verifier.verify(frames, portrait, age=ADULT, answer=answer_of(take, challenge))
    assert answer.outcome in {Outcome.UNUSABLE, Outcome.MATCH}


class Deceived:
    """A pack that takes whatever it sees for a living face."""

    name = "deceived"

    def live_logit(self, image: RgbImage, face: Face) -> float:
        return 9.0


@pytest.mark.gate
@pytest.mark.parametrize("profile", [Profile.NO_LIGHT, Profile.NO_MOVEMENT])
def test_without_the_light_or_the_moves_a_person_looks_whatever_a_pack_says(resnet, profile):
    person = simulated.person_of(pictures.jpeg(pictures.astronaut()), resnet)
    assert person is not None
    challenge = draw(profile, random.Random(3))
    take = play(challenge, person, Species.LIVE, 6)
    verifier = FaceVerifier(RememberingEngine(resnet), VerifierSettings(), Deceived())
    portrait = pictures.jpeg(pictures.astronaut())
    answer = verifier.verify(take.frames, portrait, age=ADULT, answer=answer_of(take, challenge))
    assert answer.outcome is Outcome.MATCH
    assert (answer.life, answer.review) == (Life.UNDECIDED, ReviewReason.LIVENESS_UNDECIDED)
    assert not answer.accepted


def blurred(frame: bytes, radius: int) -> bytes:
    with Image.open(io.BytesIO(frame)) as picture:
        return pictures.jpeg(picture.filter(ImageFilter.GaussianBlur(radius)))
