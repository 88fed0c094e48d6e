"""`speed`: how fast an engine is, beside face_recognition doing the same on the same frames, in one
process, on one core, round by round in turns.

The whole decision is set against face_recognition twice: as it comes (`decision`: its quicker,
weaker HOG detector), and with the two networks that the engine `resnet` runs
(`decision_same_networks`: its detector "cnn", not enlarging; on one portrait and in one round only,
since it takes long). Ratios are of medians of the time on the clock; `cpu_ratios` of the processor
time, which other work on the machine moves less.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from biometrics.alignment import align
from biometrics.detection import main_face
from biometrics.engines import DEFAULT_ENGINE, ENGINES, Engine, ResnetEngine, load_engine
from biometrics.errors import BiometricsError, ReferenceUnusable
from biometrics.evaluation.arguments import add_models, at_least_one, reported
from biometrics.images import PHOTO_FORMATS, ImageLimits, decode, encode_jpeg
from biometrics.memory import peak_mb
from biometrics.progress import Progress
from biometrics.types import Outcome, RgbImage
from biometrics.verifier import FaceVerifier, VerifierSettings

FRAME_SIZE = (480, 640)
FRAMES = 8
BATCH = 8
ADULT_AGE = 40
_PORTRAITS, _CANDIDATES = 4, 16
"""Of a folder so many are measured, of so many that are tried: a picture on which one of the two
sides finds no face would be no work for it."""
_LEAST_SIDE_PX = 100
_OURS_A_ROUND = 3
"""Ours is quick, so that one measurement in a round would be mostly noise."""

_SLOW = "decision_same_networks"
NAMES = {
    "decision": "whole decision, face_recognition as it comes",
    _SLOW: "whole decision, its cnn detector",
    "detector": "detector, one frame",
    "embedding": "embedding, one chip",
    "embedding_batch8": "embedding, 8 chips at once",
}


@dataclass(frozen=True, slots=True)
class Capture:
    """What one decision is made of."""

    frames: list[bytes]
    reference: bytes


@dataclass(slots=True)
class Times:
    """Seconds of one side of a task."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def measure(self, work: Callable[[], object]) -> None:
        """Do it once and keep how long it took."""
        began, began_working = time.perf_counter(), time.process_time()
        work()
        self.processor.append(time.process_time() - began_working)
        self.clock.append(time.perf_counter() - began)

    def summary(self) -> dict[str, float]:
        """Median and 95th percentile on the clock, median of processor time."""
        median, p95 = np.percentile(self.clock, [50, 95])
        return {
            "median": float(median),
            "p95": float(p95),
            "processor_median": float(np.median(self.processor)),
        }


@dataclass(slots=True)
class Task:
    """The same work, done by the engine and by face_recognition."""

    ours: Callable[[], object]
    theirs: Callable[[], object]
    our_times: Times = field(default_factory=Times)
    their_times: Times = field(default_factory=Times)

    def round(self) -> None:
        """Both sides once more, in turns."""
        self.their_times.measure(self.theirs)
        for _ in range(_OURS_A_ROUND):
            self.our_times.measure(self.ours)


@reported
def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 done, 2 not to be done with what was given."""
    asked = _parser().parse_args(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    portraits = pictures(asked.images)
    write(measure(asked.engine, portraits, models=asked.models, rounds=asked.rounds), asked.out)
    print((asked.out / "report.md").read_text(encoding="utf-8"))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m biometrics.evaluation speed")
    parser.add_argument("--engine", default=DEFAULT_ENGINE, choices=ENGINES)
    add_models(parser)
    parser.add_argument(
        "--images", type=Path, help="folder of portraits instead of the two that the wheels carry"
    )
    parser.add_argument("--rounds", type=at_least_one, default=5)
    parser.add_argument("--out", type=Path, required=True, help="folder for the report")
    return parser


def pictures(folder: Path | None) -> list[Image.Image]:
    """Portraits: some of the folder's, or the two that other packages' wheels carry."""
    if folder is not None:
        paths = sorted(
            path
            for path in folder.rglob("*")
            if path.suffix.lower() in {".jpg", ".jpeg", ".png"} and path.is_file()
        )
        if not paths:
            raise FileNotFoundError(f"no picture in {folder}")
        every = max(1, len(paths) // _CANDIDATES)
        return list(_sound(paths[::every][:_CANDIDATES]))
    astronaut = _opened(_of_package("skimage", "data", "astronaut.png")).crop((60, 0, 380, 427))
    admiral = _of_package("matplotlib", "mpl-data", "sample_data", "grace_hopper.jpg")
    return [astronaut, _opened(admiral).crop((0, 0, 450, 600))]


def _sound(paths: Sequence[Path]) -> Iterator[Image.Image]:
    for path in paths:
        with suppress(BiometricsError):
            picture = _opened(path)
            if min(picture.size) >= _LEAST_SIDE_PX:
                yield picture


def _opened(path: Path) -> Image.Image:
    """At the size at which the product compares a photo, so that both sides get the same, and
    photos of 20 megapixels neither fill the memory nor are done to one side only."""
    limits = ImageLimits()
    pixels = decode(path.read_bytes(), PHOTO_FORMATS, limits, limits.photo_side_px)
    return Image.fromarray(pixels)


def _of_package(package: str, *parts: str) -> Path:
    spec = find_spec(package)
    folders = (spec.submodule_search_locations or ()) if spec else ()
    return Path(next(iter(folders)), *parts)


def capture_of(picture: Image.Image) -> Capture:
    """8 frames as a camera might see the portrait that moves a little; the portrait itself."""
    width, height = picture.size
    frames = []
    for n in range(FRAMES):
        cut = picture.crop((4 * n, 2 * n, width - 3 * n, height - 2 * n))
        whole = ImageOps.fit(cut, FRAME_SIZE, Image.Resampling.BICUBIC)
        lit = ImageEnhance.Brightness(whole).enhance(0.9 + 0.02 * n)
        frames.append(encode_jpeg(np.array(lit), quality=92))
    return Capture(frames, encode_jpeg(np.array(picture), quality=92))


def measure(
    name: str, portraits: Sequence[Image.Image], *, models: Path | None, rounds: int
) -> dict[str, Any]:
    """The report: see docs/engines.md for its fields. `BiometricsError` where both sides find a
    face in none of the portraits."""
    _one_core()
    captures = [capture_of(portrait) for portrait in portraits]
    settings = VerifierSettings()
    began = time.perf_counter()
    engine = load_engine(name, models=models)
    verifier = FaceVerifier(engine, settings)
    ready_seconds = time.perf_counter() - began
    began = time.perf_counter()
    matching = [capture for capture in captures[:1] if _matches(verifier, capture)]
    first_seconds = time.perf_counter() - began
    ours_mb = peak_mb()
    matching += [capture for capture in captures[1:] if _matches(verifier, capture)]
    tasks = _tasks(engine, verifier, matching)
    _run(tasks, rounds)
    return {
        "engine": engine.name,
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one core",
        "portraits": len(tasks["decision"]),
        "rounds": rounds,
        "ready_seconds": ready_seconds,
        "first_decision_seconds": first_seconds,
        "peak_memory_mb": {"engine": ours_mb, "both": peak_mb()},
        "seconds": {name: _summaries(same) for name, same in tasks.items()},
        "ratios": {name: _ratio(same, "median") for name, same in tasks.items()},
        "cpu_ratios": {name: _ratio(same, "processor_median") for name, same in tasks.items()},
    }


def _run(tasks: Mapping[str, Sequence[Task]], rounds: int) -> None:
    with Progress("measuring", rounds * sum(map(len, tasks.values()))) as progress:
        for task in (task for name in NAMES if name != _SLOW for task in tasks[name]):
            task.ours(), task.theirs()  # the first time is never like the others
        for count in range(rounds):
            for name, same in tasks.items():
                for task in same if count == 0 or name != _SLOW else ():
                    task.round()
                progress.step(len(same))


def _one_core() -> None:
    """Keep to one core, where the system lets a process do so."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _tasks(
    engine: Engine, verifier: FaceVerifier, captures: Sequence[Capture]
) -> dict[str, list[Task]]:
    from biometrics.reference import face_recognition  # takes two seconds to import

    api: Any = face_recognition()
    tasks: dict[str, list[Task]] = {name: [] for name in NAMES}
    captures = list(islice((c for c in captures if _found_by_dlib(api, c)), _PORTRAITS))
    if not captures:
        raise BiometricsError("no portrait in which both sides find a face")
    for capture in captures:
        frame = _pixels(capture.frames[0])
        chips = np.stack([_chip(engine, _pixels(content)) for content in capture.frames[:BATCH]])
        dlib_chips = chips if chips.shape[1] == _DLIB_CHIP_PX else _squares(chips)
        ours = _decision(verifier, capture)
        one = _embedded(engine, chips[:1]), _embedded_by_dlib(api, dlib_chips[:1])
        batch = _embedded(engine, chips), _embedded_by_dlib(api, dlib_chips)
        tasks["decision"].append(Task(ours, _decision_of(api, capture, "hog")))
        if capture is captures[0]:
            tasks[_SLOW].append(Task(ours, _decision_of(api, capture, "cnn")))
        tasks["detector"].append(Task(_detection(engine, frame), _detection_of(api, frame)))
        tasks["embedding"].append(Task(*one))
        tasks["embedding_batch8"].append(Task(*batch))
    return tasks


def _matches(verifier: FaceVerifier, capture: Capture) -> bool:
    """Whether the whole work is done: nothing is refused before the comparison."""
    try:
        answer = verifier.verify(capture.frames, capture.reference, age=ADULT_AGE)
    except ReferenceUnusable:
        return False
    usable = next((fact.value for fact in answer.facts if fact.name == "frames_usable"), 0)
    return answer.outcome is Outcome.MATCH and usable == FRAMES


def _found_by_dlib(api: Any, capture: Capture) -> bool:
    reference = api.load_image_file(BytesIO(capture.reference))
    try:
        _decision_of(api, capture, "hog")()
    except IndexError:
        return False
    return bool(api.face_locations(reference, 0, model="cnn"))


_DLIB_CHIP_PX = 150


def _pixels(content: bytes) -> RgbImage:
    return decode(content, PHOTO_FORMATS, ImageLimits())


def _chip(engine: Engine, image: RgbImage) -> RgbImage:
    faces = engine.find(image, 0.2 * min(image.shape[:2]))
    if not faces:
        raise BiometricsError("no face was found in a portrait")
    return align(image, main_face(faces, image), engine.alignment)


def _squares(chips: RgbImage) -> RgbImage:
    side = (_DLIB_CHIP_PX, _DLIB_CHIP_PX)
    return np.stack([np.array(Image.fromarray(chip).resize(side)) for chip in chips])


def _decision(verifier: FaceVerifier, capture: Capture) -> Callable[[], object]:
    return lambda: verifier.verify(capture.frames, capture.reference, age=ADULT_AGE)


def _decision_of(api: Any, capture: Capture, model: str) -> Callable[[], object]:
    """Load, find, embed each frame and the reference, take the distances. `IndexError` where it
    finds no face."""
    enlarging = 0 if model == "cnn" else 1

    def embedded(content: bytes) -> object:
        image = api.load_image_file(BytesIO(content))
        places = api.face_locations(image, enlarging, model=model)
        return api.face_encodings(image, places)[0]

    def decide() -> float:
        wanted = embedded(capture.reference)
        shown = [embedded(frame) for frame in capture.frames]
        return float(np.mean(api.face_distance(shown, wanted)))

    return decide


def _detection(engine: Engine, frame: RgbImage) -> Callable[[], object]:
    """The same sizes of faces, 80 px and more, on either side."""
    if isinstance(engine, ResnetEngine):
        return lambda: engine.find_as_dlib(frame)
    return lambda: engine.find(frame, 80)


def _detection_of(api: Any, frame: RgbImage) -> Callable[[], object]:
    return lambda: api.face_locations(frame, 0, model="cnn")


def _embedded(engine: Engine, chips: RgbImage) -> Callable[[], object]:
    return lambda: engine.embed(chips)


def _embedded_by_dlib(api: Any, chips: RgbImage) -> Callable[[], object]:
    """One after the other: in batches dlib is slower."""
    encoder = api.api.face_encoder
    return lambda: [encoder.compute_face_descriptor(chip) for chip in chips]


def _joined(same: Sequence[Task], side: str) -> Times:
    times = [getattr(task, side) for task in same]
    clock = [second for one in times for second in one.clock]
    return Times(clock, [second for one in times for second in one.processor])


def _summaries(same: Sequence[Task]) -> dict[str, dict[str, float]]:
    return {
        "engine": _joined(same, "our_times").summary(),
        "face_recognition": _joined(same, "their_times").summary(),
    }


def _ratio(same: Sequence[Task], key: str) -> float:
    """Of the medians; over several portraits their mean."""
    ratios = [task.their_times.summary()[key] / task.our_times.summary()[key] for task in same]
    return float(np.mean(ratios))


def write(report: Mapping[str, Any], folder: Path) -> None:
    """report.json, report.md and a plot."""
    text = json.dumps(report, indent=2) + "\n"
    (folder / "report.json").write_text(text, encoding="utf-8")
    (folder / "report.md").write_text("\n".join(_page(report)) + "\n", encoding="utf-8")
    _plot(report, folder / "speed.png")


def _page(report: Mapping[str, Any]) -> list[str]:
    memory = report["peak_memory_mb"]
    size = f"{report['portraits']} portraits, {report['rounds']} rounds in turns."
    start = (
        f"Ready after {report['ready_seconds']:.2f} s, first decision after another"
        f" {report['first_decision_seconds']:.2f} s; peak memory {_megabytes(memory['engine'])},"
        f" with face_recognition {_megabytes(memory['both'])}."
    )
    lines = [
        f"# Speed of {report['engine']} beside face_recognition",
        "",
        f"{report['machine']}; {size}",
        start,
        "",
        "| work | engine, ms (p95) | face_recognition, ms (p95) | times faster | by CPU time |",
        "|---|---|---|---|---|",
    ]
    for name, label in NAMES.items():
        ours, theirs = (report["seconds"][name][side] for side in ("engine", "face_recognition"))
        cells = [_milliseconds(ours), _milliseconds(theirs)]
        ratios = report["ratios"][name], report["cpu_ratios"][name]
        lines.append(f"| {label} | {' | '.join(cells)} | {ratios[0]:.1f} | {ratios[1]:.1f} |")
    return lines


def _megabytes(size: float | None) -> str:
    return "unknown" if size is None else f"{size:.0f} MB"


def _milliseconds(summary: Mapping[str, float]) -> str:
    return f"{1000 * summary['median']:.1f} ({1000 * summary['p95']:.1f})"


def _plot(report: Mapping[str, Any], path: Path) -> None:
    from matplotlib.figure import Figure  # slow to import, only for the picture

    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(list(NAMES.values()), [report["ratios"][name] for name in NAMES])
    axes.bar_label(bars, fmt="%.1f ×", padding=3)
    axes.set_xlabel(f"{report['engine']}: times faster than face_recognition")
    axes.set_xscale("log")
    axes.invert_yaxis()
    figure.savefig(path, dpi=120)
