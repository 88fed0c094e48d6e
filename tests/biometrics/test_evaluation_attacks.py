import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from biometrics.evaluation import liveness
from biometrics.evaluation.attacks import Presentation, iapar, in_words, rates
from biometrics.fusion import LIVE_FROM
from tests.biometrics import pictures


def shown(label: str, score: float | None, species: str = "print") -> Presentation:
    passes = score is not None and score >= 0
    return Presentation("a/b.jpg", label == "attack", species, "", score, passes)


LIVE = [shown("bona_fide", score / 10) for score in range(40)]


def test_rates_have_the_names_that_reports_are_read_by():
    report = rates([*LIVE, shown("attack", -1.0), shown("attack", 1.0)])
    assert report["bona_fide"]["n"] == 40
    assert report["bona_fide"]["bpcer"] == 0
    assert report["species"]["print"]["n"] == 2
    assert report["species"]["print"]["apcer"] == 0.5
    assert report["species"]["print"]["apcer_at_bpcer_5"] == 0.5
    assert report["undecided"] == 0


def test_the_worst_species_comes_first():
    attacks = [shown("attack", -1.0, "print"), shown("attack", 1.0, "screen")]
    assert list(rates([*LIVE, *attacks])["species"]) == ["screen", "print"]


def test_what_could_not_be_judged_never_passes_and_counts_against_the_live():
    report = rates([shown("bona_fide", None), *LIVE, shown("attack", None)])
    assert report["bona_fide"]["bpcer"] == pytest.approx(1 / 41)
    assert report["species"]["print"]["apcer"] == 0
    assert report["undecided"] == 2


def test_at_bpcer_five_at_most_one_in_twenty_live_lies_below_the_limit():
    limit = rates(LIVE)["limit_at_bpcer_5"]
    assert sum(item.score < limit for item in LIVE) <= 0.05 * len(LIVE)


def test_few_presentations_are_said_to_show_nothing():
    report = rates([*LIVE, shown("attack", -1.0)])
    assert not report["species"]["print"]["apcer_supported"]
    assert report["bona_fide"]["bpcer_supported"]
    assert "not supported by n" in "\n".join(in_words(report))


def test_nothing_live_gives_no_limit():
    report = rates([shown("attack", 1.0)])
    assert report["species"]["print"]["apcer_at_bpcer_5"] is None
    assert report["bona_fide"]["bpcer"] is None
    assert in_words(report)


def manifest(folder: Path, rows: list[tuple[str, str, str, str]]) -> Path:
    path = folder / "manifest.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("path", "label", "species", "subject"), *rows])
    return path


@pytest.mark.gate
def test_the_bench_reads_single_frames_and_writes_its_report(tmp_path):
    (tmp_path / "one.jpg").write_bytes(pictures.jpeg(pictures.astronaut()))
    (tmp_path / "none.jpg").write_bytes(pictures.jpeg(pictures.astronaut().crop((0, 0, 60, 60))))
    rows = [("one.jpg", "bona_fide", "", ""), ("none.jpg", "attack", "print", "")]
    given = ["--manifest", str(manifest(tmp_path, rows)), "--images", str(tmp_path)]
    assert liveness.main([*given, "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["bona_fide"]["n"] == 1
    assert report["species"]["print"]["apcer"] == 0
    assert report["undecided"] == 1
    assert not report["simulation"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("gone.jpg", "attack", "print", "")], "gone.jpg"),
        ([("a.jpg", "fake", "print", "")], "line 2"),
        ([], "names no picture"),
    ],
)
def test_a_manifest_that_cannot_be_followed_is_named(tmp_path, capsys, rows, said):
    given = ["--manifest", str(manifest(tmp_path, rows)), "--images", str(tmp_path)]
    assert liveness.main([*given, "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err


def test_a_row_without_a_path_is_named(tmp_path, capsys):
    (tmp_path / "manifest.csv").write_text("label,path\nattack\n", encoding="utf-8")
    given = ["--manifest", str(tmp_path / "manifest.csv"), "--images", str(tmp_path)]
    assert liveness.main([*given, "--out", str(tmp_path / "out")]) == 2
    assert "line 2: path None" in capsys.readouterr().err


@pytest.mark.gate
def test_what_cannot_be_read_is_listed_and_ends_nothing(tmp_path, capsys):
    (tmp_path / "a.mp4").write_bytes(b"no clip")
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    (tmp_path / "c.jpg").write_bytes(pictures.jpeg(pictures.astronaut()))
    rows = [
        ("a.mp4", "attack", "replay", ""),
        ("b.jpg", "attack", "print", ""),
        ("c.jpg", "bona_fide", "", ""),
    ]
    given = ["--manifest", str(manifest(tmp_path, rows)), "--images", str(tmp_path)]
    assert liveness.main([*given, "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["unreadable"] == ["b.jpg", "a.mp4"]
    assert {name: found["n"] for name, found in report["species"].items()} == {
        "print": 1,
        "replay": 1,
    }
    assert report["bona_fide"]["n"] == 1
    assert "Could not be read: b.jpg, a.mp4." in capsys.readouterr().out


@pytest.mark.gate
def test_attacks_that_are_clips_have_an_iapar_and_single_frames_say_where_they_pass(tmp_path):
    (tmp_path / "own.jpg").write_bytes(pictures.jpeg(pictures.astronaut()))
    clip = cv2.VideoWriter(
        str(tmp_path / "still.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 5, pictures.astronaut().size
    )
    for _ in range(4):
        clip.write(np.asarray(pictures.astronaut())[..., ::-1])
    clip.release()
    rows = [("own.jpg", "bona_fide", "", "a"), ("still.avi", "attack", "replay", "a")]
    given = ["--manifest", str(manifest(tmp_path, rows)), "--images", str(tmp_path)]
    assert liveness.main([*given, "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert (report["iapar"]["n"], report["iapar"]["iapar"]) == (1, 0.0)
    assert report["iapar"]["species"]["replay"]["n"] == 1
    assert (report["single_frames_pass_from"], report["live_from"]) == (0.0, LIVE_FROM)
    words = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "no limit in use is for single frames" in words


def test_a_limit_from_few_live_ones_supports_nothing():
    attacks = [shown("attack", -1.0)] * 40
    assert rates([*LIVE, *attacks])["species"]["print"]["apcer_at_bpcer_5_supported"]
    few = rates([*LIVE[:10], *attacks])["species"]["print"]
    assert few["apcer_supported"]
    assert not few["apcer_at_bpcer_5_supported"]


def test_attacks_that_also_match_are_counted_by_species_or_not_at_all():
    found = iapar([("print", True), ("print", False), ("screen", False)], True)
    assert (found["n"], found["passed"]) == (3, 1)
    assert found["species"]["print"]["iapar"] == 0.5
    assert found["species"]["screen"]["iapar"] == 0
    assert iapar([("print", False)], False)["iapar"] is None
