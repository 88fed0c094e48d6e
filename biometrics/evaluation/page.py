"""`page`: puts the figures of `match`'s reports into docs/faces.md, so that the page says nothing
that was not measured.

The first line is written anew, and what stands between `<!-- NAME -->` and `<!-- /NAME -->`; the
rest of the page is left as it is. The first report is the default engine's.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from biometrics.calibration import ADULTS
from biometrics.evaluation.arguments import reported
from biometrics.evaluation.errors import ManifestUnreadable
from biometrics.evaluation.report import past_target_as_labelled, rate, table, worst_ratio
from biometrics.evaluation.targets import match_rows, table_of

PAGE = Path(__file__).parents[2] / "docs" / "faces.md"
REPORTS = PAGE.parent / "measured" / "faces"
ENGINES = ("resnet", "yunet-mobilefacenet")

Report = Mapping[str, Any]


@reported
def main(arguments: Sequence[str]) -> int:
    """Writes the page."""
    parser = argparse.ArgumentParser("python -m biometrics.evaluation page")
    parser.add_argument("--reports", type=Path, default=REPORTS, help="a folder for each engine")
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args(arguments)
    page, reports = options.page.read_text(encoding="utf-8"), read_reports(options.reports)
    try:
        page = filled(page, reports)
    except (KeyError, TypeError) as error:
        raise ManifestUnreadable(
            f"{options.reports}: a report lacks what the page shows"
        ) from error
    options.page.write_text(page, encoding="utf-8")
    return 0


def read_reports(folder: Path) -> dict[str, Report]:
    """By engine. Raises `ManifestUnreadable`."""
    found = {}
    for engine in ENGINES:
        path = folder / engine / "report.json"
        try:
            found[engine] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ManifestUnreadable(f"{path} is no report") from error
    return found


def filled(page: str, reports: Mapping[str, Report]) -> str:
    """The page with the figures of these reports."""
    blocks = {
        "limits": [line for engine in reports for line in _limits(engine, reports[engine])],
        "targets": table_of([row for report in reports.values() for row in match_rows(report)]),
        "relatives": _relatives(reports),
        "groups": _groups(reports),
    }
    lines = page.split("\n")
    lines[0] = first_line(reports[ENGINES[0]])
    page = "\n".join(lines)
    for name, content in blocks.items():
        before, _, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        if not end:
            raise ManifestUnreadable(f"the page has no place for {name}")
        page = "".join(
            [before, f"<!-- {name} -->\n", *(f"{line}\n" for line in content), end, after]
        )
    return page


def first_line(report: Report) -> str:
    """Which share of each band goes to a person: of people who are who they say."""
    shares = [
        f"{name}: {_to_a_person(name, report)}" for name in report["operating_points"]["bands"]
    ]
    return (
        f"To a person goes, with the default engine: **{'; '.join(shares)}** (of people who are who"
        " they say, by age in years; strangers are refused or go there as well)."
    )


def _to_a_person(name: str, report: Report) -> str:
    band = report["operating_points"]["bands"][name]
    if band["accept_within"] is None:
        return "every match"
    if not band["fnmr"]:
        return "not known"
    if name == ADULTS.name:
        one, mean = (
            _percent(report["slices"][slice_]["operating_point"]["review"]["value"])
            for slice_ in ("adult_strangers", "adult_strangers_mean3")
        )
        return f"{one} of one photo against another, {mean} with three averaged"
    first = next(iter(band["fnmr"]))
    return _percent(band["fnmr"][first]["value"] - band["rejected"][first]["value"])


def _percent(value: float) -> str:
    return f"{100 * value:.2g} %"


def _limits(engine: str, report: Report) -> list[str]:
    points = report["operating_points"]
    head = ["age", "accepted within", "FMR", "as labelled", "nearer strangers", "comparisons"]
    rows = [_limit(name, band) for name, band in points["bands"].items()]
    lines = ["", f"`{engine}`, {points['date']}; {points['data']}:"]
    lines += table([*head, "people", "FNMR", "rejected"], rows)
    why = [
        f"{name}, {band['review_because']}"
        for name, band in points["bands"].items()
        if band["review_because"]
    ]
    lines += past_target_as_labelled(points)
    borrowed = [name for name, band in points["bands"].items() if band["borrowed"]]
    lines.append(f"Why a person decides: {'; '.join(why)}.")
    if borrowed:
        lines.append(f"*Borrowed* from {ADULTS.name}: the limit of {', '.join(borrowed)}.")
    return lines


def _limit(name: str, band: Mapping[str, Any]) -> list[str]:
    accepts = band["accept_within"]
    at = "" if accepts is not None else f" at {band['measured_at']:.4f}"
    return [
        name,
        "**a person decides**" if accepts is None else f"{accepts:.4f}",
        rate(band["fmr"]) + at,
        rate(band["fmr_as_labelled"]),
        "; ".join(f"{name}: {rate(found)}" for name, found in band["fmr_elsewhere"].items()) or "–",
        f"{band['fmr']['comparisons']:,}",
        str(band["people"]),
        _each(band["fnmr"]),
        _each(band["rejected"]),
    ]


def _each(rates: Mapping[str, Any]) -> str:
    if len(rates) == 1:
        return rate(next(iter(rates.values())))
    return "; ".join(f"{name}: {rate(found)}" for name, found in rates.items()) or "unknown"


def _relatives(reports: Mapping[str, Report]) -> list[str]:
    rows = []
    for engine, report in reports.items():
        contrast = report["slices"]["kin_contrast"]["at_stranger_fmr"]
        for fmr, alone in report["slices"]["kin"]["at_stranger_fmr"].items():
            if alone and (both := contrast[fmr]):
                shown = alone["kin_fmr"], both["kin_fmr"], both["more_review"], alone["fnmr"]
                rows.append([fmr, engine, *(rate(found) for found in shown)])
    head = ["strangers", "engine", "relatives", "with contrast", "contrast sends to review", "FNMR"]
    lines = table(head, rows)
    for engine, report in reports.items():
        alone, both = (
            rate(report["slices"][name]["operating_point"]["fmr"])
            for name in ("kin", "kin_contrast")
        )
        lines.append(
            f"**At the limit in use for adults {alone} of relatives pass with `{engine}`**, with"
            f" contrast {both}."
        )
    return lines


def _groups(reports: Mapping[str, Report]) -> list[str]:
    rows = []
    for engine, report in reports.items():
        for kind, found in report["groups"].items():
            ratios = [worst_ratio(part) for part in (found, found["false_non_match_rate"])]
            said = ["–" if ratio is None else f"{ratio:.2f}" for ratio in ratios]
            against = "all together" if "worst_to_together" in found else "the best"
            rows.append([kind, engine, *said, against, f"{found['at_most']}"])
    head = ["groups", "engine", "FMR, worst, times", "FNMR, worst, times", "against", "at most"]
    return table(head, rows)
