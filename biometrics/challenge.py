"""What a person is asked to do before the camera, and when: drawn anew for each capture.

Pure: who draws hands in the source of chance, who judges hands in the times. All times are
milliseconds since the first frame. What an attacker cannot know beforehand is the order of the
moves, when the light comes among them, its colours and how long each is shown:

- each move is drawn once, in any order, and fills a slot: go there and come back;
- between two moves (or before or after all) the screen shows colours in turn, no colour twice in a
  row, each for at least `LEAST_LIGHT_MS`: fewer than 3 changes a second.

Profiles take something away for people whom it would exclude, and what is missing never counts as
life: *no light* leaves out the colours, *no movement* the moves.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Move(StrEnum):
    """Something to do with the head, or with the phone: from rest and back to rest."""

    CLOSER = "closer"
    BACK = "back"
    LEFT = "turn_left"
    """To the person's own left."""
    RIGHT = "turn_right"


class Light(StrEnum):
    """What fills the screen."""

    NONE = "none"
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


class Profile(StrEnum):
    """What is asked for."""

    STANDARD = "standard"
    NO_LIGHT = "no_light"
    NO_MOVEMENT = "no_movement"


@dataclass(frozen=True, slots=True)
class Slot:
    """A move, and the time in which it is made and undone."""

    move: Move
    begins_ms: int
    ends_ms: int


@dataclass(frozen=True, slots=True)
class Flash:
    """A colour, from its beginning to the next one's."""

    light: Light
    begins_ms: int
    ends_ms: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """One drawn challenge."""

    profile: Profile
    slots: tuple[Slot, ...]
    flashes: tuple[Flash, ...]
    length_ms: int

    def light_at(self, at_ms: float) -> Light:
        """What the screen shows then."""
        place = self.flash_at(at_ms)
        return Light.NONE if place is None else self.flashes[place].light

    def flash_at(self, at_ms: float) -> int | None:
        """Which of the flashes is shown then."""
        for place, flash in enumerate(self.flashes):
            if flash.begins_ms <= at_ms < flash.ends_ms:
                return place
        return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client says about its frames: when each was taken (since the first, by its own
    clock), and what the screen showed then. Nothing of it is believed without a measurement."""

    challenge: Challenge
    at_ms: tuple[float, ...]
    shown: tuple[Light, ...]


MOVES = tuple(Move)
COLOURS = (Light.RED, Light.GREEN, Light.BLUE)
REST_MS = 600
"""Before the first thing that is asked for: the face at rest is what the rest is compared with."""
SLOT_MS = 1_700
FLASHES = 6
LEAST_LIGHT_MS, MOST_LIGHT_MS = 450, 660
"""A colour's time. 450 ms are 2.2 changes a second: below the three flashes a second that
photosensitive people are to be spared (WCAG 2.2, 2.3.1)."""
LONGEST_MS = 12_000
MOST_FRAMES = 40
LONGEST_GAP_MS = 1_500
"""Between two frames: longer, and somebody could have been exchanged. Chosen, as the two below:
about the length of a slot, which a phone at two frames a second keeps three times over."""
LATE_MS = 1_500
"""By which a recording may outlast its challenge or begin after it."""
SCREEN_LATE_MS = 150
"""A page's timers and a screen's refresh together; the longest delay of `coloured_light.LAGS_MS`.
In 200 simulated live sessions the delay that is found is 0 to 100 ms, 7 on average."""
LEAST_SHOWN = 0.9
"""Share of the frames at which the client must have shown the drawn colour: of 28 frames two may
fall on a change. Reference client and simulator: 1.0 in 200 of 200 sessions."""


def draw(profile: Profile, chance: random.Random) -> Challenge:
    """A challenge of that profile; `chance` is a `random.SystemRandom` wherever it protects
    anything."""
    moves = list(MOVES) if profile is not Profile.NO_MOVEMENT else []
    chance.shuffle(moves)
    lit = profile is not Profile.NO_LIGHT
    light_before = chance.randint(0, len(moves)) if lit else None
    slots: list[Slot] = []
    flashes: list[Flash] = []
    at_ms = REST_MS
    for index in range(len(moves) + 1):
        if index == light_before:
            flashes = _flashes(at_ms, chance)
            at_ms = flashes[-1].ends_ms
        if index < len(moves):
            slots.append(Slot(moves[index], at_ms, at_ms + SLOT_MS))
            at_ms += SLOT_MS
    return Challenge(profile, tuple(slots), tuple(flashes), at_ms + REST_MS)


def _flashes(at_ms: int, chance: random.Random) -> list[Flash]:
    flashes: list[Flash] = []
    last = Light.NONE
    for _ in range(FLASHES):
        last = chance.choice([colour for colour in COLOURS if colour is not last])
        ends_ms = at_ms + chance.randint(LEAST_LIGHT_MS, MOST_LIGHT_MS)
        flashes.append(Flash(last, at_ms, ends_ms))
        at_ms = ends_ms
    return flashes


def sequences(length: int) -> list[tuple[Light, ...]]:
    """Every sequence of so many colours that could have been drawn: no colour twice in a row."""
    found: list[tuple[Light, ...]] = [()]
    for _ in range(length):
        found = [
            (*before, colour)
            for before in found
            for colour in COLOURS
            if colour is not (before or (Light.NONE,))[-1]
        ]
    return found


def frame_times(challenge: Challenge, most: int) -> list[int]:
    """When a client best takes its frames: two in each colour, the rest spread evenly."""
    in_light = [
        round(flash.begins_ms + share * (flash.ends_ms - flash.begins_ms))
        for flash in challenge.flashes
        for share in (0.55, 0.85)
    ]
    dark_ms = challenge.length_ms - sum(f.ends_ms - f.begins_ms for f in challenge.flashes)
    step = dark_ms / max(1, most - len(in_light))
    outside: list[int] = []
    passed = 0.0
    for begins_ms, ends_ms in _unlit(challenge):
        first = math.ceil(passed / step)
        while first * step < passed + ends_ms - begins_ms:
            outside.append(round(begins_ms + first * step - passed))
            first += 1
        passed += ends_ms - begins_ms
    return sorted(in_light + outside)[:most]


def _unlit(challenge: Challenge) -> list[tuple[int, int]]:
    """The stretches without a colour."""
    edges = [0, *(edge for f in challenge.flashes for edge in (f.begins_ms, f.ends_ms))]
    edges.append(challenge.length_ms)
    return [(begin, end) for begin, end in list(pairwise(edges))[::2] if end > begin]


def is_in_time(at_ms: Sequence[float], challenge: Challenge) -> bool:
    """Whether frames were taken one after the other, from the challenge's beginning to about its
    end, without a long gap."""
    if not 2 <= len(at_ms) <= MOST_FRAMES or not all(map(math.isfinite, at_ms)):
        return False
    first, last = at_ms[0], at_ms[-1]
    whole = 0 <= first <= LATE_MS and abs(last - challenge.length_ms) <= LATE_MS
    gaps = [later - earlier for earlier, later in pairwise(at_ms)]
    return whole and last <= LONGEST_MS + LATE_MS and 0 < min(gaps) <= max(gaps) <= LONGEST_GAP_MS


def shown_share(
    at_ms: Sequence[float], shown: Sequence[Light | None], challenge: Challenge
) -> float:
    """The share of frames at which the client says that the screen showed what was drawn; it may be
    a little late. 1 where it says nothing."""
    told = [(at, light) for at, light in zip(at_ms, shown, strict=True) if light is not None]
    right = sum(
        light in {challenge.light_at(at - late) for late in (0, SCREEN_LATE_MS)}
        for at, light in told
    )
    return right / len(told) if told else 1.0
