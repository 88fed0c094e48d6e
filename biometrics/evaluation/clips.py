"""Recorded clips as answers to challenges: which turns a clip makes, and what it would be taken for
if just these, or others, had been drawn.

A clip has no coloured light and was not asked for anything, so the challenge is made to fit it: the
slots lie where the clip moves. That favours whoever replays it; only the order is left to tell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, permutations, product
from pathlib import Path

import cv2
import numpy as np

from biometrics import detection
from biometrics.challenge import (
    LONGEST_MS,
    MOST_FRAMES,
    MOVES,
    Challenge,
    Move,
    Profile,
    Slot,
)
from biometrics.engines import Engine
from biometrics.evaluation.errors import EvaluationError
from biometrics.tracks import SECOND, TURN_SEEN, Seen, Track
from biometrics.types import Face, RgbImage

SUFFIXES = {".mp4", ".mov", ".webm", ".mpg", ".mpeg", ".avi", ".mkv"}
_SHORT_SIDE_PX = 480
_LEAST_FACE = 0.2
_TURNS = (Move.LEFT, Move.RIGHT)
_MOST_TURNS = 3
"""Orders of up to so many turns are tried, besides all orders that a server could draw."""


class ClipUnreadable(EvaluationError):
    """A clip that could not be decoded."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of the head in a clip."""

    move: Move
    begins_ms: float
    ends_ms: float


def read_clip(path: Path) -> list[tuple[float, RgbImage]]:
    """At most 40 frames of the first 12 seconds, evenly spread, with their times (ms). Raises
    `ClipUnreadable`."""
    clip = cv2.VideoCapture(str(path))
    try:
        rate, count = clip.get(cv2.CAP_PROP_FPS), int(clip.get(cv2.CAP_PROP_FRAME_COUNT))
        if not clip.isOpened() or rate <= 0 or count < 2:
            raise ClipUnreadable(f"{path.name} is no clip that can be read")
        last = min(count - 1, int(rate * LONGEST_MS / 1000))
        wanted = set(np.linspace(0, last, MOST_FRAMES).astype(int).tolist())
        found = [
            (1000 * number / rate, _small(frame)) for number, frame in _frames(clip, wanted, last)
        ]
        if len(found) < 2:
            raise ClipUnreadable(f"{path.name} has no frames that can be read")
        return found
    finally:
        clip.release()


def _frames(clip: cv2.VideoCapture, wanted: set[int], last: int) -> Iterator[tuple[int, RgbImage]]:
    for number in range(last + 1):
        read, frame = clip.read()
        if not read:
            return
        if number in wanted:
            yield number, np.asarray(frame[..., ::-1], np.uint8)


def _small(frame: RgbImage) -> RgbImage:
    height, width = frame.shape[:2]
    scale = _SHORT_SIDE_PX / min(height, width)
    if scale >= 1:
        return np.ascontiguousarray(frame)
    size = round(width * scale), round(height * scale)
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)


def followed(engine: Engine, frames: Sequence[tuple[float, RgbImage]]) -> Track:
    """The frames with the face that is meant in each."""
    seen, last = [], None
    for at_ms, image in frames:
        last = _face(engine, image, last)
        seen.append(Seen(at_ms, image, last))
    return Track(seen)


def _face(engine: Engine, image: RgbImage, last: Face | None) -> Face | None:
    faces = engine.follow(image, last) if last else []
    faces = faces or engine.find_main(image, _LEAST_FACE * min(image.shape[:2]))
    return detection.main_face(faces, image) if faces else None


def turns_of(track: Track) -> list[Turn]:
    """The turns that a clip makes, in their order, by the judgement's own rule of what is one."""
    begun = SECOND * TURN_SEEN
    signs = np.where(np.abs(track.turns) >= begun, np.sign(track.turns), 0).astype(int)
    turns: list[Turn] = []
    for sign, group in groupby(range(len(signs)), key=lambda place: int(signs[place])):
        places = list(group)
        furthest = float(np.abs(track.turns[places]).max())
        if sign == 0 or len(places) < 2 or furthest < TURN_SEEN:
            continue
        move = Move.LEFT if sign > 0 else Move.RIGHT
        begins, ends = float(track.times_ms[places[0]]), float(track.times_ms[places[-1]])
        if turns and turns[-1].move is move:
            turns[-1] = Turn(move, turns[-1].begins_ms, ends)
        else:
            turns.append(Turn(move, begins, ends))
    return turns


def own_challenge(track: Track) -> Challenge:
    """The challenge that the clip answers: its own turns, the slots split midway between them."""
    turns = turns_of(track)
    length_ms = round(track.frames[-1].at_ms)
    middles = [round((one.ends_ms + other.begins_ms) / 2) for one, other in pairwise(turns)]
    edges = [0, *middles, length_ms]
    slots = [Slot(turn.move, edges[index], edges[index + 1]) for index, turn in enumerate(turns)]
    return Challenge(Profile.NO_LIGHT, tuple(slots), (), length_ms)


def other_challenges(own: Challenge) -> list[Challenge]:
    """Every order that the clip does not perform: of up to three turns, and all that could be
    drawn. Where there are as many moves, in the clip's own slots."""
    orders: list[tuple[Move, ...]] = [
        order for count in range(1, _MOST_TURNS + 1) for order in product(_TURNS, repeat=count)
    ]
    orders += permutations(MOVES)
    performed = tuple(slot.move for slot in own.slots)
    return [_in_slots(order, own) for order in orders if order != performed]


def _in_slots(order: Sequence[Move], own: Challenge) -> Challenge:
    if len(order) == len(own.slots):
        edges = [(slot.begins_ms, slot.ends_ms) for slot in own.slots]
    else:
        marks = np.linspace(0, own.length_ms, len(order) + 1).astype(int).tolist()
        edges = list(pairwise(marks))
    slots = tuple(Slot(move, *edge) for move, edge in zip(order, edges, strict=True))
    return Challenge(own.profile, slots, (), own.length_ms)
