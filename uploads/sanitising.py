"""A sound picture out of an untrusted file: decoded in a child process, rebuilt from its pixels.

What comes out was encoded by us: upright, sRGB, JPEG, at most `kept_side_px`, with no EXIF, GPS,
XMP, comment, profile or trailing bytes. Colours of a profile are brought to sRGB, in the child too.
"""

from __future__ import annotations

import re
from dataclasses import asdict

from uploads.errors import SandboxFault
from uploads.inspection import inspect_picture
from uploads.sandbox import Answer, Sandbox
from uploads.types import DOCUMENT_TYPES, CleanPicture, FileType, PictureLimits

_BYTES_PER_PIXEL = 3  # a JPEG never needs more than the pixels themselves
_LOOK = re.compile(r"(?:[0-9a-f]{64})?")


def clean_picture(
    content: bytes,
    sandbox: Sandbox,
    limits: PictureLimits | None = None,
    allowed: frozenset[FileType] = DOCUMENT_TYPES,
) -> CleanPicture:
    """Inspect, decode, rebuild. `allowed`: PICTURE_TYPES where only a photo will do.

    Raises the refusals FileEmpty, FileTooLarge, FileTypeNotAllowed, PictureTooLarge,
    PictureUnreadable, PictureAnimated, PdfPassword, PdfTooManyPages, PdfScript, PdfAttachment,
    ProcessingLimit; the faults SandboxBusy, SandboxFault.
    """
    limits = limits or PictureLimits()
    kind = inspect_picture(content, limits, allowed)
    answer = sandbox.run(_job(kind, limits), content, _most_bytes(limits))
    return _checked(answer, kind, limits)


def _job(kind: FileType, limits: PictureLimits) -> dict[str, object]:
    if kind is FileType.PDF:
        return {"kind": "pdf", **asdict(limits)}
    if kind is FileType.HEIC:
        return {"kind": "heif", "format": "HEIF", "threads": True, **asdict(limits)}
    return {"kind": "picture", "format": kind.name, **asdict(limits)}


def _most_bytes(limits: PictureLimits) -> int:
    page = min(limits.max_pixels, limits.kept_side_px**2) * _BYTES_PER_PIXEL
    return page * limits.pdf_pages


def _checked(answer: Answer, kind: FileType, limits: PictureLimits) -> CleanPicture:
    width, height = answer.facts.get("width"), answer.facts.get("height")
    pages_in_file = answer.facts.get("pages_in_file", len(answer.parts))
    look = answer.facts.get("look")
    sound = (
        _within(width, limits.kept_side_px)
        and _within(height, limits.kept_side_px)
        and _within(pages_in_file, limits.pdf_pages_most)
        and 0 < len(answer.parts) <= limits.pdf_pages
        and all(page.startswith(b"\xff\xd8\xff") for page in answer.parts)
        and isinstance(look, str)
        and _LOOK.fullmatch(look)
    )
    if not sound:
        raise SandboxFault("the decoding process answered out of protocol")
    seen = bytes.fromhex(str(look)) or None
    return CleanPicture(
        answer.parts, int(width or 0), int(height or 0), kind, int(pages_in_file), seen
    )


def _within(value: object, most: int) -> bool:
    return isinstance(value, int) and 0 < value <= most
