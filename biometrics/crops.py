"""One photo, cut a little nearer and a little further as well.

The mean of what a network says of the three cuts is steadier than any one of them: on Labeled Faces
in the Wild false non-matches at FMR 1e-4 fall by about a tenth (docs/faces.md). For photos, of
which there is one; the frames of a capture differ enough by themselves.
"""

from dataclasses import replace

import numpy as np

from biometrics.alignment import Alignment, align
from biometrics.types import Face, RgbImage

SCALES = (1.0, 0.93, 1.07)
"""By how much the landmarks are drawn together (nearer) or apart (further) before the cut."""


CUTS = len(SCALES)


def cuts(image: RgbImage, face: Face, alignment: Alignment) -> list[RgbImage]:
    """A chip for each of `SCALES`."""
    return [align(image, _scaled(face, scale), alignment) for scale in SCALES]


def _scaled(face: Face, scale: float) -> Face:
    points = np.array(face.landmarks, np.float64)
    middle = points.mean(axis=0)
    moved = (points - middle) * scale + middle
    return replace(face, landmarks=tuple((float(x), float(y)) for x, y in moved))
