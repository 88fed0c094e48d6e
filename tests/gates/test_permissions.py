"""The permission matrix holds, and does not hold without any one of the checks behind it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import support
from tests.security.left_out import CHECKS, Without
from tests.security.permissions import ANY, DECLARED, cells
from tests.security.permissions_scene import ask, gather, operations

pytestmark = pytest.mark.gate

ROOT = Path(__file__).resolve().parents[2]
FULL = bool(os.environ.get("ECARD_FULL"))
FEWER = ("active", "ended", "scopes_off")


def test_nobody_may_do_more_or_less_than_the_matrix_says(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    tried = list(cells_tried(tmp_path))
    wrong = [told for told in tried if told]
    record_property("cells of operation, actor and state", len(tried))
    record_property("deviations", len(wrong))
    assert not wrong, "\n".join(wrong)


def cells_tried(folder: Path) -> Iterator[str]:
    """For each cell how it was answered otherwise than declared; empty where it was not."""
    with support.stage(folder) as stage:
        cast, there = gather(stage, folder / "saved"), operations(stage)
        for state, asked in by_state().items():
            cast.put(state)
            for name, actor, code in asked:
                answer = ask(cast, name, *there[name], actor)
                cast.restore_if_changed()
                wrong = f"{name} by {actor}, link {state}: {answer}, declared {code}"
                yield "" if answer == code else wrong


def first_deviation(folder: Path) -> str:
    """The first cell that is answered otherwise than declared; empty where there is none."""
    return next(filter(None, cells_tried(folder)), "")


def by_state() -> dict[str, list[tuple[str, str, str]]]:
    """The cells of each state; what does not depend on it is tried while the link is active."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for name, operation in DECLARED.items():
        for actor, state, code in cells(operation):
            if FULL or state in (ANY, *FEWER):
                found.setdefault("active" if state == ANY else state, []).append(
                    (name, actor, code)
                )
    return found


SOME = ("the scope",)


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_that_is_left_out_stands_in_its_file_once(check: str) -> None:
    without = CHECKS[check]
    assert (ROOT / "ecard" / without.file).read_text(encoding="utf-8").count(without.line) == 1


@pytest.mark.parametrize("check", CHECKS if FULL else SOME)
def test_without_a_check_the_matrix_does_not_hold(
    tmp_path: Path, check: str, record_property: Callable[[str, object], None]
) -> None:
    """A copy of the project in which one line is changed; the same matrix must not hold in it."""
    copy = tmp_path / "copy"
    for folder in ("ecard", "biometrics", "uploads", "tests"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("*.pyc"))
    change(copy / "ecard" / CHECKS[check].file, CHECKS[check])
    ran = subprocess.run(
        [sys.executable, "-c", LOOK, str(tmp_path / "stage")],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    *_, found = ["", *ran.stdout.splitlines()]
    # a fault that is no slip of the change itself: it would answer 500
    found = re.sub(r".*fault +error=(?!NameError|ImportError)(\w+).*", r"fault \1", found)
    record_property(f"without {check}: the first deviation", found)
    told = re.fullmatch(r"fault \w+|\w+ by \w+, link \w+: .+", found)
    assert told, ran.stdout[-3000:] + ran.stderr[-2000:]


LOOK = """
import pathlib, sys
from tests.gates.test_permissions import first_deviation
print(first_deviation(pathlib.Path(sys.argv[1])))
"""


def change(path: Path, without: Without) -> None:
    text = path.read_text(encoding="utf-8")
    changed = text.replace(without.line, without.instead)
    assert text.count(without.line) == 1, f"{without.line} is not once in {without.file}"
    path.write_text(changed, encoding="utf-8")
