"""The guides name what is there: no dead links, and the shipped files fit the code."""

import configparser
import json
import re
from pathlib import Path

import pytest

from ecard import immutable, server
from ecard.commands import main
from ecard.worker import STOP_SECONDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_link_between_pages_is_dead(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8"))
    dead = [link for link in links if not (page.parent / link).exists()]
    assert not dead, dead


def test_each_decision_is_listed_and_says_context_decision_and_consequences() -> None:
    folder = ROOT / "docs" / "adr"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    for record in folder.glob("0*.md"):
        text = record.read_text(encoding="utf-8")
        assert f"({record.name})" in listed, record.name
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences"))


def test_the_architecture_page_names_only_files_that_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_/]+(?:/|\.py|\.conf|\.cfg))`", text))
    homes = (ROOT, ROOT / "ecard", ROOT / "biometrics", ROOT / "uploads")
    every = {path.name for path in (ROOT / "biometrics").glob("*.py")}
    dead = [n for n in named if not any((home / n).exists() for home in homes) and n not in every]
    assert not dead, dead


def test_every_command_that_a_guide_gives_exists() -> None:
    given: set[str] = set()
    for page in [*PAGES, *(ROOT / "deploy").iterdir()]:
        given.update(re.findall(r"python -m ecard ([a-z][a-z-]+)", page.read_text("utf-8")))
    assert given
    assert given <= set(main.commands)


def test_the_roles_file_protects_exactly_the_tables_that_nobody_changes() -> None:
    text = (ROOT / "deploy" / "postgresql.sql").read_text(encoding="utf-8")
    listed = re.search(r"ARRAY\['acknowledgements'.*?\]", text, re.DOTALL)
    assert listed
    assert set(re.findall(r"'([a-z_]+)'", listed[0])) == set(immutable.TABLES)


def test_the_service_file_waits_longer_than_the_server_needs_to_stop() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "deploy" / "ecard.service")
    assert int(unit["Service"]["TimeoutStopSec"]) > server.GRACEFUL_SECONDS + STOP_SECONDS
    assert unit["Service"]["RestartPreventExitStatus"] == "2"


def test_every_operation_that_the_guide_for_clients_names_is_on_the_page() -> None:
    guide = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    page = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    there = {
        operation["operationId"]
        for item in page["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    steps = guide[guide.index("What each `next`") : guide.index("## Tokens")]
    named = set(re.findall(r"`([a-z]+[A-Z]\w+)`", steps))
    assert len(named) > 15
    assert named <= there
