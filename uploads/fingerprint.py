"""Recognises the same picture again without keeping it.

Exact bytes of the rebuilt picture: the same upload gives the same fingerprint as long as decoder
and encoder keep their version. A cropped or re-photographed copy is another picture here.
"""

from __future__ import annotations

from uploads.encryption import BlindIndex

PICTURE = "picture"


def fingerprint(index: BlindIndex, content: bytes) -> str:
    """73 characters, useless without the index key: not comparable with anybody's hash lists."""
    return index.of(PICTURE, content)
