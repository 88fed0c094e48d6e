"""What a single picture of a face says without weights: traces of paper, of a screen, of being
taken a second time.

Weak, all of them: they were measured on two sets of real pictures (docs/liveness.md) and count for
little (fusion.py). Each is measured on the face's own pixels, laid level by the eyes.
"""

from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from biometrics.tracks import eyes_of
from biometrics.types import Face, RgbImage

Floats = NDArray[np.float64]

_SIDE_PX = 128
"""Of the face's chip; about 2.6 distances between the eyes."""
_SPAN = 2.6


@dataclass(frozen=True, slots=True)
class Texture:
    """`waves`: the strongest single wave over the middle ones of about its length (logarithm):
    moiré. `fine`: fine detail over coarse (logarithm): what is taken again is softer. `colours`:
    spread of the skin's colours (0–1): print and screen have fewer. `gloss`: how far the brightest
    skin lies over the middle (logarithm). `blocks`: steps at the edges of JPEG's blocks over those
    within. `lines`: long straight edges around the head, in lengths of the picture."""

    waves: float
    fine: float
    colours: float
    gloss: float
    blocks: float
    lines: float


def texture_of(image: RgbImage, face: Face) -> Texture:
    """All measurements of one picture."""
    chip = _chip(image, face)
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY).astype(np.float64)
    waves, fine = _spectrum(grey)
    return Texture(
        waves=waves,
        fine=fine,
        colours=_colours(chip),
        gloss=float(np.log((np.quantile(grey, 0.99) + 4) / (np.median(grey) + 4))),
        blocks=_blocks(image),
        lines=_lines(image),
    )


def _chip(image: RgbImage, face: Face) -> RgbImage:
    left, right = eyes_of(face)
    unit = max(float(np.hypot(*(right - left))), 1.0)
    across = (right - left) / unit
    down = np.array([-across[1], across[0]])
    step = _SPAN * unit / _SIDE_PX
    middle = (left + right) / 2 + 0.4 * unit * down
    corner = middle - _SIDE_PX / 2 * step * (across + down)
    to_image = np.column_stack([across * step, down * step, corner])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    if step > 1.5:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.4 * step), np.uint8)
    size = (_SIDE_PX, _SIDE_PX)
    chip = cv2.warpAffine(image, to_image, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(chip, np.uint8)


def _spectrum(grey: Floats) -> tuple[float, float]:
    window = np.outer(np.hanning(_SIDE_PX), np.hanning(_SIDE_PX))
    power = np.abs(np.fft.fftshift(np.fft.fft2((grey - grey.mean()) * window))) ** 2
    axis = np.fft.fftshift(np.fft.fftfreq(_SIDE_PX))
    radius = np.hypot(*np.meshgrid(axis, axis))
    strongest = []
    for low in np.arange(0.12, 0.44, 0.04):
        ring = power[(radius >= low) & (radius < low + 0.04)]
        strongest.append(float(np.log(ring.max() / (np.median(ring) + 1e-9))))
    fine = power[(radius >= 0.25) & (radius < 0.5)].mean()
    coarse = power[(radius >= 0.04) & (radius < 0.12)].mean()
    return max(strongest), float(np.log((fine + 1e-9) / (coarse + 1e-9)))


def _colours(chip: RgbImage) -> float:
    middle = chip[32:96, 32:96]
    lab = cv2.cvtColor(middle, cv2.COLOR_RGB2LAB).astype(np.float64)
    return float(np.hypot(lab[..., 1].std(), lab[..., 2].std()) / 32)


def _blocks(image: RgbImage) -> float:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float64)
    steps = np.abs(np.diff(grey, axis=1)).mean(axis=0)
    at_edges = steps[7::8].mean()
    within = np.delete(steps, np.s_[7::8]).mean()
    return float(np.log((at_edges + 0.1) / (within + 0.1)))


def _lines(image: RgbImage) -> float:
    height, width = image.shape[:2]
    small = cv2.resize(image, (240, round(240 * height / width)), interpolation=cv2.INTER_AREA)
    edges = cv2.Canny(small, 60, 140)
    longest = 0.45 * min(small.shape[:2])
    found = cv2.HoughLinesP(edges, 1, np.pi / 180, 50, minLineLength=longest, maxLineGap=6)
    if found is None:
        return 0.0
    ends = np.asarray(found, np.float64).reshape(-1, 4)
    return float(np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]).sum() / 240)


CUES = tuple(one.name for one in fields(Texture))
"""Each is shown to a reviewer by itself."""


@dataclass(frozen=True, slots=True)
class _Trace:
    """Means of real faces and of attacks, the deviation within each, and the most it may add."""

    live: float
    attack: float
    deviation: float
    most: float


_TRACES = {
    "waves": _Trace(3.46, 3.72, 0.69, 1.0),
    "fine": _Trace(-6.04, -6.71, 0.79, 1.0),
    "colours": _Trace(0.215, 0.169, 0.066, 1.5),
    "lines": _Trace(0.39, 0.64, 0.58, 1.0),
}
"""Means over two sets, NUAA (130 live, 130 printed) and CelebA-Spoof's part (80 live, 67 attacks in
which a face was found), each set counting alike. `gloss` and `blocks` part one set well and the
other not at all or the wrong way round: that is how the set was made, so they have no weight."""
_MOST_LINES = 2.0


def texture_ratio(texture: Texture) -> float:
    """Log-likelihood ratio of life, all traces together; positive speaks for life."""
    total = 0.0
    for name, trace in _TRACES.items():
        value = (
            min(getattr(texture, name), _MOST_LINES) if name == "lines" else getattr(texture, name)
        )
        slope = (trace.live - trace.attack) / trace.deviation**2
        middle = (trace.live + trace.attack) / 2
        total += float(np.clip(slope * (value - middle), -trace.most, trace.most))
    return total
