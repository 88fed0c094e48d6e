"""The face through a capture: where it is, how large, how far it is turned, frame by frame.

Sizes and offsets are measured on the five landmarks and mean something only against the same face
at rest: what is judged is always a change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from biometrics.challenge import Challenge, Light, Move
from biometrics.types import Face, Points, RgbImage

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame: when it was taken, its pixels, the face that was found in it, and what the client
    says that the screen showed (None: it does not say)."""

    at_ms: float
    image: RgbImage = field(repr=False)
    face: Face | None
    shown: Light | None = None


def eyes_of(face: Face) -> Points:
    """2 × 2: the eye on the left of the picture, then the one on the right."""
    eyes = face.eyes
    return eyes if eyes[0][0] <= eyes[1][0] else eyes[::-1]


def turn_of(face: Face) -> float:
    """How far the nose lies beside the middle of the eyes, along their line, in distances between
    them: positive on the right of the picture, where the person's own left is."""
    left, right = eyes_of(face)
    across = right - left
    nose = np.array(face.nose) - (left + right) / 2
    return float(nose @ across / (across @ across))


@dataclass(frozen=True)
class Track:
    """All frames of a capture in the order in which they were sent."""

    frames: Sequence[Seen]

    @cached_property
    def with_face(self) -> list[int]:
        """Indices of the frames in which the face was found."""
        return [index for index, seen in enumerate(self.frames) if seen.face is not None]

    @cached_property
    def times_ms(self) -> Floats:
        """Of the frames with a face."""
        return np.array([self.frames[index].at_ms for index in self.with_face], np.float64)

    @cached_property
    def turns(self) -> Floats:
        """`turn_of` each frame with a face, less its median."""
        turns = np.array([turn_of(self.face(index)) for index in self.with_face], np.float64)
        return turns - np.median(turns) if len(turns) else turns

    @cached_property
    def sizes(self) -> Floats:
        """Logarithm of the distance between the eyes, less its median."""
        sizes = np.array([self.face(index).eye_distance_px for index in self.with_face], np.float64)
        logs = np.log(np.maximum(sizes, 1.0))
        return logs - np.median(logs) if len(logs) else logs

    def face(self, index: int) -> Face:
        """The face of a frame that has one."""
        face = self.frames[index].face
        if face is None:
            raise ValueError(f"no face in frame {index}")
        return face

    def within(self, begins_ms: float, ends_ms: float) -> NDArray[np.intp]:
        """Which of `with_face` lie in that time."""
        return np.flatnonzero((self.times_ms >= begins_ms) & (self.times_ms < ends_ms))


TURN_SEEN = 0.075
"""A turn counts from this offset of the nose on: about 8 degrees on a generic head."""
CLOSER_SEEN, BACK_SEEN = 0.22, 0.16
"""Change of the face's size (logarithm) that counts: a quarter larger, a seventh smaller."""
_FAR_TURN, _NEAR_MS = 0.15, 600
"""Around a turn this far the eyes come together: that is no moving back."""
RESPONSE_MS = 250
"""A move may begin and end that much after its slot: people react, they do not foresee.

These limits and the three below were measured together: of 200 simulated live sessions of the
development seeds 197 make three of the drawn moves or all four, 198 make no other one; of the real
clips of turning heads 6 of 6 perform their own order and none of 222 others. Of flat prints 3 in
200 make as many."""


def strengths(track: Track, place: int) -> dict[Move, float]:
    """How much of each move a frame with a face shows; 1 is enough to count."""
    turn, size = float(track.turns[place]), float(track.sizes[place])
    near = np.abs(track.times_ms - track.times_ms[place]) <= _NEAR_MS
    turning = bool((np.abs(track.turns[near]) >= _FAR_TURN).any())
    return {
        Move.LEFT: turn / TURN_SEEN,
        Move.RIGHT: -turn / TURN_SEEN,
        Move.CLOSER: size / CLOSER_SEEN,
        Move.BACK: 0.0 if turning else -size / BACK_SEEN,
    }


OTHER_MOVE = 1.3
"""Strength from which a move that was not drawn counts as made: people sway."""
FAINT_FROM = 4
"""Moves asked for, from which on one of them may be missed."""
SECOND = 0.45
"""Strength that a second frame must show of a move: it takes time."""


@dataclass(frozen=True, slots=True)
class Peak:
    """How strongly a move was made within a time, the frame that shows it furthest, and the
    strength of the frame that shows it second most: one frame alone may be a mistaken landmark."""

    strength: float
    frame: int
    second: float


def peaks_within(track: Track, begins_ms: float, ends_ms: float) -> dict[Move, Peak]:
    """Each move's furthest frame in that time; empty where no face was found."""
    places = track.within(begins_ms, ends_ms).tolist()
    seen = [strengths(track, place) for place in places]
    peaks: dict[Move, Peak] = {}
    for move in Move if seen else ():
        ranked = sorted(range(len(seen)), key=lambda index: -seen[index][move])
        second = seen[ranked[1]][move] if len(ranked) > 1 else 0.0
        frame = track.with_face[places[ranked[0]]]
        peaks[move] = Peak(seen[ranked[0]][move], frame, second)
    return peaks


@dataclass(frozen=True, slots=True)
class Obedience:
    """How the moves compare with those drawn: how many were made as drawn, how many others were
    made."""

    asked: int
    made: int
    others: int
    peaks: tuple[int | None, ...]
    """For each slot the frame that shows its move furthest; None where it was not made."""

    @property
    def are_enough(self) -> bool:
        """Of four moves one may be too faint to be seen: no two orders of the same moves differ in
        one place only, so every other order still lacks two."""
        return self.made >= self.asked - (self.asked >= FAINT_FROM)


def obedience(track: Track, challenge: Challenge) -> Obedience:
    """Each slot's move against the drawn one, and what was done where nothing was asked for."""
    made = others = 0
    found: list[int | None] = []
    for slot in challenge.slots:
        peaks = peaks_within(track, slot.begins_ms, slot.ends_ms + RESPONSE_MS)
        drawn = peaks.get(slot.move)
        is_made = drawn is not None and drawn.strength >= 1 and drawn.second >= SECOND
        made += is_made
        found.append(drawn.frame if drawn is not None and is_made else None)
        peaks = peaks_within(track, slot.begins_ms + RESPONSE_MS, slot.ends_ms)
        others += _is_other(peaks, slot.move)
    for begins_ms, ends_ms in _resting(challenge):
        others += _is_other(peaks_within(track, begins_ms, ends_ms), None)
    return Obedience(len(challenge.slots), made, others, tuple(found))


def _is_other(peaks: Mapping[Move, Peak], drawn: Move | None) -> bool:
    """Whether another move than the drawn one was made, or made more."""
    most = peaks[drawn].strength if drawn is not None and drawn in peaks else OTHER_MOVE
    return any(
        peak.second >= OTHER_MOVE or peak.strength > max(most, 1.0)
        for move, peak in peaks.items()
        if move is not drawn
    )


def _resting(challenge: Challenge) -> list[tuple[float, float]]:
    """When nothing is to be done: between the slots, less the time in which one still answers."""
    edges = [0, *(edge for s in challenge.slots for edge in (s.begins_ms, s.ends_ms))]
    edges.append(challenge.length_ms)
    return [
        (begins + 2 * RESPONSE_MS, ends)
        for begins, ends in zip(edges[::2], edges[1::2], strict=True)
        if ends - begins > 2 * RESPONSE_MS
    ]


def restlessness(track: Track) -> float:
    """How much more the turn goes to and fro than from rest to each extreme and back: 1 for steady
    moves, more for frames out of order. None asked for: 1."""
    turns = track.turns
    if len(turns) < 3:
        return 1.0
    way = float(np.abs(np.diff(turns)).sum())
    needed = 2 * float(max(turns.max(), 0) - min(turns.min(), 0))
    return way / max(needed, 4 * TURN_SEEN)
