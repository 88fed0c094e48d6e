"""Files that nobody should send, for the demonstration: harmless here, and refused all the same."""

from __future__ import annotations

import struct
import zlib

BOMB_SIDE_PX = 60_000


def page_as_photo() -> bytes:
    """A web page with a program in it, sent as a JPEG."""
    return b"<!doctype html><title>SPECIMEN</title><script>alert('specimen')</script>"


def bomb() -> bytes:
    """A PNG of some hundred bytes that says it has 3,600,000,000 pixels."""
    size = struct.pack(">IIBBBBB", BOMB_SIDE_PX, BOMB_SIDE_PX, 8, 2, 0, 0, 0)
    parts = (b"IHDR", size), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def program_in_pdf() -> bytes:
    """A PDF of one empty page that starts a program when it is opened."""
    return (
        b"%PDF-1.7\n"
        b"1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
        b"4 0 obj<</S/JavaScript/JS(app.alert\\(1\\))>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF\n"
    )
