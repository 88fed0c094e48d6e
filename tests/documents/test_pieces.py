"""An upload in pieces: taken up where it broke off, kept only whole, and not for ever."""

import base64
import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ecard.demo.phone import Phone
from ecard.documents.models import Document, PartialUpload, PartialUploadPiece
from ecard.files import StoredFile
from ecard.jobs import SWEEPS
from tests import support
from tests.documents.applications import sign_in_again, specimen
from tests.security.parallel import at_once
from tests.support import Stage

PAPER = specimen("birth_certificate")
PIECE = 16 * 1024
UPLOADS = "/api/v1/documents/uploads"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A process that takes small pieces, and two files a day."""
    small = {"upload_piece_bytes": PIECE, "upload_piece_least_bytes": 1024}
    with support.stage(tmp_path, **small, document_bytes_a_day=4 * len(PAPER)) as fresh:
        yield fresh


@pytest.fixture
def phone(stage: Stage) -> Phone:
    return stage.signed_in("lucia", password=None)


def begin(phone: Phone, size: int = len(PAPER), kind: str = "birth_certificate") -> Any:
    return phone.send("POST", "/documents/uploads", {"kind": kind, "size": size})


def put(
    stage: Stage, phone: Phone, upload_id: str, offset: int, content: bytes, **more: str
) -> Any:
    """One piece; its checksum is right unless another is given."""
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    headers = {
        "Authorization": f"Bearer {phone.token}",
        "Content-Type": "application/octet-stream",
        "Content-Digest": f"sha-256=:{digest}:",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    path = f"{UPLOADS}/{upload_id}?offset={offset}"
    return stage.app.test_client().put(path, data=content, headers=headers)


def send_all(stage: Stage, phone: Phone, upload_id: str, content: bytes, start: int = 0) -> None:
    for at in range(start, len(content), PIECE):
        answer = put(stage, phone, upload_id, at, content[at : at + PIECE])
        assert answer.status_code == 200, answer.json


def finish(phone: Phone, upload_id: str) -> Any:
    return phone.send("POST", f"/documents/uploads/{upload_id}/document")


def rows(stage: Stage, table: Any) -> int:
    with stage.joined.db.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_an_upload_that_broke_off_is_taken_up_where_it_stopped(stage: Stage, phone: Phone) -> None:
    begun = begin(phone)
    assert (begun.status, begun.body["received"]) == (201, 0)
    upload_id = begun.body["id"]
    assert put(stage, phone, upload_id, 0, PAPER[:PIECE]).json["received"] == PIECE
    stage.clock.advance(minutes=1)
    again = sign_in_again(stage, "lucia", phone)  # the telephone was off in between
    (known,) = again.must("GET", "/documents/uploads")["items"]
    assert known == again.must("GET", f"/documents/uploads/{upload_id}")
    send_all(stage, again, upload_id, PAPER, start=known["received"])
    kept = finish(again, upload_id)
    assert (kept.status, kept.body["pages"]) == (201, 1)
    assert again.must("GET", "/documents")["items"] == [kept.body]
    assert again.must("GET", "/documents/uploads")["items"] == []
    whole = again.upload("birth_certificate", PAPER)
    prints = {file.fingerprint for file in pages(stage)}
    assert (len(pages(stage)), len(prints), whole != kept.body["id"]) == (2, 1, True)


def pages(stage: Stage) -> list[StoredFile]:
    """What is kept: the pieces are destroyed."""
    with stage.joined.db.read() as session:
        return list(session.scalars(sa.select(StoredFile).filter_by(destroyed_at=None)))


def test_a_piece_with_a_wrong_checksum_is_not_kept(stage: Stage, phone: Phone) -> None:
    upload_id = begin(phone).body["id"]
    wrong = "sha-256=:" + base64.b64encode(b"\0" * 32).decode() + ":"
    answer = put(stage, phone, upload_id, 0, PAPER[:PIECE], Content_Digest=wrong)
    assert (answer.status_code, answer.json["code"]) == (422, "checksum_wrong")
    for unknown in ("", "md5=:AAAA:", "sha-256=:AAAA:", wrong + " "):
        answer = put(stage, phone, upload_id, 0, PAPER[:PIECE], Content_Digest=unknown)
        assert answer.status_code == 422
    assert rows(stage, StoredFile) == 0
    assert put(stage, phone, upload_id, 0, PAPER[:PIECE]).json["received"] == PIECE


def test_a_piece_that_does_not_follow_the_last_one_is_told_where_to_go_on(
    stage: Stage, phone: Phone
) -> None:
    upload_id = begin(phone).body["id"]
    put(stage, phone, upload_id, 0, PAPER[:PIECE])
    for offset in (0, PIECE - 1, PIECE + 1, len(PAPER)):
        answer = put(stage, phone, upload_id, offset, PAPER[:PIECE])
        assert (answer.status_code, answer.json["code"]) == (409, "upload_offset")
        assert answer.json["params"] == {"received": PIECE}


def test_pieces_have_a_least_and_a_largest_size(stage: Stage, phone: Phone) -> None:
    upload_id = begin(phone, size=PIECE + 10).body["id"]
    for content in (b"", b"x" * 1023, b"x" * (PIECE + 1)):
        assert put(stage, phone, upload_id, 0, content).status_code == 422
    assert put(stage, phone, upload_id, 0, PAPER[:PIECE]).status_code == 200
    assert put(stage, phone, upload_id, PIECE, b"x" * 11).status_code == 422
    assert put(stage, phone, upload_id, PIECE, b"x" * 10).status_code == 200
    assert put(stage, phone, upload_id, PIECE + 10, b"x").status_code == 422


@pytest.mark.parametrize("media_type", ["image/jpeg", "multipart/form-data; boundary=x", ""])
def test_a_piece_of_another_content_type_is_refused(
    stage: Stage, phone: Phone, media_type: str
) -> None:
    upload_id = begin(phone).body["id"]
    answer = put(stage, phone, upload_id, 0, PAPER[:PIECE], Content_Type=media_type)
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_of_two_equal_pieces_at_once_exactly_one_is_kept(stage: Stage, phone: Phone) -> None:
    upload_id = begin(phone).body["id"]
    both = at_once([lambda: put(stage, phone, upload_id, 0, PAPER[:PIECE])] * 4)
    assert sorted(answer.status_code for answer in both) == [200, 409, 409, 409]
    assert rows(stage, PartialUploadPiece) == 1


def test_of_two_that_finish_at_once_exactly_one_makes_a_document(
    stage: Stage, phone: Phone
) -> None:
    upload_id = begin(phone).body["id"]
    send_all(stage, phone, upload_id, PAPER)
    statuses = sorted(a.status for a in at_once([lambda: finish(phone, upload_id)] * 3))
    assert statuses[0] == 201
    assert set(statuses[1:]) <= {404, 409}
    assert rows(stage, Document) == 1


def test_an_incomplete_upload_is_no_document(stage: Stage, phone: Phone) -> None:
    upload_id = begin(phone).body["id"]
    put(stage, phone, upload_id, 0, PAPER[:PIECE])
    answer = finish(phone, upload_id)
    assert (answer.status, answer.code) == (409, "upload_incomplete")
    assert answer.body["params"] == {"received": PIECE, "size": len(PAPER)}


def test_somebody_elses_upload_looks_as_if_it_did_not_exist(stage: Stage, phone: Phone) -> None:
    upload_id = begin(phone).body["id"]
    other = stage.signed_in("andres", password=None)
    for stranger in (upload_id, "00000000-0000-4000-8000-000000000000"):
        path = f"/documents/uploads/{stranger}"
        answers = [
            other.send("GET", path).status,
            other.send("DELETE", path).status,
            finish(other, stranger).status,
            put(stage, other, stranger, 0, PAPER[:PIECE]).status_code,
        ]
        assert answers == [404] * 4
    assert other.must("GET", "/documents/uploads")["items"] == []
    assert phone.must("GET", f"/documents/uploads/{upload_id}")["received"] == 0


def test_no_more_uploads_are_begun_than_may_be_open_and_all_their_bytes_count(
    stage: Stage, phone: Phone
) -> None:
    ids = [begin(phone).body["id"] for _ in range(3)]
    refused = begin(phone)
    assert (refused.status, refused.code) == (409, "uploads_open")
    assert phone.send("DELETE", f"/documents/uploads/{ids[0]}").status == 204
    assert begin(phone).status == 201  # the fourth file of four
    phone.send("DELETE", f"/documents/uploads/{ids[1]}")
    assert begin(phone).code == "uploads_spent"
    assert begin(phone, size=10 * 2**20 + 1).code == "file_too_large"


def test_pieces_that_make_no_sound_document_are_refused_like_one_upload_and_gone(
    stage: Stage, phone: Phone
) -> None:
    broken = PAPER[: len(PAPER) // 2]
    upload_id = begin(phone, size=len(broken)).body["id"]
    send_all(stage, phone, upload_id, broken)
    answer = finish(phone, upload_id)
    assert (answer.status, answer.code) == (422, "picture_unreadable")
    assert finish(phone, upload_id).status == 404
    assert list(stage.joined.dependencies.file_store.entries()) == []


def test_what_came_of_an_upload_lies_encrypted_and_goes_when_it_lapses(
    stage: Stage, phone: Phone
) -> None:
    marked = secrets.token_bytes(PIECE)
    upload_id = begin(phone, size=2 * PIECE).body["id"]
    put(stage, phone, upload_id, 0, marked)
    for path in stage.joined.settings.var.rglob("*"):
        assert not path.is_file() or marked[:32] not in path.read_bytes(), path
    stage.clock.advance(days=1)
    again = sign_in_again(stage, "lucia", phone)
    assert put(stage, again, upload_id, PIECE, marked).status_code == 404
    for sweep in SWEEPS:
        if sweep.name in ("documents", "stored_files"):
            sweep.run(stage.joined.call())
    assert (rows(stage, PartialUpload), rows(stage, PartialUploadPiece)) == (0, 0)
    assert list(stage.joined.dependencies.file_store.entries()) == []
    with stage.joined.db.read() as session:
        assert all(session.scalars(sa.select(StoredFile.receipt)))


@pytest.mark.parametrize("cut", [0, 1, 1000, PIECE - 1])
def test_a_piece_cut_off_anywhere_leaves_the_upload_where_it_was(
    stage: Stage, phone: Phone, cut: int
) -> None:
    upload_id = begin(phone).body["id"]
    whole = base64.b64encode(hashlib.sha256(PAPER[:PIECE]).digest()).decode()
    answer = put(stage, phone, upload_id, 0, PAPER[:cut], Content_Digest=f"sha-256=:{whole}:")
    assert (answer.status_code, answer.json["code"]) == (422, "checksum_wrong")
    assert phone.must("GET", f"/documents/uploads/{upload_id}")["received"] == 0
    assert list(stage.joined.dependencies.file_store.entries()) == []
