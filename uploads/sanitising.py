"""A sound picture out of an untrusted file: decoded in a child process, rebuilt from its pixels.

What comes out was encoded by us: upright, RGB, JPEG, at most `kept_side_px`, with no EXIF, GPS,
XMP, comment, profile or trailing bytes. A colour profile is dropped, not applied: a wide-gamut
photo looks slightly paler, and no colour engine sees hostile bytes.
"""

from __future__ import annotations

from dataclasses import asdict

from uploads.errors import SandboxFault
from uploads.inspection import inspect_picture
from uploads.sandbox import Answer, Sandbox
from uploads.types import DOCUMENT_TYPES, CleanPicture, FileType, PictureLimits

_BYTES_PER_PIXEL = 3  # a JPEG never needs more than the pixels themselves


def clean_picture(
    content: bytes,
    sandbox: Sandbox,
    limits: PictureLimits | None = None,
    allowed: frozenset[FileType] = DOCUMENT_TYPES,
) -> CleanPicture:
    """Inspect, decode, rebuild. `allowed`: PICTURE_TYPES where only a photo will do.

    Raises the refusals FileEmpty, FileTooLarge, FileTypeNotAllowed, PictureTooLarge,
    PictureUnreadable, PdfPassword, PdfTooManyPages, ProcessingLimit; the faults SandboxBusy,
    SandboxFault.
    """
    limits = limits or PictureLimits()
    kind = inspect_picture(content, limits, allowed)
    answer = sandbox.run(_job(kind, limits), content, _most_bytes(limits))
    return _checked(answer, kind, limits)


def _job(kind: FileType, limits: PictureLimits) -> dict[str, object]:
    if kind is FileType.PDF:
        return {"kind": "pdf", **asdict(limits)}
    return {"kind": "picture", "format": kind.name, **asdict(limits)}


def _most_bytes(limits: PictureLimits) -> int:
    page = min(limits.max_pixels, limits.kept_side_px**2) * _BYTES_PER_PIXEL
    return page * limits.pdf_pages


def _checked(answer: Answer, kind: FileType, limits: PictureLimits) -> CleanPicture:
    width, height = answer.facts.get("width"), answer.facts.get("height")
    sound = (
        isinstance(width, int)
        and isinstance(height, int)
        and 0 < width <= limits.kept_side_px
        and 0 < height <= limits.kept_side_px
        and 0 < len(answer.parts) <= limits.pdf_pages
        and all(page.startswith(b"\xff\xd8\xff") for page in answer.parts)
    )
    if not sound:
        raise SandboxFault("the decoding process answered out of protocol")
    return CleanPicture(answer.parts, int(width or 0), int(height or 0), kind)
