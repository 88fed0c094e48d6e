"""dlib is the oracle: the rebuilt networks must say what it says."""

from pathlib import Path

import dlib
import numpy as np
import pytest

from biometrics import networks
from biometrics.alignment import face_chip
from biometrics.errors import ModelAltered, ModelMissing
from biometrics.landmarks import LandmarkFinder
from biometrics.types import Box, RgbImage
from biometrics.verifier import FaceVerifier
from tests.biometrics.pictures import load, pixels


def dlib_points(image: RgbImage, box: Box) -> dlib.full_object_detection:
    predictor = dlib.shape_predictor(str(networks.weights_path(networks.LANDMARKS)))
    corners = (round(box.left), round(box.top), round(box.right) - 1, round(box.bottom) - 1)
    return predictor(image, dlib.rectangle(*corners))


def as_array(found: dlib.full_object_detection) -> np.ndarray:
    return np.array([(point.x, point.y) for point in found.parts()], np.float64)


@pytest.fixture(scope="module")
def portraits(astronaut, admiral) -> list[RgbImage]:
    return [pixels(astronaut), pixels(admiral)]


def chips_by_dlib(verifier: FaceVerifier, images: list[RgbImage]) -> list[RgbImage]:
    boxes = [verifier.find_faces(image)[0].box for image in images]
    return [dlib.get_face_chip(i, dlib_points(i, b)) for i, b in zip(images, boxes, strict=True)]


def difference_to_dlib(chips: list[RgbImage]) -> float:
    path = str(networks.weights_path(networks.EMBEDDER))
    oracle = dlib.face_recognition_model_v1(path)
    wanted = np.array([oracle.compute_face_descriptor(chip) for chip in chips])
    session = networks.load_session(networks.EMBEDDER, networks.embedder_graph)
    (found,) = session.run(None, {"images": np.stack(chips)})
    return float(np.abs(np.asarray(found) - wanted).max())


def test_the_embedder_gives_the_numbers_of_dlib(verifier, portraits):
    noise = np.random.default_rng(7).integers(0, 256, (150, 150, 3), np.uint8)
    assert difference_to_dlib([*chips_by_dlib(verifier, portraits), noise]) <= 1e-5


@pytest.mark.gate
def test_the_embedder_gives_the_numbers_of_dlib_on_many_people(verifier, ecard_data):
    people = sorted((ecard_data / "faces" / "lfw").iterdir())[:4]
    images = [pixels(load(min(person.iterdir()))) for person in people]
    assert difference_to_dlib(chips_by_dlib(verifier, images)) <= 1e-5


@pytest.mark.gate
def test_the_detector_finds_what_dlib_finds(resnet, astronaut):
    """Over many pictures: tests/gates/test_faces_speed.py."""
    oracle = dlib.cnn_face_detection_model_v1(str(networks.weights_path(networks.DETECTOR)))
    image = pixels(astronaut)
    (wanted,) = oracle(image, 0)
    ((box, score),) = resnet.find_as_dlib(image)
    assert score == pytest.approx(wanted.confidence, abs=0.01)
    middle = wanted.rect.dcenter()
    assert box.width == pytest.approx(wanted.rect.width(), abs=2)
    assert np.hypot(box.centre[0] - middle.x, box.centre[1] - middle.y) < 0.05 * box.width
    for found in (resnet.find(image, 64), resnet.find_main(image, 64)):
        off = np.hypot(found[0].box.centre[0] - middle.x, found[0].box.centre[1] - middle.y)
        assert off < 0.15 * wanted.rect.width()


@pytest.mark.gate
def test_the_landmarks_lie_where_dlib_puts_them(verifier, portraits):
    finder = LandmarkFinder(networks.read_weights(networks.LANDMARKS))
    for image in portraits:
        found = verifier.find_faces(image)[0].box
        box = Box(
            *(float(round(edge)) for edge in (found.left, found.top, found.right, found.bottom))
        )
        furthest = np.abs(finder.find(image, box) - as_array(dlib_points(image, box))).max()
        assert furthest <= 0.6  # dlib rounds to whole pixels


def test_a_face_is_cut_out_as_dlib_cuts_it(verifier, portraits):
    for image in portraits:
        points = dlib_points(image, verifier.find_faces(image)[0].box)
        ours = face_chip(image, as_array(points)).astype(int)
        assert np.abs(ours - dlib.get_face_chip(image, points)).mean() < 1


def test_weights_that_were_changed_are_refused(tmp_path: Path):
    changed = tmp_path / networks.DETECTOR.name
    changed.write_bytes(networks.read_weights(networks.DETECTOR)[:-1] + b"\x07")
    with pytest.raises(ModelAltered):
        networks.read_weights(networks.DETECTOR, changed)


def test_weights_that_are_not_installed_are_named():
    with pytest.raises(ModelMissing, match=r"absent\.dat"):
        networks.weights_path(networks.WeightsFile("absent.dat", ""))


def test_one_network_is_not_taken_for_another():
    detector = networks.read_weights(networks.DETECTOR)
    with pytest.raises(ModelAltered):
        networks.embedder_graph(detector)
    with pytest.raises(ModelAltered):
        LandmarkFinder(detector)
