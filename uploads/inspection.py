"""What a file is, from its content alone, and whether its header already rules it out.

Pure Python on untrusted bytes, no decoder. A file that is two things at once needs no care here:
pictures are rebuilt from their pixels, so a second content does not survive, and the decoder
(in the child process) has the last word on what the first one is.
"""

from __future__ import annotations

from uploads.errors import FileEmpty, FileTooLarge, FileTypeNotAllowed, PictureTooLarge
from uploads.types import DOCUMENT_TYPES, FileType, PictureLimits

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_EBML_MAGIC = b"\x1aE\xdf\xa3"
_EBML_HEADER_BYTES = 64  # the DocType stands in the EBML header, which writers keep under 64 bytes
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_QUICKTIME_BRANDS = {b"qt  "}
_MP4_BRANDS = {
    *(b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso8", b"iso9"),
    *(b"mp41", b"mp42", b"mp71", b"avc1", b"M4V ", b"MSNV", b"dash", b"3gp4", b"3gp5", b"3gp6"),
}

# Frame headers that carry the size: all SOF markers except DHT (C4), JPG (C8), DAC (CC).
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = {0x01, *range(0xD0, 0xD9)}  # markers without a length


def file_type(content: bytes) -> FileType | None:
    """The type that the first bytes name, or None for anything that we do not know."""
    if content.startswith(b"\xff\xd8\xff"):
        return FileType.JPEG
    if content.startswith(_PNG_MAGIC):
        return FileType.PNG
    if content.startswith(b"%PDF-"):
        return FileType.PDF
    if content.startswith(_EBML_MAGIC):
        return FileType.WEBM if b"webm" in content[:_EBML_HEADER_BYTES] else None
    if content[4:8] == b"ftyp":
        return _type_of_brand(content[8:12])
    return None


def _type_of_brand(brand: bytes) -> FileType | None:
    if brand in _HEIC_BRANDS:
        return FileType.HEIC
    if brand in _QUICKTIME_BRANDS:
        return FileType.QUICKTIME
    return FileType.MP4 if brand in _MP4_BRANDS else None


def picture_size(content: bytes, kind: FileType) -> tuple[int, int] | None:
    """Width and height in pixels as the header states them; None where it cannot be read.

    None is no refusal: the decoder checks again before it decodes, and refuses what is broken.
    """
    if kind is FileType.PNG and content[12:16] == b"IHDR" and len(content) >= 24:
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    return _jpeg_size(content) if kind is FileType.JPEG else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _JPEG_BARE:
            at += 2
        elif marker in _JPEG_FRAMES:
            height = int.from_bytes(content[at + 5 : at + 7], "big")
            return int.from_bytes(content[at + 7 : at + 9], "big"), height
        else:
            at += 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))
    return None


def check_bytes(content: bytes, max_bytes: int) -> None:
    """Refuse nothing at all, and too much. Raises FileEmpty, FileTooLarge."""
    if not content:
        raise FileEmpty
    if len(content) > max_bytes:
        raise FileTooLarge


def check_type(content: bytes, allowed: frozenset[FileType]) -> FileType:
    """The type from content. Raises FileTypeNotAllowed for every other."""
    kind = file_type(content)
    if kind is None or kind not in allowed:
        raise FileTypeNotAllowed
    return kind


def inspect_picture(
    content: bytes,
    limits: PictureLimits,
    allowed: frozenset[FileType] = DOCUMENT_TYPES,
) -> FileType:
    """Everything that can be refused before a decoder sees the bytes; the type otherwise.

    Raises FileEmpty, FileTooLarge, FileTypeNotAllowed, PictureTooLarge.
    """
    check_bytes(content, limits.max_bytes)
    kind = check_type(content, allowed)
    width, height = picture_size(content, kind) or (0, 0)
    if max(width, height) > limits.max_side_px or width * height > limits.max_pixels:
        raise PictureTooLarge
    return kind
