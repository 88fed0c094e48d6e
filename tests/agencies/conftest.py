"""The demo region on a database of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.ground import Ground, fresh_ground


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with fresh_ground(tmp_path) as found:
        yield found
