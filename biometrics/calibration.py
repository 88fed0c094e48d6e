"""Operating points: where the zones lie, per engine and age band.

**INTERIM.** Set on still research pictures with this package's own detector, landmarks and embedder
(one picture and its mirror image on either side, cosine distance), by reading the distances off;
measured rates per age band with intervals come with the calibration work, and replace these.
Nothing here was measured on captures of this service, on document portraits, or on kin, who are far
nearer to each other than strangers.

Adults: LFW, 1,962 pictures of 860 people, every pair: 2,005 genuine, 1,921,736 impostor.

    distance     0.057     0.071     0.089     0.110
    FMR          0.8e-4    1e-3      0.95e-2   6e-2
    FNMR         20 %      6 %       1.1 %     0.1 %

6 to 15 years: FG-NET (subjects with odd numbers), both pictures in that age and at most 2 years
apart: 145 genuine, 5,856 impostor. At 0.080 FMR 20 %, FNMR 1.4 %; at the adults' 0.057 FMR 1.8 %: a
child is accepted by a person only.

The limits were chosen on these same people, and pairs that share a person are not independent: no
interval is given, and other people will fare differently. No command of this repository reproduces
the figures yet.
"""

from dataclasses import dataclass

ADULT_FROM_YEARS = 16


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Limits on the cosine distance. `accept_within` None: nothing is accepted without a person."""

    id: str
    accept_within: float | None
    review_within: float


ADULT = OperatingPoint("dlib-resnet-v1/adult/interim-1", accept_within=0.057, review_within=0.089)
UNDER_16 = OperatingPoint(
    "dlib-resnet-v1/under-16/interim-1", accept_within=None, review_within=0.080
)
AGE_UNKNOWN = OperatingPoint(
    "dlib-resnet-v1/age-unknown/interim-1", accept_within=None, review_within=0.089
)

SAME_CAPTURE_WITHIN = 0.11
"""INTERIM. Frames of one capture that disagree more than this show different people. Chosen on the
6 live clips of turning heads at hand, which reach 0.099 once quality.py has left out heads
turned or bent away; 6 of 100 pairs of strangers lie within, and of kin more."""


def operating_point_for(age: int | None) -> OperatingPoint:
    """The operating point of an age in years. Nobody under 16, or of unknown age, is accepted
    without review."""
    if age is None:
        return AGE_UNKNOWN
    if age < 0:
        raise ValueError("an age cannot be negative")
    return ADULT if age >= ADULT_FROM_YEARS else UNDER_16
