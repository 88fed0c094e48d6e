"""Keys and what they seal: a master key wraps one key per person, which wraps one key per file.

Sealed values are bound to table, column and row (AES-GCM associated data), so a value moved to
another row does not open. Destroying a person's key makes everything sealed with it unreadable.
Look-ups go through blind indexes (HMAC with a key of their own).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecard.db import Base, held
from ecard.dependencies import utc_now
from uploads.encryption import (
    BlindIndex,
    MasterKey,
    create_key_file,
    open_sealed,
    read_key_file,
    seal,
)

KEY_BYTES = 32
KEY_FILES = ("master", "index", "audit", "anchor", "token", "receipt")


class PersonKey(Base):
    """The key of one person, wrapped by the master key; None once destroyed."""

    __tablename__ = "person_keys"
    person_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    created_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None]


class KeyDestroyed(Exception):
    """What was asked for was sealed with a key that no longer exists."""


class Vault:
    """Everything that needs a key asks here; no key leaves except a file's own."""

    def __init__(self, folder: Path) -> None:
        """Read the key files of ``folder`` (0600 each); raises on a missing or unsafe one."""
        keys = {name: read_key_file(folder / f"{name}.key") for name in KEY_FILES}
        self._master = MasterKey.from_file(folder / "master.key")
        self._system = keys["master"]
        self._index = BlindIndex(keys["index"])
        self._tokens = keys["token"]
        self.audit_key = keys["audit"]
        self.anchor_key = keys["anchor"]
        self.receipt_key = keys["receipt"]

    # --- people -----------------------------------------------------------------------------

    def seal(
        self, session: Session, person_id: uuid.UUID, place: str, row_id: object, text: str
    ) -> bytes:
        """Seal ``text`` with the person's key for one ``table.column`` and row."""
        return seal(self._key_of(session, person_id), text.encode(), f"{place}|{row_id}")

    def open(
        self, session: Session, person_id: uuid.UUID, place: str, row_id: object, blob: bytes
    ) -> str:
        """Open what ``seal`` sealed; raises KeyDestroyed or DecryptionFailed."""
        key = self._key_of(session, person_id, create=False)
        return open_sealed(key, blob, f"{place}|{row_id}").decode()

    def first_seal(
        self, person_id: uuid.UUID, place: str, row_id: object, text: str
    ) -> tuple[bytes, bytes]:
        """Seal with a fresh key of somebody who has none yet: (the key, wrapped; what it seals)."""
        key, wrapped = self._new_key(person_id)
        return wrapped, seal(key, text.encode(), f"{place}|{row_id}")

    def new_file_key(
        self, session: Session, person_id: uuid.UUID, file_id: uuid.UUID
    ) -> tuple[bytes, bytes]:
        """A fresh key for one file: (key, key wrapped by the person's key)."""
        key = secrets.token_bytes(KEY_BYTES)
        return key, self.wrap_file_key(session, person_id, file_id, key)

    def wrap_file_key(
        self, session: Session, person_id: uuid.UUID, file_id: uuid.UUID, key: bytes
    ) -> bytes:
        """A file's key, wrapped by the key of the person it belongs to."""
        return seal(self._key_of(session, person_id), key, f"stored_files.key|{file_id}")

    def file_key(
        self, session: Session, person_id: uuid.UUID, file_id: uuid.UUID, wrapped: bytes
    ) -> bytes:
        """Unwrap a file's key."""
        key = self._key_of(session, person_id, create=False)
        return open_sealed(key, wrapped, f"stored_files.key|{file_id}")

    def destroy_person_key(self, session: Session, person_id: uuid.UUID, now: datetime) -> None:
        """Make everything sealed with this person's key unreadable for ever."""
        row = held(session, PersonKey, person_id)
        if row is not None:
            row.wrapped, row.destroyed_at = None, now

    def _new_key(self, person_id: uuid.UUID) -> tuple[bytes, bytes]:
        key = secrets.token_bytes(KEY_BYTES)
        return key, self._master.wrap(key, f"person_keys|{person_id}")

    def _key_of(self, session: Session, person_id: uuid.UUID, create: bool = True) -> bytes:
        row = held(session, PersonKey, person_id)
        if row is None and create:
            key, wrapped = self._new_key(person_id)
            session.add(PersonKey(person_id=person_id, wrapped=wrapped, created_at=utc_now()))
            return key
        if row is None or row.wrapped is None:
            raise KeyDestroyed(str(person_id))
        return self._master.unwrap(row.wrapped, f"person_keys|{person_id}")

    # --- the system's own -------------------------------------------------------------------

    def seal_for(self, purpose: str, row_id: object, text: str | bytes) -> bytes:
        """Seal something that belongs to no one person (registry rows, kept answers)."""
        content = text.encode() if isinstance(text, str) else text
        return seal(self._derived(purpose), content, f"{purpose}|{row_id}")

    def open_for(self, purpose: str, row_id: object, blob: bytes) -> bytes:
        """Open what ``seal_for`` sealed."""
        return open_sealed(self._derived(purpose), blob, f"{purpose}|{row_id}")

    def _derived(self, purpose: str) -> bytes:
        info = f"ecard system key|{purpose}".encode()
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(self._system)

    # --- indexes and tokens -----------------------------------------------------------------

    def index(self, purpose: str, value: str) -> str:
        """Blind index of a value (number, card, phone, picture) for equality look-ups."""
        return self._index.of(purpose, value)

    def token_hash(self, token: str) -> str:
        """How a token or code is kept: HMAC-SHA-256 with the token key, hex (64 characters)."""
        return hmac.new(self._tokens, token.encode(), hashlib.sha256).hexdigest()


def new_token(prefix: str) -> str:
    """A fresh opaque token of 256 random bits; the prefix says what it opens."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def create_keys(folder: Path) -> list[Path]:
    """Create the key files that are missing (folder 0700, files 0600); returns the new ones."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []
    for name in KEY_FILES:
        path = folder / f"{name}.key"
        if not path.exists():
            create_key_file(path)
            made.append(path)
    return made
