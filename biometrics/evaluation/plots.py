"""DET curves: false non-matches against false matches, both axes logarithmic."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from biometrics.evaluation.rates import LEAST_GENUINE, Comparisons

_COLUMNS = 3
_STYLES = {"shipped": "-", "plain": ":", "plain_mean": "--", "plain_cohort": "-."}
_POINTS = 60
_LEAST_ERRORS = 3


def draw(curves: Mapping[str, Mapping[str, Comparisons]], path: Path) -> None:
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
            for method, comparisons in methods.items():
                if (curve := det(comparisons))[0]:
                    panel.plot(*curve, _STYLES.get(method, "-"), label=method)
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
    if lowest >= kept:
        return [], []
    fmrs = np.geomspace(lowest, min(kept, 1.0), _POINTS)[:-1].tolist()
    fnmrs = [float((comparisons.genuine >= comparisons.limit(fmr)).mean()) for fmr in fmrs]
    shown = [(fmr, fnmr) for fmr, fnmr in zip(fmrs, fnmrs, strict=True) if fnmr > 0]
    return [fmr for fmr, _ in shown], [fnmr for _, fnmr in shown]


def _has_genuine(methods: Mapping[str, Comparisons]) -> bool:
    return all(len(comparisons.genuine) >= LEAST_GENUINE for comparisons in methods.values())
