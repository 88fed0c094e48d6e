"""The pack against attacks, on the files and pictures of ECARD_DATA."""

from pathlib import Path

import numpy as np
import pytest

from biometrics.errors import ModelMissing
from biometrics.minifasnet import SIDE_PX, MiniFasNet, crop, softmax
from biometrics.models import install, pack_named
from biometrics.types import Box, Face
from tests.biometrics.test_tracks import face


@pytest.fixture(scope="module")
def pack(ecard_data: Path, tmp_path_factory: pytest.TempPathFactory) -> MiniFasNet:
    folder = tmp_path_factory.mktemp("models")
    install(pack_named("minifasnet"), folder, str(ecard_data / "models"))
    return MiniFasNet(folder)


def test_without_its_files_the_pack_says_so(tmp_path):
    with pytest.raises(ModelMissing):
        MiniFasNet(tmp_path)


@pytest.mark.parametrize("scale", [2.7, 4.0])
@pytest.mark.parametrize("size", [(320, 240), (60, 50), (2000, 1500)])
def test_a_crop_stays_in_the_picture_whatever_its_size(scale, size):
    chip = crop(np.zeros((*size, 3), np.uint8), face(), scale)
    assert chip.shape == (SIDE_PX, SIDE_PX, 3)


def test_a_face_at_the_edge_still_gives_a_crop():
    points = tuple((x - 110.0, y - 140.0) for x, y in face().landmarks)
    edge = Face(Box(-30, -30, 40, 60), points, 1.0, 40.0)
    assert crop(np.zeros((320, 240, 3), np.uint8), edge, 2.7).shape == (SIDE_PX, SIDE_PX, 3)


def test_chances_sum_to_one():
    assert softmax(np.array([[1.0, 2.0, 3.0]], np.float32)).sum() == pytest.approx(1)


def test_the_answer_is_a_number_between_its_bounds_and_always_the_same(pack):
    picture = np.random.default_rng(1).integers(0, 256, (320, 240, 3)).astype(np.uint8)
    first = pack.live_logit(picture, face())
    assert first == pack.live_logit(picture, face())
    assert abs(first) <= 9.3
