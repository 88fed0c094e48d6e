import pytest
from PIL import Image

from biometrics.verifier import FaceVerifier
from tests.biometrics import pictures


@pytest.fixture(scope="session")
def verifier() -> FaceVerifier:
    return FaceVerifier.load()


@pytest.fixture(scope="session")
def astronaut() -> Image.Image:
    return pictures.astronaut()


@pytest.fixture(scope="session")
def admiral() -> Image.Image:
    return pictures.admiral()
