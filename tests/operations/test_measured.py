"""The account of a run: figures are told, pages are kept by full runs only, a skip is a failure."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.measured import NO_DATA, Account

GATE = "tests/gates/test_slow.py::test_it_is_fast_enough"


class Terminal:
    """Keeps what would be printed."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write_line(self, line: str, **_: bool) -> None:
        self.lines.append(line)


def report(outcome: str, why: str = "", gate: str = GATE) -> Any:
    """What pytest says of a gate that passed with a figure, or was skipped."""
    return SimpleNamespace(
        nodeid=gate,
        when="call",
        keywords={"gate": 1},
        outcome=outcome,
        passed=outcome == "passed",
        skipped=outcome == "skipped",
        duration=1.5,
        user_properties=[("seconds for all", 4.2)] if outcome == "passed" else [],
        longrepr=("test_slow.py", 1, why),
    )


def finished(account: Account, *reports: Any) -> tuple[int, list[str]]:
    """Exit status and summary after these reports."""
    for one in reports:
        account.pytest_runtest_logreport(one)
    session, terminal = SimpleNamespace(exitstatus=0), Terminal()
    account.pytest_sessionfinish(cast("pytest.Session", session))
    account.pytest_terminal_summary(cast("pytest.TerminalReporter", terminal))
    return int(session.exitstatus), terminal.lines


def test_a_small_run_prints_its_figures_and_keeps_no_page(tmp_path: Path) -> None:
    account = Account(gates=True, full=False, pages=tmp_path)
    status, lines = finished(account, report("passed"))
    assert (status, lines[0]) == (0, f"measured: {GATE}: seconds for all = 4.2")
    assert list(tmp_path.iterdir()) == []


def test_a_full_run_keeps_a_page_for_each_file_and_one_of_all_gates(tmp_path: Path) -> None:
    account = Account(gates=True, full=True, pages=tmp_path)
    assert finished(account, report("passed"))[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == {"slow.md", "gates_full.md"}
    page = (tmp_path / "gates_full.md").read_text()
    assert re.search(rf"^\| `{GATE}` \| passed \| 1\.5 \| [^|]+ \|$", page, re.MULTILINE)
    assert "1 passed, 0 failed, 0 skipped." in page
    assert re.search(r"cores, \S+, Python 3\.\d+", page)
    assert "SQLite 3." in page
    assert str(Path.home()) not in page
    assert str(Path.cwd()) not in page


def test_a_part_of_a_full_run_leaves_the_rows_of_the_other_parts(tmp_path: Path) -> None:
    page = tmp_path / "gates_full.md"
    before = "| `tests/operations/test_measured.py::test_of_before` | failed | 2.0 | 0a1b2c3 |"
    gone = "| `tests/gates/test_that_is_gone.py::test_of_old` | passed | 2.0 | 0a1b2c3 |"
    page.write_text("\n".join([before, gone, f"| `{GATE}` | failed | 9.9 | 0a1b2c3 |"]))
    account = Account(gates=True, full=True, pages=tmp_path)
    finished(account, report("passed"))
    kept = page.read_text()
    assert "1 passed, 1 failed, 0 skipped." in kept
    assert before in kept
    assert gone not in kept
    assert "9.9" not in kept


def test_figures_of_checks_that_did_not_run_stay_on_the_page_with_their_commit(
    tmp_path: Path,
) -> None:
    name = "test_an_everyday_run_may_skip_and_says_how_often"
    before = f"| {name} | seconds | 7 | 0a1b2c3 |"
    gone = "| test_that_is_gone | seconds | 7 | 0a1b2c3 |"
    (tmp_path / "measured.md").write_text(f"{before}\n{gone}")
    account = Account(gates=True, full=True, pages=tmp_path)
    here = "tests/operations/test_measured.py::test_figures_of_checks_that_did_not_run_stay"
    account.pytest_runtest_logreport(report("passed", gate=here))
    account.keep_figures()
    kept = (tmp_path / "measured.md").read_text()
    assert before in kept
    assert gone not in kept
    assert "seconds for all | 4.2 |" in kept


@pytest.mark.parametrize(
    ("full", "why", "status"),
    [(False, "no nginx", 1), (True, "no nginx", 1), (False, NO_DATA, 0), (True, NO_DATA, 1)],
)
def test_a_gate_that_was_skipped_counts_as_failed(
    tmp_path: Path, full: bool, why: str, status: int
) -> None:
    account = Account(gates=True, full=full, pages=tmp_path)
    got, lines = finished(account, report("skipped", why))
    assert got == status
    assert any("FAILED, since it was skipped" in line for line in lines) == bool(status)


def test_an_everyday_run_may_skip_and_says_how_often(tmp_path: Path) -> None:
    account = Account(gates=False, full=False, pages=tmp_path)
    status, lines = finished(account, report("skipped", NO_DATA))
    assert (status, lines) == (0, ["skipped for want of ECARD_DATA: 1"])
