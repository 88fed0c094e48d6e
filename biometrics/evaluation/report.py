"""report.json as tables that a person reads."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_UNKNOWN = "–"


def fmr_name(fmr: float) -> str:
    """1e-4, not 0.0001."""
    return f"{fmr:.0e}".replace("e-0", "e-")


def readable(report: Mapping[str, Any]) -> str:
    """Markdown. A rate without an interval stands alone; a dash is what so few cannot show."""
    return "\n".join(
        [
            *_head(report),
            *_rates(report["slices"]),
            *_baselines(report["slices"]),
            *_zones(report["slices"]),
            *_points(report["operating_points"]),
            *_relatives(report["slices"]),
            *_groups(report["groups"]),
            "",
        ]
    )


def rate(found: Mapping[str, Any] | None) -> str:
    """Percent with its interval."""
    if found is None:
        return _UNKNOWN
    value = f"{100 * found['value']:.3g} %"
    if found["low"] is None:
        return value
    return f"{value} ({100 * found['low']:.3g}–{100 * found['high']:.3g})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return ["", *("| " + " | ".join(line) + " |" for line in lines), ""]


def _head(report: Mapping[str, Any]) -> Iterator[str]:
    pictures = report["pictures"]
    yield f"# Error rates of {report['engine']}, {report['date']}"
    yield ""
    yield f"{pictures['all']} pictures, no face found in {pictures['failed_to_detect']};"
    yield f"{pictures['doubles_left_out']} pairs left out as one person under two names."
    yield "95 % intervals in brackets: by person drawn anew, or Clopper-Pearson; none where the"
    yield "people are too few for one. Curves: det.svg."
    for note in report["notes"]:
        yield ""
        yield note


def _rates(slices: Mapping[str, Any]) -> list[str]:
    names = list(next(iter(slices.values()))["fnmr_at_fmr"])
    head = ["slice", "people", "pictures", "no face", "genuine", "impostor"]
    rows = [
        [
            name,
            *(str(s[key]) for key in ("subjects", "images", "failed_to_detect")),
            f"{s['genuine']:,}",
            f"{s['impostor']:,}",
            *(rate(s["fnmr_at_fmr"][fmr]) for fmr in names),
        ]
        for name, s in slices.items()
    ]
    return ["", "## FNMR at each FMR", *table(head + names, rows)]


def _baselines(slices: Mapping[str, Any]) -> list[str]:
    names = list(next(iter(slices.values()))["fnmr_at_fmr"])
    rows = []
    for name, s in slices.items():
        for method, found in s["baselines"].items():
            for what in ("fnmr_at_fmr", "difference"):
                label = method if what == "fnmr_at_fmr" else "difference"
                rows.append([name, label, *(rate(found[what][fmr]) for fmr in names)])
    title = "## Beside plainer ways, on the same comparisons (difference: ours minus theirs)"
    return [title, *table(["slice", "method", *names], rows)]


def _zones(slices: Mapping[str, Any]) -> list[str]:
    keys = ("fmr", "fnmr", "review", "rejected")
    rows = [
        [name, *(rate(s["operating_point"][key]) for key in keys)]
        for name, s in slices.items()
        if s["operating_point"]
    ]
    head = ["slice", "FMR", "FNMR", "genuine to review", "genuine rejected"]
    return ["## At the operating points", *table(head, rows)] if rows else []


def _points(points: Mapping[str, Any] | None) -> list[str]:
    if points is None:
        return ["No operating points were ever measured for this engine.", ""]
    head = ["age", "accept within", "review within", "target FMR", "FMR", "as labelled"]
    head += [
        "nearer strangers",
        "comparisons",
        "people",
        "FNMR",
        "rejected",
        "borrowed",
        "why review",
    ]
    rows = [_point(name, band) for name, band in points["bands"].items()]
    title = f"## Operating points of {points['date']}"
    return [title, *table(head, rows), *past_target_as_labelled(points), ""]


def past_target_as_labelled(points: Mapping[str, Any]) -> list[str]:
    """The bands that are accepted only with the pairs left out that may show one person: at most
    one line."""
    past = [
        f"{name} ({rate(band['fmr_as_labelled'])}; target {100 * band['target_fmr']:.3g} %)"
        for name, band in points["bands"].items()
        if band["accept_within"] is not None and not band["supported_as_labelled"]
    ]
    if not past:
        return []
    said = f"**Accepted though past the target as labelled**: {'; '.join(past)}"
    return [f"{said}. No limit near the one in use is within it."]


def _point(name: str, band: Mapping[str, Any]) -> list[str]:
    return [
        name,
        _limit(band["accept_within"]),
        _limit(band["review_within"]),
        _UNKNOWN if band["target_fmr"] is None else fmr_name(band["target_fmr"]),
        rate(band["fmr"]),
        rate(band["fmr_as_labelled"]),
        _each(band["fmr_elsewhere"]),
        f"{band['fmr']['comparisons']:,}",
        str(band["people"]),
        _each(band["fnmr"]),
        _each(band["rejected"]),
        "yes" if band["borrowed"] else "",
        band["review_because"] or "",
    ]


def _limit(limit: float | None) -> str:
    return "a person decides" if limit is None else f"{limit:.4f}"


def _each(rates: Mapping[str, Any] | None) -> str:
    if not rates:
        return "unknown"
    return "; ".join(f"{name}: {rate(found)}" for name, found in rates.items())


def _relatives(slices: Mapping[str, Any]) -> list[str]:
    if "kin_contrast" not in slices:
        return []
    rows = []
    for fmr, alone in slices["kin"]["at_stranger_fmr"].items():
        both = slices["kin_contrast"]["at_stranger_fmr"][fmr]
        if alone and both:
            shown = [alone["kin_fmr"], both["kin_fmr"], alone["fnmr"], both["more_review"]]
            rows.append([fmr, *(rate(found) for found in shown)])
    head = ["strangers' FMR", "relatives' FMR", "with contrast", "FNMR", "contrast adds to review"]
    return ["## Relatives, at limits set on strangers", *table(head, rows)]


def _ratio(found: Mapping[str, Any], at_most: float) -> str:
    ratio = worst_ratio(found)
    return _UNKNOWN if ratio is None else f"{ratio:.2f} (at most {at_most})"


def worst_ratio(found: Mapping[str, Any]) -> float | None:
    """Of one error rate by group (groups.py)."""
    ratio: float | None = found.get("worst_to_together", found.get("worst_to_best"))
    return ratio


def _groups(groups: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for kind, found in groups.items():
        missed = found["false_non_match_rate"]
        rows = [
            [name, rate(one), rate(missed["of"][name])]
            for name, one in found["false_match_rate"].items()
        ]
        said = " and ".join(_ratio(part, found["at_most"]) for part in (found, missed))
        title = f"## False matches and false non-matches by {kind}: ratios {said}"
        lines += [title, *table([kind, "FMR", "FNMR"], rows)]
    return lines
