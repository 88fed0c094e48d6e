"""Every file of a folder through the intake that the service uses: type, caps, scanner, decoding in
a child process, encryption, store; then everything that was stored is read again and looked at.

The report says what happened and nothing else:

    files                     that were there
    accepted                  made at least one stored page
    refused                   how many by each code
    crashes                   decoders that ended by a fault, and errors that nobody had foreseen
    timeouts                  decoders whose time was used up (refused as `processing_limit`)
    max_child_mb              the largest decoder's resident memory, in 10^6 bytes
    max_seconds               the slowest file, from its first byte to stored or refused
    stored_bytes_not_rebuilt  bytes in the store that are not a picture our encoder wrote

files.csv has a line for each file.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console
from rich.progress import track

from uploads.encryption import decrypt_blob, encrypt_blob, new_key
from uploads.errors import SandboxBusy, UploadRefused
from uploads.evaluation.bare import bytes_besides_picture
from uploads.sandbox import End, Sandbox, Spent
from uploads.sanitising import clean_picture
from uploads.scanning import Clamd, ClamdAddress, NoScanner, Scanner, refuse_infected
from uploads.storage import DirectoryStore
from uploads.types import PictureLimits, SandboxLimits

ON_STDERR = Console(stderr=True)
PATIENCE = 4
"""How often a file is tried whose decoder got no processor: that says nothing about the file."""
CANNOT_BE_OPENED = "cannot_be_opened"


@dataclass(frozen=True)
class Outcome:
    """What became of one file. `stored`: location in the store and key, page by page."""

    path: str
    result: str
    seconds: float
    crashed: bool = False
    timed_out: bool = False
    child_bytes: int = 0
    stored: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)

    @property
    def accepted(self) -> bool:
        """Whether something of it is in the store."""
        return bool(self.stored)


class Intake:
    """The parts of the service's intake, joined on a store of its own. One per worker thread."""

    def __init__(self, folder: Path, scanner: Scanner) -> None:
        self._limits = PictureLimits()
        self._store, self._scanner = DirectoryStore(folder / "store"), scanner
        self._spent: list[Spent] = []
        self._sandbox = Sandbox(SandboxLimits(children=1), watch=self._spent.append)

    def take(self, path: Path) -> Outcome:
        """One file; whatever happens is an outcome."""
        for last in range(PATIENCE - 1, -1, -1):
            self._spent.clear()
            began = time.perf_counter()
            try:
                outcome = Outcome(str(path), "accepted", 0.0, stored=self._stored(path))
            except UploadRefused as refusal:
                outcome = Outcome(str(path), refusal.code, 0.0)
            except SandboxBusy:
                if last:
                    continue
                outcome = Outcome(str(path), "busy", 0.0)
            except PermissionError:
                outcome = Outcome(str(path), CANNOT_BE_OPENED, 0.0)
            except Exception as error:  # boundary: what nobody had foreseen is what is looked for
                outcome = Outcome(str(path), f"crash:{type(error).__name__}", 0.0, crashed=True)
            break
        return self._measured(outcome, time.perf_counter() - began)

    def _measured(self, outcome: Outcome, seconds: float) -> Outcome:
        ends = {spent.end for spent in self._spent}
        return replace(
            outcome,
            seconds=seconds,
            crashed=outcome.crashed or End.CRASHED in ends,
            timed_out=End.OUT_OF_TIME in ends,
            child_bytes=max((spent.peak_bytes for spent in self._spent), default=0),
        )

    def _stored(self, path: Path) -> tuple[tuple[str, bytes], ...]:
        with path.open("rb") as file:
            content = file.read(self._limits.max_bytes + 1)  # as much as the service would read
        refuse_infected(self._scanner, content)
        clean = clean_picture(content, self._sandbox, self._limits)
        keys = [new_key() for _ in clean.pages]
        blobs = [
            encrypt_blob(key, page, "bench") for key, page in zip(keys, clean.pages, strict=True)
        ]
        return tuple((self._store.put(blob), key) for blob, key in zip(blobs, keys, strict=True))


def not_rebuilt(folder: Path, outcomes: Sequence[Outcome]) -> int:
    """Bytes in the store that no accepted page accounts for, or that are not our encoder's."""
    store = DirectoryStore(folder / "store")
    keys = {name: key for outcome in outcomes for name, key in outcome.stored}
    foreign = 0
    for entry in store.entries():
        if entry.name not in keys:
            foreign += entry.size
            continue
        page = decrypt_blob(keys[entry.name], store.get(entry.name), "bench")
        foreign += bytes_besides_picture(page)
    return foreign


def report(outcomes: Sequence[Outcome], stored_bytes_not_rebuilt: int) -> dict[str, object]:
    """The counts, with the keys that the module's head explains."""
    refused = Counter(one.result for one in outcomes if not one.accepted and not one.crashed)
    return {
        "files": len(outcomes),
        "accepted": sum(one.accepted for one in outcomes),
        "refused": dict(sorted(refused.items())),
        "crashes": sum(one.crashed for one in outcomes),
        "timeouts": sum(one.timed_out for one in outcomes),
        "max_child_mb": round(max((one.child_bytes for one in outcomes), default=0) / 1e6, 1),
        "max_seconds": round(max((one.seconds for one in outcomes), default=0.0), 2),
        "stored_bytes_not_rebuilt": stored_bytes_not_rebuilt,
    }


def files_below(folder: Path) -> list[Path]:
    """Every plain file, in a fixed order; what a link leads to counts, what leads nowhere not."""
    found = (Path(top) / name for top, _, names in os.walk(folder) for name in names)
    return sorted(path for path in found if path.is_file())


def judge(folder: Path, scratch: Path, scanner: Scanner, workers: int) -> list[Outcome]:
    """All of them, `workers` at a time; in the order of their names."""
    own, paths = threading.local(), files_below(folder)

    def take(path: Path) -> Outcome:
        if not hasattr(own, "intake"):
            own.intake = Intake(scratch, scanner)
        outcome: Outcome = own.intake.take(path)
        return outcome

    with ThreadPoolExecutor(workers) as pool:
        return list(track(pool.map(take, paths), "intake", len(paths), console=ON_STDERR))


@contextmanager
def in_scratch() -> Iterator[Path]:
    """A folder that is ours alone and goes afterwards."""
    scratch = Path(tempfile.mkdtemp(prefix="intake-"))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write(out: Path, outcomes: Sequence[Outcome], found: dict[str, object]) -> None:
    """report.json, and files.csv with a line for each file."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "files.csv").open("w", encoding="utf-8", errors="backslashreplace") as file:
        table = csv.writer(file)
        table.writerow(["path", "result", "seconds", "child_mb", "crashed", "timed_out"])
        for one in outcomes:
            child_mb = round(one.child_bytes / 1e6, 1)
            facts = (one.result, round(one.seconds, 3), child_mb, one.crashed, one.timed_out)
            table.writerow([one.path, *facts])
    text = json.dumps(found, indent=2) + "\n"
    (out / "report.json").write_text(text, encoding="utf-8")
    print(text, end="")


def main(arguments: list[str]) -> int:
    """`hostile --dir DIR --out DIR`; exit status 0 whatever the files did, 2 without a folder."""
    parser = argparse.ArgumentParser(
        prog="python -m uploads.evaluation hostile", description=__doc__.partition("\n\n")[0]
    )
    parser.add_argument("--dir", type=Path, required=True, help="the folder with the files")
    parser.add_argument("--out", type=Path, required=True, help="where the report goes")
    parser.add_argument("--workers", type=int, default=1, help="files at a time (default: 1)")
    parser.add_argument("--scanner", default="", help="ClamAV's daemon, as in ECARD_SCANNER")
    given = parser.parse_args(arguments)
    if not given.dir.is_dir():
        parser.error(f"{given.dir} is no folder")
    scanner = Clamd(ClamdAddress.read(given.scanner)) if given.scanner else NoScanner()
    with in_scratch() as scratch:
        outcomes = judge(given.dir, scratch, scanner, max(1, given.workers))
        write(given.out, outcomes, report(outcomes, not_rebuilt(scratch, outcomes)))
    return 0
