"""What a test process makes once and every test uses again: engines, and answers about pictures.

Neither changes what is tested. A database engine keeps the statements that it has compiled, and is
pointed at the next test's own database; the verifier's answer depends on the pictures alone.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, ClassVar, cast

import sqlalchemy as sa
from sqlalchemy import event

from biometrics.challenge import Answer
from biometrics.types import Portrait, ReferenceCheck, Verification
from biometrics.verifier import FaceVerifier
from ecard.db import Bounds, Database


class ReusedDatabase(Database):
    """Engines that serve one test after the other, each on a database of its own."""

    _idle: ClassVar[dict[tuple[str, Bounds], list["ReusedDatabase"]]] = {}

    def __init__(self, url: str, bounds: Bounds) -> None:
        super().__init__(url, bounds)
        self._shelf = (self.url.get_backend_name(), bounds)
        for engine in {self.engine, self._reading}:
            event.listen(engine, "do_connect", self._redirect)

    @classmethod
    def on(cls, url: str, bounds: Bounds) -> "ReusedDatabase":
        """A handle on this database: an idle one, or the first of its kind."""
        address = sa.make_url(url)
        idle = cls._idle.setdefault((address.get_backend_name(), bounds), [])
        if not idle:
            return cls(url, bounds)
        handle = idle.pop()
        handle.url = address
        return handle

    def _redirect(
        self, dialect: Any, _record: Any, given: list[Any], named: dict[str, Any]
    ) -> None:
        arguments, options = dialect.create_connect_args(self.url)
        given[:] = arguments
        named.update(options)

    def close(self) -> None:
        """Give back every connection, and the engines to the next test."""
        super().close()
        idle = self._idle.setdefault(self._shelf, [])
        if self not in idle:
            idle.append(self)


class Remembering:
    """The real verifier, asked once about the same pictures; what it raises is asked again."""

    def __init__(self, real: FaceVerifier) -> None:
        self._real = real
        self._known: dict[Any, Any] = {}

    def verify(
        self,
        frames: Sequence[bytes],
        reference: bytes,
        *,
        age: int | None,
        household: Sequence[bytes] = (),
        answer: Answer | None = None,
    ) -> Verification:
        named = {"age": age, "household": tuple(household), "answer": answer}
        return cast("Verification", self._once("verify", frames, reference, **named))

    def compare_photos(self, one: bytes, other: bytes, *, age: int | None) -> Verification:
        return cast("Verification", self._once("compare_photos", one, other, age=age))

    def check_frames(self, frames: Sequence[bytes]) -> tuple[bytes, ...]:
        return cast("tuple[bytes, ...]", self._once("check_frames", frames))

    def check_reference(self, photo: bytes) -> ReferenceCheck:
        return cast("ReferenceCheck", self._once("check_reference", photo))

    def find_portrait(self, page: bytes) -> Portrait | None:
        return cast("Portrait | None", self._once("find_portrait", page))

    def _once(self, verb: str, *pictures: bytes | Sequence[bytes], **named: object) -> Any:
        key = (verb, *map(_digest, pictures), *named.values())
        if key not in self._known:
            self._known[key] = getattr(self._real, verb)(*pictures, **named)
        return self._known[key]


def _digest(pictures: bytes | Sequence[bytes]) -> tuple[bytes, ...]:
    each = [pictures] if isinstance(pictures, bytes) else pictures
    return tuple(hashlib.sha256(one).digest() for one in each)
