"""From a picture of a manifest to the embedding of the face that is meant: the one nearest to the
middle."""

from pathlib import Path

import cv2
import numpy as np

import biometrics
from biometrics.crops import cuts
from biometrics.embedding import Embedding, embed_each
from biometrics.engines import Engine
from biometrics.types import Face, RgbImage

_SMALLEST_FACE = 0.2
"""Of the picture's shorter side; what the verifier looks for."""
_PADDING = 0.3
"""Of the longer side, on every side: for a picture so tightly cut that no face is found in it."""
_DECIDING = (
    "alignment",
    "crops",
    "detection",
    "embedding",
    "images",
    "landmarks",
    "networks",
    "reference",
    "yunet",
)
"""Modules that decide what an embedding is."""


def embed_centred(engine: Engine, image: RgbImage) -> Embedding | None:
    """One row for each cut of the face (crops.py); None where no face is found."""
    for padding in (0.0, _PADDING):
        padded = _padded(image, padding)
        if faces := engine.find(padded, _SMALLEST_FACE * min(image.shape[:2])):
            face = _centred(faces, padded)
            return np.stack(embed_each(engine, cuts(padded, face, engine.alignment)))
    return None


def _padded(image: RgbImage, part: float) -> RgbImage:
    edge = round(part * max(image.shape[:2]))
    if not edge:
        return image
    how = cv2.BORDER_REPLICATE
    return np.asarray(cv2.copyMakeBorder(image, edge, edge, edge, edge, how), np.uint8)


def _centred(faces: list[Face], image: RgbImage) -> Face:
    middle = image.shape[1] / 2, image.shape[0] / 2
    side = max(image.shape[:2])

    def weight(face: Face) -> float:
        x, y = face.box.centre
        off = float(np.hypot(x - middle[0], y - middle[1]))
        return float(face.box.width * (1 - 2 * off / side))

    return max(faces, key=weight)


def source_files() -> list[Path]:
    """Those that decide what an embedding is; changed ones make kept embeddings stale."""
    package = Path(biometrics.__file__).parent
    return [*(package / f"{name}.py" for name in _DECIDING), Path(__file__)]
