"""Protected templates: what a service may keep of a face where it needs one again (proof of life).

Two locks, one key. The embedding is turned by a secret rotation that belongs to this record alone:
distances between what is turned alike stay as they were, what is turned differently cannot be
compared, so that no two records can be joined; a leaked template is renewed by another rotation,
without a new capture. The turned vector is then sealed with AES-GCM, bound to the record and to all
that is written beside it. Key and rotation are drawn from a secret of the record: once that is
destroyed, nothing opens the template any more.

A record is bytes: a version, the engine's name, the day it expires, the rotation's number, a nonce
and the sealed vector. Whoever keeps it decides when the secret goes.
"""

import hashlib
import hmac
import json
import os
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from biometrics.comparison import distance
from biometrics.embedding import Embedding
from biometrics.errors import BiometricsError

VERSION = 1
SECRET_BYTES = 32
_NONCE_BYTES = 12
_LENGTH_TOLERANCE = 1e-3


class TemplateRefused(BiometricsError):
    """The template cannot be used: altered, sealed with another secret or for another record, of
    another version or engine, or expired (`reason` says which can be told)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"template refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Terms:
    """What is written beside the sealed vector, readable without the secret, and bound to it."""

    record: str
    """Whose it is: the keeper's own name for the record."""
    engine: str
    """Name with version: templates of two engines are never compared."""
    expires_at: datetime
    """Aware; from then on it is refused."""
    turn: int = 0
    """Which of the record's rotations: one more with each renewal."""
    version: int = VERSION


def new_secret() -> bytes:
    """For one record; to be kept apart from the template, and destroyed to destroy it."""
    return os.urandom(SECRET_BYTES)


def protect(embedding: Embedding, terms: Terms, secret: bytes) -> bytes:
    """The sealed template. `ValueError` where the embedding is not of length 1 or no number, the
    secret is too short or the time has no zone."""
    _check(embedding, terms, secret)
    turned = _rotation(secret, terms, len(embedding)) @ embedding.astype(np.float64)
    nonce, written = os.urandom(_NONCE_BYTES), _written(terms)
    sealed = _cipher(secret, terms).encrypt(nonce, turned.astype("<f4").tobytes(), written)
    return len(written).to_bytes(2, "big") + written + nonce + sealed


def terms_of(template: bytes) -> Terms:
    """What is written beside the sealed vector; unproven until it is opened. Raises
    `TemplateRefused`."""
    return _parted(template)[0]


def distance_to(
    template: bytes, probe: Embedding, secret: bytes, *, record: str, engine: str, now: datetime
) -> float:
    """The cosine distance of a fresh embedding, turned the same way; the kept one is never turned
    back. Raises `TemplateRefused`; `ValueError` where the probe is no embedding."""
    terms, turned = _opened(template, secret, record, engine, now)
    _check(probe, terms, secret)
    if len(probe) != len(turned):
        raise TemplateRefused("of another size")
    rotation = _rotation(secret, terms, len(probe))
    return distance(turned, (rotation @ probe.astype(np.float64)).astype(np.float32))


def renewed(
    template: bytes,
    secret: bytes,
    new: bytes,
    *,
    record: str,
    engine: str,
    expires_at: datetime,
    now: datetime,
) -> bytes:
    """The same face under another secret and rotation, without a new capture: what was sealed
    before can then be destroyed with its secret. Raises `TemplateRefused`."""
    terms, turned = _opened(template, secret, record, engine, now)
    back = _rotation(secret, terms, len(turned)).T @ turned.astype(np.float64)
    embedding = (back / np.linalg.norm(back)).astype(np.float32)
    later = replace(terms, turn=terms.turn + 1, expires_at=expires_at)
    return protect(embedding, later, new)


def _opened(
    template: bytes, secret: bytes, record: str, engine: str, now: datetime
) -> tuple[Terms, Embedding]:
    terms, written, nonce, sealed = _parted(template)
    if terms.record != record:
        raise TemplateRefused("of another record")
    if terms.engine != engine:
        raise TemplateRefused("of another engine: the reference has to be embedded anew")
    try:
        content = _cipher(secret, terms).decrypt(nonce, sealed, written)
    except (InvalidTag, ValueError) as error:
        raise TemplateRefused("altered, or sealed with another secret") from error
    if now >= terms.expires_at:
        raise TemplateRefused("expired")
    return terms, np.frombuffer(content, "<f4").astype(np.float32)


def _parted(template: bytes) -> tuple[Terms, bytes, bytes, bytes]:
    size = 2 + int.from_bytes(template[:2], "big")
    written, rest = template[2:size], template[size:]
    try:
        kept = json.loads(written)
        if kept["version"] != VERSION:
            raise TemplateRefused("of another version")
        expires_at = datetime.fromisoformat(kept["expires_at"])
        names = str(kept["record"]), str(kept["engine"])
        terms = Terms(*names, expires_at, int(kept["turn"]), VERSION)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise TemplateRefused("not a template") from error
    if len(rest) <= _NONCE_BYTES or expires_at.tzinfo is None:
        raise TemplateRefused("not a template")
    return terms, written, rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]


def _written(terms: Terms) -> bytes:
    content = {
        "version": terms.version,
        "record": terms.record,
        "engine": terms.engine,
        "expires_at": terms.expires_at.isoformat(),
        "turn": terms.turn,
    }
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _check(embedding: Embedding, terms: Terms, secret: bytes) -> None:
    if len(secret) < SECRET_BYTES:
        raise ValueError(f"a secret has at least {SECRET_BYTES} bytes")
    if terms.expires_at.tzinfo is None:
        raise ValueError("a time needs its zone")
    if embedding.ndim != 1 or not np.isfinite(embedding).all():
        raise ValueError("an embedding is a row of finite numbers")
    if abs(float(np.linalg.norm(embedding)) - 1) > _LENGTH_TOLERANCE:
        raise ValueError("an embedding has length 1")


def _cipher(secret: bytes, terms: Terms) -> AESGCM:
    return AESGCM(_drawn(secret, terms, "seal"))


def _drawn(secret: bytes, terms: Terms, use: str) -> bytes:
    """32 bytes of the secret for one use in one record, engine and turn."""
    named = json.dumps([use, VERSION, terms.record, terms.engine, terms.turn])
    return hmac.new(secret, named.encode("utf-8"), hashlib.sha256).digest()


def _rotation(secret: bytes, terms: Terms, size: int) -> NDArray[np.float64]:
    """An orthogonal matrix, uniform among all (QR of normal numbers, signs of R taken out), from a
    stream of the secret: the same on every machine to about 1e-12."""
    stream = hashlib.shake_256(_drawn(secret, terms, "turn")).digest(16 * size * size)
    whole = np.frombuffer(stream, "<u8").astype(np.float64)
    one, other = (whole.reshape(2, -1) + 0.5) / 2.0**64
    normal = np.sqrt(-2 * np.log(one)) * np.cos(2 * np.pi * other)
    matrix, upper = np.linalg.qr(normal.reshape(size, size))
    return np.asarray(matrix * np.sign(np.diagonal(upper)), np.float64)
