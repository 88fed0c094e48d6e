"""Aligned faces → directions that lie near each other for one person."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from biometrics.alignment import with_mirrors
from biometrics.types import RgbImage

Embedding = NDArray[np.float32]
"""128 values of length 1."""


_AT_ONCE = 8
"""Chips that go through the network together: more are no quicker and take more memory."""


class Embeds(Protocol):
    """What turns aligned chips into directions."""

    def embed(self, chips: RgbImage) -> Embedding:
        """n × size, each of length 1, from n × side × side × 3 RGB, in one batch."""


class Embedder:
    """dlib's embedding network on ONNX Runtime. May be used by many threads at once."""

    name = "dlib-resnet-v1"

    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session

    def embed(self, chips: RgbImage) -> Embedding:
        """n × 128, each of length 1, from n × 150 × 150 × 3 RGB, in one batch."""
        parts = [chips[start : start + _AT_ONCE] for start in range(0, len(chips), _AT_ONCE)]
        answers = [np.asarray(self._session.run(None, {"images": part})[0]) for part in parts]
        return unit(np.concatenate(answers))

    def embed_each(self, chips: Sequence[RgbImage]) -> list[Embedding]:
        """One embedding per chip: the mean of the chip and its mirror image."""
        return embed_each(self, chips)


def embed_each(
    engine: Embeds, chips: Sequence[RgbImage], plain: Sequence[RgbImage] = ()
) -> list[Embedding]:
    """One embedding per chip, in one batch: for `chips` the mean of the chip and its mirror image,
    after them, for `plain`, of the chip alone."""
    if not chips:
        return list(engine.embed(np.stack(plain))) if plain else []
    count = len(chips)
    batch = with_mirrors(list(chips))
    if plain:
        batch = np.concatenate([batch, np.stack(plain)])
    answers = engine.embed(batch)
    both = unit(answers[:count] + answers[count : 2 * count])
    return [*both, *answers[2 * count :]]


def mean_embedding(embeddings: Sequence[Embedding]) -> Embedding:
    """The common direction of several pictures of one person."""
    return unit(np.sum(embeddings, axis=0))


def unit(vectors: NDArray[np.float32]) -> Embedding:
    """Each vector (along the last axis) at length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)
