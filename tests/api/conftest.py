"""One scene per file: what is refused leaves nothing behind, so the order does not matter."""

from collections.abc import Iterator

import pytest

from tests import support
from tests.api.scene import Scene, set_up


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("scene") / "stage"
    # settings of its own give it an application of its own: `stage` may stand beside it
    with support.stage(folder, requests_per_address=99_999) as stage:
        yield set_up(stage)
