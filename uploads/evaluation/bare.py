"""How much of a stored page is anything but the picture that our encoder wrote.

Strict, and on purpose written apart from the encoder: a JPEG of JFIF header, tables, one baseline
frame, one scan, and not a byte more.
"""

from __future__ import annotations

import re
import struct

JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01"
TABLES_AND_FRAME = {0xDB, 0xC0, 0xC4}
SCAN = 0xDA
# In a scan a byte of 255 is followed by 0; the markers of restarts are never written by us.
ENTROPY_CODED = re.compile(rb"(?:[^\xff]|\xff\x00)*+", re.DOTALL)
END = b"\xff\xd9"


def bytes_besides_picture(page: bytes) -> int:
    """Bytes of comments, metadata or trailers; all of them where it is no such JPEG at all."""
    try:
        return _besides(page)
    except (struct.error, IndexError):
        return len(page)


def _besides(page: bytes) -> int:
    if not page.startswith(b"\xff\xd8" + JFIF):
        return len(page)
    at, foreign = 2 + 18, 0
    while page[at + 1] != SCAN:
        length = 2 + struct.unpack_from(">H", page, at + 2)[0]
        if page[at] != 0xFF or length < 4:
            return len(page)
        foreign += 0 if page[at + 1] in TABLES_AND_FRAME else length
        at += length
    at += 2 + struct.unpack_from(">H", page, at + 2)[0]
    scan = ENTROPY_CODED.match(page, at)
    end = scan.end() if scan else at
    if page[end : end + 2] != END:
        return len(page)
    return foreign + len(page) - end - 2
