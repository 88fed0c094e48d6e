"""The digits video: recognised from content, played through in a child process, kept unchanged.

It is evidence that a person looks at, so it is not re-encoded; it is stored encrypted and sent only
to a reviewer's player. What is checked: type, size, that its frames decode, and how long they last.
"""

from __future__ import annotations

from uploads.errors import SandboxFault
from uploads.inspection import check_bytes, check_type
from uploads.sandbox import Sandbox
from uploads.types import VIDEO_TYPES, CheckedVideo, VideoLimits


def check_video(
    content: bytes, sandbox: Sandbox, limits: VideoLimits | None = None
) -> CheckedVideo:
    """The video as it came, with its length in seconds.

    Raises the refusals FileEmpty, FileTooLarge, FileTypeNotAllowed, VideoTooLong,
    VideoUnreadable, PictureTooLarge, ProcessingLimit; the faults SandboxBusy, SandboxFault.
    """
    limits = limits or VideoLimits()
    check_bytes(content, limits.max_bytes)
    kind = check_type(content, VIDEO_TYPES)
    job: dict[str, object] = {
        "kind": "video",
        "max_seconds": limits.max_seconds + limits.grace_seconds,
        "max_side_px": limits.max_side_px,
    }
    facts = sandbox.run(job, content, max_answer_bytes=0).facts
    try:
        return CheckedVideo(
            content, kind, float(facts["seconds"]), int(facts["width"]), int(facts["height"])
        )
    except (KeyError, TypeError, ValueError) as broken:
        raise SandboxFault("the decoding process answered out of protocol") from broken
