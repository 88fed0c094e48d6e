"""Operating points from measured distances: the limits of every age band, and what stands behind
them."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from biometrics.calibration import (
    ADULTS,
    BANDS,
    FURTHEST,
    SAME_CAPTURE_FMR,
    AgeBand,
    is_past,
    is_supported,
)
from biometrics.cohort import ADULT_FROM_YEARS
from biometrics.evaluation.errors import ManifestUnreadable, TooFewPeople
from biometrics.evaluation.gallery import Gallery
from biometrics.evaluation.intervals import Rate
from biometrics.evaluation.measure import Method, compare, plain
from biometrics.evaluation.rates import Comparisons
from biometrics.evaluation.slices import ADULT_GAP_YEARS, CHILD_GAP_YEARS, Slice, Slicer

_DIGITS = 4
"""Of a limit; rounded down."""


_KEPT = 0.02
_TARGET_FOR_NONE = 1e-3
"""What is shown for a band that nobody is accepted in."""
_DRAWN_IN = tuple(1 - step / 20 for step in range(16))
"""Parts of the target, down to a quarter: a limit drawn in further turns most people away."""
_AS_LABELLED_FROM = 0.1
"""Part of the target, left with the doubles out, down to which a limit is drawn in so that it meets
the target with them in."""
_POOLED = 6, 15
"""Ages of whom the sets with several pictures hold so few that they are also counted together."""
LEAST_GENUINE_PEOPLE = 20
"""Below so many people a false non-match rate is unknown."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Sets the limits of one engine. `as_labelled` slices the same pictures with the doubles in."""

    gallery: Gallery
    slicer: Slicer
    as_labelled: Slicer
    method: Method

    def points(self, data: str) -> dict[str, Any]:
        """The content that `calibration.read_points` reads. `data`: a word on the pictures."""
        bands = {ADULTS.name: self._band(ADULTS, None)}
        adult_limit = bands[ADULTS.name]["accept_within"]
        for band in BANDS:
            if band is not ADULTS:
                bands[band.name] = self._band(band, adult_limit)
        ordered = {band.name: bands[band.name] for band in BANDS}
        return {
            "weights": self.gallery.weights,
            "date": datetime.now(UTC).date().isoformat(),
            "data": data,
            "bands": ordered,
            "same_capture_within": self._same_capture(),
        }

    def _same_capture(self) -> float:
        """Between single frames, as the verifier compares those of one capture."""
        kept = 1.5 * SAME_CAPTURE_FMR
        found = compare(self.gallery, self.slicer.strangers(), plain(), kept)
        if not found.trials.total:
            adults = self.slicer.band(ADULTS.youngest, ADULTS.oldest)
            found = compare(self.gallery, adults, plain(), kept)
        if not found.supports_limit(SAME_CAPTURE_FMR):
            raise TooFewPeople("too few strangers to say how far apart two people's frames lie")
        return _rounded(found.limit(SAME_CAPTURE_FMR))

    def _band(self, band: AgeBand, adult_limit: float | None) -> dict[str, Any]:
        found = self._compare(self.slicer.band(band.youngest, band.oldest), 1.5 * band.review_fmr)
        if not found.trials.total:
            raise TooFewPeople(f"of {band.name} years there are no two people to compare")
        labelled = self._compare(self.as_labelled.band(band.youngest, band.oldest))
        nearer = self._nearer_strangers(band)
        limit = self._supported_limit(band, found, labelled, nearer)
        borrowed = bool(_is_adult(band) and limit and adult_limit and adult_limit < limit)
        if borrowed and adult_limit:
            limit = adult_limit
        fmr, as_labelled = found.false_matches(limit), labelled.false_matches(limit)
        elsewhere = {name: part.false_matches(limit) for name, part in nearer.items()}
        accepts = is_supported(band, fmr.high) and not past_target(band, elsewhere)
        review, review_fmr = _review(band, found, limit)
        genuine = self._genuine(band)
        return {
            "accept_within": limit if accepts else None,
            "review_within": review,
            "review_fmr": review_fmr and asdict(review_fmr),
            "target_fmr": band.accept_fmr,
            "measured_at": limit,
            "people": found.trials.units,
            "fmr": asdict(fmr),
            "fmr_as_labelled": asdict(as_labelled),
            "supported_as_labelled": _holds_as_labelled(band, as_labelled),
            "fmr_elsewhere": {name: asdict(rate) for name, rate in elsewhere.items()},
            "fnmr": {n: asdict(part.false_non_matches(limit)) for n, part in genuine.items()},
            "rejected": {n: asdict(part.false_non_matches(review)) for n, part in genuine.items()},
            "borrowed": borrowed,
            "review_because": None if accepts else _why(band, fmr, elsewhere),
        }

    def _compare(self, slice_: Slice, kept: float = _KEPT) -> Comparisons:
        return compare(self.gallery, slice_, self.method, kept)

    def _supported_limit(
        self,
        band: AgeBand,
        found: Comparisons,
        labelled: Comparisons,
        nearer: Mapping[str, Comparisons],
    ) -> float:
        """The widest limit within the target on all strangers of the band, and on those who are
        nearer to each other; drawn in until the intervals allow acceptance, if that is near: with
        the pairs in that may show one person too, else at least with them left out."""
        target = band.accept_fmr or _TARGET_FOR_NONE
        elsewhere = [part.limit(target) for part in nearer.values() if part.supports_limit(target)]
        widest = min([found.limit(target), *elsewhere])
        limits = [_rounded(min(widest, found.limit(share * target))) for share in _DRAWN_IN]
        capped = _rounded(labelled.limit(target))
        is_near = capped >= _rounded(found.limit(_AS_LABELLED_FROM * target))
        within = [min(limit, capped) for limit in limits] if is_near else []
        tries: list[tuple[list[float], Callable[[Rate], bool]]] = [
            (within, lambda rate: _holds_as_labelled(band, rate)),
            (limits, lambda rate: is_supported(band, rate.high)),
            (limits, lambda _: True),
        ]
        for tried, holds_as_labelled in tries:
            for limit in tried:
                supported = is_supported(band, found.false_matches(limit).high)
                near = {name: part.false_matches(limit) for name, part in nearer.items()}
                held = supported and not past_target(band, near)
                if held and holds_as_labelled(labelled.false_matches(limit)):
                    return limit
        return _rounded(widest)

    def _nearer_strangers(self, band: AgeBand) -> dict[str, Comparisons]:
        """Sets of strangers who are nearer to each other than the whole band, by name; the limit
        has to hold at each. Of an age's own there are few, so those of near ages are counted too:
        together with them they show more, and among them one age's errors would be hidden."""
        if _is_adult(band):
            within = f"{band.name}, at most {ADULT_GAP_YEARS} years apart"
            own = self.slicer.aged(within, band.youngest, band.oldest, ADULT_GAP_YEARS, alone=True)
            others = [own, self.slicer.strangers()]
        else:
            pool = _POOLED if _POOLED[0] <= band.youngest <= _POOLED[1] else None
            others = [self._close_minors(band.youngest, band.oldest)]
            others += [self._close_minors(*pool)] if pool else []
        found = {slice_.name: self._compare(slice_) for slice_ in others}
        return {name: part for name, part in found.items() if part.trials.total}

    def _close_minors(self, youngest: int, oldest: int) -> Slice:
        name = f"{youngest}-{oldest} with several pictures, at most {CHILD_GAP_YEARS} years apart"
        return self.slicer.aged(name, youngest, oldest, CHILD_GAP_YEARS)

    def _genuine(self, band: AgeBand) -> dict[str, Comparisons]:
        """Genuine comparisons that speak for the band, by where they are from."""
        gap = ADULT_GAP_YEARS if _is_adult(band) else CHILD_GAP_YEARS
        near = self.slicer.aged(f"at most {gap} years apart", band.youngest, band.oldest, gap)
        found = {near.name: self._compare(near)} if len(near.pictures) else {}
        if band is ADULTS and len((strangers := self.slicer.strangers()).pictures):
            found[strangers.name] = self._compare(strangers)
        least = LEAST_GENUINE_PEOPLE
        return {n: p for n, p in found.items() if p.genuine_trials.units >= least}


def _review(band: AgeBand, found: Comparisons, accept: float) -> tuple[float, Rate | None]:
    """The limit of rejection, and the rate of strangers below it. Where they are too few to show
    the rate that it is set for, nobody is rejected."""
    if not found.supports_limit(band.review_fmr):
        return FURTHEST, None
    limit = _rounded(max(found.limit(band.review_fmr), accept))
    return limit, found.false_matches(limit)


def _holds_as_labelled(band: AgeBand, rate: Rate) -> bool:
    """Whether the target is met, and acceptance supported, whoever counts the pairs that may show
    one person."""
    within = band.accept_fmr is not None and rate.value <= band.accept_fmr
    return within and is_supported(band, rate.high)


def past_target(band: AgeBand, elsewhere: Mapping[str, Rate]) -> list[str]:
    """Names of the sets of nearer strangers that forbid acceptance."""
    return [name for name, rate in elsewhere.items() if is_past(band, rate.value, rate.high)]


def _is_adult(band: AgeBand) -> bool:
    return band.youngest >= ADULT_FROM_YEARS


def _rounded(limit: float) -> float:
    return float(math.floor(limit * 10**_DIGITS) / 10**_DIGITS)


def _why(band: AgeBand, fmr: Rate, elsewhere: Mapping[str, Rate]) -> str:
    if band.accept_fmr is None:
        return "no false match rate is set at which this age may be accepted without a person"
    if fmr.high is None:
        return fmr.method
    if is_supported(band, fmr.high):
        past = past_target(band, elsewhere)
        said = "; ".join(f"{name}: {elsewhere[name].value:.1e}" for name in past)
        return f"the false match rate of nearer strangers, {said}; target {band.accept_fmr:.0e}"
    return f"the false match rate may be as high as {fmr.high:.1e}; target {band.accept_fmr:.0e}"


def write_points(path: Path, engine: str, points: Mapping[str, Any]) -> None:
    """Puts an engine's points into the file; those of other engines stay. Raises
    `ManifestUnreadable` where the file is another one."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"engines": {}}
        kept["engines"] = dict(sorted({**kept["engines"], engine: points}.items()))
    except (ValueError, KeyError, TypeError) as error:
        raise ManifestUnreadable(f"{path} holds no operating points to add to") from error
    text = json.dumps(kept, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
