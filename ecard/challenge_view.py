"""A drawn challenge as a phone gets it: what to do, what to show, when to take frames."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from biometrics.challenge import Challenge, frame_times
from ecard import attestation, audit, challenges
from ecard.call import Call
from ecard.challenges import DrawnChallenge, challenge_of
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


def draw(
    session: Session,
    call: Call,
    asked_in: uuid.UUID,
    ask: challenges.Ask,
    *,
    subject: str,
    unattested_capture: int,
    acting_for: uuid.UUID | None = None,
) -> ChallengeView:
    """Draw a challenge on a locked session; the one before it is spent. Not committed.

    ``subject``: against whom the day's challenges are counted; ``unattested_capture``: what the
    region says to devices that nothing vouches for. Raises DeviceKeyDiffers, DeviceNotAttested,
    TooManyChallenges.
    """
    challenges.count(session, call, subject)
    attestation.refuse_before(call.dependencies.attestation, unattested_capture)
    drawn = challenges.add(session, call, asked_in, ask)
    audit.record(
        session, call, "challenge.drawn", "challenge", drawn.id,
        reason=drawn.profile, acting_for=acting_for,
    )  # fmt: skip
    return view_of(call, drawn)


def view_of(call: Call, drawn: DrawnChallenge) -> ChallengeView:
    """In the caller's language."""
    challenge, settings = challenge_of(drawn), call.settings
    return ChallengeView(
        id=drawn.id,
        profile=drawn.profile,
        nonce=drawn.nonce,
        start_by=drawn.drawn_at + timedelta(seconds=settings.challenge_start_seconds),
        start_seconds=settings.challenge_start_seconds,
        sending_seconds=settings.capture_sending_seconds,
        length_ms=challenge.length_ms,
        moves=_moves(call, challenge),
        lights=[
            LightView(one.light.value, one.begins_ms, one.ends_ms) for one in challenge.flashes
        ],
        frame_times_ms=frame_times(challenge, min(FRAMES_PROPOSED, settings.frames_max)),
        sentence=sentence(f"challenge.{drawn.profile}", call.language),
    )


def _moves(call: Call, challenge: Challenge) -> list[MoveView]:
    return [
        MoveView(
            slot.move.value,
            sentence(f"challenge.{slot.move.value}", call.language),
            slot.begins_ms,
            slot.ends_ms,
        )
        for slot in challenge.slots
    ]
