"""Encrypted files: nothing readable at rest, nothing lost, nothing left behind."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ecard import files, tables
from ecard.agencies.models import Region
from ecard.audit import AuditRow
from ecard.call import Call
from ecard.config import Settings
from ecard.errors import Busy, Unavailable
from ecard.files import StoredFile
from ecard.joined import join
from ecard.persons.models import Person
from ecard.vault import create_keys
from tests import postgres
from uploads import errors as upload_errors
from uploads.errors import DecryptionFailed, StoreFault
from uploads.retention import DeletionReceipt
from uploads.storage import DirectoryStore

START = datetime.now(UTC)
PERSON_ID, OTHER_ID = uuid.UUID(int=2), uuid.UUID(int=3)
CONTENT = b"a page of a document, " * 5000
ON_POSTGRES = os.environ.get("TEST_DATABASE") == "postgres" or "DATABASE_URL" in os.environ


@dataclass
class Shelf:
    """A process with a file store and two people."""

    call: Call
    folder: Path

    def at(self, **later: float) -> Call:
        """The same process, later."""
        then = datetime.now(UTC) + timedelta(**later)  # blobs bear the real clock's time
        dependencies = replace(self.call.dependencies, now=lambda: then)
        return replace(self.call, dependencies=dependencies)

    def put(self, content: bytes = CONTENT, **given: Any) -> uuid.UUID:
        """Keep a file and commit."""
        with self.call.db.write() as session:
            row = files.put(session, self.call, **{**PLAIN, **given, "content": content})
            session.commit()
        return row.id

    def read(self, file_id: uuid.UUID) -> bytes:
        with self.call.db.read() as session:
            return files.read(session, self.call, file_id)

    def destroy(self, file_id: uuid.UUID) -> None:
        with self.call.db.write() as session:
            files.destroy(session, self.call, file_id, "tested")
            session.commit()

    def row(self, file_id: uuid.UUID) -> StoredFile:
        with self.call.db.read() as session:
            return session.get_one(StoredFile, file_id)

    def blobs(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())


PLAIN: dict[str, Any] = {
    "owner_id": PERSON_ID,
    "purpose": "document",
    "media_type": "image/jpeg",
    "destroy_after": START + timedelta(days=7),
}


def furnish(engine: sa.Engine) -> None:
    """The schema, a region and two people without particulars."""
    tables.metadata().create_all(engine)
    region_id = uuid.UUID(int=1)
    with engine.begin() as connection:
        connection.execute(
            sa.insert(Region).values(
                id=region_id, code="xx", level="ministry", names={"en": "X"}, time_zone="UTC"
            )
        )
        for person_id in (PERSON_ID, OTHER_ID):
            connection.execute(
                sa.insert(Person).values(
                    id=person_id,
                    registry_ref=str(person_id),
                    number_index=str(person_id),
                    particulars=b"",
                    region_id=region_id,
                    created_at=START,
                )
            )


@contextmanager
def database(folder: Path) -> Iterator[str]:
    if ON_POSTGRES:
        with postgres.fresh_database(furnish) as address:
            yield address
    else:
        (folder / "db").mkdir()
        yield ""


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    var = tmp_path / "var"
    create_keys(var / "keys")
    with database(var) as address:
        joined = join(Settings(var=var, database_url=address), now=lambda: START)
        if not ON_POSTGRES:
            furnish(joined.db.engine)
        yield Shelf(joined.call(), var / "files")
        joined.db.close()


# --- keeping ------------------------------------------------------------------------------------


def test_what_was_put_is_read_again_and_nothing_of_it_lies_on_the_disk(shelf: Shelf) -> None:
    file_id = shelf.put()
    assert shelf.read(file_id) == CONTENT
    (blob,) = shelf.blobs()
    assert CONTENT[:16] not in blob.read_bytes()
    assert shelf.row(file_id).size == len(CONTENT)


def test_each_file_has_a_key_of_its_own(shelf: Shelf) -> None:
    first, second = shelf.put(), shelf.put()
    assert shelf.row(first).wrapped_key != shelf.row(second).wrapped_key
    one, other = shelf.blobs()
    assert one.read_bytes() != other.read_bytes()


def test_a_fingerprint_recognises_the_same_content_only(shelf: Shelf) -> None:
    prints = [shelf.row(shelf.put(content)).fingerprint for content in (b"a", b"a", b"b")]
    assert prints[0] == prints[1] != prints[2]


def test_two_blobs_that_were_swapped_do_not_open(shelf: Shelf) -> None:
    first, second = shelf.put(b"first"), shelf.put(b"second")
    one, other = shelf.blobs()
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)
    for file_id in (first, second):
        with pytest.raises(DecryptionFailed):
            shelf.read(file_id)


def test_a_row_given_to_somebody_else_does_not_open(shelf: Shelf) -> None:
    file_id = shelf.put()
    shelf.put(owner_id=OTHER_ID)  # so that the other person has a key
    with shelf.call.db.write() as session:
        session.get_one(StoredFile, file_id).owner_id = OTHER_ID
        session.commit()
    with pytest.raises(DecryptionFailed):
        shelf.read(file_id)


def test_without_the_persons_key_the_file_is_gone(shelf: Shelf) -> None:
    file_id = shelf.put()
    with shelf.call.db.write() as session:
        shelf.call.dependencies.vault.destroy_person_key(session, PERSON_ID, START)
        session.commit()
    with pytest.raises(files.FileDestroyed):
        shelf.read(file_id)


class FullStore(DirectoryStore):
    """A store on a disk without room."""

    def put(self, content: bytes) -> str:
        raise StoreFault("the store failed: no space left", retryable=True)


def test_a_full_disk_leaves_no_row_and_says_to_come_back(shelf: Shelf) -> None:
    full = FullStore(shelf.folder)
    shelf.call = replace(shelf.call, dependencies=replace(shelf.call.dependencies, file_store=full))
    with pytest.raises(Unavailable):
        shelf.put()
    with shelf.call.db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == 0


# --- destroying ---------------------------------------------------------------------------------


def test_a_destroyed_file_cannot_be_read_from_the_commit_on(shelf: Shelf) -> None:
    file_id = shelf.put()
    shelf.destroy(file_id)
    with pytest.raises(files.FileDestroyed):
        shelf.read(file_id)
    assert shelf.row(file_id).wrapped_key is None
    assert len(shelf.blobs()) == 1  # ciphertext without a key, until it is erased


def test_erasing_removes_the_blob_and_leaves_a_signed_receipt(shelf: Shelf) -> None:
    file_id = shelf.put()
    shelf.destroy(file_id)
    assert files.erase(shelf.call) == 1
    row = shelf.row(file_id)
    assert (shelf.blobs(), row.location) == ([], None)
    receipt = DeletionReceipt.from_json(row.receipt or "")
    assert receipt.verify(shelf.call.dependencies.vault.receipt_key)
    assert (receipt.object_id, receipt.what, receipt.reason) == (file_id, "document", "tested")
    assert not replace(receipt, reason="other").verify(shelf.call.dependencies.vault.receipt_key)
    assert files.erase(shelf.call) == 0


def test_a_destruction_that_was_rolled_back_destroys_nothing(shelf: Shelf) -> None:
    file_id = shelf.put()
    with shelf.call.db.write() as session:
        files.destroy(session, shelf.call, file_id, "tested")
    files.erase(shelf.call)
    assert shelf.read(file_id) == CONTENT


def test_destroying_twice_is_recorded_once(shelf: Shelf) -> None:
    file_id = shelf.put()
    shelf.destroy(file_id)
    shelf.destroy(file_id)
    with shelf.call.db.read() as session:
        query = sa.select(AuditRow).filter_by(action="file.destroyed", object_id=file_id)
        assert len(list(session.scalars(query))) == 1


def test_a_destroyed_file_gets_no_longer_life(shelf: Shelf) -> None:
    file_id = shelf.put()
    shelf.destroy(file_id)
    with shelf.call.db.write() as session:
        files.keep_until(session, file_id, START + timedelta(days=99))
        session.commit()
    assert shelf.row(file_id).destroy_after == PLAIN["destroy_after"]


# --- sweeping -----------------------------------------------------------------------------------


def test_the_sweep_destroys_what_lapsed_and_nothing_before(shelf: Shelf) -> None:
    file_id = shelf.put()
    assert files.sweep(shelf.at(days=6, hours=20)).lapsed == 0
    swept = files.sweep(shelf.at(days=7))
    assert (swept.lapsed, swept.erased) == (1, 1)
    assert shelf.row(file_id).receipt
    assert shelf.blobs() == []


def test_the_sweep_finishes_a_destruction_that_broke_off(shelf: Shelf) -> None:
    file_id = shelf.put()
    shelf.destroy(file_id)  # and the process dies before it erases
    assert files.sweep(shelf.call).erased == 1
    assert shelf.row(file_id).receipt


def test_an_orphan_goes_after_fifteen_minutes_and_not_before(shelf: Shelf) -> None:
    with shelf.call.db.write() as session:
        files.put(session, shelf.call, **PLAIN, content=CONTENT)
        session.rollback()  # the blob is there, the row never was
    kept = shelf.put()
    assert files.sweep(shelf.at(minutes=14)).orphans == 0
    assert files.sweep(shelf.at(minutes=16)).orphans == 1
    assert shelf.read(kept) == CONTENT
    assert len(shelf.blobs()) == 1


def test_a_row_without_its_blob_is_reported_and_kept(shelf: Shelf) -> None:
    file_id, other = shelf.put(), shelf.put()
    location = shelf.row(file_id).location
    assert location is not None
    shelf.call.dependencies.file_store.delete(location)
    assert files.sweep(shelf.call).missing == (file_id,)
    assert shelf.row(file_id).destroyed_at is None
    assert shelf.read(other) == CONTENT
    with pytest.raises(Unavailable):
        shelf.read(file_id)


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("refused", list(upload_errors.REFUSALS.values()))
def test_what_uploads_refuse_is_refused_with_the_same_code(
    refused: type[upload_errors.UploadRefused],
) -> None:
    with pytest.raises(files.UploadRefusal) as caught, files.refusing():
        raise refused
    assert caught.value.code == refused.code
    assert caught.value.status in (413, 415, 422)


def test_a_busy_sandbox_says_when_to_come_back() -> None:
    with pytest.raises(Busy) as caught, files.refusing():
        raise upload_errors.SandboxBusy(retry_after_seconds=7)
    assert caught.value.retry_after == 7
