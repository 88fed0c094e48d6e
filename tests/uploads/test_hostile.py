"""Files that broke somebody's decoder: each is refused by a code or comes out sound."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from uploads.types import SandboxLimits

JUDGE = Path(__file__).with_name("judge_files.py")
ROOT = JUDGE.parents[2]
SAMPLE_OF_ONE_IN = 15
FILES_AT_LEAST = 500
WALL_SECONDS = 10.0
NEVER_TAKEN = {".svg", ".eps", ".ps", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ico", ".j2k"}
NEVER_TAKEN |= {".jp2", ".avif"}


def judged(paths: list[Path]) -> dict[str, Any]:
    """What judge_files.py says of them; it must end well itself."""
    done = subprocess.run(
        [sys.executable, str(JUDGE)],
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def check(paths: list[Path]) -> dict[str, Any]:
    """No crash, no hang, bounded memory, nothing taken that is no sound picture."""
    found = judged(paths)
    outcomes = found["outcomes"]
    assert len(outcomes) == len(paths)
    assert found["unsound"] == []
    assert found["slowest_s"] < WALL_SECONDS
    assert found["peak_mib"] * 1024 * 1024 <= SandboxLimits().picture_memory_bytes
    disguised = {path for path in paths if path.suffix.lower() in NEVER_TAKEN}
    assert [path for path in disguised if outcomes[str(path)] == "taken"] == []
    return found


def hostile_files(folder: Path) -> list[Path]:
    """All of them, in a fixed order."""
    paths = sorted(path for path in (folder / "hostile").rglob("*") if path.is_file())
    assert len(paths) >= FILES_AT_LEAST
    return paths


def test_a_sample_of_hostile_files_breaks_nothing(ecard_data: Path) -> None:
    found = check(hostile_files(ecard_data)[::SAMPLE_OF_ONE_IN])
    assert len(found["outcomes"]) >= 40 - 1


def test_no_bomb_is_taken(ecard_data: Path) -> None:
    bombs = sorted((ecard_data / "hostile" / "bombs").iterdir())
    assert "taken" not in check(bombs)["outcomes"].values()


@pytest.mark.gate
def test_no_hostile_file_breaks_anything(
    ecard_data: Path, record_property: Callable[[str, object], None]
) -> None:
    found = check(hostile_files(ecard_data))
    counted = Counter(found["outcomes"].values())
    record_property("hostile files by outcome", json.dumps(counted, sort_keys=True))
    record_property("largest child, MiB resident", found["peak_mib"])
    record_property("slowest file, s", round(found["slowest_s"], 2))
