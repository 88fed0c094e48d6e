"""Uploading: what is taken, what is refused, and what never reaches the disk."""

import io
import secrets

import pytest
import sqlalchemy as sa
from PIL import Image
from werkzeug.test import EnvironBuilder, run_wsgi_app

from ecard.demo.phone import Answer, Phone
from ecard.documents.models import Document
from ecard.files import StoredFile, read
from tests.documents.applications import portrait, sign_in_again, specimen
from tests.support import Stage

CANARY = "canary-in-the-mine"
UPLOAD = "/documents?kind="


@pytest.fixture
def phone(stage: Stage) -> Phone:
    """A signed-in holder's phone."""
    return stage.signed_in("lucia")


def send(phone: Phone, content: bytes, kind: str = "birth_certificate") -> Answer:
    # the name and type that a client gives are not believed
    files = [("file", ("scan.jpg", content, "image/jpeg"))]
    return phone.send("POST", UPLOAD + kind, files=files)


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def nothing_kept(stage: Stage) -> bool:
    with stage.joined.db.read() as session:
        rows = [session.scalar(sa.select(sa.func.count()).select_from(t)) for t in TABLES]
    store = stage.joined.dependencies.file_store
    return rows == [0, 0] and not list(store.entries())


TABLES = (Document, StoredFile)


def test_a_document_is_kept_unclaimed_for_a_day(stage: Stage, phone: Phone) -> None:
    answer = send(phone, specimen("birth_certificate"))
    assert answer.status == 201, answer.body
    assert (answer.body["kind"], answer.body["pages"]) == ("birth_certificate", 1)
    (listed,) = phone.must("GET", "/documents")["items"]
    assert listed == answer.body
    stage.clock.advance(days=1)
    again = sign_in_again(stage, "lucia", phone)
    assert again.must("GET", "/documents")["items"] == []


@pytest.mark.gate
def test_every_page_of_a_pdf_is_kept(phone: Phone) -> None:
    page = Image.open(io.BytesIO(specimen("household_page")))
    pdf = encoded(page, "PDF", save_all=True, append_images=[page])
    answer = send(phone, pdf, "household_page")
    assert (answer.status, answer.body["pages"]) == (201, 2)


def test_a_file_over_ten_mebibytes_is_refused(stage: Stage, phone: Phone) -> None:
    answer = send(phone, specimen("birth_certificate") + b"\0" * 10 * 2**20)
    assert (answer.status, answer.code) == (413, "file_too_large")
    assert nothing_kept(stage)


REFUSED = {
    "text_named_jpg": (b"just some words, no picture", 415, "file_type_not_allowed"),
    "empty": (b"", 422, "file_empty"),
    "truncated": (specimen("birth_certificate")[:9_000], 422, "picture_unreadable"),
    "gif": (encoded(portrait(), "GIF"), 415, "file_type_not_allowed"),
    "too_many_pixels": (encoded(Image.new("1", (5001, 5001)), "PNG"), 422, "picture_too_large"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_sound_document_is_refused_and_leaves_nothing(
    stage: Stage, phone: Phone, name: str
) -> None:
    content, status, code = REFUSED[name]
    answer = send(phone, content)
    assert (answer.status, answer.code) == (status, code)
    assert nothing_kept(stage)


def test_a_face_photo_is_a_picture_and_never_a_pdf(stage: Stage, phone: Phone) -> None:
    answer = send(phone, encoded(portrait(), "PDF"), "face_photo")
    assert (answer.status, answer.code) == (415, "file_type_not_allowed")
    assert nothing_kept(stage)


def test_an_unknown_kind_and_a_missing_file_are_named(phone: Phone) -> None:
    unknown = send(phone, specimen("passport"), "library_card")
    assert (unknown.status, list(unknown.body["fields"])) == (422, ["kind"])
    missing = phone.send("POST", UPLOAD + "passport", files=[("page", ("a", b"b", "image/jpeg"))])
    assert (missing.status, missing.code) == (422, "invalid_input")


def test_metadata_is_gone_and_nothing_readable_lies_on_the_disk(stage: Stage, phone: Phone) -> None:
    exif = Image.Exif()
    exif[0x010F] = CANARY
    sent = encoded(portrait(), "JPEG", exif=exif.tobytes())
    assert CANARY.encode() in sent
    send(phone, sent, "face_photo")
    with stage.joined.db.read() as session:
        (row,) = session.scalars(sa.select(StoredFile))
        kept = read(session, stage.joined.call(), row.id)
    assert kept.startswith(b"\xff\xd8\xff")
    assert CANARY.encode() not in kept
    for path in stage.joined.settings.var.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert CANARY.encode() not in content, path
            assert b"JFIF" not in content, path


def test_a_repeated_upload_makes_one_document(stage: Stage, phone: Phone) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    headers = {
        "Authorization": f"Bearer {phone.token}",
        "Idempotency-Key": secrets.token_urlsafe(24),
        "Content-Type": "multipart/form-data; boundary=x",
    }
    body = part + specimen("passport") + b"\r\n--x--\r\n"
    path = "/api/v1/documents?kind=passport"
    client = stage.app.test_client()
    first, second = (client.post(path, data=body, headers=headers) for _ in range(2))
    assert first.status_code == 201
    assert (second.status_code, second.data) == (201, first.data)
    assert len(phone.must("GET", "/documents")["items"]) == 1


def test_a_removed_document_is_destroyed_at_once(stage: Stage, phone: Phone) -> None:
    document_id = send(phone, specimen("passport"), "passport").body["id"]
    assert phone.send("DELETE", f"/documents/{document_id}").status == 204
    assert phone.must("GET", "/documents")["items"] == []
    assert phone.send("DELETE", f"/documents/{document_id}").status == 404
    assert not list(stage.joined.dependencies.file_store.entries())
    with stage.joined.db.read() as session:
        assert session.scalars(sa.select(StoredFile)).one().receipt


def test_somebody_elses_document_looks_as_if_it_did_not_exist(stage: Stage, phone: Phone) -> None:
    document_id = send(phone, specimen("passport"), "passport").body["id"]
    other = stage.signed_in("andres", password=None)
    foreign = other.send("DELETE", f"/documents/{document_id}")
    unknown = other.send("DELETE", "/documents/00000000-0000-4000-8000-000000000000")
    assert (foreign.status, foreign.code) == (unknown.status, unknown.code) == (404, "not_found")
    assert other.must("GET", "/documents")["items"] == []


@pytest.mark.parametrize("told", ["whole", "cut"])
def test_an_upload_cut_off_anywhere_is_refused_and_leaves_nothing(
    stage: Stage, phone: Phone, told: str
) -> None:
    builder = EnvironBuilder(
        path=f"/api/v1{UPLOAD}birth_certificate",
        method="POST",
        headers={"Authorization": f"Bearer {phone.token}"},
        data={"file": (io.BytesIO(specimen("birth_certificate")), "a.jpg")},
    )
    environ = builder.get_environ()
    body, answers = environ["wsgi.input"].read(), set()
    cuts = [0, 1, 60, 200, *range(1000, len(body), len(body) // 5)]
    cuts += [len(body) - left for left in (3, 5, 40, 70)]  # the last two end a line, and no file
    for cut in cuts:
        length = str(len(body) if told == "whole" else cut)
        sent = {"wsgi.input": io.BytesIO(body[:cut]), "CONTENT_LENGTH": length}
        sent["HTTP_IDEMPOTENCY_KEY"] = f"cut-off-{told}-{cut:09}-of-the-body"
        _, status, _ = run_wsgi_app(stage.app, {**environ, **sent})
        answers.add(status[:3])
        assert nothing_kept(stage), (cut, status)
    assert answers <= {"400", "422"}
