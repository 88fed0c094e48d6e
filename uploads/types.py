"""What the rest of the system sees of an uploaded file, and every limit that applies to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class FileType(StrEnum):
    """A type recognised from content; the value is its media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    PDF = "application/pdf"
    HEIC = "image/heic"  # recognised so that the refusal is certain; taken once its decoder is here
    WEBM = "video/webm"
    MP4 = "video/mp4"
    QUICKTIME = "video/quicktime"


PICTURE_TYPES = frozenset({FileType.JPEG, FileType.PNG})
DOCUMENT_TYPES = PICTURE_TYPES | {FileType.PDF}
VIDEO_TYPES = frozenset({FileType.WEBM, FileType.MP4, FileType.QUICKTIME})

MIB = 1024 * 1024


@dataclass(frozen=True)
class PictureLimits:
    """Caps for documents and face photos; the first three are the agreed upload limits."""

    max_bytes: int = 10 * MIB
    max_pixels: int = 25_000_000
    max_side_px: int = 8_000
    kept_side_px: int = 4_000  # longer pictures are reduced to this; A4 at 300 dpi is 3,508
    jpeg_quality: int = 92  # 1 to 95; no visible loss on print, a third of the size of 100
    pdf_pages: int = 3  # a longer PDF is refused: a page dropped in silence would be lost evidence
    pdf_dots_per_inch: int = 300  # about 80 px between the eyes of an identity card's portrait


@dataclass(frozen=True)
class VideoLimits:
    """Caps for the digits video."""

    max_bytes: int = 20 * MIB
    max_seconds: float = 15.0
    grace_seconds: float = 0.5  # a recorder told to stop at 15 s writes the frames under way
    max_side_px: int = 4_096


@dataclass(frozen=True)
class SandboxLimits:
    """What a child process that decodes may use."""

    picture_memory_bytes: int = 400 * MIB  # address space; 25 megapixels of CMYK map 362 MiB
    video_memory_bytes: int = 600 * MIB  # 720p maps 290 MiB; 4K may hold 16 frames of 13 MB
    cpu_seconds: int = 5
    wall_seconds: float = 10.0
    children: int = 2  # at a time; as many as processors
    wait_seconds: float = 5.0  # for a free child before "busy"


@dataclass(frozen=True)
class CleanPicture:
    """A document or photo rebuilt from its pixels.

    `pages`: JPEG files, RGB, upright, without metadata; one for a picture, one a page for a PDF.
    `width`, `height`: pixels of the first page. `source_type`: what was uploaded.
    """

    pages: tuple[bytes, ...]
    width: int
    height: int
    source_type: FileType


@dataclass(frozen=True)
class CheckedVideo:
    """A digits video that may be kept: `content` is what came, unchanged, for it is evidence."""

    content: bytes
    source_type: FileType
    seconds: float
    width: int
    height: int


@dataclass(frozen=True)
class SandboxReport:
    """What the operating system granted for the child, as the child itself found it.

    The memory, processor and file-size limits are not listed: without them no child starts.
    """

    system_calls_filtered: bool
    network_cut: bool
    no_new_privileges: bool

    @classmethod
    def from_answer(cls, answer: dict[str, object]) -> Self:
        """From the child's own words."""
        return cls(
            system_calls_filtered=answer.get("system_calls_filtered") is True,
            network_cut=answer.get("network_cut") is True,
            no_new_privileges=answer.get("no_new_privileges") is True,
        )
