"""End to end over HTTP, each session with a challenge that nobody knew: a live answer opens the
link, everything else is refused with its code. The people and the attacks are a simulation; FULL
runs more sessions of each kind."""

import os
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import SystemRandom
from typing import Any

import cv2
import numpy as np
import pytest
from urllib3.filepost import encode_multipart_formdata

from biometrics.evaluation.heads import Person
from biometrics.evaluation.simulated import person_of
from biometrics.evaluation.simulator import KEPT_SEEDS, Species
from ecard.demo.phone import Answer, Capture
from ecard.demo.simulated_camera import SimulatedCamera
from tests import support
from tests.activation.steps import ADMIRAL, ASTRONAUT, LastStep, last_step, photo
from tests.support import Stage

pytestmark = pytest.mark.gate
FULL = bool(os.environ.get("ECARD_FULL"))
SESSIONS = 20 if FULL else 2
LIVE_SESSIONS = 30 if FULL else 4
LEAST_LIVE = 0.75
"""Of the live sessions, where what cannot be used is taken again; 30 of 30 did at full size."""
TAKES_MOST = 3
PASSES_NOW_AND_THEN = {Species.SCREEN_VIDEO, Species.SCREEN_VIDEO_TINTED, Species.PRINT_SWAPPED}
"""Once, by chance: of 300 sessions 3 to 5 do (docs/liveness.md), and the target is 7 %."""
REFUSED = {"presentation_attack", "unusable", "no_match"}
Frames = Sequence[bytes]


@pytest.fixture(scope="module", autouse=True)
def seeds() -> None:
    random.seed(KEPT_SEEDS[3000])


@cache
def head(who: int) -> Person:
    person = person_of(photo(who), support.engine())
    assert person is not None
    return person


def camera(before: Species = Species.LIVE, who: int = ASTRONAUT) -> SimulatedCamera:
    return SimulatedCamera(head(who), before)


def begun(stage: Stage) -> tuple[LastStep, Capture]:
    """A child at the camera, challenges drawn by the operating system's chance."""
    dependencies = replace(stage.joined.dependencies, chance=SystemRandom)
    stage.app.extensions["ecard"] = replace(stage.joined, dependencies=dependencies)
    step = last_step(stage, "lucia", "mateo", "child")
    assert step.phone.consent_as_guardian(step.link_id).ok
    return step, step.open("own")


def sessions(folder: Path, count: int, face: Any, takes: int = 1) -> list[tuple[Answer, str]]:
    """So many sessions, each of a family of its own: the last answer, and the link's state."""
    found = []
    for number in range(count):
        with support.stage(folder / str(number)) as stage:
            step, capture = begun(stage)
            for _ in range(takes):
                answer = capture.show_face(face)
                if answer.body.get("outcome") != "unusable":
                    break
            found.append((answer, step.row().state))
    return found


def test_a_live_answer_opens_the_link(tmp_path: Path, record_property: Any) -> None:
    found = sessions(tmp_path, LIVE_SESSIONS, camera(), TAKES_MOST)
    outcomes = Counter(str(answer.body.get("outcome")) for answer, _ in found)
    record_property("SIMULATION live sessions over HTTP", dict(outcomes))
    opened = sum(state == "active" for _, state in found)
    assert opened >= LEAST_LIVE * LIVE_SESSIONS


@pytest.mark.parametrize("held_up", [one for one in Species if one.is_attack])
def test_nothing_that_is_held_up_opens_the_link(
    held_up: Species, tmp_path: Path, record_property: Any
) -> None:
    found = sessions(tmp_path, SESSIONS, camera(held_up))
    outcomes = Counter(str(answer.body.get("outcome")) for answer, _ in found)
    record_property(f"SIMULATION {held_up.value} over HTTP", dict(outcomes))
    assert sum(state == "active" for _, state in found) <= (held_up in PASSES_NOW_AND_THEN)


def shuffled(challenge: Mapping[str, Any]) -> Frames:
    frames = list(camera()(challenge))
    random.shuffle(frames)
    return frames


def duplicated(challenge: Mapping[str, Any]) -> Frames:
    frames = list(camera()(challenge))
    return [*frames[:8], frames[7], *frames[9:]]


def of_two_people(challenge: Mapping[str, Any]) -> Frames:
    one, other = (camera(who=who)(challenge) for who in (ASTRONAUT, ADMIRAL))
    return [*one[:14], *other[14:]]


def still_with_noise(challenge: Mapping[str, Any]) -> Frames:
    picture = cv2.imdecode(np.frombuffer(camera()(challenge)[0], np.uint8), cv2.IMREAD_COLOR)
    noise = np.random.default_rng(1)
    noisy = (np.clip(picture + noise.normal(0, 8, picture.shape), 0, 255) for _ in range(28))
    return [cv2.imencode(".jpg", one.astype(np.uint8))[1].tobytes() for one in noisy]


def identical(challenge: Mapping[str, Any]) -> Frames:
    return list(camera()(challenge)[:1]) * 12


def of_an_older_challenge(challenge: Mapping[str, Any]) -> Frames:
    """The moves in another order: a replay of an older session."""
    moves = challenge["moves"]
    names = [one["move"] for one in moves[1:] + moves[:1]]
    other = [{**one, "move": name} for one, name in zip(moves, names, strict=True)]
    return list(camera()({**challenge, "moves": other}))


@pytest.mark.parametrize(
    "face",
    [shuffled, duplicated, of_two_people, still_with_noise, identical, of_an_older_challenge],
)
def test_no_recording_that_was_tampered_with_opens_the_link(
    face: Callable[[Mapping[str, Any]], Frames], tmp_path: Path, record_property: Any
) -> None:
    found = sessions(tmp_path, SESSIONS, face)
    outcomes = Counter(answer.code or str(answer.body["outcome"]) for answer, _ in found)
    record_property(f"SIMULATION {face.__name__} over HTTP", dict(outcomes))
    assert set(outcomes) <= REFUSED
    assert "active" not in {state for _, state in found}


def test_forty_one_frames_are_too_many(tmp_path: Path) -> None:
    with support.stage(tmp_path) as stage:
        _, capture = begun(stage)
        answer = capture.show_face(lambda challenge: [*camera()(challenge), *[b"x"] * 13])
        assert (answer.status, answer.code) == (422, "too_many_frames")


def test_a_body_that_stops_half_way_is_refused_and_the_whole_one_is_taken(tmp_path: Path) -> None:
    with support.stage(tmp_path) as stage:
        step, capture = begun(stage)
        drawn = capture.draw()
        form = capture.form(drawn, capture.record(drawn, camera()))
        body, content_type = encode_multipart_formdata(form)
        answer = stage.app.test_client().post(
            f"/api/v1/capture-sessions/{capture.session_id}/captures",
            data=body[: len(body) // 2],
            content_type=content_type,
            headers={
                "Authorization": f"Bearer {capture.token}",
                "Idempotency-Key": "a-key-of-twenty-characters",
            },
        )
        assert answer.status_code == 422, answer.text
        assert step.attempts() == []
        assert capture.send_form(form).body["outcome"] in ("match", "unusable")
