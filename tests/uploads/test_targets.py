"""The table of what documents have to reach."""

import json
from pathlib import Path

import pytest

from uploads.evaluation import targets

DOCUMENTS = {
    "known_zones": 36,
    "known_zones_read": 30,
    "wrong_but_confirmed": 0,
    "known_portraits": 30,
    "known_portraits_upright": 30,
}
DRAWN = "| test[td3] | td3: accepted without a person | 199 of 200 |\n"
HTTP = "| test | hostile files over HTTP | 597 |\n| test | answered 5xx | 0 |\n"


def rows(printed: str) -> dict[str, tuple[str, str]]:
    cells = [line.strip("| ").split(" | ") for line in printed.splitlines() if line]
    return {one[0]: (one[-2].strip(), one[-1]) for one in cells}


def test_each_target_stands_beside_its_figure_and_what_is_missing_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report.json").write_text(json.dumps(DOCUMENTS), "utf-8")
    (tmp_path / "drawn_documents.md").write_text(DRAWN, "utf-8")
    (tmp_path / "hostile_over_http.md").write_text(HTTP, "utf-8")
    targets.main(["--documents", str(tmp_path), "--kept", str(tmp_path)])
    found = rows(capsys.readouterr().out)
    zones = "public specimens: zones read without an error"
    assert found[zones] == ("30 of 36 (83%)", "**no**")
    assert found["public specimens: portrait found, right side up"][1] == "yes"
    assert found["drawn, td3: accepted without a person"] == ("199 of 200 (100%)", "yes")
    assert found["drawn, td1: accepted without a person"][1] == "not measured"
    assert found["hostile files over HTTP (597): 5xx"] == ("0", "yes")
    assert found["worker memory over idle"][1] == "not measured"
