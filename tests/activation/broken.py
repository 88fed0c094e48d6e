"""Collaborators that fail as real ones do: an engine, a registry, a store, a process that dies."""

from collections.abc import Sequence
from typing import Any, NoReturn

from biometrics.errors import ModelAltered
from biometrics.types import Verification
from biometrics.verifier import FaceVerifier
from ecard.registry.port import RegistryUnavailable
from uploads.errors import StoreFault


class ProcessDied(BaseException):
    """What no handler of ours sees."""


class FailingVerifier:
    """Reads frames like the real one, then fails as it is told."""

    def __init__(self, real: FaceVerifier, failure: BaseException) -> None:
        self.check_frames = real.check_frames
        self._failure = failure

    def verify(self, frames: Sequence[bytes], reference: bytes, *, age: int | None) -> Verification:
        """Fail."""
        raise self._failure


class SilentRegistry:
    """A core system that does not answer."""

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
