"""The word of a device's maker about the device and the app: a port, and its absence.

Frames can be made by a program; nothing in them shows that a camera took them. Only an attestation
of the device's hardware speaks about that. No real service is joined yet: every device reaches the
tier `none`, and the region's policy says whether that is enough (`unattested_capture`).
"""

from __future__ import annotations

from typing import Protocol

NONE = "none"


class Attestation(Protocol):
    """What vouches for devices."""

    def tier(self, evidence: str | None, nonce: str) -> str:
        """How far the device can be trusted, by evidence that was made for this nonce."""


class NoAttestation:
    """Nothing vouches for any device, whatever it sends."""

    def tier(self, evidence: str | None, nonce: str) -> str:  # noqa: ARG002 - the port's
        """`none`, always."""
        return NONE
