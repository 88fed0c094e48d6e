"""What every test may ask for, and the honest count of what was left out.

Pictures of real people are not part of the project: a test that needs them asks for `ecard_data`.
A gate that measures something writes it down with pytest's own `record_property(name, value)`:
tests/measured.py prints the figures at the end, and a full run keeps them in docs/measured/.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import remembered
from tests.alone import Places
from tests.measured import NO_DATA, Account

DATA_FOLDERS = ("faces", "captures", "documents", "attacks", "hostile", "models")

# Two busy cores make any single example slow now and then; that says nothing about the code.
hypothesis.settings.register_profile("ecard", deadline=None, print_blob=True)
hypothesis.settings.load_profile("ecard")


@pytest.fixture(scope="session")
def ecard_data() -> Path:
    """The folder of test pictures: skips where ECARD_DATA is unset, fails where one is missing."""
    named = os.environ.get("ECARD_DATA")
    if not named:
        pytest.skip(NO_DATA)
    folder = Path(named)
    missing = [name for name in DATA_FOLDERS if not (folder / name).is_dir()]
    if missing:
        pytest.fail(f"ECARD_DATA names {folder}, where {', '.join(missing)} is missing")
    return folder


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Any]:
    """A process on a fresh database with the demo region (tests/support.py: Stage)."""
    from tests import support  # the backend is loaded only where a test asks for it

    with support.stage(tmp_path) as ready:
        yield ready


@pytest.fixture
def joined(stage: Any) -> Any:
    return stage.joined


@pytest.fixture
def clock(stage: Any) -> Any:
    return stage.clock


@pytest.fixture
def app(stage: Any) -> Any:
    return stage.app


@pytest.fixture
def client(app: Any) -> Any:
    return app.test_client()


IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made below it
ROOM_BYTES = 2 * 2**30


def in_memory() -> None:
    """Temporary folders in memory where there is room: a test's data need not outlive the power."""
    if "PYTEST_DEBUG_TEMPROOT" in os.environ or not os.access(IN_MEMORY, os.W_OK):
        return
    if shutil.disk_usage(IN_MEMORY).free > ROOM_BYTES:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(IN_MEMORY)


def remembered_by(config: pytest.Config) -> None:
    """A folder in which the workers of this run share what they found out (remembered.py)."""
    folder = tempfile.mkdtemp(
        prefix="ecard-remembered-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")
    )
    os.environ[remembered.FOLDER] = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_collection_finish() -> None:
    """What is loaded by now stays; to look through it again and again took a tenth of the run."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_configure(config: pytest.Config) -> None:
    in_memory()
    if os.environ.get("ECARD_GATES"):
        config.pluginmanager.register(Places(), "places")
    if not hasattr(config, "workerinput"):
        remembered_by(config)
        gates, full = (bool(os.environ.get(name)) for name in ("ECARD_GATES", "ECARD_FULL"))
        config.pluginmanager.register(Account(gates=gates, full=full), "account")
