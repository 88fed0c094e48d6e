"""What is printed on public specimens that measurements read: whether a zone was read as printed.

specimens.csv holds no picture and no word of them: by the SHA-256 of each file that of its zone's
lines (empty where there is none), and whether the page shows a portrait. A person looked at every
zone. Four of the 36 carry check digits that are wrong in print: they are read as they stand.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRUTH = Path(__file__).with_name("specimens.csv")


@dataclass(frozen=True, slots=True)
class Specimen:
    """SHA-256 of the zone's lines, "" where the page has none; whether a portrait is on it."""

    zone: str
    portrait: bool


def known_specimens() -> dict[str, Specimen]:
    """By the SHA-256 of the file."""
    with TRUTH.open(encoding="ascii", newline="") as file:
        return {
            row["file"]: Specimen(row["zone"], row["portrait"] == "yes")
            for row in csv.DictReader(file)
        }


def digest(content: bytes) -> str:
    """SHA-256 as specimens.csv has it."""
    return hashlib.sha256(content).hexdigest()


def compared(known: Specimen, page: Mapping[str, Any] | None) -> dict[str, bool]:
    """A page as the bench tells it (None: the file was refused) beside what is printed on it.

    `wrong`: a zone that is not what is printed, of which a field counts as confirmed all the same.
    """
    found: dict[str, bool] = {}
    lines = page["mrz"] if page else []
    read = digest("\n".join(lines).encode("ascii")) if lines else ""
    if known.zone:
        found["zone"] = read == known.zone
    confirmed = any(one["status"] == "confirmed" for one in page["fields"]) if page else False
    found["wrong"] = read != known.zone and bool(lines) and confirmed
    portrait = page["portrait"] if page else None
    if known.portrait:
        found["portrait"] = portrait is not None and portrait["turned"] == 0
    elif portrait is not None:
        found["no_portrait"] = False
    return found


def totals(told: Sequence[Mapping[str, bool]]) -> dict[str, int]:
    """Counts over files whose truth is known."""
    return {
        "known_zones": sum("zone" in one for one in told),
        "known_zones_read": sum(one.get("zone", False) for one in told),
        "wrong_but_confirmed": sum(one["wrong"] for one in told),
        "known_portraits": sum("portrait" in one for one in told),
        "known_portraits_upright": sum(one.get("portrait", False) for one in told),
        "portraits_where_none_is": sum("no_portrait" in one for one in told),
    }
