"""What tests of uploads share."""

import pytest

from uploads.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """The place where untrusted files are decoded, with its usual limits."""
    return Sandbox()
