"""What a run leaves behind: the honest count of what was left out, and the figures of the gates.

A full run (ECARD_FULL) keeps the figures in docs/measured/, one page for each file of gates, and
the outcome of every gate in gates_full.md. It may be made in parts (``make gates FULL=1
ONLY=...``): a part overwrites what it ran, and each row says of which commit it is. No page names
a machine, a person or a path of theirs.
"""

import os
import platform
import re
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "measured"
NO_DATA = "ECARD_DATA is not set: no pictures of people to test with"
NAMED_PACKAGES = ("flask", "gunicorn", "sqlalchemy", "psycopg", "onnxruntime", "numpy", "pillow")

Report = pytest.TestReport | pytest.CollectReport


def skip_reason(report: Report) -> str:
    """Why a test or a whole file was skipped, as written in the test."""
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


class Account:
    """Counts skips, and collects what gates measured, in the process that prints the summary."""

    def __init__(self, *, gates: bool, full: bool, pages: Path = PAGES) -> None:
        self.gates, self.full, self.pages = gates, full, pages
        self.for_want_of_data: list[str] = []
        self.other_skips: list[str] = []
        self.figures: list[tuple[str, str, object]] = []
        self.outcomes: dict[str, tuple[str, float]] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.count(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.count(report)
        if "gate" not in report.keywords:
            return
        known, seconds = self.outcomes.get(report.nodeid, ("passed", 0.0))
        outcome = known if report.passed else report.outcome
        self.outcomes[report.nodeid] = (outcome, seconds + report.duration)
        if report.when == "call":
            self.figures += [(report.nodeid, name, value) for name, value in report.user_properties]

    def count(self, report: Report) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        if NO_DATA in skip_reason(report):
            self.for_want_of_data.append(report.nodeid)
        else:
            self.other_skips.append(f"{report.nodeid}: {skip_reason(report)}")

    def missed(self) -> list[str]:
        """What did not run and so counts as failed; at full size the want of data is no excuse."""
        if not self.gates:
            return []
        wanting = [f"{one}: {NO_DATA}" for one in self.for_want_of_data] if self.full else []
        return self.other_skips + wanting

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """In a gate run a check that did not run is a check that failed."""
        if self.missed() and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for gate, name, value in self.figures:
            terminalreporter.write_line(f"measured: {gate}: {name} = {value}")
        for skip in self.missed():
            terminalreporter.write_line(f"FAILED, since it was skipped: {skip}", red=True)
        number = len(self.for_want_of_data)
        terminalreporter.write_line(f"skipped for want of ECARD_DATA: {number}")
        if self.full and self.figures:
            self.keep_figures()
        if self.full and self.gates:
            self.keep("gates_full", list(self.all_gates()))

    def keep(self, name: str, lines: Iterable[str]) -> None:
        """Write one page."""
        self.pages.mkdir(parents=True, exist_ok=True)
        (self.pages / f"{name}.md").write_text("\n".join([*lines, ""]), encoding="utf-8")

    def keep_figures(self) -> None:
        """One page for each test file with gates."""
        for path in sorted({gate.split("::")[0] for gate, _, _ in self.figures}):
            name = Path(path).stem.removeprefix("test_")
            self.keep(name, list(self.page_of(path, name)))

    def page_of(self, path: str, name: str) -> Iterator[str]:
        """What the gates of one file measured: in this run, and in earlier ones the rest."""
        yield from heading(f"Measured by `{path}`")
        yield from ("| check | figure | value | of |", "|---|---|---|---|")
        yield from self.figures_before(path, name)
        for gate, figure, value in self.figures:
            if gate.startswith(f"{path}::"):
                yield f"| {gate.split('::', 1)[1]} | {figure} | {value} | {commit()} |"

    def figures_before(self, path: str, name: str) -> Iterator[str]:
        """The page's rows of checks that did not run this time and are still there."""
        page, code = self.pages / f"{name}.md", ROOT / path
        there = code.read_text(encoding="utf-8") if code.is_file() else ""
        for row in page.read_text(encoding="utf-8").splitlines() if page.is_file() else []:
            found = re.match(r"\| (test_\w+)(\S*) \|.*\|.*\|", row)
            if found and f"{path}::{found[1]}{found[2]}" not in self.outcomes:
                yield from [row] if f"def {found[1]}(" in there else []

    def all_gates(self) -> Iterator[str]:
        """Every gate with its outcome and time: those of this run, and of earlier ones the rest."""
        rows = dict(self.rows_before())
        for gate, (outcome, seconds) in self.outcomes.items():
            rows[gate] = f"| `{gate}` | {outcome} | {seconds:.1f} | {commit()} |"
        yield from heading("All gates at full size")
        yield f"The last run with {', '.join(environment())}."
        yield ""
        count = Counter(row.split(" | ")[1] for row in rows.values())
        kinds = ("passed", "failed", "skipped")
        yield ", ".join(f"{count[kind]} {kind}" for kind in kinds) + "."
        yield from ("", "| gate | outcome | seconds | of |", "|---|---|---|---|")
        yield from (rows[gate] for gate in sorted(rows))

    def rows_before(self) -> Iterator[tuple[str, str]]:
        """The page's rows by gate, but for gates whose file is gone."""
        page = self.pages / "gates_full.md"
        for row in page.read_text(encoding="utf-8").splitlines() if page.is_file() else []:
            found = re.match(r"\| `([^:]+)(::.+)` \| (passed|failed|skipped) \|", row)
            if found and (ROOT / found[1]).is_file():
                yield found[1] + found[2], row


def commit() -> str:
    """The short name of the commit that is tried, with a + where the tree differs from it."""
    git = ("git", "-C", str(ROOT))
    asked = [*git, "rev-parse", "--short", "HEAD"]
    name = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    compared = [*git, "diff", "--quiet", "HEAD", "--", ".", ":!docs/measured"]
    same = subprocess.run(compared, check=False).returncode == 0
    return (name or "no commit") + ("" if same else "+")


def heading(title: str) -> Iterator[str]:
    """Says when, on what and with which command the figures below it were measured."""
    yield f"# {title}"
    yield ""
    machine = f"{processor()}, {os.cpu_count()} cores, {platform.machine()}"
    python = f"Python {platform.python_version()}"
    yield f"`make gates FULL=1` on {datetime.now(UTC):%Y-%m-%d} ({machine}, {python})."
    yield ""


def processor() -> str:
    """The processor's own name, where the system tells it."""
    facts = Path("/proc/cpuinfo")
    text = facts.read_text(encoding="utf-8") if facts.is_file() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else "a processor without a name"


def environment() -> Iterator[str]:
    """The versions that a figure may depend on."""
    yield f"{platform.system()} {platform.release().split('-')[0]}"
    yield f"SQLite {sqlite3.sqlite_version}"
    yield from (f"{name} {version(name)}" for name in NAMED_PACKAGES)
