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
    HEIC = "image/heic"
    WEBM = "video/webm"
    MP4 = "video/mp4"
    QUICKTIME = "video/quicktime"


PICTURE_TYPES = frozenset({FileType.JPEG, FileType.PNG, FileType.HEIC})
DOCUMENT_TYPES = PICTURE_TYPES | {FileType.PDF}
VIDEO_TYPES = frozenset({FileType.WEBM, FileType.MP4, FileType.QUICKTIME})

MIB = 1024 * 1024


@dataclass(frozen=True)
class PictureLimits:
    """Caps for documents and face photos; the first three are the agreed upload limits."""

    max_bytes: int = 10 * MIB
    max_pixels: int = 25_000_000
    max_side_px: int = 8_000
    kept_side_px: int = 4_096  # longer ones are reduced; phones of 12 Mpx (4,032) stay as they are
    jpeg_quality: int = 92  # 1 to 95; no visible loss on print, a third of the size of 100
    pdf_pages: int = 3  # the first ones, which are rendered; the answer says how many there are
    pdf_pages_most: int = 20  # a longer PDF is refused: nobody would see nearly all of it
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
    cpu_seconds: int = 4
    wall_seconds: float = 4.8  # with what comes before and after, a file takes 5 s at the most
    children: int = 2  # at a time; as many as processors
    wait_seconds: float = 5.0  # for a free child before "busy"


@dataclass(frozen=True)
class CleanPicture:
    """A document or photo rebuilt from its pixels.

    `pages`: JPEG files, sRGB, upright, without metadata; one for a picture, one a page for a PDF.
    `width`, `height`: pixels of the first page. `source_type`: what was uploaded.
    `pages_in_file`: how many pages a PDF has, of which only the first were rendered.
    `look`: how the first page looks, see `fingerprint`; None where there is next to nothing on it.
    """

    pages: tuple[bytes, ...]
    width: int
    height: int
    source_type: FileType
    pages_in_file: int = 1
    look: bytes | None = None


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

    @property
    def isolated(self) -> bool:
        """Whether the child is cut off: no network, and no way to more rights."""
        return self.network_cut and self.no_new_privileges

    @classmethod
    def from_answer(cls, answer: dict[str, object]) -> Self:
        """From the child's own words."""
        return cls(
            system_calls_filtered=answer.get("system_calls_filtered") is True,
            network_cut=answer.get("network_cut") is True,
            no_new_privileges=answer.get("no_new_privileges") is True,
        )
