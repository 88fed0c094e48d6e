"""`threads`: eight threads that judge for a while, and beside them one alone: how many decisions a
second, and how much memory a worker holds.

Memory is read every second of the long stretch, once every thread has held its largest arrays
(`warm`): a single look depends on which arrays are free at that moment, so what drifts is the
median of the last tenth against that of the first. Throughput is taken in short turns, one thread
and all of them. The cores of a rented machine are not always whole ones, and others may take them
away: so each round also has as many processes as cores, which share nothing. `gain_of_processes` is
theirs, and `of_processes` what the threads get done of what they do.

report.json: `{"engine", "cores", "threads", "seconds", "turn_seconds", "decisions", "memory_mb":
{"ready", "warm", "end", "peak"}, "drift_mb"}` and, each as `{"median", "rounds"}`, `"gain"`,
`"gain_of_processes"`, `"of_processes"`.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any

from biometrics.engines import DEFAULT_ENGINE, ENGINES
from biometrics.errors import BiometricsError
from biometrics.evaluation.arguments import add_models, at_least_one, duration, reported
from biometrics.evaluation.speed import ADULT_AGE, Capture, capture_of, pictures
from biometrics.memory import cores, peak_mb, resident_mb
from biometrics.progress import Progress
from biometrics.types import Outcome
from biometrics.verifier import FaceVerifier

THREADS = 8
TURN_SECONDS = 20.0
"""At the end of a turn of eight threads one decision may run alone on one of two cores: of 5 s that
is 1 part in 30, of 20 s 1 in 120."""


LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """What some threads got done."""

    decisions: int
    seconds: float

    def rate(self) -> float:
        """Decisions a second."""
        return self.decisions / self.seconds


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
    with Processes(asked.engine, asked.models) as processes:
        report = measure(verifier, processes, asked.seconds, asked.warm, asked.rounds, asked.turn)
    text = json.dumps(report, indent=2) + "\n"
    (asked.out / "report.json").write_text(text, encoding="utf-8")
    print(text)
    return 0


@dataclass(frozen=True, slots=True)
class Round:
    """One thread, all threads, and as many processes as cores, one after the other."""

    one: Stretch
    every: Stretch
    processes: float
    """Decisions a second of all processes together."""


class Processes:
    """As many processes as there are cores, each with one thread and a verifier of its own."""

    def __init__(self, engine: str, models: Path | None) -> None:
        self._pool = ProcessPoolExecutor(
            cores(), get_context("spawn"), initializer=_load, initargs=(engine, models)
        )

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def rate(self, seconds: float) -> float:
        """Decisions a second of all together."""
        return sum(self._pool.map(_rate_alone, [seconds] * cores()))


class Watch:
    """Reads the memory of this process every second."""

    def __init__(self) -> None:
        self._seen: list[float] = []
        self._over = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            now = resident_mb()
            if now is not None:
                self._seen.append(now)

    def ends(self) -> dict[str, float | None]:
        """Median MB of the first tenth (`warm`) and of the last (`end`); None where unknown."""
        if not self._seen:
            return {"warm": None, "end": None}
        tenth = max(1, len(self._seen) // 10)
        return {"warm": median(self._seen[:tenth]), "end": median(self._seen[-tenth:])}

    def drift(self) -> float | None:
        """MB more at the end than at the beginning."""
        warm, end = self.ends().values()
        return None if warm is None or end is None else end - warm


_own: dict[str, FaceVerifier] = {}


def _load(engine: str, models: Path | None) -> None:
    _own["verifier"] = FaceVerifier.load(engine=engine, models=models)
    judging(_own["verifier"], capture_of(pictures(None)[0]), 1.0, 1)


def _rate_alone(seconds: float) -> float:
    return judging(_own["verifier"], capture_of(pictures(None)[0]), seconds, 1).rate()


def measure(
    verifier: FaceVerifier,
    processes: Processes,
    seconds: float,
    warm: float,
    rounds: int,
    turn: float,
) -> dict[str, Any]:
    """The report."""
    ready, capture = resident_mb(), capture_of(pictures(None)[0])
    with Progress("judging", 2 + 3 * rounds) as progress:
        judging(verifier, capture, warm, THREADS)
        progress.step()
        with Watch() as watch:
            long = judging(verifier, capture, seconds, THREADS)
        progress.step()
        turns = []
        processes.rate(0.1)  # loaded by now
        for _ in range(rounds):
            one = judging(verifier, capture, turn, 1)
            every = judging(verifier, capture, turn, THREADS)
            turns.append(Round(one, every, processes.rate(turn)))
            progress.step(3)
    return {
        "engine": verifier.engine,
        "cores": cores(),
        "threads": THREADS,
        "seconds": seconds,
        "turn_seconds": turn,
        "decisions": long.decisions,
        "memory_mb": {"ready": ready, **watch.ends(), "peak": peak_mb()},
        "drift_mb": watch.drift(),
        "gain": _gains([turn.every.rate() / turn.one.rate() for turn in turns]),
        "gain_of_processes": _gains([turn.processes / turn.one.rate() for turn in turns]),
        "of_processes": _gains([turn.every.rate() / turn.processes for turn in turns]),
    }


def _gains(rounds: Sequence[float]) -> Mapping[str, Any]:
    return {"median": median(rounds), "rounds": rounds}


def judging(verifier: FaceVerifier, capture: Capture, seconds: float, threads: int) -> Stretch:
    """So many threads decide one after the other. `BiometricsError` where one does not match."""
    ends = time.monotonic() + seconds

    def work(_: int) -> int:
        done = 0
        while time.monotonic() < ends:
            answer = verifier.verify(capture.frames, capture.reference, age=ADULT_AGE)
            if answer.outcome is not Outcome.MATCH:
                raise BiometricsError(f"a portrait against itself: {answer.outcome}")
            done += 1
        return done

    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        decisions = sum(pool.map(work, range(threads)))
    return Stretch(decisions, time.monotonic() - began)
