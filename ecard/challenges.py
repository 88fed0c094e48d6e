"""Challenges: what the server asks a person to do before the camera, drawn for one capture.

A challenge belongs to one capture session (or one password reset) and to one key of one device. It
is used once, has to be begun within a minute, and is spent by a newer one. Nothing that a client
or an operator sets decides what is drawn: the source of chance is the operating system's.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from biometrics.challenge import Challenge, Flash, Light, Move, Profile, Slot, draw
from ecard import audit, limits
from ecard.call import Call
from ecard.db import Base, Code, Id
from ecard.errors import Refusal
from ecard.signatures import DeviceKey
from ecard.sweeping import in_batches
from ecard.told import Told

DAY_SECONDS = 24 * 3600
NONCE_BYTES = 24
"""192 random bits, which the signature of the capture has to contain."""
ANSWERED, REPLACED, REFUSED = "answered", "replaced", "refused"
UNDECIDED = "undecided"
"""Answered, and nobody could say whether anybody lives (password resets keep it here)."""


class ChallengeUnknown(Refusal):
    """No challenge of this session has this id and nonce."""

    code = "challenge_unknown"
    status = 409
    next = "draw_challenge"


class ChallengeSpent(Refusal):
    """The challenge was answered before, or a newer one took its place."""

    code = "challenge_spent"
    status = 409
    next = "draw_challenge"


class ChallengeLate(Refusal):
    """The challenge was begun or answered too late."""

    code = "challenge_late"
    status = 410
    next = "draw_challenge"


class DeviceKeyDiffers(Refusal):
    """This session was begun with another device key."""

    code = "device_key_differs"
    status = 409
    next = "open_capture_session"


class TooManyChallenges(Refusal):
    """As many challenges as a day allows were drawn."""

    code = "too_many_challenges"
    status = 429
    next = "choose_route"


class DrawnChallenge(Base):
    """One drawn challenge, kept as long as its session is of interest."""

    __tablename__ = "capture_challenges"
    id: Mapped[Id]
    asked_in: Mapped[uuid.UUID] = mapped_column(index=True)
    """The capture session or the password reset; only there it can be answered."""
    profile: Mapped[Code]
    schedule: Mapped[dict[str, object]] = mapped_column(sa.JSON)
    nonce: Mapped[Code]
    device_key: Mapped[str] = mapped_column(sa.String(200))
    """The public key that has to sign the capture: its two coordinates."""
    drawn_at: Mapped[datetime] = mapped_column(index=True)
    spent_at: Mapped[datetime | None]
    spent_as: Mapped[str | None] = mapped_column(sa.String(64))
    """answered, undecided, replaced or refused."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a client says when it asks for a challenge."""

    profile: str
    device_key: DeviceKey


def count(session: Session, call: Call, subject: str) -> None:
    """Count one more challenge of a day: of the 11,520 sequences a recording answers one, so the
    fewer are drawn, the less it helps. Raises TooManyChallenges. Not committed."""
    wait = limits.spend(
        session,
        "challenge",
        subject,
        limit=call.settings.challenges_a_day,
        window_seconds=DAY_SECONDS,
        now=call.now,
    )
    if wait is not None:
        raise TooManyChallenges(retry_after=wait)


def add(session: Session, call: Call, asked_in: uuid.UUID, ask: Ask) -> DrawnChallenge:
    """Draw a challenge on a locked session; the one before it is spent. Not committed.

    Raises DeviceKeyDiffers: the first key that a session names is the only one it takes.
    """
    for earlier in _of(session, asked_in):
        if DeviceKey.from_text(earlier.device_key) != ask.device_key:
            raise DeviceKeyDiffers
        if earlier.spent_at is None:
            spend(earlier, call.now, REPLACED)
    drawn = DrawnChallenge(
        id=uuid.uuid4(),
        asked_in=asked_in,
        profile=ask.profile,
        schedule=written(draw(Profile(ask.profile), call.dependencies.chance())),
        nonce=secrets.token_urlsafe(NONCE_BYTES),
        device_key=ask.device_key.as_text(),
        drawn_at=call.now,
    )
    session.add(drawn)
    session.flush()
    return drawn


def find(session: Session, asked_in: uuid.UUID, told: Told) -> DrawnChallenge:
    """The challenge of this session that is answered, not yet spent. Raises ChallengeUnknown,
    ChallengeSpent."""
    drawn = session.get(
        DrawnChallenge, told.challenge_id, with_for_update=True, populate_existing=True
    )
    if drawn is None or drawn.asked_in != asked_in or drawn.nonce != told.nonce:
        raise ChallengeUnknown
    if drawn.spent_at is not None:
        raise ChallengeSpent(spent_as=drawn.spent_as)
    return drawn


def spend(drawn: DrawnChallenge, now: datetime, spent_as: str) -> None:
    """Use a challenge up."""
    drawn.spent_at, drawn.spent_as = now, spent_as


def refuse(session: Session, call: Call, asked_in: uuid.UUID, told: Told, refusal: Refusal) -> None:
    """Use a challenge up whose answer cannot be one. Not committed."""
    drawn = find(session, asked_in, told)
    spend(drawn, call.now, REFUSED)
    audit.record(session, call, "challenge.refused", "challenge", drawn.id, reason=refusal.code)


def open_again(session: Session, challenge_id: uuid.UUID) -> None:
    """After an outage of ours the same answer may come again, unless another was asked for
    meanwhile. Not committed."""
    drawn = session.get(DrawnChallenge, challenge_id, with_for_update=True)
    if drawn is None or drawn.spent_as != ANSWERED:
        return
    if not any(other.drawn_at > drawn.drawn_at for other in _of(session, drawn.asked_in)):
        drawn.spent_at = drawn.spent_as = None


def challenge_of(drawn: DrawnChallenge) -> Challenge:
    """What was drawn, for the judge."""
    kept: dict[str, list[list[object]]] = drawn.schedule  # type: ignore[assignment]
    return Challenge(
        profile=Profile(drawn.profile),
        slots=tuple(Slot(Move(str(m)), _ms(b), _ms(e)) for m, b, e in kept["slots"]),
        flashes=tuple(Flash(Light(str(c)), _ms(b), _ms(e)) for c, b, e in kept["flashes"]),
        length_ms=_ms(drawn.schedule["length_ms"]),
    )


def _ms(value: object) -> int:
    return int(str(value))


def written(challenge: Challenge) -> dict[str, object]:
    """A challenge as it is kept."""
    return {
        "slots": [[slot.move.value, slot.begins_ms, slot.ends_ms] for slot in challenge.slots],
        "flashes": [[one.light.value, one.begins_ms, one.ends_ms] for one in challenge.flashes],
        "length_ms": challenge.length_ms,
    }


def _of(session: Session, asked_in: uuid.UUID) -> list[DrawnChallenge]:
    query = sa.select(DrawnChallenge).filter_by(asked_in=asked_in).with_for_update()
    return list(session.scalars(query))


def sweep(call: Call) -> int:
    """Forget challenges drawn long ago; returns how many."""
    before = call.now - timedelta(days=call.settings.challenges_kept_days)
    return in_batches(call, sa.delete(DrawnChallenge), DrawnChallenge.drawn_at <= before)
