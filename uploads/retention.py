"""When a kept file must go, and the proof that it went. Pure: no clock, no store.

The days are the defaults; a region's policy gives its own `RetentionRules`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from uploads.encryption import key_id


class Retention(StrEnum):
    """What a file is kept as."""

    UNCLAIMED = "unclaimed"
    """Uploaded and tied to no application."""
    DRAFT = "draft"
    """A document of an application that is not decided."""
    DECIDED = "decided"
    """A document of a decided application: kept for an appeal."""
    REVIEW_FRAMES = "review_frames"
    """Camera frames of a case that people decide."""
    DIGITS_VIDEO = "digits_video"
    """The video with the spoken digits."""


@dataclass(frozen=True)
class RetentionRules:
    """How long each lasts."""

    unclaimed_days: int = 1
    draft_days: int = 7
    decided_days: int = 30
    review_frames_days: int = 30  # at the latest, decided or not


def lapses_at(
    kept_as: Retention,
    taken_in_at: datetime,
    decided_at: datetime | None = None,
    rules: RetentionRules | None = None,
) -> datetime | None:
    """The moment from which the file must be gone; None while nothing has set one.

    `taken_in_at`: upload, or for a draft the last time that its application was touched.
    `decided_at`: the final decision (the appeal's, or the end of the time to appeal).
    A digits video has no date before its final decision. Raises ValueError for a DECIDED file
    without a decision.
    """
    rules = rules or RetentionRules()
    if kept_as is Retention.UNCLAIMED:
        return taken_in_at + timedelta(days=rules.unclaimed_days)
    if kept_as is Retention.DRAFT:
        return taken_in_at + timedelta(days=rules.draft_days)
    if kept_as is Retention.REVIEW_FRAMES:
        latest = taken_in_at + timedelta(days=rules.review_frames_days)
        return min(latest, decided_at) if decided_at else latest
    if kept_as is Retention.DIGITS_VIDEO:
        return decided_at
    if decided_at is None:
        raise ValueError("a decided file has a decision")
    return decided_at + timedelta(days=rules.decided_days)


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
