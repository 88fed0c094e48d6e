"""A simulated camera: a head made from one picture does what the drawn challenge asks for.

It serves the demonstration, which has no camera, and says so. It shows too what frames alone cannot
show: a program that answers the challenge passes, unless somebody vouches for the device
(docs/liveness.md, "What it cannot do").
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import Image

from biometrics.challenge import Challenge, Flash, Light, Move, Profile, Slot
from biometrics.engines import Engine, load_engine
from biometrics.evaluation.heads import Person
from biometrics.evaluation.simulated import person_of
from biometrics.evaluation.simulator import Species, play
from ecard.demo import specimens

SEEDS = 2**32


@dataclass(frozen=True)
class SimulatedCamera:
    """A camera before a person, or before a picture of them. Every use is another recording."""

    person: Person
    before: Species = Species.LIVE

    def __call__(self, challenge: Mapping[str, Any]) -> Sequence[bytes]:
        """JPEG frames for the proposed times of a challenge, as the API describes it."""
        seed = secrets.randbelow(SEEDS)
        times = [int(at) for at in challenge["frame_times_ms"]]
        return play(read_challenge(challenge), self.person, self.before, seed, at_ms=times).frames


@dataclass(frozen=True)
class OutOfFocus:
    """The same camera, out of focus."""

    camera: SimulatedCamera

    def __call__(self, challenge: Mapping[str, Any]) -> Sequence[bytes]:
        """As above."""
        return specimens.blurred(list(self.camera(challenge)), radius=BLUR_PX)


BLUR_PX = 4
"""Of a frame 240 pixels wide: too soft to be compared, if a face is found at all."""


def camera_before(picture: Image.Image) -> SimulatedCamera | None:
    """A camera before the person on a picture; None where nobody looks straight ahead on it."""
    person = person_of(specimens.jpeg(picture, quality=95), engine())
    return SimulatedCamera(person) if person is not None else None


@cache
def engine() -> Engine:
    """The default engine, loaded once."""
    return load_engine()


def read_challenge(challenge: Mapping[str, Any]) -> Challenge:
    """From the API's words to the simulator's."""
    return Challenge(
        Profile(challenge["profile"]),
        tuple(
            Slot(Move(one["move"]), one["begins_ms"], one["ends_ms"]) for one in challenge["moves"]
        ),
        tuple(
            Flash(Light(one["light"]), one["begins_ms"], one["ends_ms"])
            for one in challenge["lights"]
        ),
        challenge["length_ms"],
    )
