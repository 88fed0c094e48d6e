"""Passwords of staff: a bounded number of hashes at a time, the same work for an unknown user."""

from __future__ import annotations

from ecard.call import Call
from ecard.captures import place


def hash_password(call: Call, password: str) -> str:
    """The hash to keep; takes tens of milliseconds. Raises Busy."""
    with place(call.dependencies.hashing, call.settings.hashing_wait_seconds):
        return call.dependencies.hasher.hash(password)


def password_fits(call: Call, kept_hash: str | None, password: str) -> bool:
    """Whether the password is the one kept; None (no such user) is compared all the same."""
    with place(call.dependencies.hashing, call.settings.hashing_wait_seconds):
        return call.dependencies.hasher.fits(kept_hash, password)
