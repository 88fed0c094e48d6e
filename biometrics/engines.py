"""Engines: what finds faces and embeds them. All else (quality, liveness, zones) is the same for
every engine.

- `resnet`: dlib's networks on ONNX Runtime. The default; nothing to install.
- `dlib`: face_recognition's own API behind a lock, as the reference that others are measured by.
- a model pack (`python -m biometrics.models list`): a detector and an embedder of its own.

Embeddings of two engines are never compared: a decision embeds both sides with one engine, and
names it. To add an engine, write a class with the members of `Engine` and name it in `_LOADERS`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from biometrics import networks
from biometrics.alignment import DLIB_150, Alignment
from biometrics.detection import DetectionSettings, FaceDetector
from biometrics.embedding import Embedder, Embedding
from biometrics.errors import EngineUnknown
from biometrics.landmarks import LandmarkFinder
from biometrics.types import Face, RgbImage

DEFAULT_ENGINE = "resnet"


class Engine(Protocol):
    """Finds faces and embeds them. May be used by many threads at once."""

    name: str
    """With its version: what a decision is recorded with. Two engines whose embeddings differ
    never share it."""
    weights: str
    """SHA-256 over those of its files of weights: what limits and mean faces are kept with."""
    embedding_size: int
    alignment: Alignment
    """How the chips for `embed` are cut (alignment.align)."""

    def find(self, image: RgbImage, smallest_face_px: float) -> list[Face]:
        """All faces of an upright picture from that width on, the largest first."""

    def find_main(self, image: RgbImage, smallest_face_px: float) -> list[Face]:
        """As `find`, but faces that are clearly smaller than the one meant may be left out."""

    def follow(self, image: RgbImage, last: Face, *, everywhere: bool = False) -> list[Face]:
        """The last frame's face in the next frame, near its place or everywhere. Empty where it
        should be looked for anew."""

    def embed(self, chips: RgbImage) -> Embedding:
        """n × `embedding_size`, each of length 1, from n aligned chips, in one batch."""


class ResnetEngine(FaceDetector, Embedder):
    """dlib's MMOD detector, five landmarks and embedding network on ONNX Runtime."""

    name = "dlib-resnet-v1"
    weights = networks.WEIGHTS
    embedding_size = networks.EMBEDDING_SIZE
    alignment = DLIB_150

    def __init__(self, detection: DetectionSettings, threads: int) -> None:
        """Reads the installed weights (about a second); `threads` are ONNX Runtime's, per call."""
        landmarks = LandmarkFinder(networks.read_weights(networks.LANDMARKS))
        detector = networks.load_session(networks.DETECTOR, networks.detector_graph, threads)
        embedder = networks.load_session(networks.EMBEDDER, networks.embedder_graph, threads)
        FaceDetector.__init__(self, detector, landmarks, detection)
        Embedder.__init__(self, embedder)


def load_engine(
    name: str = DEFAULT_ENGINE,
    *,
    models: Path | None = None,
    threads: int = 1,
    detection: DetectionSettings | None = None,
) -> Engine:
    """The engine of that name, ready. `models`: the folder that packs were installed into.

    Raises `EngineUnknown`, `ModelMissing` or `ModelAltered`: never another engine instead.
    """
    loader = _LOADERS.get(name)
    if loader is None:
        raise EngineUnknown(f"no engine {name!r}; there are {', '.join(sorted(_LOADERS))}")
    return loader(detection or DetectionSettings(), models, threads)


def _resnet(detection: DetectionSettings, _models: Path | None, threads: int) -> Engine:
    return ResnetEngine(detection, threads)


def _dlib(_detection: DetectionSettings, _models: Path | None, _threads: int) -> Engine:
    from biometrics.reference import DlibEngine  # dlib only where it is asked for

    return DlibEngine()


def _yunet_mobilefacenet(
    _detection: DetectionSettings, models: Path | None, threads: int
) -> Engine:
    from biometrics.yunet import YunetMobilefacenet  # as above

    return YunetMobilefacenet(models, threads)


def _yunet_sface(_detection: DetectionSettings, models: Path | None, threads: int) -> Engine:
    from biometrics.sface import YunetSface  # as above

    return YunetSface(models, threads)


_LOADERS: Mapping[str, Callable[[DetectionSettings, Path | None, int], Engine]] = MappingProxyType(
    {
        "resnet": _resnet,
        "dlib": _dlib,
        "yunet-mobilefacenet": _yunet_mobilefacenet,
        "yunet-sface": _yunet_sface,
    }
)
ENGINES = tuple(_LOADERS)
