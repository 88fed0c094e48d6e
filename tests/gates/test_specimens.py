"""Public specimens of documents: their zones as printed, their portraits right side up."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from uploads.evaluation.documents import Bench
from uploads.evaluation.specimens import totals

pytestmark = pytest.mark.gate
EVERY = 1 if os.environ.get("ECARD_FULL") else 8
LEAST_READ, LEAST_FOUND = 0.85, 0.9
TODAY = date(2026, 11, 18)


def test_specimens_are_read_as_they_are_printed(
    ecard_data: Path, record_property: Callable[[str, object], None]
) -> None:
    bench = Bench(TODAY)
    files = [path for path in sorted((ecard_data / "documents").rglob("*")) if path.is_file()]
    known = [path for path in files if bench.knows(path)]
    assert len(known) == 40
    found = totals([bench.read(path)["known"] for path in known[::EVERY]])
    zones, portraits = found["known_zones"], found["known_portraits"]
    record_property("zones read without an error", f"{found['known_zones_read']} of {zones}")
    record_property("wrong zones with a confirmed field", found["wrong_but_confirmed"])
    upright = f"{found['known_portraits_upright']} of {portraits}"
    record_property("portraits found right side up", upright)
    record_property("portraits where there is none", found["portraits_where_none_is"])
    assert found["known_zones_read"] >= LEAST_READ * zones
    assert found["wrong_but_confirmed"] == 0
    assert found["known_portraits_upright"] >= LEAST_FOUND * portraits
