"""The last step on people's own selfies and clips (ECARD_DATA): the same person, and strangers."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest

from tests import support
from tests.activation.steps import last_step

pytestmark = pytest.mark.gate

FRAMES, EVERY, LONGEST_SIDE_PX = 5, 3, 1280


@dataclass(frozen=True)
class Recorded:
    """One person: a selfie to compare with, and the first second of a clip of another moment."""

    selfie: bytes
    frames: list[bytes]


@pytest.fixture(scope="module")
def people(ecard_data: Path) -> list[Recorded]:
    """Two people who recorded both."""
    found = []
    for folder in sorted((ecard_data / "captures" / "pad_tdm_real").iterdir()):
        clips, selfie = sorted(folder.glob("live_video.*")), folder / "live_selfie.jpg"
        if clips and selfie.exists():
            found.append(Recorded(selfie.read_bytes(), frames_of(clips[0])))
    assert len(found) >= 2
    return found[:2]


def frames_of(clip: Path) -> list[bytes]:
    """Frames of the clip's beginning, as JPEG."""
    film, frames = cv2.VideoCapture(str(clip)), []
    for number in range(FRAMES * EVERY):
        read, frame = film.read()
        assert read, clip
        if number % EVERY == 0:
            scale = min(1.0, LONGEST_SIDE_PX / max(frame.shape[:2]))
            small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            frames.append(cv2.imencode(".jpg", small)[1].tobytes())
    return frames


def test_a_person_is_known_by_their_selfie_and_a_stranger_is_not(
    people: list[Recorded], tmp_path: Path
) -> None:
    for number, person in enumerate(people):
        with support.stage(tmp_path / str(number)) as stage:
            step = last_step(stage, reference=person.selfie)
            stranger = step.hand_over().show_face(people[1 - number].frames)
            assert stranger.body["outcome"] == "no_match"
            step.take_back()
            own = step.open("handed_over").show_face(person.frames)
            assert (own.body["outcome"], own.body["next"]) == ("match", "finished")


def test_strangers_open_nothing_however_often_they_try(
    people: list[Recorded], tmp_path: Path
) -> None:
    with support.stage(tmp_path) as stage:
        step = last_step(stage, reference=people[0].selfie)
        first = step.hand_over().show_face(people[1].frames)
        assert first.body["tries_left"] == 9
        for left in (8, 7):
            step.take_back()
            stranger = people[1].frames[:3] if left == 8 else people[1].frames[1:4]
            answer = step.open("handed_over").show_face(stranger)
            assert (answer.body["outcome"], answer.body["tries_left"]) == ("no_match", left)
        assert step.row().state == "awaiting_face"
