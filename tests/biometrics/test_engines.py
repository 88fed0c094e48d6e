"""Every engine keeps the same promises."""

from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from biometrics.alignment import DLIB_150, align
from biometrics.detection import main_face
from biometrics.embedding import embed_each
from biometrics.engines import ENGINES, Engine, load_engine
from biometrics.errors import (
    EngineUnknown,
    ModelAltered,
    ModelMissing,
    NotCalibratedFor,
    UndecodableImage,
)
from biometrics.images import PHOTO_FORMATS, ImageLimits, decode
from biometrics.models import install, pack_named
from biometrics.packs import MOBILEFACENET
from biometrics.sface import Sface
from biometrics.types import Outcome, RgbImage, UnusableReason, Zone
from biometrics.verifier import FaceVerifier, VerifierSettings
from tests.biometrics.pictures import brightened, capture, jpeg, pixels, side_by_side, views

ADULT_AGE = 40


@pytest.fixture(scope="module")
def models(ecard_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    install(pack_named("yunet-mobilefacenet"), folder, str(ecard_data / "models"))
    return folder


@pytest.fixture(scope="module")
def pack_engine(models):
    return load_engine("yunet-mobilefacenet", models=models)


def chip(engine: Engine, image: RgbImage) -> RgbImage:
    face = main_face(engine.find(image, 60), image)
    return align(image, face, engine.alignment)


def keeps_its_promises(engine: Engine, astronaut: Image.Image, admiral: Image.Image) -> None:
    one, other = (pixels(view) for view in views(astronaut, 2))
    chips = [chip(engine, image) for image in (one, other, pixels(admiral))]
    assert all(cut.shape == (engine.alignment.side_px,) * 2 + (3,) for cut in chips)
    same, again, stranger = embed_each(engine, chips)
    assert same.shape == (engine.embedding_size,)
    assert np.linalg.norm(same) == pytest.approx(1, abs=1e-5)
    assert same @ again > 0.9
    assert same @ again > same @ stranger + 0.05
    alone = embed_each(engine, chips[:1])[0]
    assert np.abs(alone - same).max() <= 1e-5  # a batch changes nothing
    assert len(engine.find(pixels(side_by_side(astronaut, admiral)), 60)) == 2
    face = engine.find(one, 60)[0]
    assert face.box.left < face.nose[0] < face.box.right
    left_eye, right_eye = face.eyes
    assert left_eye[0] > right_eye[0]
    assert np.hypot(*(left_eye - right_eye)) == pytest.approx(face.eye_distance_px)


def test_the_default_engine_keeps_its_promises(resnet, astronaut, admiral):
    keeps_its_promises(resnet, astronaut, admiral)


@pytest.mark.gate
def test_the_reference_engine_keeps_its_promises(astronaut, admiral):
    keeps_its_promises(load_engine("dlib"), astronaut, admiral)


@pytest.mark.gate
def test_the_reference_leaves_pillow_as_strict_as_it_was(astronaut):
    load_engine("dlib")
    with pytest.raises(UndecodableImage):
        decode(jpeg(astronaut)[:-2000], PHOTO_FORMATS, ImageLimits())


def test_the_engine_of_a_pack_keeps_its_promises(pack_engine, astronaut, admiral):
    keeps_its_promises(pack_engine, astronaut, admiral)


def test_a_face_is_followed_until_it_is_gone(resnet, astronaut, admiral):
    engine = resnet
    first, second = (pixels(view) for view in views(astronaut, 2))
    last = engine.find_main(first, 96)[0]
    for everywhere in (False, True):
        found = engine.follow(second, last, everywhere=everywhere)[0]
        off = np.hypot(*np.subtract(found.box.centre, last.box.centre))
        assert off < 0.2 * last.box.width
    assert engine.follow(np.full_like(second, 120), last) == []
    both = pixels(side_by_side(astronaut, admiral))
    left = min(engine.find(both, 80), key=lambda face: face.box.left)
    assert len(engine.follow(both, left)) == 1
    assert len(engine.follow(both, left, everywhere=True)) == 2


def test_somebody_who_steps_in_later_is_seen(verifier, astronaut, admiral):
    room = Image.new("RGB", (300, 400), (90, 90, 90))
    alone = [view.resize((300, 400)) for view in views(astronaut, 5)]
    beside = [room, room, admiral, admiral, admiral]
    frames = [jpeg(side_by_side(*both)) for both in zip(alone, beside, strict=True)]
    answer = verifier.verify(frames, jpeg(astronaut), age=ADULT_AGE)
    assert answer.reason is UnusableReason.SEVERAL_FACES


class Renamed:
    """An engine under a name that was never measured."""

    name = "never-measured-v1"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __getattr__(self, member: str) -> object:
        return getattr(self._engine, member)


class Retrained(Renamed):
    """An engine with other weights than its limits were measured with."""

    name = "dlib-resnet-v1"
    weights = "f" * 64


def made_up_sface(outputs: int) -> bytes:
    """A network that answers with the mean of red, green and blue, then noughts."""
    matrix = np.eye(3, outputs, dtype=np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["data"], ["colours"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["colours", "matrix"], ["fc1"]),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in (("data", [1, 3, 112, 112]), ("fc1", [1, outputs]))
    ]
    graph = helper.make_graph(
        nodes, "face", ends[:1], ends[1:], [numpy_helper.from_array(matrix, "matrix")]
    )
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()


def test_sface_gets_red_first_in_whole_greys_and_chip_by_chip():
    chips = np.zeros((2, 112, 112, 3), np.uint8)
    chips[0, :, :, 0], chips[1, :, :, 2] = 255, 200
    found = Sface(made_up_sface(128), threads=1).embed(chips)
    assert found.shape == (2, 128)
    assert found[:, :3].tolist() == [[1, 0, 0], [0, 0, 1]]
    with pytest.raises(ModelAltered):
        Sface(made_up_sface(64), threads=1).embed(chips)


def test_sface_is_asked_for_by_name_and_is_missing_where_not_installed(models):
    with pytest.raises(ModelMissing, match="sface"):
        load_engine("yunet-sface", models=models)


def test_limits_of_other_weights_are_never_used(resnet):
    with pytest.raises(NotCalibratedFor):
        FaceVerifier(cast("Engine", Retrained(resnet)), VerifierSettings())


def test_without_measured_limits_no_decision_is_final(resnet, astronaut, admiral):
    verifier = FaceVerifier(cast("Engine", Renamed(resnet)), VerifierSettings())
    assert not verifier.calibrated
    for reference in (astronaut, admiral):
        answer = verifier.verify(capture(astronaut), jpeg(reference), age=ADULT_AGE)
        assert answer.engine == "never-measured-v1"
        assert (answer.outcome, answer.zone) == (Outcome.MATCH, Zone.REVIEW)
        assert not answer.accepted
        assert "uncalibrated" in answer.operating_point


@pytest.mark.gate
def test_a_decision_names_its_engine_and_follows_its_own_limits(pack_engine, astronaut, admiral):
    verifier = FaceVerifier(pack_engine, VerifierSettings())
    for reference, wanted in ((astronaut, Outcome.MATCH), (admiral, Outcome.NO_MATCH)):
        answer = verifier.verify(capture(astronaut), jpeg(reference), age=ADULT_AGE)
        assert answer.engine == "yunet-mobilefacenet-v1"
        assert answer.outcome is wanted
        assert answer.operating_point.startswith("yunet-mobilefacenet-v1/18-59/")
    dark = verifier.verify(
        capture(astronaut, change=brightened(0.12)), jpeg(astronaut), age=ADULT_AGE
    )
    assert dark.reason is UnusableReason.DARK
    assert verifier.check_reference(jpeg(admiral)).usable


def test_threads_share_the_engine_of_a_pack(pack_engine, astronaut, admiral):
    images = [pixels(astronaut), pixels(admiral), *map(pixels, views(astronaut, 2))]
    alone = [pack_engine.find(image, 60) for image in images]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda image: pack_engine.find(image, 60), images * 4))
    assert together == alone * 4


def test_an_engine_that_cannot_be_had_is_named_and_no_other_is_taken(tmp_path):
    with pytest.raises(EngineUnknown, match="resnet"):
        load_engine("facenet")
    for models in (None, tmp_path):
        with pytest.raises(ModelMissing, match="yunet"):
            FaceVerifier.load(engine="yunet-mobilefacenet", models=models)
    assert set(ENGINES) == {"resnet", "dlib", "yunet-mobilefacenet", "yunet-sface"}


def test_altered_weights_of_a_pack_are_refused(models, tmp_path):
    for path in models.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    short = (tmp_path / MOBILEFACENET.name).read_bytes()[:-1]
    (tmp_path / MOBILEFACENET.name).write_bytes(short)
    with pytest.raises(ModelAltered, match=r"MobileFaceNet\.onnx"):
        load_engine("yunet-mobilefacenet", models=tmp_path)


def test_a_chip_is_never_cut_for_landmarks_of_another_kind(pack_engine, astronaut):
    image = pixels(astronaut)
    with pytest.raises(ValueError, match="is not"):
        align(image, pack_engine.find(image, 60)[0], DLIB_150)
