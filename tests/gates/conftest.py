"""One running server and one browser, started when a file first asks for them, and gone after it:
a browser that stays would disturb what is measured elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ecard.demo import specimens
from ecard.demo.simulated_camera import camera_before
from tests.gates.app_steps import Place
from tests.gates.browsing import chromium
from tests.operations.test_run import running

FULL = bool(os.environ.get("ECARD_FULL"))
SLOW = ["test_family_decided.py", "test_family_pages.py", "test_family_turns.py"]
collect_ignore = [] if FULL else SLOW
"""Minutes in a browser."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("served")
    portrait = specimens.open_photo(specimens.public_portraits()[0])
    with ThreadPoolExecutor(1) as beside, chromium() as browser:
        coming = beside.submit(camera_before, portrait)
        with running(folder / "var", folder / "errors.log") as server:
            person = coming.result()
            assert person is not None
            people = json.loads((folder / "var" / "demo-people.json").read_text(encoding="utf-8"))
            address = f"http://127.0.0.1:{server.port}"
            yield Place(address, people, browser, specimens.face_photo(portrait), person, folder)
