"""How long a phone's picture of 12 megapixels takes from its last byte to stored, on one core, and
how much memory the process that takes it in needs for it.

Each picture goes through what the service does with an upload: type and caps, decoding in a child
process, encryption, store (made durable). The database's rows are not part of it; an upload over
HTTP has them too.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import NoReturn

from PIL import Image

from uploads.encryption import encrypt_blob, new_key
from uploads.evaluation.hostile import in_scratch
from uploads.sandbox import Sandbox, Spent
from uploads.sanitising import clean_picture
from uploads.storage import DirectoryStore

TIMES = 20
SIZE = (4032, 3024)
"""A telephone's picture of 12 megapixels."""
TARGET_MS = 700
TARGET_MB = 250
CHILD_MB = 400


def phone_picture(seed: int = 1) -> bytes:
    """A drawn JPEG of 12 megapixels, with the detail and the 4 to 6 MB of a real one."""
    coarse = Image.effect_noise((504, 378), 90).resize(SIZE, Image.Resampling.BICUBIC)
    grain = Image.effect_noise(SIZE, 12 + seed)
    image = Image.merge("RGB", (coarse, Image.blend(coarse, grain, 0.3), grain))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def measure(content: bytes, times: int) -> dict[str, object]:
    """Milliseconds (median, longest, of the processor); memory over idle, and of the child."""
    spent: list[Spent] = []
    sandbox, key = Sandbox(watch=spent.append), new_key()
    milliseconds, processor = [], processor_seconds()
    with in_scratch() as scratch:
        store = DirectoryStore(scratch / "store")
        idle = resident_bytes()
        for _ in range(times):
            began = time.perf_counter()
            (page,) = clean_picture(content, sandbox).pages
            store.put(encrypt_blob(key, page, "bench"))
            milliseconds.append(1000 * (time.perf_counter() - began))
    peak = peak_bytes()
    return {
        "pictures": times,
        "picture_mb": round(len(content) / 1e6, 1),
        "median_ms": round(statistics.median(milliseconds)),
        "longest_ms": round(max(milliseconds)),
        "processor_ms": round(1000 * (processor_seconds() - processor) / times),
        "over_idle_mb": round((peak - idle) / 1e6, 1),
        "max_child_mb": round(max(one.peak_bytes for one in spent) / 1e6, 1),
    }


def processor_seconds() -> float:
    """Of this process and its children: what a busy machine does not make longer."""
    return sum(os.times()[:4])


def resident_bytes() -> int:
    """What this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def peak_bytes() -> int:
    """The largest size of this process so far. Not from getrusage: a process that was started by a
    larger one is told the other's size there."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in status if line.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])


def table(found: dict[str, object]) -> str:
    """The rows that have a target."""
    rows = [
        ("12 MP JPEG, last byte to stored, one core, ms", found["median_ms"], TARGET_MS),
        ("  the longest of all, ms", found["longest_ms"], TARGET_MS),
        ("  processor time of one, child included, ms", found["processor_ms"], TARGET_MS),
        ("worker memory over idle, MB", found["over_idle_mb"], TARGET_MB),
        ("decoder child, MB", found["max_child_mb"], CHILD_MB),
    ]
    lines = [f"{name:<48}{value!s:>8}   target <= {most}" for name, value, most in rows]
    return "\n".join([f"uploads ({found['pictures']} times)", *lines])


def start_anew(out: Path, times: int) -> NoReturn:
    """Become a fresh process: drawing the picture took memory that the peak must not count."""
    content = phone_picture()
    picture = out / "phone.jpg"
    picture.write_bytes(content)
    command = ["speed", "--out", str(out), "--times", str(times), "--picture", str(picture)]
    os.execv(sys.executable, [sys.executable, "-m", "uploads.evaluation", *command])  # noqa: S606


def main(arguments: list[str]) -> int:
    """`speed --out DIR`: prints the table and writes uploads_speed.json."""
    parser = argparse.ArgumentParser(
        prog="python -m uploads.evaluation speed", description=__doc__.partition("\n\n")[0]
    )
    parser.add_argument("--out", type=Path, required=True, help="where the report goes")
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--picture", type=Path, help="another picture than the drawn one")
    given = parser.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    if given.picture is None:
        start_anew(given.out, given.times)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    found = measure(given.picture.read_bytes(), given.times)
    (given.out / "uploads_speed.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(table(found))
    return 0
