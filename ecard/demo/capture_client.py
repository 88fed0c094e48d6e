"""Reference client of the capture protocol: what an app does between drawing a challenge and
sending its answer (docs/capture.md, message by message).

It needs nothing of the backend's code: a challenge comes in as the JSON that `drawChallenge`
answered, the parts of the form go out. Camera, screen and clock are passed in: on a phone they are
the real ones, in the demonstration the camera is simulated, in tests the clock is moved by hand.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

Camera = Callable[[], bytes]
"""Takes one JPEG picture now."""
Screen = Callable[[str], None]
"""Fills the screen with a colour (`none`: the usual page)."""
Part = tuple[str, tuple[str, bytes, str]]
"""Name of a form's part, and its file name, content and media type."""
COORDINATE_BYTES = 32
NO_LIGHT = "none"


class Clock(Protocol):
    """A clock that never jumps while the app runs; it need not know what time of day it is."""

    def now_ms(self) -> float:
        """Milliseconds since whenever it likes."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""


class SteadyClock:
    """The machine's own steady clock."""

    def now_ms(self) -> float:
        """Milliseconds since it was switched on, or so."""
        return time.monotonic() * 1000

    def wait(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


@dataclass(frozen=True)
class SigningKey:
    """The device's own key. On a phone it is made in secure hardware and never leaves it."""

    private: EllipticCurvePrivateKey = field(
        default_factory=lambda: generate_private_key(SECP256R1()), repr=False
    )

    def public_jwk(self) -> dict[str, str]:
        """What is sent when a challenge is drawn."""
        point = self.private.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _coordinate(point.x), "y": _coordinate(point.y)}

    def sign(self, content: bytes) -> bytes:
        """ES256: r and s, 32 bytes each, base64url without padding."""
        r, s = decode_dss_signature(self.private.sign(content, ECDSA(SHA256())))
        raw = r.to_bytes(COORDINATE_BYTES) + s.to_bytes(COORDINATE_BYTES)
        return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _coordinate(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes(COORDINATE_BYTES)).rstrip(b"=").decode()


@dataclass(frozen=True)
class Drawn:
    """A challenge, and when it arrived by the phone's clock."""

    challenge: Mapping[str, Any]
    drawn_ms: float


@dataclass(frozen=True)
class Recording:
    """What was recorded: times are milliseconds since it began."""

    began_ms: float
    """By the phone's clock."""
    frames: Sequence[bytes]
    at_ms: Sequence[float]
    displayed: Sequence[tuple[float, str]]
    """From when on which colour was shown."""


def record(
    drawn: Drawn, camera: Camera, screen: Screen, clock: Clock, times_ms: Sequence[float]
) -> Recording:
    """Show the drawn colours and take a frame at each of these times."""
    began_ms = clock.now_ms()
    frames, at_ms, displayed = [], [], []
    for due_ms, light in _agenda(drawn.challenge, times_ms):
        clock.wait(max(0.0, began_ms + due_ms - clock.now_ms()) / 1000)
        now_ms = round(clock.now_ms() - began_ms, 1)
        if light is None:
            frames.append(camera())
            at_ms.append(now_ms)
        else:
            screen(light)
            displayed.append((now_ms, light))
    return Recording(began_ms, frames, at_ms, displayed)


def _agenda(
    challenge: Mapping[str, Any], times_ms: Sequence[float]
) -> list[tuple[float, str | None]]:
    """What is due when: a colour for the screen, or (None) a frame; a colour first."""
    lights: list[tuple[float, str | None]] = [
        (float(one["begins_ms"]), str(one["light"])) for one in challenge["lights"]
    ]
    if lights:
        lights.append((float(challenge["lights"][-1]["ends_ms"]), NO_LIGHT))
    frames: list[tuple[float, str | None]] = [(float(at), None) for at in times_ms]
    return sorted(lights + frames, key=lambda item: (item[0], item[1] is None))


def form_of(
    drawn: Drawn, session_id: str, recording: Recording, key: SigningKey, clock: Clock
) -> list[Part]:
    """The parts of the form: frames, answer, signature. To be sent at once."""
    answer = json.dumps(answer_of(drawn, session_id, recording, clock.now_ms())).encode()
    return [
        *(
            ("frames", (f"{number}.jpg", frame, "image/jpeg"))
            for number, frame in enumerate(recording.frames)
        ),
        ("answer", ("answer.json", answer, "application/json")),
        ("signature", ("signature.txt", key.sign(answer), "text/plain")),
    ]


def answer_of(
    drawn: Drawn, session_id: str, recording: Recording, sent_ms: float
) -> dict[str, Any]:
    """The answer before it is written down and signed."""
    return {
        "challenge_id": drawn.challenge["id"],
        "session_id": session_id,
        "nonce": drawn.challenge["nonce"],
        "clock": {
            "drawn_ms": drawn.drawn_ms,
            "began_ms": recording.began_ms,
            "sent_ms": sent_ms,
        },
        "frames": [
            {"at_ms": at, "sha256": hashlib.sha256(frame).hexdigest()}
            for at, frame in zip(recording.at_ms, recording.frames, strict=True)
        ],
        "displayed": [{"at_ms": at, "light": light} for at, light in recording.displayed],
    }


def times_for(challenge: Mapping[str, Any], count: int) -> list[float]:
    """The proposed times where there are as many frames, else times spread evenly."""
    proposed = challenge["frame_times_ms"]
    if count == len(proposed):
        return [float(at) for at in proposed]
    step = challenge["length_ms"] / max(1, count - 1)
    return [number * step for number in range(count)]
