"""The collaborators that are passed in: clock, verifier, store, registry, keys, delivery."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random, SystemRandom
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from ecard.attestation import Attestation, NoAttestation
from ecard.hashing import Hasher
from ecard.owed import Owed
from uploads.documents.pages import PageReader
from uploads.sandbox import Sandbox
from uploads.scanning import Scanner
from uploads.storage import FileStore

if TYPE_CHECKING:
    from biometrics.verifier import FaceVerifier
    from ecard.delivery import Delivery
    from ecard.registry.port import Registry
    from ecard.vault import Vault


def utc_now() -> datetime:
    """The wall clock, aware, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Everything a service may need from outside the database. Built once in ``wsgi.py``."""

    vault: Vault
    registry: Registry
    file_store: FileStore
    scanner: Scanner
    delivery: Delivery
    verifier: Callable[[], FaceVerifier]
    """Returns the loaded verifier; loading is done once, at start-up, by the joiner."""
    judging: BoundedSemaphore
    """At most this many faces are judged at a time; past it callers get 503 and Retry-After."""
    hashing: BoundedSemaphore
    """At most this many argon2 hashes run at a time (each takes tens of megabytes)."""
    hasher: Hasher
    decoder: Sandbox
    """Where untrusted files are decoded: it bounds how many at a time."""
    reader: PageReader | None = None
    """Reads what is printed on documents; None: people read them."""
    printing: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(1))
    """One long file is written at a time: a thousand lines of PDF take more than a second."""
    attestation: Attestation = field(default_factory=NoAttestation)
    """What vouches for the devices that captures come from."""
    owed: Owed = field(default_factory=Owed)
    """What an outage took and the database could not take back yet."""
    chance: Callable[[], Random] = SystemRandom
    """What challenges are drawn with; no setting reaches it."""
    now: Callable[[], datetime] = utc_now
