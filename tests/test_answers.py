"""What a phone says about its capture, held against the challenge, the session and the clock."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from biometrics.challenge import Light, Profile, draw, frame_times
from ecard import answers
from ecard.challenges import ChallengeLate, DrawnChallenge, written
from ecard.config import Settings
from ecard.demo.capture_client import SigningKey
from ecard.signatures import DeviceKey
from ecard.told import Sent, Told
from tests.support import START, same_chance

SETTINGS = Settings(var=Path("var"))
KEY, CHALLENGE = SigningKey(), draw(Profile.STANDARD, same_chance())
DRAWN = DrawnChallenge(
    id=uuid.uuid4(),
    asked_in=uuid.uuid4(),
    profile="standard",
    schedule=written(CHALLENGE),
    nonce="n",
    device_key=DeviceKey.from_jwk(KEY.public_jwk()).as_text(),
    drawn_at=START,
)
FRAMES = [bytes([number]) for number in range(28)]
DISPLAYED = (
    *((float(flash.begins_ms), flash.light) for flash in CHALLENGE.flashes),
    (float(CHALLENGE.flashes[-1].ends_ms), Light.NONE),
)
TOLD = Told(
    challenge_id=DRAWN.id,
    session_id=DRAWN.asked_in,
    nonce="n",
    drawn_ms=5_000.0,
    began_ms=8_000.0,
    sent_ms=8_000.0 + CHALLENGE.length_ms + 500,
    at_ms=tuple(map(float, frame_times(CHALLENGE, 28))),
    digests=tuple(answers.digest(frame) for frame in FRAMES),
    displayed=DISPLAYED,
)
ARRIVES = (TOLD.sent_ms - TOLD.drawn_ms) / 1000 + 2
"""Seconds after it was drawn, by our clock."""


def judged(told: Told = TOLD, seconds: float = ARRIVES, **sent: Any) -> None:
    content = {"frames": FRAMES, "answer": b"{}", "signature": KEY.sign(b"{}").decode()} | sent
    whole = Sent(told=told, **content)
    answers.refuse_wrong(whole, DRAWN, START + timedelta(seconds=seconds), SETTINGS)


def test_an_answer_in_order_and_time_is_taken() -> None:
    judged()


def test_a_clock_that_is_hours_off_does_not_matter() -> None:
    off = 9_000_000.0
    judged(
        replace(
            TOLD,
            drawn_ms=TOLD.drawn_ms + off,
            began_ms=TOLD.began_ms + off,
            sent_ms=TOLD.sent_ms + off,
        )
    )


def at(change: Callable[[tuple[float, ...]], tuple[float, ...]]) -> Told:
    return replace(TOLD, at_ms=change(TOLD.at_ms))


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        (replace(TOLD, digests=TOLD.digests[::-1]), answers.AnswerFramesDiffer),
        (replace(TOLD, digests=TOLD.digests[:-1]), answers.AnswerFramesDiffer),
        (replace(TOLD, session_id=uuid.uuid4()), answers.CaptureSignatureWrong),
        (at(lambda times: times[::-1]), answers.FramesNotInTime),
        (at(lambda times: (times[0], times[2], times[1], *times[3:])), answers.FramesNotInTime),
        (at(lambda times: tuple(one / 2 for one in times)), answers.FramesNotInTime),
        (at(lambda times: (*times[:12], *times[20:])), answers.FramesNotInTime),
        (replace(TOLD, displayed=()), answers.ScheduleNotShown),
        (replace(TOLD, displayed=DISPLAYED[1:]), answers.ScheduleNotShown),
        (replace(TOLD, displayed=DISPLAYED[::-1]), answers.ScheduleNotShown),
        (
            replace(TOLD, displayed=tuple((since + 400, one) for since, one in DISPLAYED)),
            answers.ScheduleNotShown,
        ),
        (replace(TOLD, began_ms=TOLD.drawn_ms - 1), answers.ClockImplausible),
        (replace(TOLD, sent_ms=TOLD.began_ms + 1), answers.ClockImplausible),
        (replace(TOLD, sent_ms=TOLD.sent_ms + 180_000), answers.ClockImplausible),
    ],
    ids=[
        *("other_frames", "a_frame_missing", "another_session", "backwards", "swapped"),
        *("too_fast", "gap", "nothing_shown", "a_colour_missing", "colours_backwards"),
        *("shown_late", "before_it_was_drawn", "sent_before_it_ended", "from_the_future"),
    ],
)
def test_what_cannot_be_is_refused_by_name(told: Told, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        judged(told)


def test_frames_that_cannot_have_been_taken_yet_are_refused() -> None:
    with pytest.raises(answers.ClockImplausible):
        judged(seconds=5)


def test_a_screen_a_little_late_is_as_drawn() -> None:
    judged(replace(TOLD, displayed=tuple((since + 100, one) for since, one in DISPLAYED)))


@pytest.mark.parametrize(
    ("began_after", "on_its_way"), [(61, 1), (3, 121), (61, 121)], ids=["begun", "sent", "both"]
)
def test_what_is_begun_or_sent_too_late_is_refused(began_after: int, on_its_way: int) -> None:
    began = TOLD.drawn_ms + began_after * 1000
    told = replace(TOLD, began_ms=began, sent_ms=began + CHALLENGE.length_ms)
    with pytest.raises(ChallengeLate):
        judged(told, seconds=(told.sent_ms - told.drawn_ms) / 1000 + on_its_way)


def test_another_key_or_other_bytes_are_no_signature() -> None:
    for wrong in (
        {"signature": SigningKey().sign(b"{}").decode()},
        {"answer": b"{ }"},
        {"signature": ""},
    ):
        with pytest.raises(answers.CaptureSignatureWrong):
            judged(**wrong)
