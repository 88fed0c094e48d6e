"""A capture as it came from a phone, read into values. Nothing of it is believed yet."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from biometrics.challenge import Light


@dataclass(frozen=True, slots=True)
class Told:
    """What the answer says."""

    challenge_id: uuid.UUID
    session_id: uuid.UUID
    nonce: str
    drawn_ms: float
    began_ms: float
    sent_ms: float
    at_ms: tuple[float, ...]
    digests: tuple[str, ...]
    displayed: tuple[tuple[float, Light], ...]
    attestation: str | None = None
    """What the device's maker says about it, made for this nonce."""

    def shown_at(self, at_ms: float) -> Light:
        """What the screen showed then."""
        begun = [light for since, light in self.displayed if since <= at_ms]
        return begun[-1] if begun else Light.NONE


@dataclass(frozen=True, slots=True)
class Sent:
    """One capture as it came: its frames, its answer (as bytes, and read) and their signature."""

    frames: Sequence[bytes]
    answer: bytes
    signature: str
    told: Told
