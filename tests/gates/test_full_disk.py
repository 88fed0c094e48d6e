"""A disk without room: 507 for what needs some, the rest goes on, and no restart is needed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import ON_POSTGRES

pytestmark = pytest.mark.gate

ROOT = Path(__file__).resolve().parents[2]
DISK = "16m"
ON_A_SMALL_DISK = (
    'mount -t tmpfs -o size={size} none "$0" && exec "$1" -m tests.gates.full_disk "$0"'
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the service on the small disk answered (full_disk.py)."""
    if ON_POSTGRES:
        pytest.fail("this gate fills the disk that SQLite writes to")
    folder = tmp_path_factory.mktemp("disk")
    command = ON_A_SMALL_DISK.format(size=DISK)
    ran = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", command, folder, sys.executable],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("when", ["full", "nearly full"])
def test_an_upload_without_room_is_told_so_and_leaves_nothing(
    told: dict[str, Any], when: str, record_property: Callable[[str, object], None]
) -> None:
    answer, standing = told[when]
    record_property(f"an upload, disk {when}", answer)
    assert answer == "507 storage_full"
    assert (standing["documents"], standing["listed"]) == (1, 1)
    assert standing["blobs without a row"] == 0
    assert standing["rows without a blob"] == 0
    assert standing["temporary"] == 0


def test_a_piece_without_room_is_told_so_and_comes_again_later(told: dict[str, Any]) -> None:
    assert told["a piece, full"] == "507 storage_full"
    assert told["a piece, after"] == "200 done"


def test_readiness_tells_of_the_full_disk_and_of_nothing_afterwards(told: dict[str, Any]) -> None:
    assert {"store", "disk"} <= set(told["full"][1]["not ready"])
    assert not {"store"} & set(told["after"][1]["not ready"])


def test_once_there_is_room_the_same_process_takes_uploads_and_none_was_counted_in_vain(
    told: dict[str, Any],
) -> None:
    answer, standing = told["after"]
    assert answer == "201 done"  # the day has room for two: refused ones did not count
    assert standing["documents"] == 2
