"""The token in an e-card's QR: written, read and judged. docs/qr.md shows it byte by byte.

Known to the backend and to terminals without a network (``ecard/verifier``), which must judge
alike: this module imports nothing else of ours, and never reads a clock.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PREFIX = "EQ1:"
"""Names the format and its version; of the characters that a QR code packs densely."""
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
"""Base45 (RFC 9285)."""
LONGEST = 500
"""Characters of a token at most; one with two long names has about 280."""
COSE_SIGN1, ALGORITHM, KEY = 18, 1, 4
"""RFC 9052: the tag, and the two headers."""
ED25519 = -19
"""RFC 9864."""
AUDIENCE, EXPIRES, ISSUED, ID, SHOWN = 3, 4, 6, 7, -65537
"""RFC 8392 (CWT), and one claim of private use for what is shown."""
KEY_BYTES, PSEUDONYM_BYTES, SIGNATURE_BYTES = 4, 8, 64
LONGEST_LIFE = 60
"""Seconds: a token that says it lives longer is no token of ours."""
OPERATIONS = ("identify", "register_patient", "collect_medicine", "collect_document")
"""What a code may be shown for; a token carries the place in this row, so only ever add at its end.

To say who one is at a counter; to be entered as a patient; to be handed medicine; to be handed a
paper or a card.
"""

Keys = Mapping[bytes, Ed25519PublicKey]


class TokenRefused(Exception):
    """The token is not accepted; ``code`` is the stable reason, one of REASONS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


REASONS = (
    "qr_unreadable",
    "qr_key_unknown",
    "qr_forged",
    "qr_not_yet",
    "qr_expired",
    "qr_other_operation",
    "qr_other_place",
)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says."""

    id: uuid.UUID
    """Random; used up once."""
    issued: int
    expires: int
    """Both in seconds since 1970, UTC."""
    operation: str
    pseudonym: bytes
    """The person whose card is shown: the same for one place, operation and day, else unlinkable.
    """
    shown_by: str
    shown_for: str | None
    """Masked names: who holds the phone, and whose card it is; None where both are one person."""
    place: str | None = None
    """Code of the counter at which alone it is good; None: at any."""


@dataclass(frozen=True, slots=True)
class Unproven:
    """A token that was read; nothing of it may be believed before its signature was checked."""

    claims: Claims
    key_id: bytes
    signed: bytes
    signature: bytes


# --- writing ----------------------------------------------------------------------------------


def write(claims: Claims, key_id: bytes, sign: Callable[[bytes], bytes]) -> str:
    """The text for the QR code; ``sign`` gives the Ed25519 signature (64 bytes) of some bytes."""
    protected = _cbor({ALGORITHM: ED25519, KEY: key_id})
    payload = _cbor(_payload(claims))
    signature = sign(_to_be_signed(protected, payload))
    return PREFIX + to_base45(_cbor(cbor2.CBORTag(COSE_SIGN1, [protected, {}, payload, signature])))


def _payload(claims: Claims) -> dict[int, Any]:
    shown = [OPERATIONS.index(claims.operation), claims.pseudonym, claims.shown_by]
    said: dict[int, Any] = {
        EXPIRES: claims.expires,
        ISSUED: claims.issued,
        ID: claims.id.bytes,
        SHOWN: shown if claims.shown_for is None else [*shown, claims.shown_for],
    }
    return said if claims.place is None else {AUDIENCE: claims.place, **said}


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return _cbor(["Signature1", protected, b"", payload])


def _cbor(value: object) -> bytes:
    """The one way in which a value is written: no second text carries the same token."""
    return cbor2.dumps(value, canonical=True)


# --- reading ----------------------------------------------------------------------------------


def read(text: str) -> Unproven:
    """Take a token apart; raises TokenRefused (qr_unreadable) for whatever is not one."""
    try:
        if len(text) > LONGEST or not text.startswith(PREFIX):
            raise ValueError("no token")
        token = from_base45(text.removeprefix(PREFIX))
        envelope = _decoded(token)
        if not isinstance(envelope, cbor2.CBORTag) or envelope.tag != COSE_SIGN1:
            raise ValueError("no signed message")
        protected, unprotected, payload, signature = envelope.value
        header = _decoded(protected)
        if unprotected != {} or set(header) != {ALGORITHM, KEY} or header[ALGORITHM] != ED25519:
            raise ValueError("other headers")
        claims = _claims(_decoded(payload))
        key_id = _bytes_of(header[KEY], KEY_BYTES)
        signature = _bytes_of(signature, SIGNATURE_BYTES)
        return Unproven(claims, key_id, _to_be_signed(protected, payload), signature)
    except (ValueError, TypeError, LookupError, RecursionError, cbor2.CBORError) as error:
        raise TokenRefused("qr_unreadable") from error


def _decoded(content: bytes) -> Any:
    """CBOR in its canonical form only."""
    value = cbor2.loads(content, max_depth=4, allow_indefinite=False, allow_duplicate_keys=False)
    if _cbor(value) != content:
        raise ValueError("not canonical")
    return value


def _claims(said: dict[int, Any]) -> Claims:
    if set(said) - {AUDIENCE} != {EXPIRES, ISSUED, ID, SHOWN}:
        raise ValueError("other claims")
    operation, pseudonym, shown_by, *others = said[SHOWN]
    if len(others) > 1 or _whole(operation) >= len(OPERATIONS):
        raise ValueError("shown otherwise")
    return Claims(
        id=uuid.UUID(bytes=_bytes_of(said[ID], 16)),
        issued=_whole(said[ISSUED]),
        expires=_whole(said[EXPIRES]),
        operation=OPERATIONS[operation],
        pseudonym=_bytes_of(pseudonym, PSEUDONYM_BYTES),
        shown_by=_text(shown_by),
        shown_for=_text(others[0]) if others else None,
        place=_text(said[AUDIENCE]) if AUDIENCE in said else None,
    )


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError("no whole number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError("no text")  # nor anything that would write into a terminal
    return value


def _bytes_of(value: object, size: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != size:
        raise ValueError("other bytes")
    return value


# --- judging ----------------------------------------------------------------------------------


def check(text: str, keys: Keys, now: int, tolerance: int) -> Claims:
    """The claims of a token that is signed, begun and not over at ``now``; raises TokenRefused.

    ``tolerance``: how many seconds the clock here may be behind the one that issued. The end is
    never stretched: a screenshot that is shown a minute later is refused.
    """
    token = read(text)
    key = keys.get(token.key_id)
    if key is None:
        raise TokenRefused("qr_key_unknown")
    try:
        key.verify(token.signature, token.signed)
    except InvalidSignature as error:
        raise TokenRefused("qr_forged") from error
    if not 0 < token.claims.expires - token.claims.issued <= LONGEST_LIFE:
        raise TokenRefused("qr_forged")
    if token.claims.issued > now + tolerance:
        raise TokenRefused("qr_not_yet")
    if token.claims.expires <= now:
        raise TokenRefused("qr_expired")
    return token.claims


def refuse_other_use(claims: Claims, operation: str, place: str | None) -> None:
    """Raise TokenRefused unless the code was shown for this operation, and for this place or any.

    ``place`` is the code of the counter that scans, or None where it has none.
    """
    if claims.operation != operation:
        raise TokenRefused("qr_other_operation")
    if claims.place is not None and claims.place != place:
        raise TokenRefused("qr_other_place")


# --- keys -------------------------------------------------------------------------------------


def key_id_of(public: bytes) -> bytes:
    """How a token names the key that signed it: the start of the SHA-256 of its 32 bytes."""
    return hashlib.sha256(public).digest()[:KEY_BYTES]


def jwk(public: bytes) -> dict[str, str]:
    """A public key as it is published (RFC 8037)."""
    x = base64.urlsafe_b64encode(public).decode().rstrip("=")
    kid = key_id_of(public).hex()
    return {"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "use": "sig", "kid": kid, "x": x}


def keys_from(published: Any) -> dict[bytes, Ed25519PublicKey]:
    """The keys of a published set (RFC 7517); other kinds are passed over. Raises ValueError."""
    try:
        told = [key for key in published["keys"] if key.get("crv") == "Ed25519"]
        raw = [base64.urlsafe_b64decode(key["x"] + "=") for key in told]
    except (TypeError, LookupError, AttributeError, binascii.Error) as error:
        raise ValueError("no key set") from error
    return {key_id_of(one): Ed25519PublicKey.from_public_bytes(one) for one in raw}


# --- base45 -----------------------------------------------------------------------------------


def to_base45(content: bytes) -> str:
    """RFC 9285: three characters for two bytes, two for a last single one."""
    written = []
    for at in range(0, len(content), 2):
        pair = content[at : at + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, len(ALPHABET))
            written.append(ALPHABET[digit])
    return "".join(written)


def from_base45(text: str) -> bytes:
    """What ``to_base45`` wrote; raises ValueError for anything else."""
    content = bytearray()
    for at in range(0, len(text), 3):
        digits = [ALPHABET.index(mark) for mark in text[at : at + 3]]
        number = sum(digit * len(ALPHABET) ** place for place, digit in enumerate(digits))
        size = len(digits) - 1
        if size == 0 or number >= 256**size:
            raise ValueError("not base45")
        content += number.to_bytes(size, "big")
    return bytes(content)
