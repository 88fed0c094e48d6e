"""Slow checks run two at a time; what measures time waits until the machine is its own.

A gate marked ``alone`` holds a lock for itself, every other gate shares it. Files with such gates
run last, so that these wait for nobody who still has much to do. ``alone(small=False)`` marks one
that needs the machine for itself at full size only, where its figures are kept.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FULL = bool(os.environ.get("ECARD_FULL"))
LOCK = Path(tempfile.gettempdir()) / f"ecard-gates-{os.getuid()}.lock"


def wants_to_be_alone(item: pytest.Item) -> bool:
    """Whether a test was marked so, itself or by its file."""
    found = item.get_closest_marker("alone")
    return found is not None and (FULL or bool(found.kwargs.get("small", True)))


@contextmanager
def place(*, alone: bool) -> Iterator[None]:
    """Room to run in: shared with other gates, or with nobody."""
    with LOCK.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


class Places:
    """Gives each gate its place; loaded by a gate run only."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        last = {item.path for item in items if wants_to_be_alone(item)}
        items.sort(key=lambda item: item.path in last)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        with place(alone=wants_to_be_alone(item)):
            return (yield)
