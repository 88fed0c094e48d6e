"""Relatives: at the limit that gives strangers a known rate, how many relatives pass, and what the
household's other references on file change.

With contrast, an impostor's claim is judged against the claimed person's reference, the impostor's
own (another picture of them) and that of one more relative of the claimed person, where there is
one. A genuine claim is judged against up to two relatives of the person. Who else is on file is
drawn with a fixed seed.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biometrics.calibration import CONTRAST_MARGINS, FURTHEST, OperatingPoint
from biometrics.evaluation.gallery import Gallery
from biometrics.evaluation.intervals import Ints, rate_at_fixed_limit, trials_of
from biometrics.evaluation.measure import Method, compare
from biometrics.evaluation.rates import Comparisons
from biometrics.evaluation.slices import Mask, Slicer

STRANGER_FMRS = (1e-2, 1e-3, 1e-4)
OTHERS = 2
"""More references on file."""
_SEED = 11


@dataclass(frozen=True, slots=True)
class Claims:
    """A probe against a claimed reference, with the nearest of the others on file."""

    distance: NDArray[np.float64]
    nearest_other: NDArray[np.float64]
    """Infinite where no other is on file."""
    families: Ints

    def __len__(self) -> int:
        return len(self.distance)

    def passing(self, limit: float, margin: float | None) -> Mask:
        """Below the limit and, with a margin, nearer to the claimed one by that much."""
        near = self.distance < limit
        return near if margin is None else near & self.nearer(margin)

    def nearer(self, margin: float) -> Mask:
        """Whether the contrast holds."""
        return self.distance + margin < self.nearest_other

    def rate(self, wanted: Mask, families: int) -> dict[str, Any] | None:
        """Share of the claims, with its interval by family; None where there are none."""
        if not len(self):
            return None
        trials = trials_of(self.families, self.families, families)
        chosen = self.families[wanted]
        return asdict(rate_at_fixed_limit(chosen, chosen, trials))


Drawn = list[tuple[int, int, list[int]]]
"""Claims: probe, claimed reference and others on file, as rows of the families' pictures."""


class Household:
    """Draws who claims to be whom, and who else is on file: once, for every way to compare."""

    def __init__(self, slicer: Slicer) -> None:
        self.slicer = slicer
        self.families = int(slicer.families.max()) + 1
        self._random = np.random.default_rng(_SEED)
        self._pictures = slicer.kin().pictures
        self._subjects = slicer.subjects[self._pictures]
        people = np.unique(self._subjects).tolist()
        self._own = {person: np.flatnonzero(self._subjects == person) for person in people}
        self._relatives = {
            person: sorted(p for p in slicer.relatives.get(person, ()) if p in self._own)
            for person in people
        }
        self._impostors, self._genuine = self._draw_impostors(), self._draw_genuine()

    def claims(self, gallery: Gallery, method: Method) -> tuple["Claims", "Claims"]:
        """Of impostors and of genuine people."""
        photos = method.centre(method.photo(gallery.vectors[self._pictures]), None)
        distances = 1 - (photos @ photos.T).astype(np.float64)
        return self._measured(self._impostors, distances), self._measured(self._genuine, distances)

    def _draw_impostors(self) -> Drawn:
        """Every picture of a person with two or more, against every picture of every relative."""
        drawn = []
        for probe, person in enumerate(self._subjects.tolist()):
            others = self._others_of(probe)
            for relative in self._relatives[person] if len(others) else ():
                for claimed in self._own[relative].tolist():
                    own = int(self._random.choice(others))
                    drawn.append((probe, claimed, [own, *self._more(relative, probe, OTHERS - 1)]))
        return drawn

    def _draw_genuine(self) -> Drawn:
        """Every picture against every other one of the same person, in both roles."""
        return [
            (probe, claimed, self._more(person, probe, OTHERS))
            for probe, person in enumerate(self._subjects.tolist())
            for claimed in self._others_of(probe).tolist()
        ]

    def _measured(self, drawn: Drawn, distances: NDArray[np.float64]) -> "Claims":
        away = [distances[probe, claimed] for probe, claimed, _ in drawn]
        nearest = [
            min((distances[probe, other] for other in others), default=np.inf)
            for probe, _, others in drawn
        ]
        probes = self._pictures[np.array([probe for probe, _, _ in drawn], np.intp)]
        families = self.slicer.families[probes]
        return Claims(np.array(away, np.float64), np.array(nearest, np.float64), families)

    def _others_of(self, probe: int) -> Ints:
        same = self._own[int(self._subjects[probe])]
        return np.asarray(same[same != probe], np.intp)

    def _more(self, claimed: int, probe: int, count: int) -> list[int]:
        """One picture each of up to so many relatives of the claimed person, not of the probe's."""
        people = [p for p in self._relatives[claimed] if p != self._subjects[probe]]
        drawn = self._random.permutation(people)[:count]
        return [int(self._random.choice(self._own[int(person)])) for person in drawn]


@dataclass(frozen=True, slots=True)
class Kin:
    """What relatives reach at limits that were set on strangers."""

    impostors: Claims
    genuine: Claims
    families: int
    limits: dict[float, float | None]
    """At each FMR of strangers; None where so few strangers cannot show it."""
    margin: float

    @classmethod
    def measured(cls, gallery: Gallery, household: Household, method: Method) -> "Kin":
        """Measures the claims, and sets the limits on people of different families."""
        strangers = compare(gallery, household.slicer.strangers_of_kin(), method)
        limits = {f: strangers.limit(f) if strangers.supports(f) else None for f in STRANGER_FMRS}
        margin = CONTRAST_MARGINS.get(gallery.engine, 0.0)
        claims = household.claims(gallery, method)
        return cls(*claims, household.families, limits, margin)

    def without_contrast(self, limit: float) -> dict[str, Any]:
        """Relatives that pass, and genuine claims that do not."""
        passing = self.impostors.passing(limit, None), self.genuine.passing(limit, None)
        return {
            "limit": limit,
            "kin_fmr": self.impostors.rate(passing[0], self.families),
            "fnmr": self.genuine.rate(~passing[1], self.families),
        }

    def with_contrast(self, limit: float, margin: float) -> dict[str, Any]:
        """The same with the household's references; `more_review`: genuine claims that would have
        passed."""
        held = self.genuine.passing(limit, None) & ~self.genuine.nearer(margin)
        passing = self.impostors.passing(limit, margin)
        return {
            "limit": limit,
            "margin": margin,
            "kin_fmr": self.impostors.rate(passing, self.families),
            "more_review": self.genuine.rate(held, self.families),
        }

    def at_point(self, point: OperatingPoint) -> dict[str, Any]:
        """What an operating point makes of all claims, with contrast (decisions.py)."""
        accept = -np.inf if point.accept_within is None else point.accept_within
        accepted = self.genuine.passing(accept, self.margin)
        rejected = self.genuine.distance > point.review_within
        wrong = self.impostors.passing(accept, self.margin)
        may = point.accept_within is not None
        return {
            "fmr": self.impostors.rate(wrong, self.families) if may else None,
            "fnmr": self.genuine.rate(~accepted, self.families) if may else None,
            "review": self.genuine.rate(~accepted & ~rejected, self.families),
            "rejected": self.genuine.rate(rejected, self.families),
        }

    def comparisons(self) -> Comparisons:
        """All claims, with contrast: one that is not nearest to the claimed reference is as far as
        can be."""
        held = [
            replace(claims, distance=np.where(nearer, claims.distance, FURTHEST))
            for claims in (self.impostors, self.genuine)
            for nearer in [claims.nearer(self.margin)]
        ]
        return as_comparisons(held[0], held[1], self.families)


def as_comparisons(impostors: Claims, genuine: Claims, families: int) -> Comparisons:
    """Claims as comparisons by family."""
    present = np.unique(np.concatenate([genuine.families, impostors.families]))
    own, other = (np.searchsorted(present, c.families) for c in (genuine, impostors))
    trials = trials_of(other, other, len(present))
    return Comparisons(
        genuine.distance, own, own, present, families, impostors.distance, other, other, trials
    )
