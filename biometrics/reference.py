"""The engine `dlib`: face_recognition as it is usually used, behind a lock. The reference that the
other engines are measured by; slow, one thread at a time.

face_recognition keeps one HOG detector for the process, and dlib lets go of Python's global lock in
it: without a lock of our own, threads crash the process.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

import numpy as np
from PIL import ImageFile

from biometrics import networks
from biometrics.alignment import DLIB_150
from biometrics.embedding import Embedding, unit
from biometrics.errors import ModelMissing
from biometrics.types import Box, Face, RgbImage

_LOCK = Lock()


def face_recognition() -> ModuleType:
    """The package, imported on the first call (two seconds). `ModelMissing` where it or its weights
    are not installed: asked for first, since its own import would end the process."""
    for weights in (networks.EMBEDDER, networks.DETECTOR, networks.LANDMARKS):
        networks.weights_path(weights)
    if importlib.util.find_spec("face_recognition") is None:
        raise ModelMissing("the package face_recognition is not installed")
    with _LOCK:
        return _imported()


def _imported() -> ModuleType:
    """Its models package asks pkg_resources for four paths; new versions of setuptools no longer
    have that, so it is given an answer of ours for the moment. It also tells Pillow, for the whole
    process, to take truncated pictures: that is undone."""
    strict = ImageFile.LOAD_TRUNCATED_IMAGES
    before = sys.modules.get("pkg_resources")
    stand_in: Any = ModuleType("pkg_resources")
    stand_in.resource_filename = _resource_filename
    sys.modules["pkg_resources"] = stand_in
    try:
        return importlib.import_module("face_recognition")
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = strict
        del sys.modules["pkg_resources"]
        if before is not None:
            sys.modules["pkg_resources"] = before


def _resource_filename(package: str, name: str) -> str:
    spec = importlib.util.find_spec(package)
    folders = (spec.submodule_search_locations or ()) if spec else ()
    return str(Path(next(iter(folders)), name))


class DlibEngine:
    """HOG detector, five landmarks and embedding network of dlib. Threads wait for each other."""

    name = "dlib-reference-v1"
    weights = networks.WEIGHTS
    embedding_size = networks.EMBEDDING_SIZE
    alignment = DLIB_150

    def __init__(self) -> None:
        self._api: Any = importlib.import_module(f"{face_recognition().__name__}.api")

    def find(self, image: RgbImage, smallest_face_px: float) -> list[Face]:
        """All faces from that width on, the largest first. The HOG detector gives no scores."""
        whole = image.copy()  # dlib refuses the strides of a turned picture one pixel wide
        with _LOCK:
            places = self._api.face_locations(whole)
            marks = self._api.face_landmarks(whole, places, model="small")
        faces = [_face(place, mark) for place, mark in zip(places, marks, strict=True)]
        wide = [face for face in faces if face.box.width >= smallest_face_px]
        return sorted(wide, key=lambda face: -face.box.width)

    def find_main(self, image: RgbImage, smallest_face_px: float) -> list[Face]:
        """As `find`."""
        return self.find(image, smallest_face_px)

    def follow(self, image: RgbImage, last: Face, *, everywhere: bool = False) -> list[Face]:  # noqa: ARG002
        """Always empty: it has no faster way than looking anew."""
        return []

    def embed(self, chips: RgbImage) -> Embedding:
        """n × 128, each of length 1, from n × 150 × 150 × 3 RGB, one after the other."""
        with _LOCK:
            found = [self._api.face_encoder.compute_face_descriptor(chip) for chip in chips]
        return unit(np.array(found, np.float32))


def _face(place: tuple[int, int, int, int], marks: dict[str, list[tuple[int, int]]]) -> Face:
    top, right, bottom, left = place
    # "right" is what lies to the right in the picture here; each eye's outer corner comes first
    points = [*marks["right_eye"], *marks["left_eye"], *marks["nose_tip"]]
    landmarks = tuple((float(x), float(y)) for x, y in points)
    eyes = np.array(landmarks)[:4].reshape(2, 2, 2).mean(axis=1)
    distance_px = float(np.hypot(*(eyes[0] - eyes[1])))
    return Face(Box(left, top, right, bottom), landmarks, 0.0, distance_px)
