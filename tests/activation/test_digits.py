"""The digits video: no machine compares a face, a person decides."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard import files
from ecard.demo.phone import Answer, Capture
from ecard.files import StoredFile
from tests.activation.steps import ASTRONAUT, LastStep, frames, last_step
from tests.review.cases import Desk
from tests.support import Stage
from tests.uploads.pictures import film


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return film(str(tmp_path_factory.mktemp("film") / "short.webm"), "VP80", seconds=2)


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return film(str(tmp_path_factory.mktemp("film") / "long.webm"), "VP80", seconds=18)


def accepted(stage: Stage) -> tuple[LastStep, Capture]:
    """An adult accepted, and said nothing about face processing."""
    step = last_step(stage)
    capture = step.open("handed_over")
    assert capture.accept(["rights"]).ok
    return step, capture


def send(capture: Capture, content: bytes, name: str = "video") -> Answer:
    return capture.send("POST", "/video", files=[(name, ("clip", content, "video/webm"))])


def test_an_adult_who_declined_the_face_sends_a_video_for_a_person_to_judge(
    stage: Stage, short: bytes
) -> None:
    step, capture = accepted(stage)
    assert capture.consent("declined").ok
    drawn = capture.send("POST", "/digits")
    assert drawn.status == 201, drawn.body
    assert len(drawn.body["digits"]) == 4
    assert drawn.body["digits"].isdigit()
    answer = send(capture, short)
    assert (answer.status, answer.body) == (201, {"next": "wait_for_review"})
    assert (step.row().state, step.row().route) == ("in_review", "digits")
    assert capture.send("GET").code == "capture_session_ended"
    desk = stage.desk("reviewer-north")
    case = desk.must("GET", "/staff/cases")["items"][0]
    shown = desk.must("GET", f"/staff/cases/{case['id']}")
    assert shown["kind"] == "digits_video"
    assert shown["facts"]["digits"] == drawn.body["digits"]
    assert shown["files"][0]["role"] == "digits_video"
    assert Desk(desk, case["id"]).decide("approved", "agreement_confirmed").code == (
        "reason_does_not_fit"
    )
    assert Desk(desk, case["id"]).decide("approved", "digits_confirmed").ok


def test_the_video_is_kept_encrypted_and_unchanged(stage: Stage, short: bytes) -> None:
    _, capture = accepted(stage)
    capture.send("POST", "/digits")
    assert send(capture, short).ok
    with stage.joined.db.read() as session:
        row = session.scalars(sa.select(StoredFile).filter_by(purpose="digits_video")).one()
        assert files.read(session, stage.joined.call(), row.id) == short
    assert row.destroy_after is not None
    mark = short[len(short) // 2 :][:48]
    blobs = (path for path in Path(stage.joined.settings.var).rglob("*") if path.is_file())
    assert not [path for path in blobs if mark in path.read_bytes()]


def test_digits_cannot_be_chosen_by_asking_again(stage: Stage) -> None:
    _, capture = accepted(stage)
    asked = [capture.send("POST", "/digits").body["digits"] for _ in range(4)]
    assert len(set(asked)) == 1


def test_a_video_without_digits_is_refused(stage: Stage, short: bytes) -> None:
    step, capture = accepted(stage)
    answer = send(capture, short)
    assert (answer.status, answer.code) == (409, "digits_not_drawn")
    assert step.row().state == "awaiting_face"


def test_digits_end_with_their_session(stage: Stage, short: bytes) -> None:
    _, capture = accepted(stage)
    capture.send("POST", "/digits")
    stage.clock.advance(minutes=15)
    assert send(capture, short).code == "capture_session_expired"


@pytest.mark.gate
@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "file_empty"),
        (b"plain text in a file named .webm", 415, "file_type_not_allowed"),
        (b"\x1a\x45\xdf\xa3" + bytes(200), 415, "file_type_not_allowed"),
        (bytes(21 * 2**20), 413, "body_too_large"),
    ],
    ids=["empty", "text", "header", "large"],
)
def test_what_is_no_video_is_refused_and_leaves_everything_as_it_was(
    stage: Stage, content: bytes, status: int, code: str
) -> None:
    step, capture = accepted(stage)
    capture.send("POST", "/digits")
    answer = send(capture, content)
    assert (answer.status, answer.code) == (status, code)
    assert step.row().state == "awaiting_face"
    assert capture.send("GET").ok


@pytest.mark.gate
def test_a_video_over_fifteen_seconds_is_refused(stage: Stage, long: bytes) -> None:
    _, capture = accepted(stage)
    capture.send("POST", "/digits")
    assert send(capture, long).code == "video_too_long"


def test_a_missing_part_is_named(stage: Stage, short: bytes) -> None:
    _, capture = accepted(stage)
    capture.send("POST", "/digits")
    answer = send(capture, short, name="film")
    assert (answer.status, answer.code) == (422, "invalid_input")
    assert "video" in answer.body["fields"]


@pytest.mark.gate
def test_an_adult_without_a_contact_on_file_agrees_in_the_video_itself(
    stage: Stage, short: bytes
) -> None:
    step = last_step(stage, "karl", "greta", "parent")
    capture = step.open("video")
    assert step.phone.send("GET", "/links").code == "session_handed_over"
    assert capture.send("GET").body["next"] == "draw_digits"
    refused = capture.accept(["rights"])
    assert (refused.code, refused.body["next"]) == ("capture_way_not_allowed", "draw_digits")
    assert "Karl F." in capture.send("POST", "/digits").body["sentence"]
    assert send(capture, short).ok
    row = step.row()
    assert (row.state, row.accepted_via) == ("in_review", "handed_over")
    desk = stage.desk("reviewer-south")
    case = desk.must("GET", "/staff/cases")["items"][0]
    shown = desk.must("GET", f"/staff/cases/{case['id']}")
    assert shown["reasons"] == ["digits_video", "agreement_in_video"]
    seen = Desk(desk, case["id"])
    for unheard in ("documents_confirmed", "digits_confirmed"):
        assert seen.decide("approved", unheard).code == "reason_does_not_fit"
    assert step.row().state == "in_review"
    assert seen.decide("approved", "agreement_confirmed").ok
    assert step.row().state == "active"


def test_a_session_for_a_video_takes_no_face_before_an_acceptance(stage: Stage) -> None:
    capture = last_step(stage, "karl", "greta", "parent").open("video")
    assert capture.show_face(frames(ASTRONAUT)).code == "acceptance_missing"
    assert capture.accept([], accepted=False).body["next"] == "closed"
