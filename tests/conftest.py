"""What every test may ask for, and the honest count of what was left out.

Pictures of real people are not part of the project: a test that needs them asks for `ecard_data`.
A gate that measures something writes it down with pytest's own `record_property(name, value)`:
the figures are printed at the end, and a full run (ECARD_FULL) keeps them in docs/measured/.
"""

import os
import platform
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
NO_DATA = "ECARD_DATA is not set: no pictures of people to test with"
DATA_FOLDERS = ("faces", "captures", "documents", "attacks", "hostile", "models")

# Two busy cores make any single example slow now and then; that says nothing about the code.
hypothesis.settings.register_profile("ecard", deadline=None, print_blob=True)
hypothesis.settings.load_profile("ecard")


@pytest.fixture(scope="session")
def ecard_data() -> Path:
    """The folder of test pictures: skips where ECARD_DATA is unset, fails where one is missing."""
    named = os.environ.get("ECARD_DATA")
    if not named:
        pytest.skip(NO_DATA)
    folder = Path(named)
    missing = [name for name in DATA_FOLDERS if not (folder / name).is_dir()]
    if missing:
        pytest.fail(f"ECARD_DATA names {folder}, where {', '.join(missing)} is missing")
    return folder


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Any]:
    """A process on a fresh database with the demo region (tests/support.py: Stage)."""
    from tests import support  # the backend is loaded only where a test asks for it

    with support.stage(tmp_path) as ready:
        yield ready


@pytest.fixture
def joined(stage: Any) -> Any:
    return stage.joined


@pytest.fixture
def clock(stage: Any) -> Any:
    return stage.clock


@pytest.fixture
def app(stage: Any) -> Any:
    return stage.app


@pytest.fixture
def client(app: Any) -> Any:
    return app.test_client()


def skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test or a whole file was skipped, as written in the test."""
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


class Account:
    """Counts skips, and collects what gates measured, in the process that prints the summary."""

    def __init__(self) -> None:
        self.for_want_of_data = 0
        self.other_skips: list[str] = []
        self.figures: list[tuple[str, str, object]] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.count(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.count(report)
        if report.when == "call" and "gate" in report.keywords:
            self.figures += [(report.nodeid, name, value) for name, value in report.user_properties]

    def count(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        if NO_DATA in skip_reason(report):
            self.for_want_of_data += 1
        else:
            self.other_skips.append(f"{report.nodeid}: {skip_reason(report)}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """In a gate run a check that did not run is a check that failed."""
        if os.environ.get("ECARD_GATES") and self.other_skips and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for gate, name, value in self.figures:
            terminalreporter.write_line(f"measured: {gate}: {name} = {value}")
        if os.environ.get("ECARD_GATES"):
            for skip in self.other_skips:
                terminalreporter.write_line(f"FAILED, since it was skipped: {skip}", red=True)
        terminalreporter.write_line(f"skipped for want of ECARD_DATA: {self.for_want_of_data}")
        if os.environ.get("ECARD_FULL") and self.figures:
            self.keep_figures()

    def keep_figures(self) -> None:
        """One file for each test file with gates, overwritten by each full run."""
        for path in sorted({gate.split("::")[0] for gate, _, _ in self.figures}):
            lines = [f"| {gate.split('::', 1)[1]} | {name} | {value} |" for gate, name, value
                     in self.figures if gate.startswith(f"{path}::")]  # fmt: skip
            page = ROOT / "docs" / "measured" / f"{Path(path).stem.removeprefix('test_')}.md"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text("\n".join([*heading(path), *lines, ""]), encoding="utf-8")


def heading(path: str) -> Iterator[str]:
    """Says when, on what and with which command the figures below it were measured."""
    yield f"# Measured by `{path}`"
    yield ""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    yield f"`make gates FULL=1` on {datetime.now(UTC):%Y-%m-%d} ({machine})."
    yield ""
    yield "| check | figure | value |"
    yield "|---|---|---|"


IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made below it
ROOM_BYTES = 2 * 2**30


def in_memory() -> None:
    """Temporary folders in memory where there is room: a test's data need not outlive the power."""
    if "PYTEST_DEBUG_TEMPROOT" in os.environ or not os.access(IN_MEMORY, os.W_OK):
        return
    if shutil.disk_usage(IN_MEMORY).free > ROOM_BYTES:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(IN_MEMORY)


def pytest_configure(config: pytest.Config) -> None:
    in_memory()
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Account(), "account")
