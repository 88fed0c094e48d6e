"""On faces that are only five points: what a landmark finder would say of moves."""

import random
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from biometrics.challenge import Challenge, Move, Profile, draw, frame_times
from biometrics.liveness import is_performed
from biometrics.tracks import Seen, Track, obedience, restlessness, turn_of
from biometrics.types import Box, Face

BLANK = np.zeros((320, 240, 3), np.uint8)
CHALLENGE = draw(Profile.STANDARD, random.Random(7))
OFFSET = {Move.LEFT: 0.2, Move.RIGHT: -0.2}
SIZE = {Move.CLOSER: 1.7, Move.BACK: 0.7}


def face(turn: float = 0.0, size: float = 1.0) -> Face:
    unit = 40 * size
    x = {"outer": 0.75, "inner": 0.25}
    right_in_picture = [(120 + x["outer"] * unit, 150.0), (120 + x["inner"] * unit, 150.0)]
    left_in_picture = [(120 - x["outer"] * unit, 150.0), (120 - x["inner"] * unit, 150.0)]
    nose = (120 + turn * unit, 150 + 0.6 * unit)
    box = Box(120 - unit, 150 - unit, 120 + unit, 150 + 1.6 * unit)
    return Face(box, (*right_in_picture, *left_in_picture, nose), 1.0, unit)


def answered(challenge: Challenge, acted: Challenge | None = None) -> Track:
    """Frames of somebody who acts as drawn, or as another challenge says."""
    frames = []
    for at in frame_times(challenge, 28):
        turn, size = 0.0, 1.0
        for slot in (acted or challenge).slots:
            share = (at - slot.begins_ms - 200) / (slot.ends_ms - slot.begins_ms)
            if 0 < share < 1:
                reach = float(np.sin(np.pi * share))
                turn += OFFSET.get(slot.move, 0.0) * reach
                size *= 1 + reach * (SIZE.get(slot.move, 1.0) - 1)
        frames.append(Seen(at, BLANK, face(turn, size)))
    return Track(frames)


def reordered(*moves: Move) -> Challenge:
    slots = tuple(
        replace(slot, move=move) for slot, move in zip(CHALLENGE.slots, moves, strict=True)
    )
    return replace(CHALLENGE, slots=slots)


def test_the_nose_on_the_right_of_the_picture_is_a_turn_to_the_persons_left():
    assert turn_of(face(0.2)) == pytest.approx(0.2)
    assert turn_of(face(-0.1, 2.0)) == pytest.approx(-0.1)


def test_moves_as_drawn_are_recognised():
    obeyed = obedience(answered(CHALLENGE), CHALLENGE)
    assert (obeyed.made, obeyed.others) == (4, 0)
    assert None not in obeyed.peaks


def test_no_other_order_passes():
    track = answered(CHALLENGE)
    drawn = [slot.move for slot in CHALLENGE.slots]
    for seed in range(40):
        other = random.Random(seed).sample(list(Move), 4)
        assert is_performed(track, reordered(*other)) is (other == drawn)


def test_one_faint_move_of_four_may_be_missed_and_every_other_order_still_fails():
    faint = replace(CHALLENGE, slots=CHALLENGE.slots[1:])
    track = answered(CHALLENGE, faint)
    assert obedience(track, CHALLENGE).made == 3
    assert is_performed(track, CHALLENGE)
    drawn = tuple(slot.move for slot in CHALLENGE.slots)
    others = [order for order in permutations(Move) if order != drawn]
    assert not any(is_performed(track, reordered(*order)) for order in others)


def test_of_two_moves_none_may_be_missed():
    two = replace(CHALLENGE, slots=CHALLENGE.slots[:2])
    one = replace(CHALLENGE, slots=CHALLENGE.slots[:1])
    assert not is_performed(answered(two, one), two)


def test_moves_made_late_or_not_at_all_do_not_pass():
    still = Track([Seen(at, BLANK, face()) for at in frame_times(CHALLENGE, 28)])
    assert not is_performed(still, CHALLENGE)
    late = replace(
        CHALLENGE,
        slots=tuple(
            replace(s, begins_ms=s.begins_ms + 1700, ends_ms=s.ends_ms + 1700)
            for s in CHALLENGE.slots
        ),
    )
    assert not is_performed(answered(CHALLENGE, late), CHALLENGE)


def test_a_capture_without_a_face_makes_no_move():
    empty = Track([Seen(at, BLANK, None) for at in frame_times(CHALLENGE, 28)])
    assert obedience(empty, CHALLENGE).made == 0
    assert not is_performed(empty, CHALLENGE)


def test_shuffled_frames_are_restless():
    track = answered(CHALLENGE)
    faces = [seen.face for seen in track.frames]
    random.Random(1).shuffle(faces)
    mixed = Track([replace(seen, face=one) for seen, one in zip(track.frames, faces, strict=True)])
    assert restlessness(track) < restlessness(mixed)
    assert not is_performed(mixed, CHALLENGE)
