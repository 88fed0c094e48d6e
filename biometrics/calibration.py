"""Operating points: where the zones lie, per engine and age band.

They are measured, not chosen by hand: `python -m biometrics.evaluation match …
--write-operating-points` writes operating_points.json beside this module, with the people, the
comparisons, the interval and the date behind every limit (docs/faces.md shows them).

A band is accepted automatically only where its false match rate is supported: the upper end of the
95 % interval at most twice the target. Everywhere else a person decides. Nothing here was measured
on captures of this service, on document portraits, or on kin, who are far nearer to each other than
strangers.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from biometrics.errors import ModelAltered

FILE = Path(__file__).with_name("operating_points.json")
DEFAULT_ENGINE = "dlib-resnet-v1"
MAX_HIGH_TO_TARGET = 2.0
"""The upper end of a false match rate's interval against its target, for acceptance."""


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Ages in years, both ends included; and the false match rates its limits are set for."""

    name: str
    youngest: int
    oldest: int
    accept_fmr: float | None
    """None: a person decides, whatever was measured."""
    review_fmr: float
    """Beyond the distance that this share of strangers stays below, the answer is `no_match`."""

    def holds(self, age: int) -> bool:
        """Whether an age in years belongs to the band."""
        return self.youngest <= age <= self.oldest


BANDS = (
    AgeBand("0-5", 0, 5, accept_fmr=None, review_fmr=0.1),
    AgeBand("6-10", 6, 10, accept_fmr=1e-3, review_fmr=0.1),
    AgeBand("11-15", 11, 15, accept_fmr=1e-3, review_fmr=0.1),
    AgeBand("16-17", 16, 17, accept_fmr=1e-4, review_fmr=0.1),
    AgeBand("18-59", 18, 59, accept_fmr=1e-4, review_fmr=0.01),
    AgeBand("60+", 60, 200, accept_fmr=1e-4, review_fmr=0.01),
)
ADULTS = BANDS[4]
SAME_CAPTURE_WITHIN = 0.11
"""INTERIM. Frames of one capture that disagree more than this show different people. Chosen on the
6 live clips of turning heads at hand, which reach 0.099 once quality.py has left out heads
turned or bent away; 6 of 100 pairs of strangers lie within, and of kin more."""
_AGE_UNKNOWN = "age-unknown"


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Limits on the distance. `accept_within` None: nothing is accepted without a person."""

    id: str
    accept_within: float | None
    review_within: float


class NoOperatingPoints(ModelAltered):
    """The engine's limits were never measured, or the file that holds them does not read."""


def band_of(age: int) -> AgeBand:
    """The band of an age in years; `ValueError` below 0 or above the last band."""
    for band in BANDS:
        if band.holds(age):
            return band
    raise ValueError("an age lies between 0 and 200 years; it cannot be negative")


def operating_point_for(age: int | None, engine: str = DEFAULT_ENGINE) -> OperatingPoint:
    """The operating point of an age in years. Of unknown age nobody is accepted without review.

    Raises `NoOperatingPoints` for an engine that was never measured.
    """
    if not FILE.is_file():
        return _interim(age)
    points = load_points().get(engine)
    if points is None:
        raise NoOperatingPoints(f"no operating points were measured for {engine}")
    return points[_AGE_UNKNOWN if age is None else band_of(age).name]


ADULT_FROM_YEARS = 16
ADULT = OperatingPoint("dlib-resnet-v1/adult/interim-1", accept_within=0.057, review_within=0.089)
UNDER_16 = OperatingPoint(
    "dlib-resnet-v1/under-16/interim-1", accept_within=None, review_within=0.080
)
AGE_UNKNOWN = OperatingPoint(
    "dlib-resnet-v1/age-unknown/interim-1", accept_within=None, review_within=0.089
)


def _interim(age: int | None) -> OperatingPoint:
    if age is None:
        return AGE_UNKNOWN
    if age < 0:
        raise ValueError("an age cannot be negative")
    return ADULT if age >= ADULT_FROM_YEARS else UNDER_16


def measured(engine: str, path: Path = FILE) -> Mapping[str, Any] | None:
    """All that is kept about an engine's points; None where it was never measured."""
    if not path.is_file():
        return None
    content: Mapping[str, Any] | None = json.loads(path.read_text("utf-8"))["engines"].get(engine)
    return content


@cache
def load_points(path: Path = FILE) -> Mapping[str, Mapping[str, OperatingPoint]]:
    """By engine and band. Raises `NoOperatingPoints` where the file is missing or altered."""
    try:
        engines = json.loads(path.read_text(encoding="utf-8"))["engines"]
        return {engine: read_points(engine, content) for engine, content in engines.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoOperatingPoints(f"{path.name} does not hold operating points") from error


def read_points(engine: str, content: Mapping[str, Any]) -> dict[str, OperatingPoint]:
    """The points of one engine. `ValueError` where a band accepts without a supported rate."""
    points = {band.name: _point(engine, band, content) for band in BANDS}
    unknown = f"{engine}/{_AGE_UNKNOWN}/{content['date']}"
    widest = points[ADULTS.name].review_within
    points[_AGE_UNKNOWN] = OperatingPoint(unknown, None, widest)
    return points


def _point(engine: str, band: AgeBand, content: Mapping[str, Any]) -> OperatingPoint:
    kept = content["bands"][band.name]
    accept, review = kept["accept_within"], float(kept["review_within"])
    if accept is not None and not is_supported(band, kept["fmr"]["high"]):
        raise ValueError(f"{band.name}: accepts at a rate that is not supported")
    if not math.isfinite(review) or not (accept is None or 0 < accept <= review):
        raise ValueError(f"{band.name}: limits out of order")
    return OperatingPoint(f"{engine}/{band.name}/{content['date']}", accept, review)


def is_supported(band: AgeBand, high: float | None) -> bool:
    """Whether an interval that ends at `high` allows acceptance without a person."""
    if band.accept_fmr is None or high is None:
        return False
    return high <= MAX_HIGH_TO_TARGET * band.accept_fmr
