"""`match`: error rates of an engine, slice by slice, beside plainer ways to compare.

Writes report.json, report.md and det.svg. report.json:

    {"engine": …, "date": …, "pictures": {…}, "notes": [sentences on what is lacking],
     "slices": {NAME: {"subjects", "images", "failed_to_detect", "genuine", "impostor",
        "fnmr_at_fmr": {"1e-4": {"value", "low", "high", "errors", "comparisons", "method"}
            or null},
        "operating_point": {"fmr", "fnmr", "review", "rejected"},
        "baselines": {NAME: {"fnmr_at_fmr", "difference": {"fmr", "value", "low", "high",
            "1e-4": {"value", "low", "high"} or null}}}}},
     "operating_points": {…}, "groups": {…}}

All ten slices are there, also those that no picture belongs to. A rate is null where the
comparisons cannot show it, its `low` and `high` where they support no interval (intervals.py). A
difference is ours minus the baseline's: at each FMR by name, and once more at `fmr`, the one that
the slice is judged at (the next larger one where so few comparisons do not show it). At the
operating point, `fmr` and `fnmr` are null where nobody is accepted without a person. The slices
`kin` and `kin_contrast` also have `at_stranger_fmr` (kin.py).
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.progress import track

from biometrics import calibration, cohort
from biometrics.evaluation.arguments import add_sources, opened_gallery, reported
from biometrics.evaluation.decisions import Points, decided, point_at
from biometrics.evaluation.doubles import read_doubles, same_files
from biometrics.evaluation.gallery import Gallery
from biometrics.evaluation.groups import group_rates
from biometrics.evaluation.kin import Household, Kin, as_comparisons
from biometrics.evaluation.manifest import read_relations
from biometrics.evaluation.measure import (
    Method,
    as_shipped,
    compare,
    plain,
    plain_cohort,
    plain_mean,
)
from biometrics.evaluation.plots import Curve, curve_of, draw
from biometrics.evaluation.points import Calibration, write_points
from biometrics.evaluation.rates import Comparisons, differences, fnmr_at_fmr
from biometrics.evaluation.report import fmr_name, readable
from biometrics.evaluation.slices import Slice, Slicer

_NO_DOUBLES = (
    "No table of doubles was given: where a set shows one person under several names, false match"
    " rates count these pairs."
)
_NO_RELATIONS = "No relations were given: no relatives are compared in kin and kin_contrast."

Curves = dict[str, dict[str, Curve]]
"""By slice and method."""


@reported
def main(arguments: Sequence[str]) -> int:
    """Measures, and writes the three files."""
    options = _parser().parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    # every table is read before pictures are embedded, which may take an hour
    relations = read_relations(options.relations) if options.relations else []
    named = read_doubles(options.doubles) if options.doubles else []
    gallery = opened_gallery(options, options.out)
    doubles = same_files(gallery) + named
    slicer = Slicer(gallery.pictures, gallery.found(), relations, doubles)
    labelled = Slicer(gallery.pictures, gallery.found(), relations, same_files(gallery))
    bench = Bench(gallery, slicer, cohort.load(gallery.engine, gallery.weights))
    if options.write_operating_points:
        limits = Calibration(gallery, slicer, labelled, bench.shipped).points(options.data)
        points: Mapping[str, Any] | None = limits
        write_points(options.write_operating_points, gallery.engine, limits)
    else:
        calibration.points_of(gallery.engine, gallery.weights)  # refuses what is no sound limit
        points = calibration.measured(gallery.engine)
    report = bench.report(points)
    report["pictures"]["doubles_left_out"] = len(doubles)
    if not named:
        report["notes"].append(_NO_DOUBLES)
    text = json.dumps(report, indent=1, ensure_ascii=False)
    (options.out / "report.json").write_text(text + "\n", encoding="utf-8")
    (options.out / "report.md").write_text(readable(report), encoding="utf-8")
    draw(bench.curves, options.out / "det.svg")
    print(f"report: {options.out / 'report.md'}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m biometrics.evaluation match")
    add_sources(parser)
    parser.add_argument("--relations", type=Path, help="subject_a, subject_b")
    parser.add_argument("--doubles", type=Path, help="pairs that show one person (see doubles)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--write-operating-points",
        type=Path,
        metavar="FILE",
        nargs="?",
        const=calibration.FILE,
        help="set the limits anew, and keep them (default: where the verifier reads them)",
    )
    parser.add_argument("--data", default="", help="a word on the pictures, kept with the limits")
    return parser


class Bench:
    """Measures one gallery."""

    def __init__(self, gallery: Gallery, slicer: Slicer, means: cohort.AgeMeans | None) -> None:
        self.gallery = gallery
        self.slicer = slicer
        self.means = means
        self.shipped = as_shipped(means)
        self.curves: Curves = {}

    def report(self, points: Mapping[str, Any] | None) -> dict[str, Any]:
        """All that report.json holds."""
        engine = self.gallery.engine
        limits = calibration.read_points(engine, points).by_band if points else None
        in_use = limits or calibration.uncalibrated(engine).by_band
        slices = self.slicer.all()
        found = {s.name: self._slice(s, in_use) for s in track(slices, "comparing")}
        self._add_kin(found, in_use)
        return {
            "engine": engine,
            "date": datetime.now(UTC).date().isoformat(),
            "pictures": {
                "all": len(self.gallery.pictures),
                "failed_to_detect": int((~self.gallery.found()).sum()),
            },
            "notes": self._notes(),
            "slices": found,
            "operating_points": points,
            "groups": group_rates(self.gallery, self.slicer, self.shipped, limits),
        }

    def _notes(self) -> list[str]:
        lacking = self.slicer.in_family.any() and not self.slicer.relatives
        return [_NO_RELATIONS] if lacking else []

    def _slice(self, slice_: Slice, limits: Points) -> dict[str, Any]:
        ours = compare(self.gallery, slice_, self.shipped)
        self.curves[slice_.name] = {"shipped": curve_of(ours)}
        return {
            "subjects": len(set(self.slicer.subjects[slice_.pictures].tolist())),
            "images": len(slice_.pictures),
            "failed_to_detect": slice_.failed,
            "genuine": len(ours.genuine),
            "impostor": ours.trials.total,
            "fnmr_at_fmr": _named(fnmr_at_fmr(ours)),
            "operating_point": decided(self.gallery, slice_, self.shipped, limits),
            "baselines": {m.name: self._baseline(slice_, m, ours) for m in self._plainer(slice_)},
        }

    def _baseline(self, slice_: Slice, method: Method, ours: Comparisons) -> dict[str, Any]:
        theirs = compare(self.gallery, slice_, method, trials=ours.trials)
        self.curves[slice_.name][method.name] = curve_of(theirs)
        return _beside(theirs, ours, slice_.name)

    def _plainer(self, slice_: Slice) -> list[Method]:
        methods = [plain()]
        if slice_.name.endswith("mean3"):
            methods.append(plain_mean())
        if self.means and (self.slicer.ages[slice_.pictures] >= 0).all():
            methods.append(plain_cohort(self.means))
        return methods

    def _add_kin(self, found: dict[str, Any], limits: Points) -> None:
        """The slice `kin_contrast`, and in both what is reached at limits set on strangers."""
        household = Household(self.slicer)
        kin = Kin.measured(self.gallery, household, self.shipped)
        claims = household.claims(self.gallery, plain())
        comparisons, simpler = kin.comparisons(), as_comparisons(*claims, household.families)
        self.curves["kin_contrast"] = {
            "shipped": curve_of(comparisons),
            "plain": curve_of(simpler),
        }
        alone: dict[str, Any] = {}
        contrast: dict[str, Any] = {}
        for fmr, limit in kin.limits.items():
            alone[fmr_name(fmr)] = contrast[fmr_name(fmr)] = None
            if limit is not None:
                alone[fmr_name(fmr)] = kin.without_contrast(limit)
                contrast[fmr_name(fmr)] = kin.with_contrast(limit, kin.margin)
        found["kin"]["at_stranger_fmr"] = alone
        found["kin_contrast"] = {
            **{key: found["kin"][key] for key in ("subjects", "images", "failed_to_detect")},
            "genuine": len(kin.genuine),
            "impostor": len(kin.impostors),
            "fnmr_at_fmr": _named(fnmr_at_fmr(comparisons)),
            "operating_point": kin.at_point(point_at(limits, None)),
            "baselines": {"plain": _beside(simpler, comparisons, "kin_contrast")},
            "at_stranger_fmr": contrast,
        }


_JUDGED_AT = 1e-4
_CHILDREN_JUDGED_AT = 1e-3
_OF_CHILDREN = {"age_11_15", "age_6_10", "age_0_5", "under_16"}


def _beside(theirs: Comparisons, ours: Comparisons, name: str) -> dict[str, Any]:
    """What is said of a baseline."""
    apart = differences(ours, theirs)
    wanted = _CHILDREN_JUDGED_AT if name in _OF_CHILDREN else _JUDGED_AT
    shown = {fmr: found for fmr, found in apart.items() if found and fmr >= wanted}
    at = min(shown, default=None)
    judged = dict.fromkeys(("value", "low", "high")) if at is None else asdict(shown[at])
    difference = {"fmr": at and fmr_name(at), **judged, **_named(apart)}
    return {"fnmr_at_fmr": _named(fnmr_at_fmr(theirs)), "difference": difference}


def _named(rates: Mapping[float, Any]) -> dict[str, Any]:
    return {fmr_name(fmr): rate and asdict(rate) for fmr, rate in rates.items()}
