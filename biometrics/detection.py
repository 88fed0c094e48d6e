"""Finds faces with dlib's MMOD network on ONNX Runtime, and says which of them is meant.

The network sees faces of 80 × 80 pixels. So the picture is scaled until the smallest face wanted
has that size, then shrunk step by step by 5/6. Every step gets a border: faces that fill the
picture, or are cut off by its edge, would else be missed.

Most of the work lies in the largest steps, which only small faces need. So `find_main` takes every
second step only (the landmarks, and the embeddings from them, come out as well: on 130 pictures of
Labeled Faces in the Wild no rate moved), looks for large faces first, and goes on only as far down
in size as a face could still be taken for the one meant. `follow` looks at one step, near to where
the last frame's face was. `find_as_dlib` packs all steps into one canvas as dlib does, since the
scores depend on where a step lies in the network's grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from biometrics.landmarks import LandmarkFinder
from biometrics.types import Box, Face, RgbImage

_WINDOW_PX = 80
_PYRAMID_STEP = 5 / 6
_LARGEST_FACE = 1.2
"""Width of the largest face looked for, as a part of the picture's longer side."""
_LARGE_FACE = 0.4
"""Faces from this part of the picture's shorter side on are looked for first."""
_SURE_TO_FIND = 0.9
"""A step of the pyramid also finds faces that are this much narrower than its window."""
_KEPT_SCORE = 0.5
"""A followed face whose score fell below this part of the last one may be found better anew."""
_WIDE_BORDER_PX = _WINDOW_PX // 2
_NARROW_BORDER_PX = 11
"""Around steps that find small faces: one cut off by the edge is not the face that is meant."""
_DLIB_GAP_PX, _DLIB_EDGE_PX = 10, 11
"""Between two steps on dlib's canvas, and around all of them."""
_NEAR = 0.5
"""How far from the last frame's face one is followed, in its widths."""
_MUCH_SMALLER = 0.6
"""Below this part of its width a picture is halved by averaging first."""
_DLIB_LEAST_PX = 5
_FILL_RGB = (123, 117, 104)
"""The network's mean colour: all but zero once it is subtracted."""
_LEAST_CANVAS_PX = 29
"""Else the last of three 5 × 5 filters of stride 2 without padding has no place to lie."""
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


@dataclass(frozen=True, slots=True)
class _Found:
    """A window that the network takes for a face."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a pyramid: the picture at a scale, and its place on the canvas."""

    scale: float
    width: int
    height: int
    left: int = 0
    top: int = 0


class FaceDetector:
    """Finds faces and their landmarks. May be used by many threads at once."""

    def __init__(
        self, session: ort.InferenceSession, landmarks: LandmarkFinder, settings: DetectionSettings
    ) -> None:
        self._network = session
        self._landmarks = landmarks
        self._settings = settings

    def find(self, image: RgbImage, smallest_face_px: float) -> list[Face]:
        """All faces from that width on (roughly: the search goes in steps), the largest first."""
        found = self._search(image, self._scales(image, smallest_face_px))
        return self._faces(image, self._kept(found))

    def find_main(self, image: RgbImage, smallest_face_px: float) -> list[Face]:
        """The face that is meant and all that could be taken for it, the largest first: faces that
        are clearly smaller, and not in front of it, may be left out."""
        scales = self._scales(image, smallest_face_px)
        found = self._search_coarsely(image, scales[::2])
        if not found:
            found = self._search_coarsely(image, scales[1::2])
        return self._faces(image, self._kept(found))

    def follow(self, image: RgbImage, last: Face, *, everywhere: bool = False) -> list[Face]:
        """Faces of about the size of the last frame's, near its place; or everywhere, larger ones
        too. None where they show so much worse that the size may have changed."""
        scale, box = _WINDOW_PX / last.box.width, last.box
        if everywhere:
            larger = self._scales(image, last.box.width)
            found = self._kept(self._search(image, larger[::2] or [scale], _NARROW_BORDER_PX))
        else:
            near = _cut(image, _grown(box, _NEAR * box.width))
            found = self._kept(self._search_inside(image, near, [scale]))
        if not found or found[0].score < _KEPT_SCORE * last.score:
            return []
        return self._faces(image, found)

    def find_as_dlib(self, image: RgbImage) -> list[tuple[Box, float]]:
        """Boxes and scores as dlib's own detector gives them (the picture is not enlarged): for
        comparing the two."""
        steps = _steps_as_dlib(image)
        placed, width, height = _placed(steps)
        return [
            (item.box, item.score)
            for item in self._kept(self._windows(_painted(image, placed, width, height), placed))
        ]

    def _search_coarsely(self, image: RgbImage, scales: Sequence[float]) -> list[_Found]:
        """Large faces first, then smaller ones until one is found, then as far down as the answer
        asks for; where there is none, last those that reach past the edges."""
        large_px = _LARGE_FACE * min(image.shape[:2])
        coarse = [scale for scale in scales if scale * large_px <= _WINDOW_PX]
        fine = [scale for scale in scales if scale not in coarse]
        found, searched = self._search(image, coarse, _NARROW_BORDER_PX), max(coarse, default=0.0)
        for scale in reversed(fine):
            if not found:
                found, searched = self._search(image, [scale], _NARROW_BORDER_PX), scale
        if not found:
            return self._search(image, coarse)
        main = max(found, key=lambda item: _weight(item.box, image)).box
        least_px = min(self._settings.rival_size * main.width, _weight(main, image))
        finest = min(_SURE_TO_FIND * _WINDOW_PX / least_px, max(fine, default=0.0))
        rivals = _ladder(finest, searched)
        in_front = [scale for scale in fine if scale > max(finest, searched)]
        found += self._search(image, rivals, _NARROW_BORDER_PX)
        return found + self._search_inside(image, _cut(image, main), in_front)

    def _search_inside(self, image: RgbImage, part: Box, scales: Sequence[float]) -> list[_Found]:
        """In a part of the picture only."""
        left, top, right, bottom = (
            int(edge) for edge in (part.left, part.top, part.right, part.bottom)
        )
        if right - left < 2 or bottom - top < 2:
            return []
        found = self._search(image[top:bottom, left:right], scales, _NARROW_BORDER_PX)
        return [_Found(_shifted(item.box, left, top), item.score) for item in found]

    def _scales(self, image: RgbImage, smallest_face_px: float) -> list[float]:
        """From the largest to the smallest."""
        scale = min(_WINDOW_PX / smallest_face_px, self._settings.max_enlargement)
        smallest_scale = _WINDOW_PX / (_LARGEST_FACE * max(image.shape[:2]))
        scales = []
        while scale >= smallest_scale:
            scales.append(scale)
            scale *= _PYRAMID_STEP
        return scales

    def _search(
        self, image: RgbImage, scales: Sequence[float], border_px: int = _WIDE_BORDER_PX
    ) -> list[_Found]:
        found, level = [], image
        height, width = image.shape[:2]
        for scale in scales:
            level = _resized(level, max(1, round(width * scale)), max(1, round(height * scale)))
            rows, columns = level.shape[:2]
            step = _Step(scale, columns, rows, border_px, border_px)
            edges = (border_px,) * 4
            canvas = cv2.copyMakeBorder(level, *edges, cv2.BORDER_CONSTANT, value=_FILL_RGB)
            found += self._windows(np.asarray(canvas, np.uint8), [step])
        return found

    def _windows(self, canvas: RgbImage, steps: Sequence[_Step]) -> list[_Found]:
        if min(canvas.shape[:2]) < _LEAST_CANVAS_PX:
            return []
        (answer,) = self._network.run(None, {"images": canvas[None]})
        scores = np.asarray(answer)[0, 0]
        cells = np.argwhere(scores >= self._settings.min_score)
        return [
            _Found(_box_at(row, column, steps), float(scores[row, column]))
            for row, column in cells.tolist()
        ]

    def _kept(self, found: Sequence[_Found]) -> list[_Found]:
        """The best score first."""
        boxes, scores = [item.box for item in found], [item.score for item in found]
        return [found[index] for index in without_overlaps(boxes, scores, self._settings)]

    def _faces(self, image: RgbImage, found: Sequence[_Found]) -> list[Face]:
        faces = [self._face(image, item.box, item.score) for item in found]
        return sorted(faces, key=lambda face: -face.box.width)

    def _face(self, image: RgbImage, box: Box, score: float) -> Face:
        points = np.floor(self._landmarks.find(image, box) + 0.5)  # whole pixels, as dlib's are
        eyes = points[:2].mean(axis=0), points[2:4].mean(axis=0)
        landmarks = tuple((float(x), float(y)) for x, y in points)
        return Face(box, landmarks, score, float(np.hypot(*(eyes[0] - eyes[1]))))


def _box_at(row: int, column: int, steps: Sequence[_Step]) -> Box:
    """The window of a score, in the picture's own pixels."""
    x, y = _CELL_PX * column + _FIRST_CELL_PX, _CELL_PX * row + _FIRST_CELL_PX
    step = min(steps, key=lambda step: _distance(x, y, step))
    middle_x, middle_y, half = x - step.left, y - step.top, _WINDOW_PX / 2
    return Box(
        (middle_x - half) / step.scale,
        (middle_y - half) / step.scale,
        (middle_x + half) / step.scale,
        (middle_y + half) / step.scale,
    )


def _distance(x: int, y: int, step: _Step) -> float:
    """From a point to the nearest pixel of a step, squared."""
    beside = max(step.left - x, 0, x - step.left - step.width + 1)
    above = max(step.top - y, 0, y - step.top - step.height + 1)
    return float(beside**2 + above**2)


def _steps_as_dlib(image: RgbImage) -> list[_Step]:
    """The picture itself, then 5/6 of each step, cut to whole pixels, down to 5 pixels."""
    height, width = image.shape[:2]
    steps, scale = [_Step(1.0, width, height)], 1.0
    while height * 5 // 6 >= _DLIB_LEAST_PX and width > 1:
        width, height, scale = width * 5 // 6, height * 5 // 6, scale * _PYRAMID_STEP
        steps.append(_Step(scale, width, height))
    return steps


def _painted(image: RgbImage, placed: Sequence[_Step], width: int, height: int) -> RgbImage:
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = _FILL_RGB
    level = image
    for step in placed:
        level = _resized(level, step.width, step.height)
        canvas[step.top : step.top + step.height, step.left : step.left + step.width] = level
    return canvas


def _placed(steps: Sequence[_Step]) -> tuple[list[_Step], int, int]:
    """The steps in their places and the canvas's width and height: a column down from the largest,
    then, where there is room beside it, a column up again."""
    gap, edge = _DLIB_GAP_PX, _DLIB_EDGE_PX
    down = _length_of_first_column(steps, gap)
    inner_width = steps[0].width
    inner_height = sum(step.height + gap for step in steps[:down]) - gap
    placed, top = [], edge
    for step in steps[:down]:
        placed.append(_at(step, edge, top))
        top += step.height + gap
    bottom = edge + inner_height
    for step in steps[down:]:
        bottom -= step.height
        if bottom < edge + steps[0].height:
            break  # it would lie on the picture itself
        placed.append(_at(step, edge + inner_width - step.width, bottom))
        bottom -= gap
    return placed, inner_width + 2 * edge, inner_height + 2 * edge


def _length_of_first_column(steps: Sequence[_Step], gap: int) -> int:
    """dlib's rule: the first column ends where the next step fits beside the last one and half of
    the rest is placed."""
    first = steps[0].height
    total = sum(step.height + gap for step in steps) - 2 * gap
    height, last_width = 0, 0
    for count, step in enumerate(steps):
        fits = step.width <= steps[0].width - last_width - gap
        if fits and (height - first) * 2 >= total - first:
            return count
        height += step.height + gap
        last_width = step.width
    return len(steps)


def _at(step: _Step, left: int, top: int) -> _Step:
    return _Step(step.scale, step.width, step.height, left, top)


def _resized(image: RgbImage, width: int, height: int) -> RgbImage:
    """Corner pixel on corner pixel, as dlib samples; what becomes much smaller is halved first,
    since sampling would skip pixels."""
    rows, columns = image.shape[:2]
    while width < _MUCH_SMALLER * columns and min(rows, columns) > 1:
        rows, columns = rows // 2, columns // 2
        whole = image[: 2 * rows, : 2 * columns]
        halved = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
        image = np.asarray(halved, np.uint8)
    if (rows, columns) == (height, width):
        return image
    steps = (columns - 1) / max(1, width - 1), (rows - 1) / max(1, height - 1)
    matrix = np.array([[steps[0], 0, 0], [0, steps[1], 0]])
    flags, edge = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, cv2.BORDER_REPLICATE
    warped = cv2.warpAffine(image, matrix, (width, height), flags=flags, borderMode=edge)
    return np.asarray(warped, np.uint8)


def _ladder(finest: float, above: float) -> list[float]:
    """Every second step of the pyramid from a scale on, as long as it is finer than the other."""
    scales = []
    while finest > above / _PYRAMID_STEP:
        scales.append(finest)
        finest *= _PYRAMID_STEP**2
    return scales


def _grown(box: Box, margin_px: float) -> Box:
    edges = box.left - margin_px, box.top - margin_px, box.right + margin_px, box.bottom + margin_px
    return Box(*edges)


def _cut(image: RgbImage, box: Box) -> Box:
    """The part of a box that lies in the picture."""
    height, width = image.shape[:2]
    left, right = (min(max(edge, 0.0), float(width)) for edge in (box.left, box.right))
    top, bottom = (min(max(edge, 0.0), float(height)) for edge in (box.top, box.bottom))
    return Box(left, top, right, bottom)


def _shifted(box: Box, right: float, down: float) -> Box:
    return Box(box.left + right, box.top + down, box.right + right, box.bottom + down)


def without_overlaps(
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
    return max(faces, key=lambda face: _weight(face.box, image))


def _weight(box: Box, image: RgbImage) -> float:
    """The box's width, less the further its middle lies from the picture's."""
    height, width = image.shape[:2]
    x, y = box.centre
    off_centre = np.hypot(x - width / 2, y - height / 2) / (np.hypot(width, height) / 2)
    return float(box.width * (1 - off_centre))


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
