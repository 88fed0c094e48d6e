"""Database, store and temporary files without the keys: nothing of a family can be read in them."""

import base64
import hashlib
import io
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from ecard import files
from ecard.files import StoredFile
from ecard.joined import join
from ecard.vault import create_keys
from tests.documents.applications import Application, apply, specimen
from tests.security.haystack import forms, table_values
from tests.support import ON_POSTGRES, Stage
from uploads.errors import UploadFault

MARK = "canary-4711-in-the-mine"
PIECE = 64 * 1024


def stolen(stage: Stage) -> dict[str, bytes]:
    """Everything a thief has: the data directory without its keys, and what the tables say."""
    var = stage.joined.settings.var
    paths = [path for path in var.rglob("*") if path.is_file() and "keys" not in path.parts]
    return {str(path.relative_to(var)): path.read_bytes() for path in paths} | table_values(stage)


def forms_of_bytes(mark: bytes) -> Iterable[bytes]:
    """Raw, hex, and the middle of its base64 at each alignment, in both alphabets."""
    yield mark
    yield mark.hex().encode()
    yield mark.hex().upper().encode()
    for before in range(3):
        inner = base64.b64encode(b"\0" * before + mark)[4:-4]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def found(haystacks: Mapping[str, bytes], marks: Mapping[str, list[bytes]]) -> list[str]:
    return [
        f"{what} in {where}"
        for what, ways in marks.items()
        for where, hay in haystacks.items()
        if any(way in hay for way in ways)
    ]


def marked_photo() -> bytes:
    """A face photo whose EXIF bears the mark."""
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x010F] = MARK
    Image.open(io.BytesIO(specimen("face_photo"))).save(out, "JPEG", exif=exif.tobytes())
    return out.getvalue()


def pieces_of(content: bytes, count: int = 12, size: int = 24) -> Iterable[bytes]:
    step = max(1, (len(content) - size) // count)
    return (content[at : at + size] for at in range(200, len(content) - size, step))


def half_an_upload(stage: Stage, application: Application, content: bytes) -> None:
    """Announced, and its first piece sent."""
    announced = {"kind": "birth_certificate", "size": 2 * PIECE}
    upload = application.phone.must("POST", "/documents/uploads", announced)
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    sent = stage.app.test_client().put(
        f"/api/v1/documents/uploads/{upload['id']}?offset=0",
        data=content,
        headers={
            "Authorization": f"Bearer {application.phone.token}",
            "Content-Type": "application/octet-stream",
            "Content-Digest": f"sha-256=:{digest}:",
        },
    )
    assert sent.status_code == 200


@pytest.fixture
def marks(stage: Stage) -> dict[str, list[bytes]]:
    """Leaves a family's traces everywhere; what to look for, in every form it could have."""
    application = apply(stage, "lucia", "mateo", "child")
    photo, piece = marked_photo(), os.urandom(PIECE)
    application.phone.upload("face_photo", photo)
    application.give("birth_certificate", "face_photo")
    half_an_upload(stage, application, piece)
    child = stage.demo.persons["mateo"]
    texts = {"the EXIF mark": MARK, "the child's name": child.name, "its number": child.number}
    pictures = {"the photo": photo, "the certificate": specimen("birth_certificate")}
    with stage.joined.db.read() as session:
        rows = session.scalars(sa.select(StoredFile.id).filter_by(destroyed_at=None))
        for number, row in enumerate(rows):
            kept = files.read(session, stage.joined.call(), row)
            pictures[f"kept file {number}"] = kept
    return {what: list(forms(text)) for what, text in texts.items()} | {
        what: [way for part in pieces_of(content) for way in forms_of_bytes(part)]
        for what, content in {**pictures, "half an upload": piece}.items()
    }


@pytest.mark.gate
def test_nothing_marked_is_found_in_what_a_thief_has(
    stage: Stage, marks: dict[str, list[bytes]]
) -> None:
    haystacks = stolen(stage)
    assert len(marks) >= 8
    assert any(name.startswith("files/") for name in haystacks)
    planted = {"a planted file": b"..." + next(iter(marks.values()))[-1] + b"..."}
    assert found(planted, marks)
    assert found(haystacks, marks) == []


@pytest.mark.gate
@pytest.mark.skipif(ON_POSTGRES, reason="the copy would be of SQLite's file")
def test_with_other_keys_no_file_opens(
    stage: Stage, marks: dict[str, list[bytes]], tmp_path: Path
) -> None:
    assert marks
    stage.joined.db.close()
    copy = tmp_path / "stolen"
    shutil.copytree(stage.joined.settings.var, copy, ignore=shutil.ignore_patterns("keys"))
    create_keys(copy / "keys")
    thief = join(type(stage.joined.settings)(var=copy))
    with thief.db.read() as session:
        ids = list(session.scalars(sa.select(StoredFile.id).filter_by(destroyed_at=None)))
        assert len(ids) >= 4
        for file_id in ids:
            with pytest.raises(UploadFault):
                files.read(session, thief.call(), file_id)
    thief.db.close()
