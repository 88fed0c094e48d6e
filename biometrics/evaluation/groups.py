"""Whether some people are worse off than others: false matches and false non-matches by sex, and by
age band, at the limits in use; the worst against all together, or, by age band, against the best.

False non-matches are of pictures as few years apart as in points.py, and unknown where so few
people have several.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from biometrics.calibration import ADULTS, BANDS, AgeBand
from biometrics.cohort import ADULT_FROM_YEARS
from biometrics.evaluation.decisions import Points
from biometrics.evaluation.gallery import Gallery
from biometrics.evaluation.intervals import Rate
from biometrics.evaluation.measure import Method, compare
from biometrics.evaluation.points import LEAST_GENUINE_PEOPLE
from biometrics.evaluation.slices import (
    ADULT_GAP_YEARS,
    CHILD_GAP_YEARS,
    Block,
    Mask,
    Slice,
    Slicer,
)

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
    own = slicer.aged("", ADULT_FROM_YEARS, _OLDEST_YEARS, ADULT_GAP_YEARS)
    sexes = np.array([picture.sex for picture in gallery.pictures])
    by_sex = {
        sex: _rates(gallery, _among(adults, sexes == sex), _among(own, sexes == sex), method, limit)
        for sex in sorted(set(sexes[adults.pictures].tolist()) - {""})
    }
    by_band = {
        band.name: _rates(gallery, *_of_band(slicer, band), method, accept)
        for band in BANDS
        if (accept := limits[band.name].accept_within)
    }
    together = _rates(gallery, adults, own, method, limit) if by_sex else None
    return {"sex_adults": _compared(by_sex, together), "age_band": _compared(by_band, None)}


def _of_band(slicer: Slicer, band: AgeBand) -> tuple[Slice, Slice]:
    gap = ADULT_GAP_YEARS if band.youngest >= ADULT_FROM_YEARS else CHILD_GAP_YEARS
    own = slicer.aged(band.name, band.youngest, band.oldest, gap)
    return slicer.band(band.youngest, band.oldest), own


def _among(slice_: Slice, wanted: Mask) -> Slice:
    """The slice's comparisons between people of the group."""

    def blocks() -> Iterator[Block]:
        for block in slice_.blocks():
            inside = wanted[block.rows][:, None] & wanted[block.probes[:, 0]][None]
            both = block.genuine & inside, block.impostor & inside
            yield replace(block, genuine=both[0], impostor=both[1])

    return replace(slice_, blocks=blocks)


Rates = tuple[Rate | None, Rate | None]
"""False matches and false non-matches; None where nothing can be said."""


def _rates(gallery: Gallery, everybody: Slice, own: Slice, method: Method, limit: float) -> Rates:
    """`everybody`: whose strangers are compared; `own`: whose own pictures are."""
    found = compare(gallery, everybody, method, kept=_KEPT)
    wrong = found.false_matches(limit) if found.trials.total else None
    same = compare(gallery, own, method, kept=_KEPT)
    many = same.genuine_trials.units >= LEAST_GENUINE_PEOPLE
    return wrong, same.false_non_matches(limit) if many else None


def _compared(rates: Mapping[str, Rates], together: Rates | None) -> dict[str, Any]:
    wrong = {name: pair[0] for name, pair in rates.items() if pair[0]}
    missed = {name: rates[name][1] for name in wrong}
    return {
        "false_match_rate": {name: rate and asdict(rate) for name, rate in wrong.items()},
        **_worst(wrong, together and together[0], together is not None),
        "at_most": MAX_RATIO,
        "false_non_match_rate": {
            "of": {name: rate and asdict(rate) for name, rate in missed.items()},
            **_worst(missed, together and together[1], together is not None),
        },
    }


def _worst(
    rates: Mapping[str, Rate | None], together: Rate | None, among_all: bool
) -> dict[str, Any]:
    """The worst group against all together, or, where these are no whole, against the best."""
    values = [rate.value for rate in rates.values() if rate]
    whole = together.value if together else 0.0
    against = whole if among_all else min(values, default=0.0)
    ratio = max(values) / against if values and against else None
    name = "worst_to_together" if among_all else "worst_to_best"
    return {"together": together and asdict(together), name: ratio}
