"""`python -m biometrics.evaluation liveness`: error rates against prints, screens and replays.

    --manifest FILE --images DIR --out DIR [--pack minifasnet]   single frames and clips
    --simulate N --manifest FILE --images DIR --out DIR [--seeds kept|development]
                     N simulated sessions of each kind, of people made from a manifest of faces

A manifest has the columns path, label (bona_fide or attack), and species or kind; subject where it
is known. Writes report.json and report.md, of a simulation also sessions.json with every session's
facts. Simulated rates never stand beside real ones.

Of a single frame `apcer` and `bpcer` are at `single_frames_pass_from` (report.json): where life and
attack are as likely. No limit in use is for single frames, since none alone ever shows life; a
capture's sums take `live_from`. A clip passes where it is judged live in its own order.
"""

import argparse
import json
import os
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from biometrics import detection, images
from biometrics.engines import DEFAULT_ENGINE, ENGINES, Engine, load_engine
from biometrics.errors import BiometricsError, ReferenceUnusable, UndecodableImage
from biometrics.evaluation import clips, simulated
from biometrics.evaluation.arguments import at_least_one, reported
from biometrics.evaluation.attacks import Presentation, iapar, in_words, rates
from biometrics.evaluation.errors import EvaluationError, ManifestUnreadable, PicturesMissing
from biometrics.evaluation.manifest import read_rows
from biometrics.evaluation.simulator import Species
from biometrics.fusion import LIVE_FROM
from biometrics.images import ImageLimits
from biometrics.liveness import Pack, is_performed, judge_capture, judge_picture
from biometrics.minifasnet import MiniFasNet
from biometrics.packs import default_folder
from biometrics.progress import Progress
from biometrics.types import Face, Life, RgbImage
from biometrics.verifier import FaceVerifier

PACKS = {MiniFasNet.name: MiniFasNet}
_SMALLEST = (0.2, 0.07)
"""Width of the faces looked for, as parts of the picture's shorter side: large ones first."""
_ADULT = 30
EVEN = 0.0
"""The log-likelihood ratio from which on a single frame is counted as passed."""


@reported
def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 done, 2 not to be done with what was given."""
    options = _parser().parse_args(arguments)
    if options.manifest is None or options.images is None:
        raise EvaluationError("--manifest and --images are needed")
    options.out.mkdir(parents=True, exist_ok=True)
    report = _simulation(options) if options.simulate else _recordings(options)
    content = json.dumps(report, indent=2, ensure_ascii=False)
    (options.out / "report.json").write_text(content + "\n", encoding="utf-8")
    words = "\n".join(_words(report)) + "\n"
    (options.out / "report.md").write_text(words, encoding="utf-8")
    print(words)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m biometrics.evaluation liveness")
    parser.add_argument("--manifest", type=Path, help="path, label, species or kind, subject")
    parser.add_argument("--images", type=Path, help="folder of its paths")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pack", choices=sorted(PACKS), help="an installed network to ask too")
    parser.add_argument("--models", type=Path, default=default_folder())
    parser.add_argument("--engine", default=DEFAULT_ENGINE, help=", ".join(ENGINES))
    parser.add_argument("--simulate", type=at_least_one, default=0, help="sessions of each kind")
    parser.add_argument("--seeds", choices=sorted(simulated.SEEDS), default="development")
    cores = os.cpu_count() or 1
    parser.add_argument("--processes", type=at_least_one, default=cores, help="of a simulation")
    return parser


def _words(report: dict[str, Any]) -> list[str]:
    kind = "SIMULATION" if report["simulation"] else "recordings of people"
    lines = [f"# Attack detection: {kind}", "", *in_words(report)]
    for clip in report.get("clips", []):
        passed = f"{clip['others_passed']} of {clip['others_tried']} other orders passed"
        own = ", ".join(clip["own_order"]) or "no turn"
        lines.append(f"- {clip['label']}, {own}: own order {clip['verdict']}; {passed}")
    if not report["simulation"]:
        lines.append(
            f"A single frame counts as passed from {report['single_frames_pass_from']} on, where"
            " life and attack are as likely: no limit in use is for single frames (a capture's sums"
            f" take {report['live_from']})."
        )
    if "iapar" in report:
        found = report["iapar"]
        passed = "not to be measured" if found["passed"] is None else f"{found['passed']} pass"
        lines.append(
            f"IAPAR: of {found['n']} attacks whose person is known, {passed} and match too."
        )
    if unreadable := report.get("unreadable"):
        lines.append(f"Could not be read: {', '.join(unreadable)}.")
    return lines


# --- recordings -----------------------------------------------------------------------------


def _recordings(options: argparse.Namespace) -> dict[str, Any]:
    rows = _rows(options.manifest)
    missing = [row["path"] for row in rows if not (options.images / row["path"]).is_file()]
    if missing:
        raise PicturesMissing(f"{len(missing)} pictures are missing, the first is {missing[0]}")
    engine = load_engine(options.engine, models=options.models)
    pack = PACKS[options.pack](options.models) if options.pack else None
    judged: list[Presentation] = []
    of_clips: list[tuple[Presentation, dict[str, Any]]] = []
    with Progress("pictures and clips", len(rows)) as progress:
        for row in rows:
            if _is_clip(row):
                of_clips.append(_clip(row, options.images, engine, pack))
            else:
                judged.append(_picture(row, options.images, engine, pack))
            progress.step(1)
    turning = [item for item, clip in of_clips if clip["own_order"]]
    everything = [*judged, *(item for item, _ in of_clips)]
    report: dict[str, Any] = {
        "simulation": False,
        "engine": engine.name,
        "pack": options.pack,
        "single_frames_pass_from": EVEN,
        "live_from": LIVE_FROM,
    }
    report |= rates(everything)
    report["sets"] = _sets(judged)
    if of_clips:
        report["sets"]["clips that turn"] = rates(turning)
        report["clips"] = [clip for _, clip in of_clips]
        report["undecided"] += sum(
            clip["verdict"] == "undecided" and item.score is not None for item, clip in of_clips
        )
    report["unreadable"] = [item.path for item in everything if item.unreadable]
    if any(item.is_attack for item in everything):
        report["iapar"] = _iapar(judged, [item for item, _ in of_clips], options)
    return report


def _rows(manifest: Path) -> list[dict[str, str]]:
    rows = []
    for line, row in read_rows(manifest, {"path", "label"}):
        if not row["path"] or row["label"] not in {"bona_fide", "attack"}:
            said = f"path {row['path']!r}, label {row['label']!r}"
            raise ManifestUnreadable(f"{manifest}, line {line}: {said}")
        rows.append(row)
    if not rows:
        raise ManifestUnreadable(f"{manifest} names no picture")
    return rows


def _is_clip(row: dict[str, str]) -> bool:
    return Path(row["path"]).suffix.lower() in clips.SUFFIXES


def _sets(judged: Sequence[Presentation]) -> dict[str, Any]:
    """The same rates for each folder of the manifest, since sets differ more than attacks do."""
    folders: dict[str, list[Presentation]] = {}
    for item in judged:
        folders.setdefault(item.path.split("/")[0] if "/" in item.path else ".", []).append(item)
    return {folder: rates(items) for folder, items in folders.items()}


def _presentation(row: dict[str, str], score: float | None, **more: bool) -> Presentation:
    species = row.get("species") or row.get("kind") or "unnamed"
    attack = row["label"] == "attack"
    passes = more.pop("passes", score is not None and score >= EVEN)
    subject = row.get("subject") or ""
    return Presentation(row["path"], attack, species, subject, score, passes, **more)


def _picture(row: dict[str, str], folder: Path, engine: Engine, pack: Pack | None) -> Presentation:
    limits = ImageLimits()
    try:
        content = (folder / row["path"]).read_bytes()
        picture = images.decode(content, images.PHOTO_FORMATS, limits, limits.photo_side_px)
    except (OSError, UndecodableImage):
        return _presentation(row, None, unreadable=True)
    face = _main_face(picture, engine)
    if face is None:
        return _presentation(row, None)
    score, _ = judge_picture(picture, face, pack)
    return _presentation(row, score)


def _main_face(picture: RgbImage, engine: Engine) -> Face | None:
    for smallest in _SMALLEST:
        faces = engine.find_main(picture, smallest * min(picture.shape[:2]))
        if faces:
            return detection.main_face(faces, picture)
    return None


def _clip(
    row: dict[str, str], folder: Path, engine: Engine, pack: Pack | None
) -> tuple[Presentation, dict[str, Any]]:
    """A clip against the turns it makes, and against every other order of moves."""
    try:
        track = clips.followed(engine, clips.read_clip(folder / row["path"]))
    except clips.ClipUnreadable:
        return _presentation(row, None, unreadable=True), _unreadable(row)
    own = clips.own_challenge(track)
    judged = judge_capture(track.frames, own, pack)
    others = clips.other_challenges(own)
    passed = sum(is_performed(track, other) for other in others)
    verdict = judged.verdict if own.slots else Life.UNDECIDED
    score = min(judged.against.values()) if own.slots and not judged.reasons else None
    shown = {
        "path": row["path"],
        "label": row["label"],
        "own_order": [slot.move.value for slot in own.slots],
        "verdict": verdict.value,
        "failed": list(judged.reasons),
        "facts": {fact.name: round(fact.value, 3) for fact in judged.facts},
        "others_tried": len(others),
        "others_passed": passed,
    }
    live, attack = verdict is Life.LIVE, verdict is Life.ATTACK
    return _presentation(row, score, passes=live, refused=attack), shown


def _unreadable(row: dict[str, str]) -> dict[str, Any]:
    """What is said of a clip of which nothing can be said."""
    return {
        "path": row["path"],
        "label": row["label"],
        "own_order": [],
        "verdict": Life.UNDECIDED.value,
        "failed": ["unreadable"],
        "facts": {},
        "others_tried": 0,
        "others_passed": 0,
    }


def _iapar(
    judged: Sequence[Presentation], of_clips: Sequence[Presentation], options: argparse.Namespace
) -> dict[str, Any]:
    """Attacks that pass and are also taken for the person whose other picture is at hand, of each
    species. A single frame passes at BPCER 5 % of the pictures, and without such a limit has no
    rate; a clip passes where it is judged live."""
    limit = rates(judged)["limit_at_bpcer_5"]
    references = {item.subject: item.path for item in judged if not item.is_attack and item.subject}
    frames, moving = (
        [item for item in items if item.is_attack and item.subject in references]
        for items in (judged, of_clips)
    )
    passing = [
        item
        for item in frames
        if limit is not None and item.score is not None and item.score >= limit
    ]
    passing += [item for item in moving if item.passes]
    verifier = FaceVerifier.load(engine=options.engine, models=options.models)
    matched = {
        item.path
        for item in passing
        if _matches(verifier, options.images, item.path, references[item.subject])
    }
    found = [(item.species, item.path in matched) for item in (*frames, *moving)]
    return {**iapar(found, limit is not None or not frames), "engine": options.engine}


def _matches(verifier: FaceVerifier, folder: Path, one: str, other: str) -> bool:
    try:
        shown = _compared(folder / one)
        return verifier.compare_photos(shown, (folder / other).read_bytes(), age=_ADULT).accepted
    except (ReferenceUnusable, BiometricsError):
        return False


def _compared(path: Path) -> bytes:
    """A picture, or of a clip the first one."""
    if path.suffix.lower() not in clips.SUFFIXES:
        return path.read_bytes()
    _, first = clips.read_clip(path)[0]
    return images.encode_jpeg(first)


# --- simulation -----------------------------------------------------------------------------


def _simulation(options: argparse.Namespace) -> dict[str, Any]:
    """People are made from the manifest's photos; the whole verifier judges, as in the service."""
    engine = load_engine(options.engine, models=options.models)
    load = partial(
        FaceVerifier.load, engine=options.engine, models=options.models, pack=options.pack or ""
    )
    people = simulated.people_of(options.manifest, options.images, engine, options.seeds)
    seeds = list(islice(simulated.SEEDS[options.seeds], options.simulate))
    species = list(Species)
    sessions = list(simulated.run(people, seeds, species, load, processes=options.processes))
    _keep(sessions, options.out / "sessions.json")
    judged = [_simulated(one) for one in sessions if one.species is not Species.LIVE_IN_SUN]
    return {
        "simulation": True,
        "seeds": options.seeds,
        "engine": engine.name,
        "pack": options.pack,
        **rates(judged),
        "undecided": sum(one.verdict == "undecided" for one in sessions),
        "verdicts": {kind.value: _verdicts(sessions, kind) for kind in Species},
        "live_from": LIVE_FROM,
        "measured": simulated.means(sessions),
    }


def _keep(sessions: Sequence[simulated.Session], path: Path) -> None:
    """Every session with what was measured in it, one to a line."""
    lines = [
        json.dumps(
            {
                "seed": one.seed,
                "species": one.species.value,
                "verdict": one.verdict,
                "score": one.score,
                "facts": {fact.name: round(fact.value, 4) for fact in one.said.facts},
                "failed": [fact.name for fact in one.said.facts if not fact.passed],
            }
        )
        for one in sessions
    ]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def _simulated(session: simulated.Session) -> Presentation:
    attack, kind = session.species.is_attack, session.species.value
    path = f"simulated/{session.seed}"
    return Presentation(path, attack, kind, "", session.score, session.said.accepted)


def _verdicts(sessions: Sequence[simulated.Session], kind: Species) -> dict[str, int]:
    counted = Counter(one.verdict for one in sessions if one.species is kind)
    return dict(counted.most_common())
