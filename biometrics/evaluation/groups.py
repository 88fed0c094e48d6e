"""Whether some people are worse off than others: false match rates by sex, and by age band, at the
limits in use; the worst against all together."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from biometrics.calibration import ADULTS, BANDS
from biometrics.cohort import ADULT_FROM_YEARS
from biometrics.evaluation.decisions import Points
from biometrics.evaluation.gallery import Gallery
from biometrics.evaluation.intervals import Rate
from biometrics.evaluation.measure import Method, compare
from biometrics.evaluation.slices import Block, Mask, Slice, Slicer

MAX_RATIO = 1.25
"""NIST SP 800-63A-4: no group more than a quarter worse."""
_OLDEST_YEARS = 200
_KEPT = 0.05


def group_rates(
    gallery: Gallery, slicer: Slicer, method: Method, limits: Points | None
) -> dict[str, Any]:
    """By kind of group; empty where there are no limits or no such people."""
    if limits is None:
        return {}
    limit = limits[ADULTS.name].accept_within or limits[ADULTS.name].review_within
    adults = slicer.band(ADULT_FROM_YEARS, _OLDEST_YEARS)
    sexes = np.array([picture.sex for picture in gallery.pictures])
    by_sex = {
        sex: _rate(gallery, _among(adults, sexes == sex), method, limit)
        for sex in sorted(set(sexes[adults.pictures].tolist()) - {""})
    }
    by_band = {
        band.name: _rate(gallery, slicer.band(band.youngest, band.oldest), method, accept)
        for band in BANDS
        if (accept := limits[band.name].accept_within)
    }
    together = _rate(gallery, adults, method, limit) if by_sex else None
    return {"sex_adults": _compared(by_sex, together), "age_band": _compared(by_band, None)}


def _among(slice_: Slice, wanted: Mask) -> Slice:
    """The slice's comparisons between people of the group."""

    def blocks() -> Iterator[Block]:
        for block in slice_.blocks():
            inside = wanted[block.rows][:, None] & wanted[block.probes[:, 0]][None]
            yield replace(block, impostor=block.impostor & inside)

    return replace(slice_, blocks=blocks)


def _rate(gallery: Gallery, slice_: Slice, method: Method, limit: float) -> Rate | None:
    found = compare(gallery, slice_, method, kept=_KEPT)
    return found.false_matches(limit) if found.trials.total else None


def _compared(rates: Mapping[str, Rate | None], together: Rate | None) -> dict[str, Any]:
    """The worst group against all together, or, without that, against the best."""
    known = {name: rate for name, rate in rates.items() if rate}
    values = [rate.value for rate in known.values()]
    against = together.value if together else min(values, default=0.0)
    ratio = max(values) / against if against else None
    return {
        "false_match_rate": {name: asdict(rate) for name, rate in known.items()},
        "together": together and asdict(together),
        "worst_to_together" if together else "worst_to_best": ratio,
        "at_most": MAX_RATIO,
    }
