"""The engine `yunet-mobilefacenet`: YuNet finds faces, MobileFaceNet embeds them; both on ONNX
Runtime, from an installed model pack (biometrics.models)."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray

from biometrics.alignment import FIVE_POINT_112
from biometrics.detection import DetectionSettings, without_overlaps
from biometrics.embedding import Embedding, unit
from biometrics.errors import ModelAltered
from biometrics.networks import open_session, together
from biometrics.packs import MOBILEFACENET, YUNET, read_pack_file
from biometrics.types import Box, Face, LandmarkLayout, RgbImage

_STRIDES = (8, 16, 32)
_PARTS = ("cls", "obj", "bbox", "kps")
_MULTIPLE_PX = 32
"""The network's input sides must be multiples of it."""
_MIN_SCORE = 0.7
_OVERLAPS = DetectionSettings(max_overlap=0.3)
"""As in OpenCV's own demonstration of the network, but for the score, which is 0.9 there. Set by
hand."""
_SEARCH_SIDE_PX = 640
"""The longer side of the picture in which faces are looked for: the size it was trained at."""
_CLOSE_SIDE_PX = 224
"""And of a second, small one with a border, for faces that fill the picture."""
_BORDER = 0.25
"""Of the small picture's longer side, on every side."""
_LEAST_FACE_PX = 20.0
"""The network finds faces of 10 px; their landmarks are of use from here on."""

_IMAGENET_MEAN = np.array((0.485, 0.456, 0.406), np.float32)
_IMAGENET_DEVIATION = np.array((0.229, 0.224, 0.225), np.float32)


class Yunet:
    """A detector of 0.2 MB, for the embedders of packs."""

    alignment = FIVE_POINT_112

    def __init__(self, models: Path | None, threads: int) -> None:
        """`models`: the folder that packs were installed into; `ModelMissing` or `ModelAltered`
        where the pinned file is not there."""
        self._detector = open_session(_any_size(read_pack_file(models, YUNET)), threads)
        self._outputs = [f"{part}_{stride}" for part in _PARTS for stride in _STRIDES]

    def find(self, image: RgbImage, smallest_face_px: float) -> list[Face]:
        """All faces from that width on, the largest first."""
        longer = max(image.shape[:2])
        search = max(_SEARCH_SIDE_PX / longer, _LEAST_FACE_PX / smallest_face_px)
        faces = self._search(image, min(1.0, search), 0)
        close = min(1.0, _CLOSE_SIDE_PX / longer)
        faces += self._search(image, close, round(_BORDER * close * longer))
        kept = without_overlaps([f.box for f in faces], [f.score for f in faces], _OVERLAPS)
        wide = [faces[index] for index in kept if faces[index].box.width >= smallest_face_px]
        return sorted(wide, key=lambda face: -face.box.width)

    def find_main(self, image: RgbImage, smallest_face_px: float) -> list[Face]:
        """As `find`."""
        return self.find(image, smallest_face_px)

    def follow(self, image: RgbImage, last: Face, *, everywhere: bool = False) -> list[Face]:  # noqa: ARG002
        """Always empty: looking anew costs little."""
        return []

    def _search(self, image: RgbImage, scale: float, border_px: int) -> list[Face]:
        canvas = _canvas(image, scale, border_px)
        blob = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], np.float32)
        answers = self._detector.run(self._outputs, {"input": blob})
        named = dict(zip(self._outputs, map(np.asarray, answers), strict=True))
        columns = canvas.shape[1]
        rows = np.concatenate([_decoded(named, stride, columns) for stride in _STRIDES])
        return [_face(row, scale, border_px) for row in rows]


class YunetMobilefacenet(Yunet):
    """With an embedder of 4 MB. May be used by many threads at once."""

    name = "yunet-mobilefacenet-v1"
    weights = together(YUNET.sha256, MOBILEFACENET.sha256)
    embedding_size = 128

    def __init__(self, models: Path | None, threads: int) -> None:
        """As `Yunet`."""
        super().__init__(models, threads)
        self._embedder = open_session(_any_count(read_pack_file(models, MOBILEFACENET)), threads)

    def embed(self, chips: RgbImage) -> Embedding:
        """n × 128, each of length 1, from n × 112 × 112 × 3 RGB, in one batch."""
        scaled = (chips.astype(np.float32) / 255 - _IMAGENET_MEAN) / _IMAGENET_DEVIATION
        batch = np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))
        (answer,) = self._embedder.run(None, {self._embedder.get_inputs()[0].name: batch})
        return unit(np.asarray(answer))


def _canvas(image: RgbImage, scale: float, border_px: int) -> RgbImage:
    """The scaled picture, blue first, with its border and padded at the end to whole strides."""
    height, width = image.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(image, size, interpolation=how)[:, :, ::-1]
    more_x, more_y = (-(side + 2 * border_px) % _MULTIPLE_PX for side in size)
    edges = border_px, border_px + more_y, border_px, border_px + more_x
    return np.asarray(cv2.copyMakeBorder(small, *edges, cv2.BORDER_CONSTANT), np.uint8)


def _decoded(
    named: Mapping[str, NDArray[np.float32]], stride: int, width: int
) -> NDArray[np.float32]:
    """n × 15: left, top, right, bottom, five points, score; in pixels of the canvas."""
    cls, obj, bbox, kps = (named[f"{part}_{stride}"][0] for part in _PARTS)
    scores = np.sqrt(cls[:, 0].clip(0, 1) * obj[:, 0].clip(0, 1))
    found = np.flatnonzero(scores >= _MIN_SCORE)
    cells = np.stack([found % (width // stride), found // (width // stride)], axis=1)
    middles = (cells + bbox[found, :2]) * stride
    halves = np.exp(bbox[found, 2:]) * stride / 2
    points = (kps[found].reshape(-1, 5, 2) + cells[:, None]) * stride
    parts = [middles - halves, middles + halves, points.reshape(-1, 10), scores[found, None]]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _face(row: NDArray[np.float32], scale: float, border_px: int) -> Face:
    *places, score = row.tolist()
    left, top, right, bottom, *points = ((place - border_px) / scale for place in places)
    landmarks = tuple(zip(points[::2], points[1::2], strict=True))
    distance_px = float(np.hypot(points[0] - points[2], points[1] - points[3]))
    box, layout = Box(left, top, right, bottom), LandmarkLayout.EYES_NOSE_MOUTH
    return Face(box, landmarks, score, distance_px, layout)


def _any_size(content: bytes) -> bytes:
    """The detector's graph, which says 640 × 640 but computes any size, told so."""
    model = _read_graph(content)
    _free(model.graph.input[0], {2: "height", 3: "width"})
    for output in model.graph.output:
        _free(output, {1: f"{output.name}_places"})
    return bytes(model.SerializeToString())


def _any_count(content: bytes) -> bytes:
    """The embedder's graph for any number of chips."""
    model = _read_graph(content)
    for value in (model.graph.input[0], model.graph.output[0]):
        _free(value, {0: "chips"})
    last = model.graph.node[-1]
    if last.op_type != "Reshape":
        raise ModelAltered("not the embedding network")
    size = int(model.graph.output[0].type.tensor_type.shape.dim[1].dim_value)
    shape = onnx.numpy_helper.from_array(np.array([-1, size], np.int64), "any_count")
    model.graph.initializer.append(shape)
    last.input[1] = shape.name
    return bytes(model.SerializeToString())


def _read_graph(content: bytes) -> onnx.ModelProto:
    model = onnx.load_model_from_string(content)
    del model.graph.value_info[:]
    return model


def _free(value: onnx.ValueInfoProto, names: Mapping[int, str]) -> None:
    for index, name in names.items():
        value.type.tensor_type.shape.dim[index].dim_param = name
