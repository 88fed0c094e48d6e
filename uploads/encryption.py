"""Keys and what they seal. AES-256-GCM throughout; a wrong key, place or byte is DecryptionFailed.

A master key (in a file outside the store) wraps one key per person, a person's key seals one key
per file, a file's key encrypts that file. Destroying a key destroys all below it.

Three forms, each with a version in its first bytes and all of its header authenticated:
- sealed value  "ES" 1 | key id 4 | nonce 12 | text and tag; bound to a context such as
  "table.column|row id". Random nonces: one key may seal up to 2**32 values.
- wrapped key   the same with "EW": by a master key, which its id finds among current and old.
- blob          "EB" 1 | prefix 8 | chunks of 64 KiB, each with a tag of 16 bytes. A chunk is bound
  to header, context, its number and whether it is the last, so that chunks which are cut off,
  swapped or moved to another file do not open. Its nonce is prefix and number: a key for one file.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from uploads.errors import DecryptionFailed, KeyFileRefused

KEY_BYTES = 32
KEY_ID_BYTES = 4
CHUNK_BYTES = 64 * 1024

_NONCE_BYTES, _TAG_BYTES = 12, 16
_SEALED, _WRAPPED, _BLOB = b"ES\x01", b"EW\x01", b"EB\x01"
_PREFIX_BYTES = 8  # of a blob's nonces; the chunk number fills the other four


# ---- key files -----------------------------------------------------------------------------------


def new_key() -> bytes:
    """32 fresh random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def create_key_file(path: Path) -> None:
    """Write a fresh key to a new file, 0600, durably. Raises KeyFileRefused if one is there."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError as there:
        raise KeyFileRefused(f"{path.name}: is there already") from there
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)  # whatever the umask took away
        file.write(new_key())
        file.flush()
        os.fsync(descriptor)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_key_file(path: Path) -> bytes:
    """The key in a file of exactly 32 bytes, mode 0600 (or 0400), ours. Raises KeyFileRefused."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError as absent:
        raise KeyFileRefused(f"{path.name}: cannot be read ({absent.strerror})") from absent
    try:
        _check_key_file(path.name, os.fstat(descriptor))
        key = os.read(descriptor, KEY_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(key) != KEY_BYTES:
        raise KeyFileRefused(f"{path.name}: does not hold exactly {KEY_BYTES} bytes")
    if len(set(key)) < KEY_BYTES // 4:
        raise KeyFileRefused(f"{path.name}: does not look random")
    return key


def _check_key_file(name: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileRefused(f"{name}: is not a plain file")
    if stat.S_IMODE(found.st_mode) not in (0o600, 0o400):
        raise KeyFileRefused(f"{name}: mode must be 0600")
    if found.st_uid != os.geteuid():
        raise KeyFileRefused(f"{name}: belongs to another user")


def key_id(key: bytes) -> str:
    """A short public name of a key (8 hex digits), from which the key cannot be told."""
    return _id_of(key).hex()


def _id_of(key: bytes) -> bytes:
    return hmac.new(key, b"key id", hashlib.sha256).digest()[:KEY_ID_BYTES]


# ---- small values --------------------------------------------------------------------------------


def seal(key: bytes, plaintext: bytes, context: str) -> bytes:
    """Encrypt a small value for one place. `context`: "table.column|row id", as at opening."""
    return _seal(_SEALED, key, plaintext, context)


def open_sealed(key: bytes, sealed: bytes, context: str) -> bytes:
    """What `seal` sealed with this key for this context. Raises DecryptionFailed."""
    return _open(_SEALED, key, sealed, context)


def _seal(magic: bytes, key: bytes, plaintext: bytes, context: str) -> bytes:
    header = magic + _id_of(key)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return header + nonce + AESGCM(key).encrypt(nonce, plaintext, header + context.encode())


def _open(magic: bytes, key: bytes, sealed: bytes, context: str) -> bytes:
    header = magic + _id_of(key)
    nonce = sealed[len(header) : len(header) + _NONCE_BYTES]
    text = sealed[len(header) + _NONCE_BYTES :]
    if not sealed.startswith(header) or len(text) < _TAG_BYTES:
        raise DecryptionFailed
    return _decrypt(key, nonce, text, header + context.encode())


def _decrypt(key: bytes, nonce: bytes, text: bytes, bound_to: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(nonce, text, bound_to)
    except InvalidTag as invalid:
        raise DecryptionFailed from invalid


class MasterKey:
    """The current master key, and old ones that may still open what they wrapped."""

    def __init__(self, current: bytes, old: Iterable[bytes] = ()) -> None:
        self._current = current
        self._by_id = {_id_of(key): key for key in (*old, current)}

    @classmethod
    def from_file(cls, path: Path, old: Iterable[Path] = ()) -> Self:
        """Read from key files. Raises KeyFileRefused."""
        return cls(read_key_file(path), [read_key_file(one) for one in old])

    @property
    def key_id(self) -> str:
        """The public name of the current key."""
        return key_id(self._current)

    def wrap(self, key: bytes, context: str) -> bytes:
        """`key` encrypted with the current master key."""
        return _seal(_WRAPPED, self._current, key, context)

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """The key again, whichever master key wrapped it. Raises DecryptionFailed."""
        key = self._by_id.get(wrapped[len(_WRAPPED) : len(_WRAPPED) + KEY_ID_BYTES])
        if key is None:
            raise DecryptionFailed
        return _open(_WRAPPED, key, wrapped, context)

    def is_current(self, wrapped: bytes) -> bool:
        """False for what an old master key wrapped: unwrap it and wrap it again."""
        return wrapped.startswith(_WRAPPED + _id_of(self._current))


# ---- files ---------------------------------------------------------------------------------------


def encrypt_blob(key: bytes, content: bytes, context: str) -> bytes:
    """Encrypt a file with a key of its own; never use that key for another. See the module."""
    header = _BLOB + secrets.token_bytes(_PREFIX_BYTES)
    cipher, parts = AESGCM(key), [header]
    last = max(0, len(content) - 1) // CHUNK_BYTES
    for number in range(last + 1):
        chunk = content[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
        bound_to = _chunk_bound_to(header, context, number, number == last)
        parts.append(cipher.encrypt(_chunk_nonce(header, number), chunk, bound_to))
    return b"".join(parts)


def decrypt_blob(key: bytes, blob: bytes, context: str) -> bytes:
    """The file again, whole or not at all. Raises DecryptionFailed."""
    header, body = blob[: len(_BLOB) + _PREFIX_BYTES], blob[len(_BLOB) + _PREFIX_BYTES :]
    if not header.startswith(_BLOB) or len(body) < _TAG_BYTES:
        raise DecryptionFailed
    size = CHUNK_BYTES + _TAG_BYTES
    last = (len(body) - 1) // size
    return b"".join(
        _decrypt(
            key,
            _chunk_nonce(header, number),
            body[number * size : (number + 1) * size],
            _chunk_bound_to(header, context, number, number == last),
        )
        for number in range(last + 1)
    )


def _chunk_nonce(header: bytes, number: int) -> bytes:
    return header[len(_BLOB) :] + struct.pack(">I", number)


def _chunk_bound_to(header: bytes, context: str, number: int, final: bool) -> bytes:
    return header + struct.pack(">I?", number, final) + context.encode()


# ---- blind indexes -------------------------------------------------------------------------------


class BlindIndex:
    """Equality look-ups on values that are stored sealed. Never alone on what has few values.

    An index is "key id.64 hex digits" (73 characters). Each purpose has a key of its own, so that
    the same number used as card and as telephone cannot be joined.
    """

    def __init__(self, current: bytes, old: Iterable[bytes] = ()) -> None:
        self._current = current
        self._old = tuple(old)

    def of(self, purpose: str, value: str | bytes) -> str:
        """The index to store, under the current key."""
        return _index(self._current, purpose, value)

    def candidates(self, purpose: str, value: str | bytes) -> tuple[str, ...]:
        """The indexes to look for: under the current key first, then under the old ones."""
        return tuple(_index(key, purpose, value) for key in (self._current, *self._old))


def _index(key: bytes, purpose: str, value: str | bytes) -> str:
    own = hmac.new(key, b"index|" + purpose.encode(), hashlib.sha256).digest()
    content = value.encode() if isinstance(value, str) else value
    return f"{key_id(key)}.{hmac.new(own, content, hashlib.sha256).hexdigest()}"
