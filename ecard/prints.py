"""Fingerprints of captures: frames that were sent before are known again, in another session too.

A fingerprint is 256 bits of what is brighter than its neighbour; nobody can be recognised by it. It
is kept sealed with the key of the person at the camera, for a few days, and compared with the other
captures of that person and of that holder: frames of anybody else would not match the face.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from biometrics.challenge import Profile
from biometrics.verifier import NEARLY_EXACT_BITS, SAME_PICTURE_BITS, count_known
from ecard.call import Call
from ecard.db import Base, Id, Sealed
from ecard.errors import Refusal
from ecard.sweeping import in_batches
from ecard.vault import KeyDestroyed

PLACE = "capture_prints.sealed"
KNOWN_SHARE = 4
"""A capture is known where one frame in four is: a person at rest before a stand looks nearly the
same twice (two frames of 45 in one of 8 real clips came near), never in a quarter of a capture that
asks for moves."""


class FramesSeenBefore(Refusal):
    """These frames, or nearly these, came in an earlier capture; no try was spent."""

    code = "frames_seen_before"
    status = 409
    next = "draw_challenge"


class CapturePrint(Base):
    """The fingerprints of one capture's frames."""

    __tablename__ = "capture_prints"
    id: Mapped[Id]
    """The try that they belong to."""
    subject_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    holder_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    sealed: Mapped[Sealed]
    taken_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class Whose:
    """Who is at the camera, and for whose link."""

    subject_id: uuid.UUID
    holder_id: uuid.UUID
    profile: str = Profile.STANDARD.value
    """What the capture was asked for: who is asked for no moves may look the same twice."""

    @property
    def within_bits(self) -> int:
        """Fingerprints this near are of one picture."""
        still = self.profile == Profile.NO_MOVEMENT.value
        return NEARLY_EXACT_BITS if still else SAME_PICTURE_BITS


def keep(
    session: Session, call: Call, try_id: uuid.UUID, whose: Whose, prints: Sequence[bytes]
) -> None:
    """Keep a capture's fingerprints; raises FramesSeenBefore where it is known. Not committed."""
    known = [found for earlier in _earlier(session, call, whose) for found in earlier]
    again = count_known(prints, known, whose.within_bits)
    if again * KNOWN_SHARE >= len(prints) and again:
        raise FramesSeenBefore
    text = b"".join(prints).hex()
    sealed = call.dependencies.vault.seal(session, whose.subject_id, PLACE, try_id, text)
    session.add(
        CapturePrint(
            id=try_id,
            subject_id=whose.subject_id,
            holder_id=whose.holder_id,
            sealed=sealed,
            taken_at=call.now,
        )
    )


def forget(session: Session, try_id: uuid.UUID) -> None:
    """After an outage of ours the same frames may come again. Not committed."""
    session.execute(sa.delete(CapturePrint).where(CapturePrint.id == try_id))


def forget_person(session: Session, subject_id: uuid.UUID) -> None:
    """Every capture of a person's face is forgotten. Not committed."""
    session.execute(sa.delete(CapturePrint).where(CapturePrint.subject_id == subject_id))


def _earlier(session: Session, call: Call, whose: Whose) -> list[list[bytes]]:
    since = call.now - timedelta(days=call.settings.prints_kept_days)
    query = sa.select(CapturePrint).where(
        sa.or_(
            CapturePrint.subject_id == whose.subject_id, CapturePrint.holder_id == whose.holder_id
        ),
        CapturePrint.taken_at > since,
    )
    return [_opened(session, call, row) for row in session.scalars(query)]


def _opened(session: Session, call: Call, row: CapturePrint) -> list[bytes]:
    try:
        text = call.dependencies.vault.open(session, row.subject_id, PLACE, row.id, row.sealed)
    except KeyDestroyed:
        return []
    joined = bytes.fromhex(text)
    return [joined[at : at + PRINT_BYTES] for at in range(0, len(joined), PRINT_BYTES)]


PRINT_BYTES = 32


def sweep(call: Call) -> int:
    """Forget fingerprints taken long ago; returns how many."""
    before = call.now - timedelta(days=call.settings.prints_kept_days)
    return in_batches(call, sa.delete(CapturePrint), CapturePrint.taken_at <= before)
