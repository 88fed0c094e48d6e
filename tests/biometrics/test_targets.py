"""The table of targets: what is enough, what is not, and what is no report."""

import json
from pathlib import Path

import pytest

from biometrics.evaluation import __main__ as bench
from biometrics.evaluation.page import REPORTS

FAST = {"decision": 9.0, "embedding": 9.0, "embedding_batch8": 20.0, "detector": 11.0}
SPEED = {
    "engine": "made-up-v1",
    "ratios": FAST,
    "cpu_ratios": FAST,
    "ready_seconds": 1.0,
    "first_decision_seconds": 0.5,
    "peak_memory_mb": {"engine": 300.0},
}
THREADS = {
    "threads": 8,
    "cores": 2,
    "seconds": 60.0,
    "drift_mb": 12.0,
    "memory_mb": {"peak": 390.0},
    "gain": {"median": 1.9},
    "gain_of_processes": {"median": 1.6},
    "of_processes": {"median": 0.8},
}


def written(folder: Path, name: str, report: object) -> str:
    (folder / name).mkdir()
    (folder / name / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return str(folder / name)


def test_each_target_stands_beside_what_was_measured(tmp_path, capsys):
    speed, threads = written(tmp_path, "s", SPEED), written(tmp_path, "t", THREADS)
    match = [str(path) for path in sorted(REPORTS.iterdir())]
    options = ["--speed", speed, "--threads", threads, "--match", *match]
    assert bench.main(["targets", *options]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    said = {row.split(" | ")[0].removeprefix("| "): row for row in rows}
    assert said["decision, made-up-v1"].endswith("yes |")
    assert said["detector, made-up-v1"].endswith("**no** |")
    assert said["throughput of 8 threads"].endswith("yes |")
    assert said["the same, of what the machine gives 8 threads"].endswith("**no** |")
    assert said["memory drift, 8 threads"].endswith("**no** |")
    assert any(row.startswith("| LFW") for row in rows)
    assert any("relatives" in row for row in rows)


@pytest.mark.parametrize("content", [{}, [], {"ratios": {}}])
def test_what_is_no_report_is_refused(tmp_path, content, capsys):
    assert bench.main(["targets", "--speed", written(tmp_path, "s", content)]) == 2
    assert "no report" in capsys.readouterr().err
