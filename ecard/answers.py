"""What a phone says about its capture: read, held against the challenge, and handed to the judge.

Nothing here decides whether anybody lives. What is refused here is a capture that does not belong
to the challenge, the session or the device, or that says what cannot be: each with a code of its
own. Only differences of the phone's clock are used, so a clock that is off by minutes does not
matter; one that runs faster than ours tells of frames that cannot have been taken yet.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from biometrics.challenge import (
    LEAST_SHOWN,
    Answer,
    Challenge,
    Light,
    is_in_time,
    shown_share,
)
from ecard.challenges import ChallengeLate, DrawnChallenge, challenge_of
from ecard.config import Settings
from ecard.errors import Refusal
from ecard.prints import FramesSeenBefore
from ecard.signatures import DeviceKey
from ecard.told import Sent, Told

CLOCK_DRIFT, CLOCK_SLACK_MS = 0.02, 2_000
"""A phone's clock may run this much faster than ours, and be read this much later. Quartz drifts by
less than a thousandth; the rest is for clocks that are being set while the camera runs."""
SECOND_MS = 1_000


class AnswerUnreadable(Refusal):
    """The part ``answer`` is not what an answer looks like; nothing was spent."""

    code = "answer_unreadable"
    status = 422
    next = "draw_challenge"


class AnswerFramesDiffer(Refusal):
    """The answer speaks of other frames than were sent."""

    code = "answer_frames_differ"
    status = 422
    next = "draw_challenge"


class CaptureSignatureWrong(Refusal):
    """The capture was not signed with this session's device key."""

    code = "capture_signature_wrong"
    status = 403
    next = "draw_challenge"


class FramesNotInTime(Refusal):
    """The frames' times do not fill the challenge one after the other."""

    code = "frames_not_in_time"
    status = 422
    next = "draw_challenge"


class ScheduleNotShown(Refusal):
    """The screen did not show what was drawn, when it was drawn."""

    code = "schedule_not_shown"
    status = 422
    next = "draw_challenge"


class ClockImplausible(Refusal):
    """By the phone's clock more time passed than by ours, or time went backwards."""

    code = "clock_implausible"
    status = 422
    next = "draw_challenge"


WRONG_ANSWERS = (
    AnswerFramesDiffer,
    CaptureSignatureWrong,
    ChallengeLate,
    FramesNotInTime,
    ScheduleNotShown,
    ClockImplausible,
)
SPENDS_THE_CHALLENGE = (*WRONG_ANSWERS, FramesSeenBefore)
"""These use the challenge up, and cost no try."""


def digest(frame: bytes) -> str:
    """How an answer names a frame: SHA-256, hexadecimal."""
    return hashlib.sha256(frame).hexdigest()


def refuse_wrong(sent: Sent, drawn: DrawnChallenge, now: datetime, settings: Settings) -> None:
    """Raise one of WRONG_ANSWERS where the capture does not belong to the challenge, or says what
    cannot be."""
    challenge, told = challenge_of(drawn), sent.told
    if told.digests != tuple(map(digest, sent.frames)):
        raise AnswerFramesDiffer
    signed = DeviceKey.from_text(drawn.device_key).signed(sent.answer, sent.signature)
    if not signed or told.session_id != drawn.asked_in:
        raise CaptureSignatureWrong
    _refuse_clock(told, now - drawn.drawn_at, challenge, settings)
    if not is_in_time(told.at_ms, challenge):
        raise FramesNotInTime
    if not _shown_as_drawn(told, challenge):
        raise ScheduleNotShown


def _refuse_clock(told: Told, passed: timedelta, challenge: Challenge, settings: Settings) -> None:
    """``passed``: by our clock, since the challenge was drawn."""
    ours = passed.total_seconds() * SECOND_MS
    theirs, begun = told.sent_ms - told.drawn_ms, told.began_ms - told.drawn_ms
    start_ms = settings.challenge_start_seconds * SECOND_MS
    sending_ms = settings.capture_sending_seconds * SECOND_MS
    recorded = max(told.at_ms, default=0.0)
    if begun < 0 or told.sent_ms < told.began_ms + recorded - CLOCK_SLACK_MS:
        raise ClockImplausible
    if theirs > ours * (1 + CLOCK_DRIFT) + CLOCK_SLACK_MS:
        raise ClockImplausible
    if begun > start_ms or ours - theirs > sending_ms:
        raise ChallengeLate
    if ours > start_ms + challenge.length_ms + sending_ms:
        raise ChallengeLate


def _shown_as_drawn(told: Told, challenge: Challenge) -> bool:
    """The drawn colours in their order, each at its frames; times that rise."""
    if any(later[0] < earlier[0] for earlier, later in pairwise(told.displayed)):
        return False
    shown = [light for light, _ in groupby(light for _, light in told.displayed)]
    colours = [light for light in shown if light is not Light.NONE]
    if colours != [flash.light for flash in challenge.flashes]:
        return False
    return shown_share(told.at_ms, _shown(told), challenge) >= LEAST_SHOWN


def _shown(told: Told) -> tuple[Light, ...]:
    return tuple(told.shown_at(at_ms) for at_ms in told.at_ms)


def answer_of(told: Told, drawn: DrawnChallenge) -> Answer:
    """For the judge."""
    return Answer(challenge_of(drawn), told.at_ms, _shown(told))
