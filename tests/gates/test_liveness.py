"""Gates of attack detection: what docs/liveness.md claims, on the pictures and clips of ECARD_DATA
and in the simulator. FULL runs the numbers of sessions that the targets name, on the kept seeds."""

import json
import math
import os
import random
import time
from dataclasses import astuple, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from biometrics.challenge import Profile, draw
from biometrics.engines import Engine, load_engine
from biometrics.evaluation import liveness, simulated
from biometrics.evaluation.simulator import KEPT_SEEDS, Species, play
from biometrics.liveness import judge_capture
from biometrics.minifasnet import MiniFasNet
from biometrics.models import install, pack_named
from biometrics.tracks import Seen
from biometrics.types import Box

pytestmark = pytest.mark.gate
FULL = bool(os.environ.get("ECARD_FULL"))
SESSIONS = 150 if FULL else 1
WITH_PACK = 20 if FULL else 1
APCER, BPCER = 0.07, 0.10
KNOWN = {"screen_video_tinted": 0.017, "screen_video": 0.013, "print_swapped": 0.010}
"""What 300 sessions on kept seeds showed, without a pack (docs/liveness.md); the others: none. With
a pack nothing opens that does not open without it."""


@pytest.fixture(scope="module")
def models(ecard_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    install(pack_named("minifasnet"), folder, str(ecard_data / "models"))
    return folder


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def bench(*arguments: object) -> dict[str, Any]:
    out = Path(str(arguments[-1]))
    assert liveness.main([str(argument) for argument in ["--out", out, *arguments[:-1]]]) == 0
    report: dict[str, Any] = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return report


def recordings(ecard_data: Path, kind: str) -> list[object]:
    folder = ecard_data / kind
    return ["--manifest", folder / "manifest.csv", "--images", folder]


def stills(ecard_data: Path, folder: Path, *, every: int) -> list[object]:
    """The single frames, or evenly chosen ones: a small run only shows that the bench works."""
    given = recordings(ecard_data, "attacks")
    lines = (ecard_data / "attacks" / "manifest.csv").read_text(encoding="utf-8").splitlines()
    given[1] = folder / "some.csv"
    given[1].write_text("\n".join([lines[0], *lines[1::every]]), encoding="utf-8")
    return given


def test_with_the_pack_single_frames_reach_the_targets(
    ecard_data, models, tmp_path, record_property
):
    given = stills(ecard_data, tmp_path, every=1 if FULL else 6)
    report = bench(*given, "--pack", "minifasnet", "--models", models, tmp_path)
    sets = report["sets"]
    celeba = sets["celeba_spoof"]["species"]["mixed"]
    printed = sets["nuaa"]["species"]["print"]
    for name, found in {"CelebA-Spoof's part": celeba, "NUAA": printed}.items():
        value, interval = found["apcer_at_bpcer_5"], found["apcer_at_bpcer_5_interval"]
        shown = f"{value:.3f} ({interval[0]:.3f}-{interval[1]:.3f}), n {found['n']}"
        record_property(f"{name}, pack: APCER at BPCER 5 %", shown)
    record_property("IAPAR of NUAA with the pack", str(report["iapar"]))
    assert celeba["apcer_at_bpcer_5"] < (0.20 if FULL else 0.35)
    assert printed["apcer_at_bpcer_5"] <= 0.01


def test_without_a_pack_single_frames_are_reported(ecard_data, tmp_path, record_property):
    report = bench(*stills(ecard_data, tmp_path, every=1 if FULL else 20), tmp_path)
    for name, found in report["species"].items():
        record_property(f"{name}, no pack: APCER at BPCER 5 %", found["apcer_at_bpcer_5"])
        assert found["apcer_at_bpcer_5_interval"] is not None


def test_clips_pass_in_no_order_but_their_own_and_no_replay_is_live(
    ecard_data, models, tmp_path, record_property
):
    given = recordings(ecard_data, "captures")
    report = bench(*given, "--pack", "minifasnet", "--models", models, tmp_path)
    turning = [clip for clip in report["clips"] if clip["path"].startswith("pad_tdm")]
    real = [clip for clip in turning if clip["label"] == "bona_fide"]
    live = sum(clip["verdict"] == "live" for clip in real)
    replayed = [clip["verdict"] for clip in turning if clip["label"] == "attack"]
    tried = sum(clip["others_tried"] for clip in report["clips"])
    record_property("live clips of head turns judged live", f"{live} of {len(real)}")
    record_property("replayed clips", ", ".join(replayed))
    record_property("orders that a clip does not perform, tried", tried)
    assert sum(clip["others_passed"] for clip in turning) == 0
    assert "live" not in replayed
    assert live >= len(real) * 2 / 3


@pytest.fixture(scope="module")
def strangers(ecard_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest's people of LFW: photos of adults, large enough to paint a head with."""
    lines = (ecard_data / "faces" / "manifest.csv").read_text(encoding="utf-8").splitlines()
    kept = [lines[0], *(line for line in lines if line.startswith("lfw/"))]
    path = tmp_path_factory.mktemp("strangers") / "lfw.csv"
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return path


def test_in_the_simulator_every_species_is_held(ecard_data, strangers, tmp_path, record_property):
    given = ["--manifest", strangers, "--images", ecard_data / "faces"]
    report = bench(*given, "--simulate", SESSIONS, "--seeds", "kept", tmp_path)
    record_property("SIMULATION verdicts", json.dumps(report["verdicts"]))
    assert past_what_is_known(report) == []
    if FULL:
        assert report["bona_fide"]["bpcer"] <= BPCER
        assert all(found["apcer"] <= APCER for found in report["species"].values())


def test_a_pack_lets_no_attack_of_the_simulator_in(
    ecard_data, strangers, models, tmp_path, record_property
):
    given = ["--manifest", strangers, "--images", ecard_data / "faces", "--pack", "minifasnet"]
    given += ["--models", models, "--simulate", WITH_PACK, "--seeds", "kept"]
    report = bench(*given, tmp_path)
    assert report["pack"] == "minifasnet"
    assert all("pack" in measured for measured in report["measured"].values())
    record_property("SIMULATION verdicts with the pack", json.dumps(report["verdicts"]))
    assert past_what_is_known(report) == []


def past_what_is_known(report: dict[str, Any]) -> list[str]:
    """Species of which more opened than 95 of 100 such runs would show at the known rate; of most
    that is one already."""
    return [
        name
        for name, found in report["species"].items()
        if round(found["apcer"] * found["n"]) > most_of(found["n"], KNOWN.get(name, 0.0))
    ]


def most_of(trials: int, rate: float) -> int:
    """How many errors of that rate 95 of 100 runs of so many trials do not exceed."""
    chances = (
        math.comb(trials, errors) * rate**errors * (1 - rate) ** (trials - errors)
        for errors in range(trials + 1)
    )
    return next(errors for errors, up_to in enumerate(accumulate(chances)) if up_to >= 0.95)


def test_one_opened_attack_of_a_small_run_is_one_too_many():
    assert [most_of(1, rate) for rate in KNOWN.values()] == [0, 0, 0]
    assert (most_of(150, 0.0), most_of(150, 0.017)) == (0, 5)
    opened = {"print_flat": {"n": 1, "apcer": 1.0}, "screen_video": {"n": 150, "apcer": 5 / 150}}
    assert past_what_is_known({"species": opened}) == ["print_flat", "screen_video"]


@pytest.fixture(scope="module")
def answered(ecard_data: Path, strangers: Path, engine: Engine) -> list[Any]:
    """A live answer to each of two challenges, by two people. A simulation."""
    faces = ecard_data / "faces"
    people = simulated.people_of(strangers, faces, engine, "kept")
    made = []
    for seed in KEPT_SEEDS[1000:1002]:
        challenge = draw(Profile.STANDARD, random.Random(seed))
        take = play(challenge, next(people).person, Species.LIVE, seed)
        made.append((challenge, simulated.track_of(take, engine).frames))
    return made


def judged_live(frames: list[Seen], challenge: Any) -> bool:
    return judge_capture(frames, challenge, passive=False).verdict.value == "live"


def test_wrong_late_foreign_and_reordered_answers_are_refused(answered, record_property):
    (challenge, frames), (drawn, others) = answered
    assert judged_live(frames, challenge)
    assert judged_live(others, drawn)
    refused = {"of another person": not judged_live(others, challenge)}
    for seed in range(100 if FULL else 10):
        foreign = draw(Profile.STANDARD, random.Random(5000 + seed))
        refused[f"foreign {seed}"] = not judged_live(frames, foreign)
        shuffled = list(frames)
        random.Random(seed).shuffle(shuffled)
        moved = [
            Seen(seen.at_ms, other.image, other.face)
            for seen, other in zip(frames, shuffled, strict=True)
        ]
        refused[f"reordered {seed}"] = not judged_live(moved, challenge)
    late = [Seen(seen.at_ms + 4000, seen.image, seen.face) for seen in frames]
    refused["late"] = not judged_live(late, challenge)
    twice = [*frames[:8], frames[7], *frames[9:]]
    refused["duplicated"] = not judged_live(twice, challenge)
    still = [Seen(seen.at_ms, frames[0].image, frames[0].face) for seen in frames]
    refused["a still"] = not judged_live(still, challenge)
    record_property("answers refused (simulation)", f"{sum(refused.values())} of {len(refused)}")
    assert all(refused.values())


COST_MS = 150 if FULL else 300
"""Of processor time; in a small run another gate works beside it, and a millisecond does less."""


@pytest.mark.alone(small=False)
@pytest.mark.parametrize("packed", [False, True])
def test_twelve_frames_of_a_phone_cost_little(answered, models, record_property, packed):
    challenge, frames = answered[0]
    some = [enlarged(seen, 1.5) for seen in frames[:: max(1, len(frames) // 12)][:12]]
    pack = MiniFasNet(models) if packed else None
    judge_capture(some, challenge, pack)
    begun = time.process_time()
    for _ in range(5):
        judge_capture(some, challenge, pack)
    cost_ms = (time.process_time() - begun) / 5 * 1000
    height, width = some[0].image.shape[:2]
    what = f"ms of one core for 12 frames of {width} × {height}"
    record_property(f"{what}, {'with' if packed else 'without'} the pack", round(cost_ms))
    assert cost_ms <= COST_MS


def enlarged(seen: Seen, times: float) -> Seen:
    """The frame at another size, with the face where it is then."""
    image = np.asarray(cv2.resize(seen.image, None, fx=times, fy=times), np.uint8)
    if seen.face is None:
        return replace(seen, image=image)
    face = replace(
        seen.face,
        box=Box(*(times * edge for edge in astuple(seen.face.box))),
        landmarks=tuple((times * x, times * y) for x, y in seen.face.landmarks),
        eye_distance_px=times * seen.face.eye_distance_px,
    )
    return replace(seen, image=image, face=face)
