"""MiniFASNet, the open pair of networks against prints and screens, as an installable pack.

Two small networks look at a face with more (V1SE) and with less (V2) of what surrounds it; each
answers with the chance of *print, live, screen* (class 1 is live). What they learned from is not
published (packs.py), so their answer is one fact among others. It may be worth more than all of
light says against a recording (fusion.py), and recordings do deceive it; so it never stands in for
the depth and the light that a challenge asks for (`liveness.evidence_facts`), of an answer to both
it speaks only against life (`liveness.weighed`), and whoever answers one without light or moves
waits for a person. Crops are derived from the eyes, so that every engine's faces give the same
ones; each is looked at a second time in the mirror.
"""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from biometrics.networks import open_session
from biometrics.packs import MINIFASNET_V1SE, MINIFASNET_V2, read_pack_file
from biometrics.types import Face, RgbImage

SIDE_PX = 80
LIVE = 1
"""The class that stands for a live face."""

_SCALES = ((MINIFASNET_V2, 2.7), (MINIFASNET_V1SE, 4.0))
"""How much of the surroundings each network was trained with, in widths of the face's box."""

_BOX_WIDTH, _BOX_HEIGHT, _BOX_BELOW_EYES = 2.2, 2.9, 0.35
"""The box that the networks were trained with, in distances between the eyes: width, height, and
how far its middle lies below the eyes'."""
_LEAST = 1e-4
"""Chances are kept this far from 0 and 1: a network's certainty is not worth more."""


class MiniFasNet:
    """The pair of networks, ready. May be used by many threads at once."""

    name = "minifasnet"

    def __init__(self, models: Path | None, threads: int = 1) -> None:
        """Reads the installed pack. Raises `ModelMissing` or `ModelAltered`."""
        self._networks = [
            (open_session(read_pack_file(models, file), threads), scale) for file, scale in _SCALES
        ]

    def live_logit(self, image: RgbImage, face: Face) -> float:
        """Log odds that the face is live, in the mean of both networks; about -9 to 9."""
        answers = [
            self._answer(session, crop(image, face, scale)) for session, scale in self._networks
        ]
        chance = float(np.clip(np.mean(answers), _LEAST, 1 - _LEAST))
        return float(np.log(chance / (1 - chance)))

    def _answer(self, session: ort.InferenceSession, chip: RgbImage) -> float:
        """The mean chance of life of the chip and of its mirror image."""
        return float(np.mean([_live(session, view) for view in (chip, chip[:, ::-1])]))


def _live(session: ort.InferenceSession, chip: RgbImage) -> float:
    """One at a time: the graph takes no batch."""
    blue_first = np.ascontiguousarray(chip[..., ::-1].transpose(2, 0, 1)[None], np.float32)
    (raw,) = session.run(None, {session.get_inputs()[0].name: blue_first})
    return float(softmax(np.asarray(raw))[0, LIVE])


def softmax(raw: NDArray[np.float32]) -> NDArray[np.float64]:
    """Rows that sum to 1."""
    shifted = np.exp(raw.astype(np.float64) - raw.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def crop(image: RgbImage, face: Face, scale: float) -> RgbImage:
    """80 × 80 RGB around the face; moved and shrunk where the picture ends, as in training."""
    height, width = image.shape[:2]
    middle, unit = face.eyes.mean(axis=0), face.eye_distance_px
    box_width, box_height = _BOX_WIDTH * unit, _BOX_HEIGHT * unit
    scale = min((height - 1) / box_height, (width - 1) / box_width, scale)
    wanted = np.array([box_width, box_height]) * scale
    left_top = middle + np.array([0, _BOX_BELOW_EYES * unit]) - wanted / 2
    left_top = np.clip(left_top, 0, np.maximum([width - 1, height - 1] - wanted, 0))
    (left, top), (right, bottom) = (edge.astype(int) for edge in (left_top, left_top + wanted))
    part = image[top : bottom + 1, left : right + 1]
    return np.asarray(cv2.resize(part, (SIDE_PX, SIDE_PX)), np.uint8)
