"""dlib's serialised networks without dlib: read in plain Python, rebuilt as ONNX graphs in memory.

Same numbers as dlib (largest difference under 1e-5, a test holds this), ten times the speed, and no
lock held while another thread waits. The weights lie in the package `face_recognition_models`; it
is looked up, never imported (its import needs pkg_resources, which new setuptools no longer has).

The files, as far as we read them:

- integer: one byte (low 4 bits: length, high bit: sign), then that many little-endian bytes;
- text: length as integer, then bytes;
- tensor: version 2, then samples, channels, rows, columns as integers, then raw little-endian
  float32;
- a convolution: the text `con_4`, a tensor (filters as out, in, row, column, then biases), then
  integers: filters, rows, columns, stride y and x, padding y and x;
- an affine layer: the text `affine_`, a tensor with gamma, then beta;
- batch normalisation: `bn_con2`, a tensor with gamma, then beta; two size descriptions; then the
  tensors means, inverse deviations, running means, running variances;
- a full layer without bias: `fc_2`, two integers, a tensor inputs × outputs.
"""

import hashlib
import importlib.util
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from biometrics.errors import ModelAltered, ModelMissing

Floats = NDArray[np.float32]

PACKAGE = "face_recognition_models"
CHIP_SIDE_PX = 150
"""The embedder's input: square, RGB."""
EMBEDDING_SIZE = 128

_MEAN_RGB = (122.782, 117.001, 104.298)
_INPUT_SCALE = 1 / 256
_BATCH_NORM_EPSILON = 1e-4
_CHANNEL_BLOCK = 16
_OPSET = 17
_IR_VERSION = 9
"""Old enough for every ONNX Runtime that is pinned."""


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file of the weights package and the SHA-256 that it must have (version 0.3.0 of the
    package)."""

    name: str
    sha256: str


EMBEDDER = WeightsFile(
    "dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)
DETECTOR = WeightsFile(
    "mmod_human_face_detector.dat",
    "4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6",
)
LANDMARKS = WeightsFile(
    "shape_predictor_5_face_landmarks.dat",
    "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)


def together(*hashes: str) -> str:
    """One SHA-256 that stands for several files'."""
    return hashlib.sha256(" ".join(hashes).encode("ascii")).hexdigest()


WEIGHTS = together(DETECTOR.sha256, LANDMARKS.sha256, EMBEDDER.sha256)


def weights_path(weights: WeightsFile) -> Path:
    """Where the installed package keeps the file; `ModelMissing` where it does not."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, "models", weights.name)
        if path.is_file():
            return path
    raise ModelMissing(f"{weights.name} of the package {PACKAGE} is not installed")


def read_weights(weights: WeightsFile, path: Path | None = None) -> bytes:
    """The file's bytes; `ModelMissing` where there is none, `ModelAltered` where its SHA-256 is not
    the pinned one."""
    try:
        content = (path or weights_path(weights)).read_bytes()
    except OSError as error:
        raise ModelMissing(f"{weights.name} cannot be read") from error
    if hashlib.sha256(content).hexdigest() != weights.sha256:
        raise ModelAltered(f"{weights.name} is not the pinned file")
    return content


class DlibReader:
    """Reads dlib's primitive types from bytes, one after the other."""

    def __init__(self, content: bytes, position: int = 0) -> None:
        self.content = content
        self.position = position

    def integer(self) -> int:
        """The next integer."""
        control = self.content[self.position]
        end = self.position + 1 + (control & 0x0F)
        value = int.from_bytes(self.content[self.position + 1 : end], "little")
        self.position = end
        return -value if control & 0x80 else value

    def integers(self, count: int) -> list[int]:
        """The next `count` integers."""
        return [self.integer() for _ in range(count)]

    def tensor(self) -> Floats:
        """The next tensor, flat."""
        if self.integer() != 2:
            raise ModelAltered("not a tensor")
        size = int(np.prod(self.integers(4)))
        values = np.frombuffer(self.content, "<f4", size, self.position)
        self.position += 4 * size
        return values.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Convolution:
    """Filters (out, in, row, column), biases (out), stride and padding; what follows it is folded
    in."""

    filters: Floats
    biases: Floats
    stride: int
    padding: int

    def scaled(self, gamma: Floats, beta: Floats) -> "Convolution":
        """This convolution followed by `gamma · x + beta` per channel, as one convolution."""
        filters = self.filters * gamma[:, None, None, None]
        return Convolution(filters, self.biases * gamma + beta, self.stride, self.padding)

    def on_pixels(self) -> "Convolution":
        """This convolution of (pixel - mean) / 256, as one of the pixel itself; only without
        padding, since a padded 0 would then no longer be the mean."""
        if self.padding:
            raise ModelAltered("the first layer has a border")
        filters = self.filters * np.float32(_INPUT_SCALE)
        mean = np.array(_MEAN_RGB, np.float32)[None, :, None, None]
        biases = self.biases - (filters * mean).sum(axis=(1, 2, 3))
        return Convolution(filters, biases.astype(np.float32), self.stride, 0)

    def with_inputs(self, channels: int) -> "Convolution":
        """The same of so many input channels; nothing is made of those that were added."""
        more = channels - self.filters.shape[1]
        filters = np.pad(self.filters, ((0, 0), (0, more), (0, 0), (0, 0)))
        return Convolution(filters, self.biases, self.stride, self.padding)

    def widened(self, input_channels: int) -> "Convolution":
        """With filters of nothing added, up to whole blocks: what ONNX Runtime's quick way of
        counting asks for (the detector's 45 are computed twice as fast as 48)."""
        more = -len(self.filters) % _CHANNEL_BLOCK
        wide = self.with_inputs(input_channels)
        filters = np.pad(wide.filters, ((0, more), (0, 0), (0, 0), (0, 0)))
        return Convolution(filters, np.pad(self.biases, (0, more)), self.stride, self.padding)


def read_layers(content: bytes) -> tuple[list[Convolution], Floats | None]:
    """All convolutions in the order of computation, normalisations folded in, and the last full
    layer's matrix."""
    layers: list[Convolution] = []
    full: Floats | None = None
    for name, reader in _named_layers(content):
        if name == b"con_4":
            layers.append(_read_convolution(reader))
        elif name == b"affine_":
            layers[-1] = layers[-1].scaled(*_halves(reader.tensor()))
        elif name == b"bn_con2":
            layers[-1] = layers[-1].scaled(*_read_batch_norm(reader))
        else:
            outputs = reader.integer()
            reader.integer()
            full = reader.tensor().reshape(-1, outputs)
    return layers, full


def _named_layers(content: bytes) -> Iterator[tuple[bytes, DlibReader]]:
    """Each layer's name and a reader placed behind it. The search goes on where that reader
    stopped, so weights are never searched for names."""
    names = re.compile(rb"\x01\x05(con_4)|\x01\x07(affine_)|\x01\x07(bn_con2)|\x01\x04(fc_2)")
    position = 0
    while found := names.search(content, position):
        reader = DlibReader(content, found.end())
        yield found[found.lastindex or 0], reader
        position = reader.position


def _read_convolution(reader: DlibReader) -> Convolution:
    weights = reader.tensor()
    count, rows, columns, stride, _, padding, _ = reader.integers(7)
    filters = weights[:-count].reshape(count, -1, rows, columns)
    return Convolution(filters, weights[-count:], stride, padding)


def _halves(values: Floats) -> tuple[Floats, Floats]:
    middle = len(values) // 2
    return values[:middle], values[middle:]


def _read_batch_norm(reader: DlibReader) -> tuple[Floats, Floats]:
    gamma, beta = _halves(reader.tensor())
    reader.integers(10)
    _means, _deviations, running_mean, running_variance = (reader.tensor() for _ in range(4))
    scale = gamma / np.sqrt(running_variance + np.float32(_BATCH_NORM_EPSILON))
    return scale, beta - running_mean * scale


class _Graph:
    """Collects nodes; every method returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: NDArray[np.generic]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def convolution(self, source: str, layer: Convolution) -> str:
        parameters = [self.constant(layer.filters), self.constant(layer.biases)]
        strides, pads = [layer.stride] * 2, [layer.padding] * 4
        return self.node("Conv", [source, *parameters], strides=strides, pads=pads)

    def single_filter(self, source: str, layer: Convolution) -> str:
        """A convolution with one filter, done backwards: a single row of output leaves ONNX Runtime
        no matrix to multiply, its transpose does (five times as fast). The same numbers."""
        filters = layer.filters.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
        parameters = [self.constant(filters), self.constant(layer.biases)]
        pads = [layer.filters.shape[2] - 1 - layer.padding] * 4
        return self.node("ConvTranspose", [source, *parameters], pads=pads)

    def floats(self, source: str) -> str:
        """uint8 images, height, width, RGB → float, channels first. Turned while they are bytes:
        that is a fifth of the detector's time."""
        turned = self.node("Transpose", [source], perm=[0, 3, 1, 2])
        return self.node("Cast", [turned], to=TensorProto.FLOAT)

    def model(
        self, input_shape: Sequence[int | str], output: str, output_shape: Sequence[int | str]
    ) -> bytes:
        source = helper.make_tensor_value_info("images", TensorProto.UINT8, input_shape)
        result = helper.make_tensor_value_info(output, TensorProto.FLOAT, output_shape)
        graph = helper.make_graph(self.nodes, "face", [source], [result], self.constants)
        opsets = [helper.make_opsetid("", _OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())


def embedder_graph(content: bytes) -> bytes:
    """ONNX bytes: n × 150 × 150 × 3 uint8 RGB → n × 128 float32."""
    layers, matrix = read_layers(content)
    if len(layers) != 29 or matrix is None or matrix.shape != (256, EMBEDDING_SIZE):
        raise ModelAltered("not the embedding network")
    graph = _Graph()
    first = graph.node("Relu", [graph.convolution(graph.floats("images"), layers[0].on_pixels())])
    flow = graph.node("MaxPool", [first], kernel_shape=[3, 3], strides=[2, 2])
    side = ((CHIP_SIDE_PX - 7) // 2 + 1 - 3) // 2 + 1
    for inner, outer in zip(layers[1::2], layers[2::2], strict=True):
        flow, side = _residual_block(graph, flow, side, inner, outer)
    pooled = graph.node("ReduceMean", [flow], axes=[2, 3], keepdims=0)
    output = graph.node("MatMul", [pooled, graph.constant(matrix)])
    return graph.model(["batch", CHIP_SIDE_PX, CHIP_SIDE_PX, 3], output, ["batch", EMBEDDING_SIZE])


def _residual_block(
    graph: _Graph, source: str, side: int, inner: Convolution, outer: Convolution
) -> tuple[str, int]:
    """Two convolutions plus what came in. Where the first one strides, the latter is average-pooled
    and both sides are zero-padded at the end (channels and space) to the larger of the two
    sizes."""
    work = graph.node("Relu", [graph.convolution(source, inner)])
    work = graph.convolution(work, outer)
    if inner.stride == 1:
        return graph.node("Relu", [graph.node("Add", [work, source])]), side
    kept = graph.node("AveragePool", [source], kernel_shape=[2, 2], strides=[2, 2])
    work_side, kept_side = (side - 3) // 2 + 1, side // 2
    side = max(work_side, kept_side)
    missing_channels = inner.filters.shape[0] - inner.filters.shape[1]
    work = _padded(graph, work, 0, side - work_side)
    kept = _padded(graph, kept, missing_channels, side - kept_side)
    return graph.node("Relu", [graph.node("Add", [work, kept])]), side


def _padded(graph: _Graph, source: str, channels: int, space: int) -> str:
    if not channels and not space:
        return source
    ends = np.array([0, 0, 0, 0, 0, channels, space, space], np.int64)
    return graph.node("Pad", [source, graph.constant(ends)])


def detector_graph(content: bytes) -> bytes:
    """ONNX bytes: 1 × height × width × 3 uint8 RGB → 1 × 1 × rows × columns float32 scores."""
    layers, _ = read_layers(content)
    if [layer.stride for layer in layers] != [2, 2, 2, 1, 1, 1, 1]:
        raise ModelAltered("not the detection network")
    graph = _Graph()
    flow = graph.floats("images")
    channels = len(_MEAN_RGB)
    for layer in [layers[0].on_pixels(), *layers[1:-1]]:
        whole = layer.widened(channels)
        flow = graph.node("Relu", [graph.convolution(flow, whole)])
        channels = len(whole.filters)
    output = graph.single_filter(flow, layers[-1].with_inputs(channels))
    return graph.model([1, "height", "width", 3], output, [1, 1, "rows", "columns"])


def open_session(model: bytes, threads: int = 1) -> ort.InferenceSession:
    """A session that many threads may share. `threads` are ONNX Runtime's own, per call.

    No memory arena: with pictures of many sizes it would only grow.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def load_session(
    weights: WeightsFile, build: Callable[[bytes], bytes], threads: int = 1
) -> ort.InferenceSession:
    """Reads the pinned weights and opens a session on the graph built from them (under half a
    second, so no graph is kept on disk, where it could be changed unseen)."""
    return open_session(build(read_weights(weights)), threads)
