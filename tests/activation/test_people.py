"""The last step with people's own faces (ECARD_DATA): the same person, and strangers. That somebody
lives is simulated: nobody on these clips answers a challenge of ours."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest

from biometrics.challenge import frame_times
from biometrics.evaluation.heads import Person
from biometrics.evaluation.simulated import person_of
from biometrics.evaluation.simulator import Species, play
from tests import support
from tests.activation.steps import CHALLENGE, SEEDS, last_step

pytestmark = pytest.mark.gate

LOOKED_THROUGH, LONGEST_SIDE_PX = 30, 1280


@dataclass(frozen=True)
class Recorded:
    """One person: a selfie to compare with, and a head made from a clip of another moment."""

    selfie: bytes
    head: Person

    def answer(self, take: int = 0) -> list[bytes]:
        """The simulated answer to the challenge, with this person's face."""
        times = frame_times(CHALLENGE, 28)
        return list(play(CHALLENGE, self.head, Species.LIVE, SEEDS[take], at_ms=times).frames)


@pytest.fixture(scope="module")
def people(ecard_data: Path) -> list[Recorded]:
    """Two people who recorded both."""
    found = []
    for folder in sorted((ecard_data / "captures" / "pad_tdm_real").iterdir()):
        clips, selfie = sorted(folder.glob("live_video.*")), folder / "live_selfie.jpg"
        if clips and selfie.exists():
            found.append(Recorded(selfie.read_bytes(), head_of(clips[0])))
    assert len(found) >= 2
    return found[:2]


def head_of(clip: Path) -> Person:
    """A head made from the first frame of the clip that looks straight ahead."""
    film = cv2.VideoCapture(str(clip))
    for _ in range(LOOKED_THROUGH):
        read, frame = film.read()
        assert read, clip
        scale = min(1.0, LONGEST_SIDE_PX / max(frame.shape[:2]))
        small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        person = person_of(cv2.imencode(".jpg", small)[1].tobytes(), support.engine())
        if person is not None:
            return person
    raise AssertionError(f"nobody looks straight ahead in {clip}")


def test_a_person_is_known_by_their_selfie_and_a_stranger_is_not(
    people: list[Recorded], tmp_path: Path
) -> None:
    for number, person in enumerate(people):
        with support.stage(tmp_path / str(number)) as stage:
            step = last_step(stage, reference=person.selfie)
            stranger = step.hand_over().show_face(people[1 - number].answer())
            assert stranger.body["outcome"] == "no_match"
            step.take_back()
            own = step.open("handed_over").show_face(person.answer(take=2))
            assert (own.body["outcome"], own.body["next"]) == ("match", "finished")


def test_strangers_open_nothing_however_often_they_try(
    people: list[Recorded], tmp_path: Path
) -> None:
    with support.stage(tmp_path) as stage:
        step = last_step(stage, reference=people[0].selfie)
        first = step.hand_over().show_face(people[1].answer())
        assert first.body["tries_left"] == 9
        for left in (8, 7):
            step.take_back()
            stranger = people[1].answer(take=9 - left)
            answer = step.open("handed_over").show_face(stranger)
            assert (answer.body["outcome"], answer.body["tries_left"]) == ("no_match", left)
        assert step.row().state == "awaiting_face"
