"""Aligned faces → directions in 128 dimensions that lie near each other for one person."""

from collections.abc import Sequence

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from biometrics.alignment import with_mirrors
from biometrics.types import RgbImage

Embedding = NDArray[np.float32]
"""128 values of length 1."""


class Embedder:
    """dlib's embedding network on ONNX Runtime. May be used by many threads at once."""

    name = "dlib-resnet-v1"

    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session

    def embed_each(self, chips: Sequence[RgbImage]) -> list[Embedding]:
        """One embedding per chip (150 × 150 RGB): the mean of the chip and its mirror image."""
        (answer,) = self._session.run(None, {"images": with_mirrors(list(chips))})
        plain, mirrored = np.split(_unit(np.asarray(answer)), 2)
        return list(_unit(plain + mirrored))


def mean_embedding(embeddings: Sequence[Embedding]) -> Embedding:
    """The common direction of several pictures of one person."""
    return np.asarray(_unit(np.sum(embeddings, axis=0)), np.float32)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)
