"""The engine `yunet-sface`: YuNet finds faces, SFace embeds them, from an installed model pack.

Written after the network's published use in OpenCV (FaceRecognizerSF) and never run with its
weights, which could not be had where this was built: `EMBEDDING_SIZE`, the order of colours and the
range are as OpenCV gives them. There are no limits for it, so every match waits for a person.
"""

from pathlib import Path

import numpy as np

from biometrics.embedding import Embedding, unit
from biometrics.errors import ModelAltered
from biometrics.networks import open_session, together
from biometrics.packs import SFACE, YUNET, read_pack_file
from biometrics.types import RgbImage
from biometrics.yunet import Yunet

EMBEDDING_SIZE = 128


class Sface:
    """The embedder, from the bytes of its graph. May be used by many threads at once."""

    def __init__(self, content: bytes, threads: int) -> None:
        self._session = open_session(content, threads)
        self._input = self._session.get_inputs()[0].name

    def embed(self, chips: RgbImage) -> Embedding:
        """n × 128, each of length 1, from n × 112 × 112 × 3 RGB; one after the other, since the
        graph is made for one. `ModelAltered` where it answers with another size."""
        blobs = np.ascontiguousarray(chips.transpose(0, 3, 1, 2), np.float32)  # 0-255
        answers = [self._session.run(None, {self._input: blob[None]})[0] for blob in blobs]
        found = np.concatenate([np.asarray(answer) for answer in answers])
        if found.shape != (len(chips), EMBEDDING_SIZE):
            raise ModelAltered("not the embedding network")
        return unit(found)


class YunetSface(Yunet):
    """Both. May be used by many threads at once."""

    name = "yunet-sface-v1"
    weights = together(YUNET.sha256, SFACE.sha256)
    embedding_size = EMBEDDING_SIZE

    def __init__(self, models: Path | None, threads: int) -> None:
        """As `Yunet`."""
        super().__init__(models, threads)
        self._embedder = Sface(read_pack_file(models, SFACE), threads)

    def embed(self, chips: RgbImage) -> Embedding:
        """As `Sface.embed`."""
        return self._embedder.embed(chips)
