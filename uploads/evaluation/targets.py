"""`targets`: what uploads and documents have to reach, what was measured, and whether it is enough.

Reads what `documents`, `hostile`, `clean` and `speed` wrote, and what `make gates FULL=1` kept of
those checks that take a gate; measures nothing itself. What was not measured says so.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from biometrics.evaluation.report import table
from uploads.evaluation.speed import CHILD_MB, TARGET_MB, TARGET_MS

Report = Mapping[str, Any]
Row = tuple[str, str, str, bool | None]
"""What, target, measured, reached; None: not measured."""
KEPT = Path(__file__).resolve().parents[2] / "docs" / "measured"
ZONES, PORTRAITS, ACCEPTED, SOUND = 0.85, 0.9, 0.9, 0.99
FILE_SECONDS = 5.0
KINDS = ("chinese card", "spanish dni", "td1", "td3")
_OF = re.compile(r"(\d+) of (\d+)")


def main(arguments: Sequence[str]) -> int:
    """Prints the table; a row is left unmeasured where its report is not there."""
    parser = argparse.ArgumentParser("python -m uploads.evaluation targets")
    for name in ("documents", "hostile", "clean", "speed"):
        parser.add_argument(f"--{name}", type=Path, metavar="DIR")
    parser.add_argument("--kept", type=Path, default=KEPT, help="figures of the gates")
    given = parser.parse_args(arguments)
    rows = [
        *_specimens(_report(given.documents)),
        *_drawn(_figures(given.kept / "drawn_documents.md")),
        *_hostile(_report(given.hostile)),
        *_clean(_report(given.clean)),
        *_speed(_report(given.speed, "uploads_speed.json")),
        *_gates(given.kept),
    ]
    head = ["", "target", "measured", "reached"]
    print("\n".join(table(head, [[*row[:3], _reached(row[3])] for row in rows])))
    return 0


def _reached(reached: bool | None) -> str:
    return {True: "yes", False: "**no**", None: "not measured"}[reached]


def _report(folder: Path | None, name: str = "report.json") -> Report:
    path = folder / name if folder else None
    return json.loads(path.read_text("utf-8")) if path and path.exists() else {}


def _figures(page: Path) -> dict[str, str]:
    """Figure → value, of a page that a full run of the gates kept."""
    if not page.exists():
        return {}
    cells = [line.strip("| ").split(" | ") for line in page.read_text("utf-8").splitlines()]
    return {one[1]: one[2] for one in cells if len(one) == 3}


def _share(what: str, target: float, good: int | None, of: int | None) -> Row:
    said = f"≥ {target:.0%}"
    if good is None or not of:
        return what, said, "", None
    return what, said, f"{good} of {of} ({good / of:.0%})", good >= target * of


def _none(what: str, count: int | None) -> Row:
    return what, "0", "" if count is None else str(count), None if count is None else count == 0


def _most(what: str, most: float, unit: str, value: float | None) -> Row:
    said = "" if value is None else f"{value} {unit}"
    return what, f"≤ {most:g} {unit}", said, None if value is None else value <= most


def _specimens(found: Report) -> Iterator[Row]:
    zones, portraits = found.get("known_zones"), found.get("known_portraits")
    what = "public specimens: zones read without an error"
    yield _share(what, ZONES, found.get("known_zones_read"), zones)
    what = "public specimens: wrong zones with a field that counts as confirmed"
    yield _none(what, found.get("wrong_but_confirmed"))
    what = "public specimens: portrait found, right side up"
    yield _share(what, PORTRAITS, found.get("known_portraits_upright"), portraits)


def _drawn(kept: Mapping[str, str]) -> Iterator[Row]:
    for kind in KINDS:
        said = _OF.match(kept.get(f"{kind}: accepted without a person", ""))
        good, of = (int(said[1]), int(said[2])) if said else (None, None)
        yield _share(f"drawn, {kind}: accepted without a person", ACCEPTED, good, of)
        for what in ("one field altered, accepted", "altered, the field not named"):
            said = _OF.match(kept.get(f"{kind}: {what}", ""))
            yield _none(f"drawn, {kind}: {what}", int(said[1]) if said else None)


def _hostile(found: Report) -> Iterator[Row]:
    files = f"hostile files ({found['files']})" if found else "hostile files"
    for name in ("crashes", "timeouts", "stored_bytes_not_rebuilt"):
        yield _none(f"{files}: {name.replace('_', ' ')}", found.get(name))
    yield _most(f"{files}: decoder child", CHILD_MB, "MB", found.get("max_child_mb"))
    yield _most(f"{files}: the slowest", FILE_SECONDS, "s", found.get("max_seconds"))


def _clean(found: Report) -> Iterator[Row]:
    for name in ("taken", "upright", "bare"):
        what = f"clean pictures, EXIF 0-8, HEIC, 12 MP: {name}"
        yield _share(what, SOUND, found.get(name), found.get("pictures"))


def _speed(found: Report) -> Iterator[Row]:
    what = "12 MP JPEG, last byte to stored, one core, processor's time"
    yield _most(what, TARGET_MS, "ms", found.get("processor_ms"))
    what = "12 MP JPEG, the same by the clock, median"
    yield _most(what, TARGET_MS, "ms", found.get("median_ms"))
    yield _most("worker memory over idle", TARGET_MB, "MB", found.get("over_idle_mb"))


def _gates(kept: Path) -> Iterator[Row]:
    kills = _figures(kept / "upload_kills.md").get("kills")
    what = "killed at each step of an upload: nothing lost, no orphan, no plaintext"
    yield what, "12 points × 20", kills or "", True if kills else None
    http = _figures(kept / "hostile_over_http.md")
    faults = http.get("answered 5xx")
    files = f" ({http['hostile files over HTTP']})" if faults else ""
    yield _none(f"hostile files over HTTP{files}: 5xx", int(faults) if faults else None)
