"""Backup and restore: everything comes back, nothing half, and one archive alone is of no use."""

import io
import os
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, audit_verify, backup, files, tables
from ecard.agencies.models import Region
from ecard.backup import BackupRefused
from ecard.config import Settings
from ecard.files import StoredFile
from ecard.joined import Joined, join
from ecard.persons.models import Person
from tests import postgres
from tests.operations.conftest import new_database
from tests.support import ON_POSTGRES, Clock, verifier

CONTENTS = [os.urandom(1000), os.urandom(200_000)]


@pytest.fixture(autouse=True)
def client_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump of the server that the tests run against, before any older one."""
    if ON_POSTGRES and (folder := postgres.programs()):
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def keep(session: Session, joined: Joined, owner_id: uuid.UUID, content: bytes) -> None:
    files.put(
        session,
        joined.call(),
        owner_id=owner_id,
        purpose="document",
        media_type="image/jpeg",
        content=content,
        destroy_after=None,
    )


@pytest.fixture
def lived_in(joined: Joined) -> Joined:
    """A system with one person, two files of theirs, audit rows and an anchor."""
    call, owner_id, place = joined.call(), uuid.uuid4(), uuid.uuid4()
    with joined.db.write() as session:
        names = {"en": "Here"}
        session.add(Region(id=place, code="here", level="city", names=names, time_zone="UTC"))
        sealed = call.dependencies.vault.seal(session, owner_id, "persons.particulars", "x", "{}")
        session.flush()
        session.add(
            Person(
                id=owner_id,
                registry_ref="somebody",
                number_index="0",
                particulars=sealed,
                region_id=place,
                created_at=call.now,
            )
        )
        session.flush()
        for content in CONTENTS:
            keep(session, joined, owner_id, content)
        for _ in range(5):
            audit.record(session, call, "link.opened", "link", uuid.uuid4())
        session.commit()
    audit_verify.anchor(call, force=True)
    return joined


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Settings]:
    """Another machine: no data, no keys, an empty database."""
    home = tmp_path / "elsewhere"
    home.mkdir()
    settings = Settings(var=home / "var", keys=home / "keyring", anchors=home / "anchors")
    if not ON_POSTGRES:
        yield settings
        return
    with new_database(home) as address:
        yield replace(settings, database_url=address)


def restored(settings: Settings, data: Path, clock: Clock) -> tuple[Joined, backup.Restored]:
    backup.unpack(settings, data, backup.keys_archive(data))
    process = join(settings, now=clock, verifier=verifier)
    return process, backup.check(process.call())


def all_rows(joined: Joined) -> dict[str, int]:
    with joined.db.read() as session:
        counted = {
            name: session.scalar(sa.select(sa.func.count()).select_from(table))
            for name, table in tables.metadata().tables.items()
        }
    return {name: number or 0 for name, number in counted.items()}


def contents(joined: Joined) -> set[bytes]:
    with joined.db.read() as session:
        ids = list(session.scalars(sa.select(StoredFile.id)))
        return {files.read(session, joined.call(), file_id) for file_id in ids}


def test_everything_comes_back_on_another_machine(
    lived_in: Joined, elsewhere: Settings, tmp_path: Path, clock: Clock
) -> None:
    data, keys = backup.back_up(lived_in.call(), tmp_path / "kept" / "monday.tar")
    assert {path.stat().st_mode & 0o777 for path in (data, keys)} == {0o600}
    process, result = restored(elsewhere, data, clock)
    assert (result.files, result.missing, result.verdict.finding) == (2, (), None)
    assert result.verdict.rows == 5
    assert not result.declared
    assert all_rows(process) == all_rows(lived_in)
    assert contents(process) == set(CONTENTS)
    assert elsewhere.keys_folder.stat().st_mode & 0o777 == 0o700
    process.db.close()


def test_what_came_after_the_backup_is_given_up_on_the_record(
    lived_in: Joined, elsewhere: Settings, tmp_path: Path, clock: Clock
) -> None:
    data, _ = backup.back_up(lived_in.call(), tmp_path / "monday.tar")
    with lived_in.db.write() as session:
        audit.record(session, lived_in.call(), "link.ended", "link", uuid.uuid4())
        session.commit()
    audit_verify.anchor(lived_in.call(), force=True)
    outside = replace(elsewhere, anchors=lived_in.settings.anchors_folder)
    process, result = restored(outside, data, clock)
    assert result.declared
    assert result.verdict.finding is None
    assert "rows 6 to 6 were given up" in result.verdict.lost[0]
    process.db.close()


def test_the_data_archive_holds_no_key_and_the_key_archive_nothing_else(
    lived_in: Joined, tmp_path: Path
) -> None:
    data, keys = backup.back_up(lived_in.call(), tmp_path / "monday.tar")
    secrets = [path.read_bytes() for path in lived_in.settings.keys_folder.iterdir()]
    written = data.read_bytes()
    assert secrets
    assert not any(secret in written for secret in secrets)
    assert not any(content in written for content in CONTENTS)
    with tarfile.open(keys) as archive:
        assert {Path(name).suffix for name in archive.getnames()} == {".key"}


def test_a_backup_overwrites_nothing(lived_in: Joined, tmp_path: Path) -> None:
    backup.back_up(lived_in.call(), tmp_path / "monday.tar")
    with pytest.raises(BackupRefused, match="there already"):
        backup.back_up(lived_in.call(), tmp_path / "monday.tar")


def test_a_file_destroyed_meanwhile_is_not_asked_for(
    lived_in: Joined, elsewhere: Settings, tmp_path: Path, clock: Clock
) -> None:
    call = lived_in.call()
    with lived_in.db.write() as session:
        first = session.scalars(sa.select(StoredFile.id).order_by(StoredFile.size)).first()
        assert first is not None
        files.destroy(session, call, first, "lapsed")
        session.commit()
    files.erase(call)
    data, _ = backup.back_up(call, tmp_path / "monday.tar")
    process, result = restored(elsewhere, data, clock)
    assert (result.files, result.missing) == (1, ())
    process.db.close()


def test_a_row_whose_file_is_lost_stops_the_backup(lived_in: Joined, tmp_path: Path) -> None:
    entry = next(iter(lived_in.dependencies.file_store.entries()))
    lived_in.dependencies.file_store.delete(entry.name)
    with pytest.raises(BackupRefused):
        backup.back_up(lived_in.call(), tmp_path / "monday.tar")
    assert not (tmp_path / "monday.tar").exists()


def test_a_directory_that_is_not_empty_is_left_alone(
    lived_in: Joined, elsewhere: Settings, tmp_path: Path
) -> None:
    data, keys = backup.back_up(lived_in.call(), tmp_path / "monday.tar")
    elsewhere.var.mkdir()
    (elsewhere.var / "something").touch()
    with pytest.raises(BackupRefused, match="not empty"):
        backup.unpack(elsewhere, data, keys)
    assert [path.name for path in elsewhere.var.iterdir()] == ["something"]


def test_the_keys_are_needed_and_must_be_those_of_the_data(
    lived_in: Joined, elsewhere: Settings, tmp_path: Path
) -> None:
    data, keys = backup.back_up(lived_in.call(), tmp_path / "monday.tar")
    with pytest.raises(BackupRefused, match="missing"):
        backup.unpack(elsewhere, data, tmp_path / "nowhere.keys")
    other = repacked(keys, tmp_path / "other.keys", "anchor.key", os.urandom(32))
    with pytest.raises(BackupRefused, match="do not belong"):
        backup.unpack(elsewhere, data, other)
    assert not elsewhere.var.exists()


def repacked(archive: Path, to: Path, name: str, content: bytes) -> Path:
    """The archive again, with one member's content replaced."""
    with tarfile.open(archive) as source, tarfile.open(to, "w") as target:
        for member in source.getmembers():
            read = source.extractfile(member)
            assert read is not None
            found = content if member.name == name else read.read()
            member.size = len(found)
            target.addfile(member, io.BytesIO(found))
    return to


def test_a_changed_part_is_named_and_nothing_is_restored(
    lived_in: Joined, elsewhere: Settings, tmp_path: Path
) -> None:
    data, keys = backup.back_up(lived_in.call(), tmp_path / "monday.tar")
    changed = repacked(data, tmp_path / "changed.tar", "anchors/anchors.jsonl", b"{}\n")
    with pytest.raises(BackupRefused, match=r"anchors\.jsonl is not as it was written"):
        backup.unpack(elsewhere, changed, keys)
    assert not elsewhere.var.exists()


def test_what_is_no_backup_is_refused(
    lived_in: Joined, elsewhere: Settings, tmp_path: Path
) -> None:
    _, keys = backup.back_up(lived_in.call(), tmp_path / "monday.tar")
    (tmp_path / "text.tar").write_text("no archive at all")
    with pytest.raises(BackupRefused, match="no backup"):
        backup.unpack(elsewhere, tmp_path / "text.tar", keys)


@pytest.mark.parametrize("name", ["../outside", "/outside", "inside/../../outside"])
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.SYMTYPE])
def test_an_archive_writes_nothing_but_plain_files_in_its_place(
    joined: Joined, elsewhere: Settings, tmp_path: Path, name: str, kind: bytes
) -> None:
    member = tarfile.TarInfo("link" if kind == tarfile.SYMTYPE else name)
    member.type, member.linkname = kind, name
    forged = tmp_path / "forged.tar"
    with tarfile.open(forged, "w") as archive:
        archive.addfile(member)
    with pytest.raises(BackupRefused, match="no backup"):
        backup.unpack(elsewhere, forged, forged)
    assert not (tmp_path / "outside").exists()
    assert not elsewhere.var.exists()
