"""The same tests that pass on SQLite pass on a real PostgreSQL."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.gate

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_DATABASE = ("biometrics", "uploads", "gates")
CORE = ("flow", "family", "security/test_lock_order.py")
"""What the smaller run takes, beside the gates that count and lock on PostgreSQL themselves."""
LIMIT_SECONDS = 1800


def chosen(full: bool) -> list[str]:
    """The folders of tests that work with a database, or the core of them."""
    found = sorted(path.name for path in (ROOT / "tests").iterdir() if path.is_dir())
    every = [name for name in found if name not in WITHOUT_DATABASE and name[0] not in "._"]
    return [f"tests/{name}" for name in (every if full else CORE)]


def test_the_suite_passes_on_postgresql(record_property: Callable[[str, object], None]) -> None:
    full = bool(os.environ.get("ECARD_FULL"))
    environment = {**os.environ, "TEST_DATABASE": "postgres"}
    environment.pop("ECARD_GATES", None)
    environment.pop("ECARD_FULL", None)
    which = ["-m", "gate or not gate"] if full else []  # those of these folders, none of gates/
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", *which, *chosen(full)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    last = ran.stdout.strip().splitlines()[-1] if ran.stdout.strip() else "nothing was printed"
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    counted = re.search(r"(\d+) passed", last)
    assert counted
    record_property("tests passed on PostgreSQL", int(counted[1]))
