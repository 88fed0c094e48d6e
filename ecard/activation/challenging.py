"""The challenge of a capture session: what is to be done before the camera, and until when."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from biometrics.challenge import Challenge, frame_times
from ecard import audit, challenges, limits
from ecard.activation import policy as rules
from ecard.activation import sessions
from ecard.activation.facts import Facts
from ecard.activation.reserving import may_capture, refuse_unattested
from ecard.call import Call
from ecard.challenges import DrawnChallenge, TooManyChallenges
from ecard.locale import sentence

FRAMES_PROPOSED = 28
"""As many as the simulated sessions had that limits were set on."""


@dataclass(frozen=True, slots=True)
class MoveView:
    """A move, from rest and back to rest, and how to ask for it."""

    move: str
    sentence: str
    begins_ms: int
    ends_ms: int


@dataclass(frozen=True, slots=True)
class LightView:
    """A colour that fills the screen."""

    light: str
    begins_ms: int
    ends_ms: int


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """What to do, what to show, when to take frames; milliseconds since the recording begins."""

    id: uuid.UUID
    profile: str
    nonce: str
    start_by: datetime
    start_seconds: int
    sending_seconds: int
    length_ms: int
    moves: list[MoveView]
    lights: list[LightView]
    frame_times_ms: list[int]
    sentence: str


def draw_challenge(call: Call, session_id: uuid.UUID, ask: challenges.Ask) -> ChallengeView:
    """Draw a new challenge; the one before it is spent.

    Raises what forbids a capture now, DeviceKeyDiffers, DeviceNotAttested, TooManyChallenges.
    """
    with call.db.write() as session:
        link, opened = sessions.of_guest(session, call, session_id)
        known = may_capture(session, call, link, opened)
        _count(session, call, link.holder_id, known)
        drawn = challenges.add(session, call, opened.id, ask)
        refuse_unattested(known, drawn.attested)
        audit.record(
            session,
            call,
            "challenge.drawn",
            "challenge",
            drawn.id,
            reason=drawn.profile,
            acting_for=known.relative_id,
        )
        session.commit()
        return _view(call, drawn)


def _count(session: Session, call: Call, holder_id: uuid.UUID, known: Facts) -> None:
    """Of the 11,520 sequences a recording answers one: the fewer are drawn, the less it helps."""
    wait = limits.spend(
        session,
        "challenge",
        f"{holder_id}|{known.relative_id}",
        limit=call.settings.challenges_a_day,
        window_seconds=rules.DAY_SECONDS,
        now=call.now,
    )
    if wait is not None:
        raise TooManyChallenges(retry_after=wait)


def _view(call: Call, drawn: DrawnChallenge) -> ChallengeView:
    challenge = challenges.challenge_of(drawn)
    return ChallengeView(
        id=drawn.id,
        profile=drawn.profile,
        nonce=drawn.nonce,
        start_by=drawn.drawn_at + timedelta(seconds=call.settings.challenge_start_seconds),
        start_seconds=call.settings.challenge_start_seconds,
        sending_seconds=call.settings.capture_sending_seconds,
        length_ms=challenge.length_ms,
        moves=[
            MoveView(
                slot.move.value,
                sentence(f"challenge.{slot.move.value}", call.language),
                slot.begins_ms,
                slot.ends_ms,
            )
            for slot in challenge.slots
        ],
        lights=_lights(challenge),
        frame_times_ms=frame_times(challenge, min(FRAMES_PROPOSED, call.settings.frames_max)),
        sentence=sentence(f"challenge.{drawn.profile}", call.language),
    )


def _lights(challenge: Challenge) -> list[LightView]:
    return [LightView(one.light.value, one.begins_ms, one.ends_ms) for one in challenge.flashes]
