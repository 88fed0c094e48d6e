"""What is worked out once in a test run and then remembered: what engines and the verifier say of
pictures, and recordings that a simulation makes.

Nothing that is tested changes: the answers depend on the pictures alone, and what was raised is
asked again. The workers of one run share a folder of answers (`ECARD_REMEMBERED`, made anew for
each run by conftest.py), since each would find out the same.
"""

import hashlib
import os
import pickle
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from biometrics.challenge import Answer
from biometrics.embedding import Embedding
from biometrics.engines import Engine
from biometrics.types import Face, Portrait, ReferenceCheck, RgbImage, Verification
from biometrics.verifier import FaceVerifier

FOLDER = "ECARD_REMEMBERED"
Found = TypeVar("Found")
_known: dict[str, Any] = {}


def once(make: Callable[[], Found], *key: object) -> Found:
    """What ``make`` gives, made once in a run for equal keys (told apart by their ``repr``)."""
    name = hashlib.sha256(repr(key).encode()).hexdigest()
    if name not in _known:
        _known[name] = _read(name) if _path(name).is_file() else _written(name, make())
    return cast("Found", _known[name])


def _path(name: str) -> Path:
    return Path(os.environ.get(FOLDER, os.devnull)) / name


def _read(name: str) -> object:
    return pickle.loads(_path(name).read_bytes())  # noqa: S301 - this run wrote it itself


def _written(name: str, found: object) -> object:
    """Kept for the other workers: whole or not at all, also where threads find it out at once."""
    if FOLDER in os.environ:
        unfinished = _path(f"{name}.{os.getpid()}.{threading.get_ident()}")
        unfinished.write_bytes(pickle.dumps(found))
        unfinished.replace(_path(name))
    return found


class RememberingEngine:
    """The real engine, asked once about the same picture."""

    def __init__(self, real: Engine) -> None:
        self._real = real
        self.name, self.weights = real.name, real.weights
        self.embedding_size, self.alignment = real.embedding_size, real.alignment

    def find(self, image: RgbImage, smallest_face_px: float) -> list[Face]:
        return cast("list[Face]", self._once("find", image, smallest_face_px))

    def find_main(self, image: RgbImage, smallest_face_px: float) -> list[Face]:
        return cast("list[Face]", self._once("find_main", image, smallest_face_px))

    def follow(self, image: RgbImage, last: Face, *, everywhere: bool = False) -> list[Face]:
        return cast("list[Face]", self._once("follow", image, last, everywhere=everywhere))

    def embed(self, chips: RgbImage) -> Embedding:
        return cast("Embedding", self._once("embed", chips))

    def _once(self, verb: str, pixels: RgbImage, *more: object, **named: object) -> Any:
        digest = hashlib.blake2b(pixels.tobytes()).digest()
        key = (self.name, verb, pixels.shape, digest, more, tuple(named.values()))
        return once(lambda: getattr(self._real, verb)(pixels, *more, **named), *key)


class RememberingVerifier:
    """The real verifier, asked once about the same pictures."""

    def __init__(self, real: FaceVerifier) -> None:
        self._real = real

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
        return once(lambda: getattr(self._real, verb)(*pictures, **named), *key)


def _digest(pictures: bytes | Sequence[bytes]) -> tuple[bytes, ...]:
    each = [pictures] if isinstance(pictures, bytes) else pictures
    return tuple(hashlib.sha256(one).digest() for one in each)
