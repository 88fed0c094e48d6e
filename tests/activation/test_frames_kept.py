"""Frames leave memory only for a case that a person decides, encrypted, and not for longer."""

import io
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ecard import files, tables
from ecard.files import StoredFile
from ecard.kept_frames import without_metadata
from tests.activation.steps import (
    ADMIRAL,
    ASTRONAUT,
    LastStep,
    frames,
    last_step,
    registry_portrait,
)
from tests.support import Stage

IMAGE_DESCRIPTION = 0x010E
MARK_BYTES = 48
"""A piece of a JPEG's picture data this long occurs nowhere else by chance."""


def marks(taken: list[bytes]) -> list[bytes]:
    return [frame[len(frame) // 2 :][:MARK_BYTES] for frame in taken]


def on_disk(stage: Stage) -> bytes:
    """Every byte below the data directory, but for the keys."""
    var = stage.joined.settings.var
    found = (path for path in var.rglob("*") if path.is_file() and path.parent.name != "keys")
    return b"\0".join(path.read_bytes() for path in sorted(found))


def in_tables(stage: Stage) -> bytes:
    """Every value of every table."""
    parts = []
    with stage.joined.db.read() as session:
        for table in tables.metadata().sorted_tables:
            for row in session.execute(sa.select(table)):
                parts += [v if isinstance(v, bytes) else str(v).encode() for v in row]
    return b"\0".join(parts)


def stored(stage: Stage, purpose: str) -> list[StoredFile]:
    with stage.joined.db.read() as session:
        return list(session.scalars(sa.select(StoredFile).filter_by(purpose=purpose)))


def opened(stage: Stage) -> list[bytes]:
    """The plain content of every file that can still be read."""
    with stage.joined.db.read() as session:
        rows = session.scalars(sa.select(StoredFile).where(StoredFile.wrapped_key.is_not(None)))
        return [files.read(session, stage.joined.call(), row.id) for row in rows]


def child(stage: Stage) -> LastStep:
    step = last_step(stage, "lucia", "mateo", "child")
    registry_portrait(stage, "mateo", ADMIRAL)
    assert step.phone.consent_as_guardian(step.link_id).ok
    return step


def test_the_scan_would_find_a_frame_that_was_written_down(stage: Stage, tmp_path: Path) -> None:
    (stage.joined.settings.var / "files" / "leak").write_bytes(frames(ASTRONAUT)[0])
    assert marks(frames(ASTRONAUT))[0] in on_disk(stage)


def test_no_frame_of_a_decided_capture_is_kept_anywhere(stage: Stage) -> None:
    step = last_step(stage)
    assert step.hand_over().show_face(frames(ADMIRAL)).body["outcome"] == "no_match"
    step.take_back()
    capture = step.open("handed_over")
    assert capture.show_face(frames(ASTRONAUT)).body["outcome"] == "match"
    everything = on_disk(stage) + in_tables(stage)
    sent = frames(ADMIRAL) + frames(ASTRONAUT)
    assert not [mark for mark in marks(sent) if mark in everything]
    assert stored(stage, "review_frame") == []
    assert not set(sent) & set(opened(stage))


@pytest.mark.gate
def test_frames_of_a_case_are_kept_encrypted_until_the_final_decision(stage: Stage) -> None:
    step, taken = child(stage), frames(ASTRONAUT)
    assert step.open("own").show_face(taken).body["next"] == "wait_for_review"
    everything = on_disk(stage) + in_tables(stage)
    assert not [mark for mark in marks(taken) if mark in everything]
    assert len(stored(stage, "review_frame")) == len(taken)
    assert set(taken) <= set(opened(stage))
    approve(stage)
    assert step.link()["state"] == "active"
    kept = stored(stage, "review_frame")
    assert all(row.wrapped_key is None and row.location is None for row in kept)
    assert all(row.receipt for row in kept)
    assert not set(taken) & set(opened(stage))


@pytest.mark.gate
def test_what_a_phone_wrote_beside_the_picture_is_not_kept(stage: Stage) -> None:
    step, taken = child(stage), [with_place(frame) for frame in frames(ASTRONAUT)]
    assert b"a street in a town" in taken[0]
    assert step.open("own").show_face(taken).body["next"] == "wait_for_review"
    with stage.joined.db.read() as session:
        kept = [
            files.read(session, stage.joined.call(), row.id)
            for row in stored(stage, "review_frame")
        ]
    assert len(kept) == len(taken)
    assert not [content for content in kept if b"a street in a town" in content]
    assert pixels(kept[0]) in [pixels(frame) for frame in taken]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xe1\xff\xff"]
)
def test_what_cannot_be_followed_is_left_alone_or_cut_short(content: bytes) -> None:
    assert content.startswith(without_metadata(content))


@given(st.binary(max_size=200))
def test_stripping_any_bytes_ends_and_never_grows(content: bytes) -> None:
    assert len(without_metadata(content)) <= len(content)


def with_place(frame: bytes) -> bytes:
    """The same frame as a phone saves it: with EXIF and a comment that name a place."""
    with Image.open(io.BytesIO(frame)) as picture:
        exif = picture.getexif()
        exif[IMAGE_DESCRIPTION] = "a street in a town"
        out = io.BytesIO()
        picture.save(out, "JPEG", exif=exif, comment=b"a street in a town", quality=90)
    return out.getvalue()


def pixels(jpeg: bytes) -> bytes:
    with Image.open(io.BytesIO(jpeg)) as picture:
        return picture.tobytes()


def approve(stage: Stage) -> None:
    """A reviewer asks to open the minor's case, a second one approves, the first decides."""
    desk, second = stage.desk("reviewer-north"), stage.desk("reviewer-north-2")
    case = desk.must("GET", "/staff/cases")["items"][0]
    path = f"/staff/cases/{case['id']}"
    desk.must("POST", f"{path}/opening")
    second.must("POST", f"{path}/opening/approval")
    shown = desk.must("GET", path)
    assert [item["role"] for item in shown["files"]].count("frame") == len(frames(ASTRONAUT))
    assert shown["reasons"] == ["registry_portrait_uncertain"]
    body = {
        "outcome": "approved",
        "reason": "face_confirmed",
        "explanation": "The child in the capture is the child on the photo.",
    }
    desk.must("POST", f"{path}/decision", body, if_match=f'"{shown["version"]}"')


@pytest.mark.gate
@pytest.mark.parametrize(("ref", "owner"), [("mateo", "mateo"), ("nora", "lucia")])
def test_kept_frames_lie_under_the_key_of_whom_they_show(
    stage: Stage, ref: str, owner: str
) -> None:
    step = last_step(stage, "lucia", ref, "child")
    registry_portrait(stage, ref, ADMIRAL)
    assert step.phone.consent_as_guardian(step.link_id).ok
    assert step.open("own").show_face(frames(ASTRONAUT)).body["next"] == "wait_for_review"
    link = step.row()
    whose = {"lucia": link.holder_id, ref: link.relative_id}[owner]
    assert {row.owner_id for row in stored(stage, "review_frame")} == {whose}
