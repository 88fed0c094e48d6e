"""`targets`: what has to be reached, what was measured, and whether it is enough, in one table.

Reads reports that `speed`, `threads` and `match` wrote and measures nothing itself; a report that
is not given leaves its rows out.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from biometrics.evaluation.arguments import reported
from biometrics.evaluation.errors import ManifestUnreadable
from biometrics.evaluation.report import rate, table

Report = Mapping[str, Any]
Row = tuple[str, str, str, bool]
"""What, target, measured, reached."""

_FASTER = {"decision": 8.0, "embedding": 8.0, "embedding_batch8": 15.0, "detector": 12.0}
_AIMS = {"decision": "≥ 8, aim 15"}
_MEMORY_MB = 400
_START_SECONDS = 3
_DRIFT_MB = 10
_GAIN = 1.8
_KIN_TIMES = 10
_MORE_REVIEW = 0.05
_BESIDE_PLAINER = (
    ("adult_strangers", "plain", ("1e-4",), "LFW, all pairs, single photo"),
    ("adult_strangers_mean3", "plain_mean", ("1e-4",), "one against the mean of 3"),
    ("under_16", "plain_cohort", ("1e-2", "1e-3"), "under 16, at most 2 years apart"),
)


@reported
def main(arguments: Sequence[str]) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser("python -m biometrics.evaluation targets")
    parser.add_argument("--speed", type=Path, metavar="DIR")
    parser.add_argument("--threads", type=Path, metavar="DIR")
    parser.add_argument("--match", type=Path, metavar="DIR", nargs="*", default=[])
    options = parser.parse_args(arguments)
    rows = [*_each(options.speed, _speed), *_each(options.threads, _threads)]
    rows += [row for folder in options.match for row in _each(folder, match_rows)]
    print("\n".join(table_of(rows)))
    return 0


def table_of(rows: Sequence[Row]) -> list[str]:
    """Markdown."""
    head = ["", "target", "measured", "reached"]
    return table(head, [[*row[:3], "yes" if row[3] else "**no**"] for row in rows])


def _each(folder: Path | None, rows_of: Any) -> list[Row]:
    if folder is None:
        return []
    path = folder / "report.json"
    try:
        return list(rows_of(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ManifestUnreadable(f"{path} is no report of that kind") from error


def _speed(report: Report) -> Iterator[Row]:
    for name, least in _FASTER.items():
        clock, processor = report["ratios"][name], report["cpu_ratios"][name]
        said = f"{clock:.1f} ({processor:.1f} by processor time)"
        target = _AIMS.get(name, f"≥ {least:.0f}") + " times faster"
        yield f"{name}, {report['engine']}", target, said, max(clock, processor) >= least
    start = report["ready_seconds"] + report["first_decision_seconds"]
    enough = start <= _START_SECONDS
    yield "ready and first decision", f"≤ {_START_SECONDS} s", f"{start:.1f} s", enough
    yield _memory("worker, one thread", report["peak_memory_mb"]["engine"])


def _memory(what: str, peak: float) -> Row:
    return f"memory of a {what}", f"≤ {_MEMORY_MB} MB", f"{peak:.0f} MB at most", peak <= _MEMORY_MB


def _threads(report: Report) -> Iterator[Row]:
    gain = report["gain"]["median"]
    drift, seconds = report["drift_mb"], report["seconds"]
    threads = f"{report['threads']} threads"
    yield f"throughput of {threads}", f"≥ {_GAIN} × one", f"{gain:.2f}", gain >= _GAIN
    most, share = report["gain_of_processes"]["median"], report["of_processes"]["median"]
    said = f"{share:.2f} of the {most:.2f} × one that {report['cores']} processes reach"
    yield (
        f"the same, of what the machine gives {threads}",
        f"≥ {_GAIN / 2}",
        said,
        (share >= _GAIN / 2),
    )
    said = f"{drift:.1f} MB in {seconds:.0f} s"
    yield f"memory drift, {threads}", f"< {_DRIFT_MB} MB in 600 s", said, drift < _DRIFT_MB
    yield _memory(f"worker, {threads}", report["memory_mb"]["peak"])


def match_rows(report: Report) -> Iterator[Row]:
    """The rows of one engine's error rates."""
    for slice_, baseline, fmrs, what in _BESIDE_PLAINER:
        found = report["slices"][slice_]
        plainer = found["baselines"].get(baseline)
        for fmr in fmrs if plainer else ():
            ours, theirs = found["fnmr_at_fmr"][fmr], plainer["fnmr_at_fmr"][fmr]
            apart = plainer["difference"][fmr]
            if apart is not None:
                below = slice_.endswith("mean3")
                reached = apart["value"] < 0 if below else apart["value"] <= 0
                target = f"{'below' if below else 'no worse than'} {baseline}, {rate(theirs)}"
                said = f"{rate(ours)}; difference {rate(apart)}"
                yield f"{what}, FNMR at {fmr}, {report['engine']}", target, said, reached
    yield from _kin(report)


def _kin(report: Report) -> Iterator[Row]:
    for fmr, found in report["slices"]["kin_contrast"]["at_stranger_fmr"].items():
        if fmr == "1e-3" and found and found["kin_fmr"]:
            passing, more = found["kin_fmr"], found["more_review"]
            what = f"relatives where strangers have 1e-3, contrast, {report['engine']}"
            enough = passing["value"] <= _KIN_TIMES * 1e-3
            yield what, f"≤ {_KIN_TIMES} × 1e-3", rate(passing), enough
            what, enough = f"contrast sends to review, {fmr}", more["value"] <= _MORE_REVIEW
            yield f"{what}, {report['engine']}", "≤ 5 % more", rate(more), enough
