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
from numbers import Integral
from pathlib import Path
from types import MappingProxyType
from typing import Any

from biometrics.errors import AgeUnknown, ModelAltered, NotCalibratedFor

FILE = Path(__file__).with_name("operating_points.json")
DEFAULT_ENGINE = "dlib-resnet-v1"
FURTHEST = 2.0
"""No two embeddings are further apart."""
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
CONTRAST_MARGINS: Mapping[str, float] = MappingProxyType(
    {DEFAULT_ENGINE: 0.015, "yunet-mobilefacenet-v1": 0.15}
)
"""Household contrast: by how much nearer to the claimed reference than to any other of the
household the claimant has to be. Chosen so that relatives pass at most ten times as often as
strangers where these pass at 1e-3, also on other people than these: on 40 random halves of the 110
families at hand, with limits of each half's own strangers (docs/faces.md)."""
SAME_CAPTURE_FMR = 0.06
"""Frames of one capture that lie further apart than this share of strangers show different people.
Chosen on the 6 live clips of turning heads at hand: with dlib's network they reach 0.099 once
quality.py has left out heads turned or bent away, and 6 of 100 pairs of strangers lie within 0.11.
"""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Limits on the distance. `accept_within` None: nothing is accepted without a person."""

    id: str
    accept_within: float | None
    review_within: float


@dataclass(frozen=True, slots=True)
class OperatingPoints:
    """All of one engine."""

    by_band: Mapping[str, OperatingPoint]
    age_unknown: OperatingPoint
    same_capture_within: float
    """Frames of one capture that disagree more than this show different people."""

    def at(self, age: int | None) -> OperatingPoint:
        """The point of an age in years; of unknown age nobody is accepted without a person."""
        return self.age_unknown if age is None else self.by_band[band_of(age).name]


def band_of(age: int) -> AgeBand:
    """The band of an age in years; raises `AgeUnknown` for what is none."""
    given: object = age
    if not isinstance(given, bool) and isinstance(given, Integral):
        for band in BANDS:
            if band.holds(age):
                return band
    raise AgeUnknown(f"{age!r} is no age in whole years from 0 to 200")


def points_of(engine: str, weights: str, path: Path = FILE) -> OperatingPoints | None:
    """The points of an engine (its name with version, and the SHA-256 of its weights); None where
    it was never measured.

    Raises `ModelAltered` where the file is missing or holds no such points, `NotCalibratedFor`
    where they were measured with other weights.
    """
    try:
        content = measured(engine, path)
        points = None if content is None else read_points(engine, content)
        made_with = None if content is None else str(content["weights"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelAltered(f"{path.name} does not hold operating points") from error
    if points is not None and made_with != weights:
        raise NotCalibratedFor(f"{path.name}: {engine} was measured with other weights")
    return points


def measured(engine: str, path: Path = FILE) -> Mapping[str, Any] | None:
    """All that is kept about an engine's points; None where it was never measured."""
    content: Mapping[str, Any] | None = json.loads(path.read_text("utf-8"))["engines"].get(engine)
    return content


def read_points(engine: str, content: Mapping[str, Any]) -> OperatingPoints:
    """The points of one engine. `ValueError` where a band accepts at a rate that is not
    supported, or limits are out of order."""
    points = {band.name: _point(engine, band, content) for band in BANDS}
    unknown = f"{engine}/age-unknown/{content['date']}"
    widest = points[ADULTS.name].review_within
    together = float(content["same_capture_within"])
    if not 0 < together < FURTHEST:
        raise ValueError("frames of one capture lie neither together nor opposite")
    return OperatingPoints(points, OperatingPoint(unknown, None, widest), together)


def uncalibrated(engine: str) -> OperatingPoints:
    """For an engine without limits: nothing is accepted or rejected without a person."""
    point = OperatingPoint(f"{engine}/uncalibrated", None, FURTHEST)
    return OperatingPoints({band.name: point for band in BANDS}, point, FURTHEST)


def _point(engine: str, band: AgeBand, content: Mapping[str, Any]) -> OperatingPoint:
    kept = content["bands"][band.name]
    accept, review = kept["accept_within"], float(kept["review_within"])
    if accept is not None and not is_supported(band, kept["fmr"]["high"]):
        raise ValueError(f"{band.name}: accepts at a rate that is not supported")
    if accept is not None and any(
        is_past(band, rate["value"], rate["high"]) for rate in kept["fmr_elsewhere"].values()
    ):
        raise ValueError(f"{band.name}: accepts past its target among nearer strangers")
    if not math.isfinite(review) or not (accept is None or 0 < accept <= review):
        raise ValueError(f"{band.name}: limits out of order")
    return OperatingPoint(f"{engine}/{band.name}/{content['date']}", accept, review)


def is_supported(band: AgeBand, high: float | None) -> bool:
    """Whether an interval that ends at `high` allows acceptance without a person."""
    if band.accept_fmr is None or high is None:
        return False
    return high <= MAX_HIGH_TO_TARGET * band.accept_fmr


def is_past(band: AgeBand, value: float, high: float | None) -> bool:
    """Whether the false match rate of strangers who are nearer to each other than the whole band
    (those of about one age) forbids acceptance: by its value, or by the end of its interval where
    so many people support one."""
    target = band.accept_fmr or 0.0
    return value > target or (high is not None and high > MAX_HIGH_TO_TARGET * target)
