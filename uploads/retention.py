"""The proof that a file went. Pure: no clock, no store."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Self

from uploads.encryption import key_id


@dataclass(frozen=True)
class DeletionReceipt:
    """A signed statement that one object was destroyed; holds nothing of the object."""

    receipt_id: uuid.UUID
    object_id: uuid.UUID
    what: str
    destroyed_at: datetime
    reason: str
    key_id: str
    mac: str

    @classmethod
    def create(
        cls, key: bytes, object_id: uuid.UUID, what: str, destroyed_at: datetime, reason: str
    ) -> Self:
        """Sign with the receipt key. `destroyed_at` must know its zone."""
        if destroyed_at.tzinfo is None:
            raise ValueError("destroyed_at needs a time zone")
        bare = cls(uuid.uuid4(), object_id, what, destroyed_at, reason, key_id(key), mac="")
        return replace(bare, mac=_mac(key, bare))

    def verify(self, key: bytes) -> bool:
        """Whether this key signed exactly these fields."""
        return hmac.compare_digest(self.mac, _mac(key, self))

    def to_json(self) -> str:
        """Canonical JSON, to be stored as text."""
        return _canonical(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """From `to_json`. Raises ValueError, KeyError or TypeError on anything else."""
        fields = json.loads(text)
        return cls(
            **{
                **fields,
                "receipt_id": uuid.UUID(fields["receipt_id"]),
                "object_id": uuid.UUID(fields["object_id"]),
                "destroyed_at": datetime.fromisoformat(fields["destroyed_at"]),
            }
        )


def _canonical(fields: dict[str, object]) -> str:
    return json.dumps(fields, default=_as_text, sort_keys=True, separators=(",", ":"))


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _mac(key: bytes, receipt: DeletionReceipt) -> str:
    fields = asdict(receipt)
    del fields["mac"]
    signed = b"deletion receipt|" + _canonical(fields).encode()
    return hmac.new(key, signed, hashlib.sha256).hexdigest()
