"""Files that broke somebody's decoder: each is refused by a code or comes out sound.

They go through the bench's own command, in a process of its own: so its children can be weighed.
"""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.uploads import pictures
from uploads.evaluation.bare import bytes_besides_picture
from uploads.types import SandboxLimits

ROOT = Path(__file__).resolve().parents[2]
KEYS = [
    "files",
    "accepted",
    "refused",
    "crashes",
    "timeouts",
    "max_child_mb",
    "max_seconds",
    "stored_bytes_not_rebuilt",
]
EVERY = 1 if os.environ.get("ECARD_FULL") else 5
FILES_AT_LEAST = 500
WALL_SECONDS = 5.0
NEVER_TAKEN = {".svg", ".eps", ".ps", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ico", ".j2k"}
NEVER_TAKEN |= {".jp2", ".avif"}


def judged(folder: Path, out: Path) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The report and the line of each file."""
    command = [sys.executable, "-m", "uploads.evaluation", "hostile"]
    done = subprocess.run(
        [*command, "--dir", str(folder), "--out", str(out)],
        cwd=ROOT,
        check=True,
        text=True,
        capture_output=True,
    )
    found = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert json.loads(done.stdout) == found
    with (out / "files.csv").open(encoding="utf-8") as file:
        return found, list(csv.DictReader(file))


def check(folder: Path, out: Path) -> dict[str, Any]:
    """No crash, no hang, bounded memory, nothing taken that is no sound picture."""
    found, lines = judged(folder, out)
    assert list(found) == KEYS
    assert found["files"] == len(lines) == found["accepted"] + sum(found["refused"].values())
    assert (found["crashes"], found["timeouts"], found["stored_bytes_not_rebuilt"]) == (0, 0, 0)
    assert found["max_seconds"] < WALL_SECONDS
    assert found["max_child_mb"] * 1e6 <= SandboxLimits().picture_memory_bytes
    taken = {Path(line["path"]).suffix.lower() for line in lines if line["result"] == "accepted"}
    assert not taken & NEVER_TAKEN
    return found


def linked(paths: list[Path], folder: Path) -> Path:
    """A folder with links to these files."""
    folder.mkdir()
    for number, path in enumerate(paths):
        (folder / f"{number:04}{path.suffix}").symlink_to(path)
    return folder


def hostile_files(folder: Path) -> list[Path]:
    """All of them, in a fixed order."""
    paths = sorted(path for path in (folder / "hostile").rglob("*") if path.is_file())
    assert len(paths) >= FILES_AT_LEAST
    return paths


def test_no_bomb_is_taken(ecard_data: Path, tmp_path: Path) -> None:
    assert check(ecard_data / "hostile" / "bombs", tmp_path / "out")["accepted"] == 0


def test_the_report_counts_each_file_once_by_what_became_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "below").mkdir(parents=True)
    (folder / "sound.jpg").write_bytes(pictures.jpeg_full_of_canaries())
    (folder / "below" / "two pages.pdf").write_bytes(pictures.pdf(pages=2, width=60, height=80))
    (folder / "empty").write_bytes(b"")
    (folder / "large").write_bytes(b"\xff\xd8\xff" + b"\0" * (10 * 1024 * 1024))
    (folder / "vector.jpg").write_bytes(b"<svg/>")
    (folder / "leads nowhere").symlink_to(tmp_path / "nothing")
    found, _ = judged(folder, tmp_path / "out")
    assert (found["files"], found["accepted"], found["crashes"], found["timeouts"]) == (5, 2, 0, 0)
    assert found["refused"] == {
        "file_empty": 1,
        "file_too_large": 1,
        "file_type_not_allowed": 1,
    }
    assert found["max_child_mb"] > 10
    assert found["max_seconds"] > 0
    assert found["stored_bytes_not_rebuilt"] == 0


def test_what_our_encoder_would_not_write_is_counted() -> None:
    bare = pictures.encoded(pictures.noise(), quality=92)
    comment = b"\xff\xfe\x00\x0acomment!"
    assert bytes_besides_picture(bare) == 0
    assert bytes_besides_picture(bare + b"PK\x03\x04") == 4
    assert bytes_besides_picture(bare[:20] + comment + bare[20:]) == len(comment)
    progressive = pictures.encoded(pictures.noise(), progressive=True)
    for other in (pictures.png_full_of_canaries(), b"", b"\xff\xd8", bare[:-2], progressive):
        assert bytes_besides_picture(other) == len(other)


@pytest.mark.gate
def test_a_file_that_never_ends_is_a_time_out_within_five_seconds(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "bomb.jpg").write_bytes(pictures.scan_bomb(copies=8_000))
    found, _ = judged(folder, tmp_path / "out")
    assert (found["timeouts"], found["refused"]) == (1, {"processing_limit": 1})
    assert found["max_seconds"] < WALL_SECONDS


@pytest.mark.gate
def test_no_hostile_file_breaks_anything(
    ecard_data: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    files = linked(hostile_files(ecard_data)[::EVERY], tmp_path / "hostile")
    for name, value in check(files, tmp_path / "out").items():
        record_property(f"hostile corpus, {name}", json.dumps(value))
