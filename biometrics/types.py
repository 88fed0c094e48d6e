"""Frozen results and the words for them. Nothing here computes anything.

Coordinates are pixels of the upright (EXIF turned) picture, x to the right, y down, origin in the
upper left corner.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy import float64, uint8
from numpy.typing import NDArray

RgbImage = NDArray[uint8]
"""Height × width × 3, RGB, 0–255."""

Points = NDArray[float64]
"""n × 2, x and y in pixels."""


class Outcome(StrEnum):
    """The four outcomes of face authentication."""

    MATCH = "match"
    NO_MATCH = "no_match"
    UNUSABLE = "unusable"
    PRESENTATION_ATTACK = "presentation_attack"


class Zone(StrEnum):
    """What may follow from a comparison: at once, only after a person has looked, or not."""

    ACCEPT = "accept"
    REVIEW = "review"
    REJECT = "reject"


class UnusableReason(StrEnum):
    """Why a picture or capture could not be judged, in words that a person can act on."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "too_small"
    CUT_OFF = "cut_off"
    COVERED = "covered"
    BLURRED = "blurred"
    DARK = "dark"
    BRIGHT = "bright"
    FACE_CHANGED = "face_changed"
    TIMED_OUT = "timed_out"


class ReviewReason(StrEnum):
    """Why a match that lies within the limits waits for a person all the same."""

    CLOSE_RELATIVE = "close_relative"
    """Not clearly nearer to the claimed reference than to another one of the household."""
    HOUSEHOLD_UNREAD = "household_unread"
    """Another reference of the household could not be compared: who is nearest is not known."""
    LIVENESS_UNDECIDED = "liveness_undecided"
    """Neither shown to be live nor an attack: the flow may ask once more before a person looks."""


class Life(StrEnum):
    """What may be said about whether a living person was before the camera."""

    LIVE = "live"
    ATTACK = "attack"
    UNDECIDED = "undecided"


class PortraitQuality(StrEnum):
    """Whether a portrait on a document has enough pixels to compare with."""

    GOOD = "good"
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; it may reach past the edge of the picture."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels."""
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        """x and y of the middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


class LandmarkLayout(StrEnum):
    """Which five points an engine finds. Left and right are the person's own."""

    EYE_CORNERS = "eye_corners"
    """Left eye's outer and inner corner, right eye's outer and inner corner, bottom of the nose."""
    EYES_NOSE_MOUTH = "eyes_nose_mouth"
    """Right eye, left eye, tip of the nose, right and left corner of the mouth."""


@dataclass(frozen=True, slots=True)
class Face:
    """One face: box, five landmarks and the detector's score (its scale is the engine's own)."""

    box: Box
    landmarks: tuple[tuple[float, float], ...]
    score: float
    eye_distance_px: float
    """Between the middles of the two eyes, in pixels."""
    layout: LandmarkLayout = LandmarkLayout.EYE_CORNERS

    @property
    def eyes(self) -> Points:
        """2 × 2: the middles of the left and of the right eye."""
        points = np.array(self.landmarks, np.float64)
        if self.layout is LandmarkLayout.EYE_CORNERS:
            return np.stack([points[:2].mean(axis=0), points[2:4].mean(axis=0)])
        return points[[1, 0]]

    @property
    def nose(self) -> tuple[float, float]:
        """Its bottom or its tip, as the layout says."""
        corners = self.layout is LandmarkLayout.EYE_CORNERS
        return self.landmarks[4] if corners else self.landmarks[2]


OF_THE_LIMIT, OF_THE_FACE = "of the limit", "of the face's answer"
"""Units of distances between embeddings, and of light thrown back beside the face."""
MEASURED, LOG_ODDS = "measured", "log odds"
"""Units of what is weighed for or against life, and of its sums."""


@dataclass(frozen=True, slots=True)
class QualityFact:
    """One thing that was measured on a picture or capture, and whether it passed."""

    name: str
    value: float
    unit: str
    passed: bool

    @property
    def is_score(self) -> bool:
        """Whether the value says how near a face or an attack came to a limit: with it, one could
        be led there step by step, so nobody outside is told more than `passed`."""
        return self.unit in {OF_THE_LIMIT, OF_THE_FACE, MEASURED, LOG_ODDS}


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer about one capture (or one pair of photos).

    `outcome` is `match` in the zones accept and review: **only `accepted` opens anything by
    itself**; a `match` in the zone review waits for a person.
    """

    outcome: Outcome
    reason: UnusableReason | None
    zone: Zone | None
    best_frame: int | None
    """Index of the sharpest usable frame sent."""
    engine: str
    operating_point: str
    facts: tuple[QualityFact, ...] = ()
    life: Life | None = None
    """None where no challenge was answered."""
    review: ReviewReason | None = None
    """Set where the zone is review for another reason than the distance."""
    distance: float | None = field(default=None, repr=False, compare=False)
    """For a reviewer's machine reasons only. Never to a client, a log or the audit record."""

    @property
    def accepted(self) -> bool:
        """True where no person has to look first."""
        return self.outcome is Outcome.MATCH and self.zone is Zone.ACCEPT


@dataclass(frozen=True, slots=True)
class Portrait:
    """The portrait found on a document page."""

    box: Box
    """With its margin, in the coordinates of the upright page."""
    turned_degrees: int
    """By how much the page had to be turned clockwise for the face to stand upright: 0, 90, 180 or
    270."""
    eye_distance_px: float
    quality: PortraitQuality
    jpeg: bytes = field(repr=False)
    """The cut-out, upright, to be used as a reference photo."""


@dataclass(frozen=True, slots=True)
class ReferenceCheck:
    """Whether a photo can serve as a reference; `reason` where it cannot."""

    usable: bool
    reason: UnusableReason | None
    eye_distance_px: float | None
    facts: tuple[QualityFact, ...] = ()
