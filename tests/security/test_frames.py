"""A face on its way through the process: in memory, and on disk only sealed, for a case."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecard.review import service as review
from tests import remembered
from tests.activation.steps import (
    ADMIRAL,
    ASTRONAUT,
    LastStep,
    frames,
    last_step,
    registry_portrait,
)
from tests.security.haystack import written
from tests.support import Stage

SPOOLED_BYTES = 500 * 1024
"""From this size on the web framework's own parser would write a part to a temporary file."""
MARK_BYTES = 48

_watching: list[list[str]] = []


def _note(event: str, args: tuple[Any, ...]) -> None:
    if event != "open" or not _watching or isinstance(args[0], int):
        return
    writes = args[2] & 3 if isinstance(args[2], int) else 0
    if writes or any(letter in str(args[1]) for letter in "wax+"):
        _watching[-1].append(os.fsdecode(args[0]))


sys.addaudithook(_note)  # cannot be taken away again; it notes only while somebody watches


@contextmanager
def files_opened_for_writing() -> Iterator[list[str]]:
    """Every file that this process opens for writing meanwhile, from whatever library."""
    opened: list[str] = []
    _watching.append(opened)
    try:
        yield opened
    finally:
        _watching.remove(opened)


@cache
def large_frames(who: int) -> list[bytes]:
    """A capture whose first three frames are larger than what would be spooled to disk."""
    noise = np.random.default_rng(who)
    large = [with_comments(frame, noise) for frame in frames(who)[:3]]
    assert min(len(frame) for frame in large) > SPOOLED_BYTES
    return [*large, *frames(who)[3:]]


def with_comments(jpeg: bytes, noise: np.random.Generator) -> bytes:
    """The same picture with half a megabyte of comments."""
    comments = [b"\xff\xfe\xff\xff" + noise.bytes(65_533) for _ in range(9)]
    return jpeg[:2] + b"".join(comments) + jpeg[2:]


def marks(taken: list[bytes]) -> list[bytes]:
    """Pieces of the files that occur nowhere else by chance, of the start, middle and end."""
    return [frame[len(frame) * n // 4 :][:MARK_BYTES] for frame in taken for n in (1, 2, 3)]


def in_the_clear(stage: Stage, taken: list[bytes]) -> list[str]:
    return [
        where for where, hay in written(stage).items() if any(mark in hay for mark in marks(taken))
    ]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The temporary folder of this test's process and its children."""
    folder, before = tmp_path / "temporary", tempfile.tempdir
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.delenv(remembered.FOLDER)  # what this test sees written, the service wrote
    tempfile.tempdir = None  # so that it is looked up again
    assert tempfile.gettempdir() == str(folder)
    yield folder
    tempfile.tempdir = before


def child(stage: Stage) -> LastStep:
    step = last_step(stage, "lucia", "mateo", "child")
    registry_portrait(stage, "mateo", ADMIRAL)  # a person has to look
    assert step.phone.consent_as_guardian(step.link_id).ok
    return step


def test_the_watch_sees_a_spooled_upload(temporary: Path) -> None:
    with files_opened_for_writing() as opened:
        with tempfile.TemporaryFile() as spooled:
            spooled.write(b"x")
        (temporary / "kept").write_bytes(b"x")
    assert {str(temporary), str(temporary / "kept")} <= set(opened)


@pytest.mark.gate
def test_a_decided_capture_opens_no_file_and_leaves_none(stage: Stage, temporary: Path) -> None:
    capture = last_step(stage).hand_over()
    taken = large_frames(ADMIRAL)
    with files_opened_for_writing() as opened:
        answer = capture.show_face(taken)
    assert answer.body["outcome"] in ("no_match", "unusable"), answer.body
    assert opened == []
    assert list(temporary.iterdir()) == []
    assert in_the_clear(stage, taken) == []


@pytest.mark.gate
def test_frames_of_a_case_are_written_sealed_only_and_go_with_the_decision(
    stage: Stage, temporary: Path
) -> None:
    step, taken = child(stage), large_frames(ASTRONAUT)
    before = sealed_files(stage)
    with files_opened_for_writing() as opened:
        answer = step.open("own").show_face(taken)
    assert answer.body["next"] == "wait_for_review", answer.body
    assert len(opened) == len(taken)
    assert all(re.fullmatch(r"[0-9a-f]{32}", name) for name in opened)  # below the store's folder
    assert list(temporary.iterdir()) == []
    assert in_the_clear(stage, taken) == []
    kept = sealed_files(stage) - before
    assert len(kept) == len(taken)
    decide(stage)
    stage.work_off()
    assert not sealed_files(stage) & kept
    assert in_the_clear(stage, taken) == []
    assert list(temporary.iterdir()) == []


def test_frames_of_a_case_that_is_given_up_go_with_the_next_sweep(stage: Stage) -> None:
    step, before = child(stage), sealed_files(stage)
    assert step.open("own").show_face(large_frames(ASTRONAUT)).body["next"] == "wait_for_review"
    kept = sealed_files(stage) - before
    assert step.post("/withdrawal").ok
    review.sweep(stage.joined.call())
    assert kept
    assert not sealed_files(stage) & kept


def sealed_files(stage: Stage) -> set[Path]:
    """Every file in the store."""
    return {path for path in stage.joined.settings.files_folder.rglob("*") if path.is_file()}


def decide(stage: Stage) -> None:
    """Two reviewers open the minor's case; the first approves."""
    desk, second = stage.desk("reviewer-north"), stage.desk("reviewer-north-2")
    path = f"/staff/cases/{desk.must('GET', '/staff/cases')['items'][0]['id']}"
    desk.must("POST", f"{path}/opening")
    second.must("POST", f"{path}/opening/approval")
    case = desk.must("GET", path)
    body = {"outcome": "approved", "reason": "face_confirmed", "explanation": "The same child."}
    desk.must("POST", f"{path}/decision", body, if_match=f'"{case["version"]}"')
