"""Captures: the frames a camera sends, read from a form, and judged one bounded number at a time.

A view declares ``FramesSchema`` (``ecard/multipart.py``) with ``location="files"`` and hands the
frames on as bytes; a service has them judged. The order is fixed here, because it decides what a
person loses: take a place (503 when none is free), read every frame (422), and only then reserve
the try and compare.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Protocol

from biometrics.challenge import Answer
from biometrics.errors import (
    BiometricsError,
    ImageTooLarge,
    ReferenceUnusable,
    UndecodableImage,
)
from biometrics.types import Verification
from ecard.call import Call
from ecard.config import Settings
from ecard.errors import BodyTooLarge, Busy, Refusal, Unavailable
from ecard.owed import Write


class TooFewFrames(Refusal):
    """The capture has fewer frames than a judgement needs."""

    code = "too_few_frames"
    status = 422
    next = "draw_challenge"


class TooManyFrames(Refusal):
    """The capture has more frames than one judgement takes."""

    code = "too_many_frames"
    status = 422
    next = "draw_challenge"


class FrameEmpty(Refusal):
    """A frame has no bytes."""

    code = "frame_empty"
    status = 422
    next = "draw_challenge"


class FrameUnreadable(Refusal):
    """A frame is not a sound JPEG picture."""

    code = "frame_unreadable"
    status = 422
    next = "draw_challenge"


class FrameTooLarge(Refusal):
    """A frame has more bytes or pixels than is read, or all of them together have."""

    code = "frame_too_large"
    status = 413
    next = "draw_challenge"


class ReferencePhotoUnusable(Refusal):
    """The stored photo cannot be compared with; nobody was judged, no try counts."""

    code = "reference_photo_unusable"
    status = 409
    next = "choose_route"


class Readable(Protocol):
    """An uploaded part."""

    def read(self, size: int = -1, /) -> bytes:
        """Its bytes."""


def read_frames(files: Mapping[str, Sequence[Readable]], settings: Settings) -> list[bytes]:
    """The frames of the form's part ``frames``, in the order sent.

    Raises TooFewFrames, TooManyFrames, FrameEmpty (``frame`` counts from 1) and BodyTooLarge.
    """
    parts = files.get("frames", ())
    if len(parts) < settings.frames_min:
        raise TooFewFrames(sent=len(parts), least=settings.frames_min)
    if len(parts) > settings.frames_max:
        raise TooManyFrames(sent=len(parts), most=settings.frames_max)
    frames = [part.read() for part in parts]
    for number, frame in enumerate(frames, start=1):
        if not frame:
            raise FrameEmpty(frame=number)
    if sum(map(len, frames)) > settings.capture_bytes:
        raise BodyTooLarge
    return frames


def digest_of(call: Call, frames: Sequence[bytes]) -> str:
    """HMAC over the frames, each hashed on its own so that no two splits look the same."""
    parts = "".join(hashlib.sha256(frame).hexdigest() for frame in frames)
    return call.dependencies.vault.index("capture", parts)


@contextmanager
def giving_back(call: Call, give_back: Write) -> Iterator[None]:
    """What breaks in here is not the person's: ``give_back`` returns the reserved try, unless it
    was settled. A fault of the engine is raised as Unavailable."""
    try:
        yield
    except Exception as error:  # boundary: whatever broke is not the person's; the try goes back
        call.dependencies.owed.write(give_back, after=error)
        if isinstance(error, BiometricsError):
            raise Unavailable from error
        raise


def judge(
    call: Call,
    frames: Sequence[bytes],
    reference: bytes,
    age: int | None,
    reserve: Callable[[Sequence[bytes]], object] | None = None,
    household: Sequence[bytes] = (),
    answer: Answer | None = None,
) -> Verification:
    """Is the person in the frames the one on the reference photo? No database session is open here.

    ``age`` in years is that of the person on the reference photo; ``household``: reference photos
    of others, to whom the claimant must not be about as near; ``answer``: the challenge that the
    frames answer. ``reserve`` is called with the frames' fingerprints (and is to commit the spent
    try) once a place is held and every frame could be read, so that neither our load nor a broken
    frame costs a try. Raises Busy, FrameUnreadable, FrameTooLarge before it is
    called, ReferencePhotoUnusable after: the caller gives the try back then.
    """
    with place(call.dependencies.judging, call.settings.judging_wait_seconds):
        verifier = call.dependencies.verifier()
        with _named_refusals():
            prints = verifier.check_frames(frames)
            if reserve is not None:
                reserve(prints)
            return verifier.verify(frames, reference, age=age, household=household, answer=answer)


@contextmanager
def place(places: BoundedSemaphore, wait_seconds: float) -> Iterator[None]:
    """Hold one of a bounded number of places for slow work; raises Busy when none comes free."""
    if not places.acquire(timeout=wait_seconds):
        raise Busy
    try:
        yield
    finally:
        places.release()


@contextmanager
def _named_refusals() -> Iterator[None]:
    try:
        yield
    except ReferenceUnusable as error:
        raise ReferencePhotoUnusable from error
    except UndecodableImage as error:
        if error.frame is None:
            raise ReferencePhotoUnusable from error
        kind = FrameTooLarge if isinstance(error, ImageTooLarge) else FrameUnreadable
        raise kind(frame=error.frame + 1) from error
