"""`threads`: eight threads that judge for a while, and beside them one alone: how many decisions a
second, and how much memory a worker holds.

Memory is read before and after the long stretch, once every thread has held its largest arrays
(`warm`). Throughput is taken in short turns, one thread and all of them. On a machine that is not
idle others take the cores away: `gain_of_own` leaves out the time in which a thread was ready and
no core was free (the system counts it), `gain` does not.

report.json: `{"engine", "cores", "threads", "seconds", "turn_seconds", "decisions", "memory_mb":
{"ready", "warm", "end", "peak"}, "drift_mb", "gain": {"median", "rounds"}, "gain_of_own":
{"median", "rounds"}}`.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from biometrics.engines import DEFAULT_ENGINE, ENGINES
from biometrics.errors import BiometricsError
from biometrics.evaluation.arguments import add_models, at_least_one, duration, reported
from biometrics.evaluation.speed import ADULT_AGE, Capture, capture_of, pictures
from biometrics.memory import cores, peak_mb, resident_mb, waited_seconds
from biometrics.progress import Progress
from biometrics.types import Outcome
from biometrics.verifier import FaceVerifier

THREADS = 8
TURN_SECONDS = 20.0
"""At the end of a turn of eight threads one decision may run alone on one of two cores: of 5 s that
is 1 part in 30, of 20 s 1 in 120."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What some threads got done."""

    decisions: int
    seconds: float
    waited: float
    """For a free core, each of the judging threads, seconds."""

    def rate(self) -> float:
        """Decisions a second."""
        return self.decisions / self.seconds

    def rate_of_own(self) -> float:
        """The same without the time waited."""
        return self.decisions / max(self.seconds - self.waited, self.seconds / 10)


@reported
def main(arguments: Sequence[str]) -> int:
    """Measures, prints and writes report.json."""
    parser = argparse.ArgumentParser("python -m biometrics.evaluation threads")
    parser.add_argument("--engine", default=DEFAULT_ENGINE, choices=ENGINES)
    add_models(parser)
    parser.add_argument("--seconds", type=duration, default=600, help="of all threads, for memory")
    parser.add_argument("--warm", type=duration, default=60, help="seconds before memory is read")
    parser.add_argument("--rounds", type=at_least_one, default=5, help="of one thread, then all")
    parser.add_argument("--turn", type=duration, default=TURN_SECONDS, help="seconds of each")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    asked = parser.parse_args(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    verifier = FaceVerifier.load(engine=asked.engine, models=asked.models)
    report = measure(verifier, asked.seconds, asked.warm, asked.rounds, asked.turn)
    text = json.dumps(report, indent=2) + "\n"
    (asked.out / "report.json").write_text(text, encoding="utf-8")
    print(text)
    return 0


def measure(
    verifier: FaceVerifier, seconds: float, warm: float, rounds: int, turn: float
) -> dict[str, Any]:
    """The report."""
    ready, capture = resident_mb(), capture_of(pictures(None)[0])
    with Progress("judging", 2 + 2 * rounds) as progress:
        judging(verifier, capture, warm, THREADS)
        progress.step()
        before = resident_mb()
        long = judging(verifier, capture, seconds, THREADS)
        progress.step()
        after, turns = resident_mb(), []
        for _ in range(rounds):
            one = judging(verifier, capture, turn, 1)
            turns.append((one, judging(verifier, capture, turn, THREADS)))
            progress.step(2)
    return {
        "engine": verifier.engine,
        "cores": cores(),
        "threads": THREADS,
        "seconds": seconds,
        "turn_seconds": turn,
        "decisions": long.decisions,
        "memory_mb": {"ready": ready, "warm": before, "end": after, "peak": peak_mb()},
        "drift_mb": None if before is None or after is None else after - before,
        "gain": _gains([every.rate() / one.rate() for one, every in turns]),
        "gain_of_own": _gains([every.rate_of_own() / one.rate_of_own() for one, every in turns]),
    }


def _gains(rounds: Sequence[float]) -> Mapping[str, Any]:
    return {"median": median(rounds), "rounds": rounds}


def judging(verifier: FaceVerifier, capture: Capture, seconds: float, threads: int) -> Stretch:
    """So many threads decide one after the other. `BiometricsError` where one does not match."""
    ends = time.monotonic() + seconds

    def work(_: int) -> tuple[int, float]:
        done, waited = 0, waited_seconds()
        while time.monotonic() < ends:
            answer = verifier.verify(capture.frames, capture.reference, age=ADULT_AGE)
            if answer.outcome is not Outcome.MATCH:
                raise BiometricsError(f"a portrait against itself: {answer.outcome}")
            done += 1
        return done, waited_seconds() - waited

    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(work, range(threads)))
    at_once = min(threads, cores())
    decisions, waited = (sum(part) for part in zip(*found, strict=True))
    return Stretch(int(decisions), time.monotonic() - began, waited / at_once)
