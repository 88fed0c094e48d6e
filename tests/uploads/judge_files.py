"""Judges every file named on standard input in a small process, so that children can be weighed.

Prints one JSON object: outcomes by file, the largest child's resident memory, the slowest file, and
the names of files that came out but are not bare JPEGs of an allowed size.
"""

import json
import resource
import struct
import sys
import time

from uploads.errors import UploadRefused
from uploads.sandbox import Sandbox
from uploads.sanitising import clean_picture
from uploads.types import PictureLimits

BARE = {0xE0, 0xDB, 0xC0, 0xC4}


def is_bare(page: bytes) -> bool:
    """Only what a JPEG cannot do without, up to its scan, and nothing after its end."""
    at = 2
    while page[at + 1] != 0xDA:
        if page[at] != 0xFF or page[at + 1] not in BARE:
            return False
        at += 2 + struct.unpack_from(">H", page, at + 2)[0]
    return page.startswith(b"\xff\xd8") and page.endswith(b"\xff\xd9")


def main() -> None:
    """Sandbox, one file after the other."""
    sandbox, side = Sandbox(), PictureLimits().kept_side_px
    outcomes, unsound, slowest = {}, [], 0.0
    for path in sys.stdin.read().splitlines():
        with open(path, "rb") as file:
            content = file.read()
        started = time.perf_counter()
        try:
            clean = clean_picture(content, sandbox)
            outcomes[path] = "taken"
            if max(clean.width, clean.height) > side or not all(map(is_bare, clean.pages)):
                unsound.append(path)
        except UploadRefused as refusal:
            outcomes[path] = refusal.code
        slowest = max(slowest, time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(
        json.dumps(
            {"outcomes": outcomes, "unsound": unsound, "slowest_s": slowest, "peak_mib": peak}
        )
    )


main()
