"""The permission matrix holds, and does not hold without any one of the checks behind it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import support
from tests.security.permissions import ANY, DECLARED, cells
from tests.security.permissions_scene import ask, gather, operations

pytestmark = pytest.mark.gate

ROOT = Path(__file__).resolve().parents[2]
FULL = bool(os.environ.get("ECARD_FULL"))
FEWER = ("active", "suspended", "ended", "scopes_off", "card_stopped")


def test_nobody_may_do_more_or_less_than_the_matrix_says(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with support.stage(tmp_path) as stage:
        tried, wrong = deviations(stage, tmp_path / "saved")
    record_property("cells of operation, actor and state", tried)
    record_property("deviations", len(wrong))
    assert not wrong, "\n".join(wrong)


def deviations(stage: support.Stage, saved: Path) -> tuple[int, list[str]]:
    """How many cells were tried, and each that was answered otherwise than declared."""
    cast, there, wrong, tried = gather(stage, saved), operations(stage), [], 0
    for state, asked in by_state().items():
        cast.put(state)
        for name, actor, code in asked:
            answer = ask(cast, name, *there[name], actor)
            cast.restore_if_changed()
            tried += 1
            if answer != code:
                wrong.append(f"{name} by {actor}, link {state}: {answer}, declared {code}")
    return tried, wrong


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


@dataclass(frozen=True)
class Without:
    """The backend without one of its checks: a line of it changed."""

    file: str
    line: str
    instead: str


CHECKS = {
    "the kind of token": Without("auth.py", "if held != kind:", "if False:"),
    "whose link it is": Without(
        "family/links.py",
        "if link is None or link.holder_id != call.holder.person_id:",
        "if link is None:",
    ),
    "the link's state": Without(
        "family/acting.py",
        "if link.state != rules.ACTIVE or link.relative_id is None:",
        "if link.relative_id is None:",
    ),
    "the scope": Without("family/acting.py", "if scope not in link.scopes:", "if False:"),
    "both sides' cards": Without(
        "acts/service.py", "family.refuse_unless_standing(call, link_id)", "pass"
    ),
    "whose document it is": Without(
        "documents/uploading.py", "return row.holder_id == call.holder.person_id and", "return"
    ),
    "whose upload it is": Without(
        "documents/resuming.py", "PartialUpload.holder_id == call.holder.person_id, ", ""
    ),
    "whose reset it is": Without(
        "cards/resets.py",
        "row.person_id != call.holder.person_id:\n        raise NotFound\n    _refuse",
        "False:\n        raise NotFound\n    _refuse",
    ),
    "whose device it is": Without(
        "accounts/devices.py", "if device.account_id != call.holder.account_id:", "if False:"
    ),
    "whose recovery it is": Without(
        "accounts/recoveries.py", "row.account_id != call.holder.account_id or ", ""
    ),
    "whose certificate it is": Without(
        "rights/service.py",
        "if row is None or call.holder.person_id not in (row.person_id, row.asked_by):",
        "if row is None:",
    ),
    "the reviewer's region": Without(
        "review/access.py",
        "if found is None or found.region_id not in call.staff.region_ids:",
        "if found is None:",
    ),
    "the role of staff": Without(
        "call.py", "if not self.staff.roles.intersection(roles):", "if False:"
    ),
    "that it is the other guardian": Without(
        "family/guardians.py", ".where(_held_by(call)).limit(1)", ".limit(1)"
    ),
}
"""Each check that the matrix is about, and the backend without it."""
SOME = ("whose link it is", "the scope")


@pytest.mark.parametrize("check", CHECKS if FULL else SOME)
def test_without_a_check_the_matrix_does_not_hold(
    tmp_path: Path, check: str, record_property: Callable[[str, object], None]
) -> None:
    """A copy of the project in which one line is changed; the same test must fail in it."""
    copy = tmp_path / "copy"
    for folder in ("ecard", "biometrics", "uploads", "tests"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "setup.cfg", copy)
    change(copy / "ecard" / CHECKS[check].file, CHECKS[check])
    test = "tests/gates/test_permissions.py::test_nobody_may_do_more_or_less_than_the_matrix_says"
    environment = {k: v for k, v in os.environ.items() if k not in ("ECARD_GATES", "ECARD_FULL")}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "gate", "-p", "no:cacheprovider", test],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(
        r"^E +(?:AssertionError: )?(\w+ by \w+, link \w+: .+)$", ran.stdout, re.MULTILINE
    )
    record_property(f"without {check}: deviations", len(found))
    assert (ran.returncode, bool(found)) == (1, True), ran.stdout[-3000:] + ran.stderr[-2000:]


def change(path: Path, without: Without) -> None:
    text = path.read_text(encoding="utf-8")
    changed = text.replace(without.line, without.instead)
    assert text.count(without.line) == 1, f"{without.line} is not once in {without.file}"
    path.write_text(changed, encoding="utf-8")
