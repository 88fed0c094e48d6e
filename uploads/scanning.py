"""The place of a virus scanner. None is built in yet; what stands here says so and claims nothing.

Pictures are rebuilt from pixels, so nothing a scanner could find survives in them. A digits video
is kept as it came: until a scanner stands here it is unscanned, and the verdict says that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    """What a scanner can say."""

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"


@dataclass(frozen=True)
class ScanResult:
    """A verdict and who gave it."""

    verdict: Verdict
    scanner: str


class Scanner(Protocol):
    """Looks at an untrusted file before anything else does."""

    def scan(self, content: bytes) -> ScanResult:
        """The verdict; raises UploadFault when the scanner cannot be asked."""
        ...


class NoScanner:
    """No scanner is installed."""

    def scan(self, content: bytes) -> ScanResult:  # noqa: ARG002 - the port's signature
        """Always NOT_SCANNED."""
        return ScanResult(Verdict.NOT_SCANNED, "none")
