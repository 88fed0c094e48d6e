"""Signatures of devices: ECDSA on P-256 with SHA-256 (ES256 of RFC 7518), as phones' secure
hardware and browsers make them. The private key never leaves the device."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

COORDINATE_BYTES = 32
KEY_TYPE, CURVE = "EC", "P-256"


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A public key: its point on the curve. Raises ValueError where there is no such point."""

    x: int
    y: int

    def __post_init__(self) -> None:
        EllipticCurvePublicNumbers(self.x, self.y, SECP256R1()).public_key()

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, str]) -> DeviceKey:
        """From a JSON Web Key (RFC 7517); raises ValueError."""
        if (jwk.get("kty"), jwk.get("crv")) != (KEY_TYPE, CURVE):
            raise ValueError("not a key on P-256")
        return cls(*(int.from_bytes(_bytes(jwk.get(name, ""), COORDINATE_BYTES)) for name in "xy"))

    @classmethod
    def from_text(cls, text: str) -> DeviceKey:
        """From what `as_text` wrote."""
        x, y = text.split(".")
        return cls(int(x, 16), int(y, 16))

    def as_text(self) -> str:
        """Both coordinates, hexadecimal."""
        return f"{self.x:064x}.{self.y:064x}"

    def signed(self, content: bytes, signature: str) -> bool:
        """Whether the key's owner signed exactly these bytes; the signature is r and s, 32 bytes
        each, base64url."""
        try:
            raw = _bytes(signature, 2 * COORDINATE_BYTES)
            r, s = (int.from_bytes(raw[at:][:COORDINATE_BYTES]) for at in (0, COORDINATE_BYTES))
            key = EllipticCurvePublicNumbers(self.x, self.y, SECP256R1()).public_key()
            key.verify(encode_dss_signature(r, s), content, ECDSA(SHA256()))
        except (ValueError, InvalidSignature):
            return False
        return True


def _bytes(text: str, length: int) -> bytes:
    """base64url without padding, of exactly that length."""
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if len(found) != length:
        raise ValueError(f"{len(found)} bytes instead of {length}")
    return found
