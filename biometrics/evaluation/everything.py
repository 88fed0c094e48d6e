"""`everything`: all the figures of docs/faces.md anew, in one go.

Means of every engine, pictures under two names, rates and operating points. `--faces` is a folder
laid out as the manifest says (manifest.csv, families/relations.csv, ages/). Hours on a slow
machine; embeddings are kept, so a run that was stopped goes on.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from biometrics import calibration, cohort
from biometrics.engines import load_engine
from biometrics.evaluation import cohort as cohort_command
from biometrics.evaluation import doubles, match
from biometrics.evaluation.arguments import reported

_ENGINES = ("resnet", "yunet-mobilefacenet")
_AGES = "ages/"


@reported
def main(arguments: Sequence[str]) -> int:
    """Runs the other commands in order; stops at the first that fails."""
    parser = argparse.ArgumentParser("python -m biometrics.evaluation everything")
    parser.add_argument("--faces", type=Path, required=True, metavar="DIR")
    parser.add_argument("--models", type=Path, required=True, help="folder of installed packs")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--workers", default="2")
    parser.add_argument("--source", default="UTKFace, for research only", help="of the means")
    parser.add_argument("--data", default="UTKFace, FG-NET, LFW, Families in the Wild")
    options = parser.parse_args(arguments)
    for engine in _ENGINES:
        name = load_engine(engine, models=options.models).name
        means = cohort.FOLDER / f"{name}.json"
        ages = ["--only", _AGES, "--source", options.source, "--out", str(means)]
        if failed := cohort_command.main([*_sources(options, engine), *ages]):
            return failed
    table = str(options.out / "doubles.csv")
    both = [*_sources(options, _ENGINES[1]), "--only", _AGES, "--out", table]
    if failed := doubles.main(both):
        return failed
    return max(_match(options, engine, table) for engine in _ENGINES)


def _sources(options: argparse.Namespace, engine: str) -> list[str]:
    named = {
        "--manifest": options.faces / "manifest.csv",
        "--images": options.faces,
        "--engine": engine,
        "--models": options.models,
        "--cache": options.out / "embeddings",
        "--workers": options.workers,
    }
    return [str(part) for pair in named.items() for part in pair]


def _match(options: argparse.Namespace, engine: str, table: str) -> int:
    relations = options.faces / "families" / "relations.csv"
    return match.main(
        [
            *_sources(options, engine),
            *("--relations", str(relations), "--doubles", table, "--data", options.data),
            *("--write-operating-points", str(calibration.FILE)),
            *("--out", str(options.out / engine)),
        ]
    )
