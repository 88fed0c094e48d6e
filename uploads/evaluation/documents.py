"""`documents --dir DIR --out DIR`: reads every file of a folder as an upload would be read.

Writes report.json: {"files": [{"file", "refused" (by the intake) or "fault" (of ours; also where a
file that was taken could not be read) or "type" and "pages": [{"format", "mrz",
"fields": [{"name", "value", "status", "confidence"}], "checks": {NAME: "agrees", "doubtful" or
"differs"}, "barcodes", "portrait": {"box", "eye_distance_px", "verdict", "turned"} or null,
"turned", "hints", "verdict"}], "known"}], "zones", "sound", "agree", "portraits", "seconds"} and,
of files whose truth is known (specimens.py), how many were read as printed.

`status` of a field: confirmed (its check digit agrees with what was read, and with nothing else
that may stand there), read (no check digit stands for it), doubtful (agrees after a repair, or with
another text too) or unread
(the check digit says otherwise). `verdict` of a page: sound (every check digit agrees, and with no
other text that may stand there), agrees (but B for 1 or G for 6 is ruled out by nothing else on the
page), doubtful or unread; of a card without a zone read, doubtful or unread. Boxes are in
pixels of the page as the text lies upright, and `turned` of a portrait is by how much more its face
had to be turned.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from biometrics.types import Portrait
from biometrics.verifier import FaceVerifier
from uploads.documents.pages import PageReader, turned_page
from uploads.documents.reading import Reading, read_page
from uploads.documents.types import Check, Field, Status
from uploads.errors import UploadError, UploadFault, UploadRefused
from uploads.evaluation import unhurried
from uploads.evaluation.specimens import compared, digest, known_specimens, totals
from uploads.sandbox import Sandbox
from uploads.sanitising import clean_picture
from uploads.types import DOCUMENT_TYPES, PictureLimits


def main(arguments: Sequence[str]) -> int:
    """Reads the folder, and writes the report."""
    parser = argparse.ArgumentParser(prog="documents", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--known", action="store_true", help="only files whose truth is known")
    parser.add_argument("--every", type=int, default=1, help="every so many of them only")
    options = parser.parse_args(arguments)
    if not options.dir.is_dir():
        parser.error(f"{options.dir} is no folder")
    if options.every < 1:
        parser.error("--every: 1 at least")
    began = time.monotonic()
    bench = Bench(datetime.now(UTC).date())
    files = sorted(path for path in options.dir.rglob("*") if path.is_file())
    if options.known:
        files = [path for path in files if bench.knows(path)]
    found = [
        {"file": path.relative_to(options.dir).as_posix()} | bench.read(path)
        for path in files[:: options.every]
    ]
    report = {"files": found, **_sums(found), "seconds": round(time.monotonic() - began, 1)}
    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, indent=1, ensure_ascii=False)
    (options.out / "report.json").write_text(text + "\n", encoding="utf-8")
    print({name: value for name, value in report.items() if name != "files"})
    return 0


class Bench:
    """The parts that an upload goes through."""

    def __init__(
        self, today: date, sandbox: Sandbox | None = None, reader: PageReader | None = None
    ) -> None:
        """Where files are decoded and read: as in the service, without haste, if not given."""
        self._today = today
        self._sandbox, self._reader = sandbox or unhurried.sandbox(), reader or unhurried.reader()
        self._verifier = FaceVerifier.load()
        self._specimens = known_specimens()

    def knows(self, path: Path) -> bool:
        """Whether it is known what is printed on it."""
        return digest(path.read_bytes()) in self._specimens

    def read(self, path: Path) -> dict[str, Any]:
        """What one file says."""
        content = path.read_bytes()
        told = self._told(content)
        specimen = self._specimens.get(digest(content))
        if specimen is None:
            return told
        return told | {"known": compared(specimen, next(iter(told.get("pages", ())), None))}

    def _told(self, content: bytes) -> dict[str, Any]:
        try:
            clean = clean_picture(content, self._sandbox, PictureLimits(), DOCUMENT_TYPES)
        except UploadRefused as refusal:
            return {"refused": refusal.code, "verdict": "refused"}
        except UploadFault as fault:  # ours: told, and the other files are read all the same
            return _fault(fault)
        try:
            pages = [self._page(page) for page in clean.pages]
        except UploadError as failure:  # the file was taken: whatever ends its reading is ours
            return {"type": clean.source_type.value} | _fault(failure)
        first = {name: pages[0][name] for name in OF_THE_FILE}
        return {"type": clean.source_type.value, **first, "pages": pages}

    def _page(self, page: bytes) -> dict[str, Any]:
        reading = read_page(self._reader.read(page), self._today)
        upright = turned_page(page, reading.turned)
        return _told(reading) | {"portrait": _portrait(self._verifier.find_portrait(upright))}


def _fault(error: UploadError) -> dict[str, Any]:
    return {"fault": type(error).__name__, "verdict": "fault"}


def _told(reading: Reading) -> dict[str, Any]:
    zone = reading.zone
    return {
        "format": reading.format,
        "turned": reading.turned,
        "mrz": list(zone.lines) if zone else [],
        "fields": [_field(one) for one in reading.fields],
        "checks": {one.name: _check(one) for one in zone.checks} if zone else {},
        "barcodes": [{"kind": one.kind, "text": one.text} for one in reading.barcodes],
        "hints": [hint.value for hint in reading.hints],
        "verdict": _verdict(reading),
    }


OF_THE_FILE = ("format", "turned", "mrz", "fields", "checks", "portrait", "verdict")
"""What is told of the first page, the one that the service reads, is told of its file."""


def _verdict(reading: Reading) -> str:
    """Of a zone sound, agrees or doubtful; of a card without one, whether some is contradicted."""
    if reading.zone is not None:
        agrees = "agrees" if reading.zone.agrees else "doubtful"
        return "sound" if reading.zone.sound else agrees
    if not reading.fields:
        return "unread"
    unread = any(one.status is Status.UNREAD for one in reading.fields)
    return "doubtful" if unread else "read"


def _check(check: Check) -> str:
    if not check.agrees:
        return "differs"
    return "agrees" if check.as_read else "doubtful"


def _field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name.value,
        "value": field.value,
        "status": field.status.value,
        "confidence": round(field.confidence, 3),
    }


def _portrait(portrait: Portrait | None) -> dict[str, Any] | None:
    if portrait is None:
        return None
    box = portrait.box
    return {
        "box": [round(side) for side in (box.left, box.top, box.right, box.bottom)],
        "eye_distance_px": round(portrait.eye_distance_px, 1),
        "verdict": portrait.quality.value,
        "turned": portrait.turned_degrees,
    }


def _sums(found: Sequence[dict[str, Any]]) -> dict[str, int]:
    pages = [page for one in found for page in one.get("pages", ())]
    return {
        "zones": sum(bool(page["mrz"]) for page in pages),
        "sound": sum(page["verdict"] == "sound" for page in pages),
        "agree": sum(page["verdict"] in ("sound", "agrees") for page in pages),
        "portraits": sum(page["portrait"] is not None for page in pages),
        "refused": sum("refused" in one for one in found),
        "faults": sum("fault" in one for one in found),
        **totals([one["known"] for one in found if "known" in one]),
    }
