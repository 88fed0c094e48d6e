"""Collaborators that fail as real ones do, and one that looks around while it judges."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn, cast

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from biometrics.challenge import Answer
from biometrics.errors import ModelAltered
from biometrics.types import Verification
from biometrics.verifier import FaceVerifier
from ecard.activation.models import Attempt
from ecard.db import Database
from ecard.registry.port import RegistryUnavailable
from uploads.errors import StoreFault


class ProcessDied(BaseException):
    """What no handler of ours sees."""


class FailingVerifier:
    """Reads frames like the real one, then fails as it is told."""

    def __init__(self, real: FaceVerifier, failure: BaseException) -> None:
        self.check_frames = real.check_frames
        self._failure = failure

    def verify(
        self,
        frames: Sequence[bytes],
        reference: bytes,
        *,
        age: int | None,
        household: Sequence[bytes] = (),
        answer: Answer | None = None,
    ) -> Verification:
        """Fail."""
        raise self._failure


class WatchingVerifier:
    """The real one; notes what the database looks like while it works."""

    def __init__(self, real: FaceVerifier, db: Database) -> None:
        self.check_frames, self._real, self._db = real.check_frames, real, db
        self.connections_in_use: list[int] = []
        self.reserved: list[int] = []
        """Tries that another connection can read: reserved and committed."""

    def verify(
        self,
        frames: Sequence[bytes],
        reference: bytes,
        *,
        age: int | None,
        household: Sequence[bytes] = (),
        answer: Answer | None = None,
    ) -> Verification:
        """Look, then judge."""
        pool = cast("QueuePool", self._db.engine.pool)
        self.connections_in_use.append(pool.checkedout())
        with self._db.write() as session:
            self.reserved.append(len(session.scalars(sa.select(Attempt)).all()))
        return self._real.verify(frames, reference, age=age, household=household, answer=answer)


class InterruptedVerifier:
    """The real one; something happens while it works."""

    def __init__(self, real: FaceVerifier, happens: Callable[[], object]) -> None:
        self.check_frames, self._real, self._happens = real.check_frames, real, happens

    def verify(
        self,
        frames: Sequence[bytes],
        reference: bytes,
        *,
        age: int | None,
        household: Sequence[bytes] = (),
        answer: Answer | None = None,
    ) -> Verification:
        """Let it happen, then judge."""
        self._happens()
        return self._real.verify(frames, reference, age=age, household=household, answer=answer)


class SilentRegistry:
    """A core system that does not answer."""

    def person(self, ref: str) -> NoReturn:
        """Fail."""
        raise RegistryUnavailable("timeout")

    def portrait(self, ref: str) -> NoReturn:
        """Fail."""
        raise RegistryUnavailable("timeout")


class FullStore:
    """A file store that reads but has no room left."""

    def __init__(self, real: Any) -> None:
        self.get = real.get

    def put(self, content: bytes) -> str:
        """Fail."""
        raise StoreFault("no space left", retryable=True)


ALTERED = ModelAltered("weights differ")
