import pytest
from PIL import Image

from biometrics.engines import Engine, load_engine
from biometrics.verifier import FaceVerifier, VerifierSettings
from tests.biometrics import pictures
from tests.remembered import RememberingEngine


@pytest.fixture(scope="session")
def resnet() -> Engine:
    return load_engine()


@pytest.fixture(scope="session")
def verifier(resnet: Engine) -> FaceVerifier:
    return FaceVerifier(RememberingEngine(resnet), VerifierSettings())


@pytest.fixture(scope="session")
def astronaut() -> Image.Image:
    return pictures.astronaut()


@pytest.fixture(scope="session")
def admiral() -> Image.Image:
    return pictures.admiral()
