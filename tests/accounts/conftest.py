"""A process on the demo region, with the rooms of accounts and cards at work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.accounts.scene import Scene, set_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with set_scene(tmp_path) as found:
        yield found
