"""Finds faces with dlib's MMOD network on ONNX Runtime, and says which of them is meant.

The network sees faces of 80 × 80 pixels. So the picture is scaled until the smallest face wanted
has that size, then shrunk step by step by 5/6. Every step gets a grey border of half a window:
faces that fill the picture, or are cut off by its edge, would else be missed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from biometrics.landmarks import LandmarkFinder
from biometrics.types import Box, Face, RgbImage

_WINDOW_PX = 80
_BORDER_PX = _WINDOW_PX // 2
_BORDER_RGB = (123, 117, 104)
"""The network's mean: after normalisation the border is all but zero."""
_PYRAMID_STEP = 5 / 6
_LARGEST_FACE = 1.2
"""Width of the largest face looked for, as a part of the picture's longer side."""
_CELL_PX = 8
_FIRST_CELL_PX = 14
"""A score's window is centred at 8 · cell + 14: what three 5 × 5 filters of stride 2 without
padding make."""


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """What counts as a face, and which sizes are looked for."""

    min_score: float = 0.0
    """The network's own threshold."""
    max_enlargement: float = 3.0
    """Pictures are enlarged no further than this in search of small faces."""
    max_overlap: float = 0.4
    """Of two boxes that share more (intersection over union), the one with the lower score goes."""
    max_cover: float = 0.7
    """The same for the part of the smaller box that is covered."""
    rival_size: float = 0.6
    """A second face of at least this part of the first one's width makes it unclear who is meant.
    """


class FaceDetector:
    """Finds faces and their landmarks. May be used by many threads at once."""

    def __init__(
        self, session: ort.InferenceSession, landmarks: LandmarkFinder, settings: DetectionSettings
    ) -> None:
        self._session = session
        self._landmarks = landmarks
        self._settings = settings

    def find(self, image: RgbImage, smallest_face_px: float) -> list[Face]:
        """All faces from that width on (roughly: the search goes in steps), the largest first."""
        boxes, scores = [], []
        for level, scale in self._pyramid(image, smallest_face_px):
            for box, score in self._windows(level, scale):
                boxes.append(box)
                scores.append(score)
        kept = _without_overlaps(boxes, scores, self._settings)
        faces = [self._face(image, boxes[index], scores[index]) for index in kept]
        return sorted(faces, key=lambda face: -face.box.width)

    def _pyramid(
        self, image: RgbImage, smallest_face_px: float
    ) -> Iterator[tuple[RgbImage, float]]:
        height, width = image.shape[:2]
        longer = max(height, width)
        scale = min(_WINDOW_PX / smallest_face_px, self._settings.max_enlargement)
        smallest_scale = _WINDOW_PX / (_LARGEST_FACE * longer)
        base = _resized(image, scale)
        first_scale = scale
        while scale >= smallest_scale:
            yield _resized(base, scale / first_scale), scale
            scale *= _PYRAMID_STEP

    def _windows(self, level: RgbImage, scale: float) -> Iterator[tuple[Box, float]]:
        (answer,) = self._session.run(None, {"images": _with_border(level)[None]})
        scores = np.asarray(answer)[0, 0]
        for row, column in np.argwhere(scores >= self._settings.min_score):
            x, y = (_CELL_PX * cell + _FIRST_CELL_PX - _BORDER_PX for cell in (column, row))
            corners = (x - _BORDER_PX, y - _BORDER_PX, x + _BORDER_PX, y + _BORDER_PX)
            yield Box(*(float(corner / scale) for corner in corners)), float(scores[row, column])

    def _face(self, image: RgbImage, box: Box, score: float) -> Face:
        points = self._landmarks.find(image, box)
        landmarks = tuple((float(x), float(y)) for x, y in points)
        eyes = points[[0, 2]] + points[[1, 3]]
        distance = float(np.hypot(*(eyes[0] - eyes[1]))) / 2
        return Face(box, landmarks, score, distance)


def _resized(image: RgbImage, scale: float) -> RgbImage:
    height, width = image.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)


def _with_border(level: RgbImage) -> RgbImage:
    edge, how = _BORDER_PX, cv2.BORDER_CONSTANT
    bordered = cv2.copyMakeBorder(level, edge, edge, edge, edge, how, value=_BORDER_RGB)
    return np.asarray(bordered, np.uint8)


def _without_overlaps(
    boxes: list[Box], scores: list[float], settings: DetectionSettings
) -> list[int]:
    """Indices of the boxes that stay, best score first (ties: the one found first)."""
    corners = np.array([(b.left, b.top, b.right, b.bottom) for b in boxes]).reshape(-1, 4)
    kept: list[int] = []
    for index in np.argsort(-np.array(scores), kind="stable"):
        union, cover = _overlaps(corners[index], corners[kept])
        if not ((union > settings.max_overlap) | (cover > settings.max_cover)).any():
            kept.append(int(index))
    return kept


def _overlaps(
    box: NDArray[np.float64], others: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per other box: intersection over union, and the covered part of the smaller one."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = (high - low).clip(min=0).prod(axis=1)
    area, areas = (box[2:] - box[:2]).prod(), (others[:, 2:] - others[:, :2]).prod(axis=1)
    return shared / (area + areas - shared), shared / np.minimum(area, areas)


def main_face(faces: list[Face], image: RgbImage) -> Face:
    """The face that is meant: large, and near the middle. `faces` must not be empty."""
    height, width = image.shape[:2]
    reach = float(np.hypot(width, height)) / 2

    def weight(face: Face) -> float:
        x, y = face.box.centre
        off_centre = float(np.hypot(x - width / 2, y - height / 2)) / reach
        return face.box.width * (1 - off_centre)

    return max(faces, key=weight)


def has_rival(faces: list[Face], meant: Face, settings: DetectionSettings) -> bool:
    """Whether a second face could be meant as well. A clearly smaller one beside the face is a
    helper, who may be in the picture (an arm that steadies an old person has a head); one in
    front of the face may not."""
    others = [face for face in faces if face is not meant]
    return any(
        other.box.width >= settings.rival_size * meant.box.width
        or _is_inside(other.box.centre, meant.box)
        for other in others
    )


def _is_inside(point: tuple[float, float], box: Box) -> bool:
    return box.left <= point[0] <= box.right and box.top <= point[1] <= box.bottom
