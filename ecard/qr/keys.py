"""The keys that sign QR codes: made, sealed, handed over to the next one, published, withdrawn.

A new key is published a day before it signs, so that terminals without a network know it in time;
an old one stays published until its last token is over.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy.orm import Session

from ecard import audit, limits
from ecard.call import Call
from ecard.qr import policy as rules
from ecard.qr import tokens
from ecard.qr.models import QrKey

PLACE = "qr_keys.private"


class KeyWaits(Exception):
    """A new key is published already and begins to sign at ``args[0]``."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs now."""

    key_id: bytes
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class KeySet:
    """The published keys (RFC 7517), and as of when."""

    keys: list[dict[str, str]]
    issued_at: datetime


def signer(session: Session, call: Call) -> Signer:
    """The key that signs now; the first one is made when the first code is shown. Not committed."""
    row = _signing(session, call)
    if row is None:
        limits.lock(session, "qr_keys", "first")
        row = _signing(session, call) or _add(session, call, call.now)
    sealed = row.private or b""
    private = Ed25519PrivateKey.from_private_bytes(
        call.dependencies.vault.open_for(PLACE, row.id, sealed)
    )
    return Signer(bytes.fromhex(row.key_id), private.sign)


def _signing(session: Session, call: Call) -> QrKey | None:
    rows = _standing(session)
    starts = rules.begun((row.signs_from for row in rows), call.now)
    return next((row for row in rows if row.signs_from == starts), None)


def _standing(session: Session) -> list[QrKey]:
    return list(session.scalars(sa.select(QrKey).where(QrKey.withdrawn_at.is_(None))))


def _add(session: Session, call: Call, signs_from: datetime) -> QrKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    row = QrKey(
        id=uuid.uuid4(),
        key_id=tokens.key_id_of(public).hex(),
        public=public,
        created_at=call.now,
        signs_from=signs_from,
    )
    sealed = call.dependencies.vault.seal_for(PLACE, row.id, private.private_bytes_raw())
    row.private = sealed
    session.add(row)
    session.flush()
    audit.record(session, call, "qr_key.add", "qr_key", row.id)
    return row


def known(session: Session, call: Call) -> dict[bytes, Ed25519PublicKey]:
    """The keys whose tokens are accepted now: exactly those that are published."""
    return {
        bytes.fromhex(row.key_id): Ed25519PublicKey.from_public_bytes(row.public)
        for row in _published(session, call)
    }


def key_set(call: Call) -> KeySet:
    """What terminals fetch."""
    with call.db.read() as session:
        rows = _published(session, call)
    keys = [tokens.jwk(row.public) for row in sorted(rows, key=lambda row: row.signs_from)]
    return KeySet(keys, call.now)


def _published(session: Session, call: Call) -> list[QrKey]:
    rows = _standing(session)
    shown = rules.published([row.signs_from for row in rows], call.now, _tokens_live(call))
    return [row for row in rows if row.signs_from in shown]


def _tokens_live(call: Call) -> timedelta:
    settings = call.settings
    return timedelta(seconds=settings.qr_seconds + settings.qr_clock_tolerance_seconds)


def rotate(call: Call, *, at_once: bool = False) -> QrKey:
    """Make a new key that signs after ``qr_key_lead_seconds``; raises KeyWaits where one waits.

    ``at_once``: the old keys are not to be trusted any more. The new one signs from now on, every
    other is withdrawn, and the codes that they signed are refused.
    """
    lead = timedelta(seconds=0 if at_once else call.settings.qr_key_lead_seconds)
    with call.db.write() as session:
        limits.lock(session, "qr_keys", "first")
        rows = _standing(session)
        if at_once:
            _withdraw(session, call, rows)
        elif waiting := [row.signs_from for row in rows if row.signs_from > call.now]:
            raise KeyWaits(max(waiting))
        row = _add(session, call, call.now + lead if rows else call.now)
        session.commit()
    return row


def _withdraw(session: Session, call: Call, rows: list[QrKey]) -> None:
    for row in rows:
        row.withdrawn_at, row.private = call.now, None
        audit.record(session, call, "qr_key.withdraw", "qr_key", row.id)


def forget_private(call: Call) -> int:
    """Destroy the private half of keys that sign no more; returns how many."""
    with call.db.write() as session:
        kept = {row.id for row in _published(session, call)}
        past = sa.select(QrKey).where(QrKey.private.is_not(None), QrKey.id.not_in(kept))
        rows = list(session.scalars(past))
        for row in rows:
            row.private = None
        session.commit()
    return len(rows)
