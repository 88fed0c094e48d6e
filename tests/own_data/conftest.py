"""What tests of a person's own data share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import support
from tests.support import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A process on a fresh database with the demo region."""
    with support.stage(tmp_path) as fresh:
        yield fresh
