"""The word of a device's maker about the device and the app: a port, and its absence.

Frames can be made by a program; nothing in them shows that a camera took them. Only an attestation
of the device's hardware speaks about that. No real service is joined yet: every device reaches the
tier `none`, and the region's policy says whether that is enough (`unattested_capture`).
"""

from __future__ import annotations

from typing import Protocol

from ecard.errors import Refusal

NONE = "none"
ALLOW, REVIEW_ONLY, REFUSE = 0, 1, 2
"""What a region says to captures of devices that nothing vouches for."""


class DeviceNotAttested(Refusal):
    """The region takes captures only of devices that somebody vouches for."""

    code = "device_not_attested"
    status = 403
    next = "choose_route"


class Attestation(Protocol):
    """What vouches for devices."""

    recognises: bool
    """Whether there is any evidence that would reach another tier than `none`."""

    def tier(self, evidence: str | None, nonce: str) -> str:
        """How far the device can be trusted, by evidence that was made for this nonce."""


class NoAttestation:
    """Nothing vouches for any device, whatever it sends."""

    recognises = False

    def tier(self, evidence: str | None, nonce: str) -> str:  # noqa: ARG002 - the port's
        """`none`, always."""
        return NONE


def rule_for(tier: str, unattested_capture: int) -> int:
    """ALLOW, REVIEW_ONLY or REFUSE, by the tier that the device reached and the region's rule."""
    return ALLOW if tier != NONE else min(unattested_capture, REFUSE)


def refuse_before(port: Attestation, unattested_capture: int) -> None:
    """Raise DeviceNotAttested where no device could be taken: before a camera opens in vain."""
    if not port.recognises:
        refuse_unless_taken(NONE, unattested_capture)


def refuse_unless_taken(tier: str, unattested_capture: int) -> None:
    """Raise DeviceNotAttested where the region takes captures of attested devices only."""
    if rule_for(tier, unattested_capture) == REFUSE:
        raise DeviceNotAttested
