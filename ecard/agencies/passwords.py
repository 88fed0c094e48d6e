"""Passwords of staff: argon2id, a bounded number at a time, the same work for an unknown user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from ecard.call import Call
from ecard.errors import Busy

MEMORY_KIB = 47_104
"""46 MiB with one pass and one lane: the least that OWASP's cheat sheet names for argon2id."""
HASHER = PasswordHasher(time_cost=1, memory_cost=MEMORY_KIB, parallelism=1)
NOBODYS_HASH = (
    "$argon2id$v=19$m=47104,t=1,p=1$4ZZ5lzn+FpdAq/EL9EyZaA"
    "$7c9eULEcqOPCh3aebJhBSZ/0YT8nfRV7OyDfalxO1Qc"
)
"""What an unknown user's password is compared with, so that both answers take the same time."""


def hash_password(password: str) -> str:
    """The argon2id hash to keep; takes tens of milliseconds and 46 MiB."""
    return HASHER.hash(password)


def password_fits(call: Call, kept_hash: str | None, password: str) -> bool:
    """Whether the password is the one kept; None (no such user) is compared all the same."""
    with _place(call):
        try:
            HASHER.verify(kept_hash or NOBODYS_HASH, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
    return kept_hash is not None


@contextmanager
def _place(call: Call) -> Iterator[None]:
    places = call.dependencies.hashing
    if not places.acquire(timeout=call.settings.hashing_wait_seconds):
        raise Busy
    try:
        yield
    finally:
        places.release()
