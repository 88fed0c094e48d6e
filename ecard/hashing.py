"""Password hashes: argon2id with 46 MiB, the same work for a user whom nobody knows.

Its cost is not a setting: nothing in the environment makes it cheaper.
"""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

MEMORY_KIB = 47_104
"""46 MiB with one pass and one lane: the least that OWASP's cheat sheet names for argon2id."""
NOBODYS = "$4ZZ5lzn+FpdAq/EL9EyZaA$7c9eULEcqOPCh3aebJhBSZ/0YT8nfRV7OyDfalxO1Qc"
"""Salt and digest of no password at all."""


class Hasher:
    """Makes and compares hashes; tens of milliseconds and 46 MiB each, so hold a place for it."""

    def __init__(self, memory_kib: int = MEMORY_KIB) -> None:
        self._argon2 = PasswordHasher(time_cost=1, memory_cost=memory_kib, parallelism=1)
        self.nobodys_hash = f"$argon2id$v=19$m={memory_kib},t=1,p=1{NOBODYS}"

    def hash(self, password: str) -> str:
        """The hash to keep."""
        return self._argon2.hash(password)

    def fits(self, kept_hash: str | None, password: str) -> bool:
        """Whether the password is the one kept; None (no such user) is compared all the same."""
        try:
            self._argon2.verify(kept_hash or self.nobodys_hash, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
        return kept_hash is not None
