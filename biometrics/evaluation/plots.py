"""DET curves: false non-matches against false matches, both axes logarithmic."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from biometrics.evaluation.rates import LEAST_GENUINE, Comparisons

_COLUMNS = 3
_STYLES = {"shipped": "-", "plain": ":", "plain_mean": "--", "plain_cohort": "-."}
_POINTS = 60
_LEAST_ERRORS = 3


@dataclass(frozen=True, slots=True)
class Curve:
    """One method on one slice."""

    genuine: int
    """Comparisons."""
    fmrs: list[float]
    fnmrs: list[float]


def curve_of(comparisons: Comparisons) -> Curve:
    """What is drawn of them: all comparisons of all slices together take gigabytes."""
    return Curve(len(comparisons.genuine), *det(comparisons))


def draw(curves: Mapping[str, Mapping[str, Curve]], path: Path) -> None:
    """One panel for each slice that has genuine comparisons; SVG, the same for the same curves."""
    import matplotlib as mpl  # slow to import, and only this command draws

    mpl.use("Agg")
    from matplotlib.figure import Figure

    shown = {name: methods for name, methods in curves.items() if _has_genuine(methods)}
    rows = max(1, -(-len(shown) // _COLUMNS))
    with mpl.rc_context({"svg.hashsalt": "faces", "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(4 * _COLUMNS, 3 * rows), layout="constrained")
        panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
        for panel, (name, methods) in zip(panels, shown.items(), strict=False):
            for method, curve in methods.items():
                if curve.fmrs:
                    style = _STYLES.get(method, "-")
                    panel.plot(curve.fmrs, curve.fnmrs, style, label=method)
            panel.set(title=name, xlabel="FMR", ylabel="FNMR")
            panel.grid(visible=True, which="major", alpha=0.4)
            if panel.lines:
                panel.set(xscale="log", yscale="log")
                panel.legend()
        for panel in panels[len(shown) :]:
            panel.set_axis_off()
        figure.savefig(path, format="svg", metadata={"Date": None})


def det(comparisons: Comparisons) -> tuple[list[float], list[float]]:
    """FMR and FNMR, from the lowest rate that a few false matches show."""
    total = max(1, comparisons.trials.total)
    kept = len(comparisons.nearest) / total
    lowest = _LEAST_ERRORS / total
    if lowest >= kept or not len(comparisons.genuine):
        return [], []
    fmrs = np.geomspace(lowest, min(kept, 1.0), _POINTS)[:-1].tolist()
    fnmrs = [float((comparisons.genuine >= comparisons.limit(fmr)).mean()) for fmr in fmrs]
    shown = [(fmr, fnmr) for fmr, fnmr in zip(fmrs, fnmrs, strict=True) if fnmr > 0]
    return [fmr for fmr, _ in shown], [fnmr for _, fnmr in shown]


def _has_genuine(methods: Mapping[str, Curve]) -> bool:
    return all(curve.genuine >= LEAST_GENUINE for curve in methods.values())
