"""Frames as they are kept for a reviewer: the picture, without what a phone wrote beside it."""

from __future__ import annotations

SEGMENT, SCAN, START_BYTES, HEAD_BYTES = 0xFF, 0xDA, 2, 4
KEPT_APPLICATION = frozenset({0xE0, 0xEE})
"""JFIF and Adobe: how the colours are meant. Every other application segment is metadata."""
COMMENT = 0xFE


def without_metadata(jpeg: bytes) -> bytes:
    """The same picture, bit by bit, without EXIF (place, device, thumbnail), XMP and comments.

    The frame was decoded before, so it is a JPEG; where its segments cannot be followed, what was
    not understood stays as it came.
    """
    kept, at = [jpeg[:START_BYTES]], START_BYTES
    while at + HEAD_BYTES <= len(jpeg) and jpeg[at] == SEGMENT and jpeg[at + 1] != SCAN:
        length = 2 + int.from_bytes(jpeg[at + 2 : at + HEAD_BYTES], "big")
        if not _is_metadata(jpeg[at + 1]):
            kept.append(jpeg[at : at + length])
        at += length
    return b"".join([*kept, jpeg[at:]])


def _is_metadata(marker: int) -> bool:
    application = 0xE0 <= marker <= 0xEF
    return marker == COMMENT or (application and marker not in KEPT_APPLICATION)
