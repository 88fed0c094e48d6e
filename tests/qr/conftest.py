"""The scene of the tests here: one for each file, begun anew for each test, or one of its own."""

from collections.abc import Iterator

import pytest

from tests import support
from tests.family.scene import sign_in
from tests.qr.scene import Showing, showing
from tests.support import Stage


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Showing]:
    with support.stage(tmp_path_factory.mktemp("qr"), qr_codes_an_hour=1000) as stage:
        found = showing(stage)
        found.relative = sign_in(stage, found.two.relative)
        found.started = stage.clock()
        yield found


@pytest.fixture
def scene(lasting: Showing) -> Showing:
    """For tests that leave both people signed in and do not look at messages."""
    lasting.begin_anew()
    return lasting


@pytest.fixture
def own_scene(stage: Stage) -> Showing:
    """For the others."""
    return showing(stage)
