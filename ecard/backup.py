"""Backup and restore: the data in one archive, the keys in another, neither of use alone.

The data archive holds the database (SQLite's online copy, or pg_dump's), the encrypted files and
the audit's anchors, under a manifest with the SHA-256 of every part, signed with the anchor key.
Keep the key archive in another place: whoever has both has everything.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ecard import audit_verify, migrations
from ecard.call import Call
from ecard.config import Settings
from ecard.db import Database
from ecard.files import StoredFile
from ecard.vault import KEY_FILES
from uploads.encryption import read_key_file

FORMAT = 1
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
TRIES = 3
"""How often a backup begins again because a file was destroyed while it ran."""


class BackupRefused(Exception):
    """Nothing was changed; the message says why."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and whether it is whole."""

    files: int
    verdict: audit_verify.Verdict
    missing: tuple[str, ...]
    """Names of files that a row speaks of and the backup does not hold."""
    declared: bool
    """Whether anchors younger than the backup were given up, on the record."""


# ------------------------------------------------------------------ backup


def keys_archive(data: Path) -> Path:
    """Where the keys go that belong to a data archive, unless they are moved (they should be)."""
    return data.with_name(data.name + ".keys")


def back_up(call: Call, to: Path) -> tuple[Path, Path]:
    """Write both archives (0600); returns (data, keys). Refuses to overwrite."""
    keys = keys_archive(to)
    for path in (to, keys):
        if path.exists():
            raise BackupRefused(f"{path} is there already")
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".backup-") as folder:
        staged = Path(folder)
        for _ in range(TRIES):
            if _stage(call, staged):
                break
        else:
            raise BackupRefused("files are being destroyed faster than they can be copied")
        _write_manifest(call, staged)
        _write_archive(to, staged)
    _write_archive(keys, call.settings.keys_folder, [f"{name}.key" for name in KEY_FILES])
    return to, keys


def _stage(call: Call, staged: Path) -> bool:
    """Copy everything; False when a file went away meanwhile, so that rows would lack it."""
    shutil.rmtree(staged / "files", ignore_errors=True)
    (staged / "anchors").mkdir(exist_ok=True)
    written = call.settings.anchors_folder / audit_verify.FILE
    if written.exists():  # before the database: an anchor must never be ahead of the rows
        shutil.copyfile(written, staged / "anchors" / audit_verify.FILE)
    before = _locations(call.db)
    _copy_database(call.settings, staged)
    after = _locations(call.db)
    copied = {name for name in before | after if _copy_file(call, name, staged)}
    return before <= copied


def _locations(db: Database) -> set[str]:
    """The files that rows speak of, but for those whose keys are gone already."""
    standing = sa.and_(StoredFile.location.is_not(None), StoredFile.destroyed_at.is_(None))
    query = sa.select(StoredFile.location).where(standing)
    with db.read() as session:
        return {name for name in session.scalars(query) if name is not None}


def _copy_file(call: Call, name: str, staged: Path) -> bool:
    source = _path_in_store(call.settings.files_folder, name)
    target = _path_in_store(staged / "files", name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        shutil.copyfile(source, target)
    except FileNotFoundError:
        return False
    return True


def _path_in_store(root: Path, name: str) -> Path:
    return root / name[:2] / name[2:4] / name


def _copy_database(settings: Settings, staged: Path) -> None:
    url = sa.make_url(settings.database_address)
    target = staged / DATABASES[url.get_backend_name()]
    target.unlink(missing_ok=True)
    if url.get_backend_name() == "sqlite":
        _copy_sqlite(Path(url.database or ""), target)
    else:
        _client("pg_dump", url, "--format=custom", "--no-owner", f"--file={target}")


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's online copy: consistent while others write."""
    with (
        contextlib.closing(sqlite3.connect(source)) as origin,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        origin.backup(copy)


def _client(program: str, url: sa.URL, *arguments: str) -> None:
    """Run a client program of PostgreSQL; the password goes by the environment, not the list."""
    found = shutil.which(program)
    if found is None:
        raise BackupRefused(f"{program} is missing: install PostgreSQL's client programs")
    plain = url.set(drivername="postgresql", password=None)
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    address = plain.render_as_string(hide_password=False)
    command = [found, *arguments, f"--dbname={address}"]
    ran = subprocess.run(  # noqa: S603 - a program of PostgreSQL with arguments of ours
        command, env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        raise BackupRefused(f"{program}: {ran.stderr.strip().splitlines()[-1:]}")


def _write_manifest(call: Call, staged: Path) -> None:
    with call.db.read() as session:
        revision = migrations.present(session.connection())
    content = {
        "format": FORMAT,
        "written": call.now.isoformat(),
        "revision": list(revision),
        "parts": {name: _digest(staged / name) for name in _parts(staged)},
    }
    content["signature"] = _signature(content, call.dependencies.vault.anchor_key)
    (staged / MANIFEST).write_text(json.dumps(content, indent=1), encoding="utf-8")


def _parts(folder: Path) -> list[str]:
    inside = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in inside if path.name != MANIFEST)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _signature(content: dict[str, Any], key: bytes) -> str:
    bare = {name: value for name, value in content.items() if name != "signature"}
    text = "backup|" + json.dumps(bare, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _write_archive(target: Path, folder: Path, names: list[str] | None = None) -> None:
    """One tar file, ours only, on the disk before it has its name."""
    unfinished = target.with_name(target.name + ".unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            for name in names if names is not None else sorted([MANIFEST, *_parts(folder)]):
                archive.add(folder / name, arcname=name, recursive=False)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(target)


# ------------------------------------------------------------------ restore


def unpack(settings: Settings, data: Path, keys: Path) -> None:
    """Put a backup where nothing is yet; nothing is left behind when a part is not as written."""
    _require_empty(settings, data, keys)
    settings.var.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.var.parent, prefix=".restore-") as folder:
        staged, keyring = Path(folder) / "data", Path(folder) / "keys"
        _extract(data, staged)
        _extract(keys, keyring)
        _require_genuine(staged, keyring)
        _place(settings, staged, keyring)


def _require_empty(settings: Settings, data: Path, keys: Path) -> None:
    for archive in (data, keys):
        if not archive.is_file():
            raise BackupRefused(
                f"{archive} is missing; data and keys are both needed (KEYS=path names the keys)"
            )
    for folder in (settings.var, settings.keys_folder):
        if folder.exists() and any(folder.iterdir()):
            raise BackupRefused(f"{folder} is not empty; move it away first")
    url = sa.make_url(settings.database_address)
    if url.get_backend_name() != "sqlite":
        with _inspected(url) as inspector:
            if inspector.get_table_names():
                raise BackupRefused("the database has tables; restore into an empty one")


@contextlib.contextmanager
def _inspected(url: sa.URL) -> Iterator[sa.Inspector]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield sa.inspect(connection)
    engine.dispose()


def _extract(archive: Path, folder: Path) -> None:
    """Take out what a backup holds: plain files below the folder, for nobody else to read.

    Not ``extractall``: its filter, which refuses the rest, came with Python 3.11.4 only.
    """
    folder.mkdir(mode=0o700)
    try:
        with tarfile.open(archive) as opened:
            for member in opened:
                _take_out(opened, member, folder)
    except (tarfile.TarError, ValueError) as error:
        raise BackupRefused(f"{archive} is damaged or no backup") from error


def _take_out(opened: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one member; ValueError if it is no plain file, stands twice, or lies elsewhere."""
    target = folder / member.name
    if ".." in target.parts or not target.is_relative_to(folder) or target.exists():
        raise ValueError(member.name)
    content = opened.extractfile(member) if member.isfile() else None
    if content is None:
        raise ValueError(member.name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with content, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        shutil.copyfileobj(content, file)


def _require_genuine(staged: Path, keyring: Path) -> None:
    """Raise unless the keys belong to the data and every part is as it was written."""
    try:
        content = json.loads((staged / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackupRefused("the manifest is missing or damaged") from error
    key = _key(keyring)
    if not hmac.compare_digest(str(content.get("signature")), _signature(content, key)):
        raise BackupRefused("the keys do not belong to this backup, or its manifest was changed")
    if content["format"] != FORMAT:
        raise BackupRefused(f"format {content['format']} is not known here")
    found = {name: _digest(staged / name) for name in _parts(staged)}
    wrong = sorted(set(found.items()) ^ set(content["parts"].items()))
    if wrong:
        raise BackupRefused(f"{wrong[0][0]} is not as it was written")


def _key(keyring: Path) -> bytes:
    for name in KEY_FILES:
        path = keyring / f"{name}.key"
        if not path.is_file():
            raise BackupRefused(f"{path.name} is missing in the key archive")
        path.chmod(0o600)
    return read_key_file(keyring / "anchor.key")


def _place(settings: Settings, staged: Path, keyring: Path) -> None:
    url = sa.make_url(settings.database_address)
    database = staged / DATABASES[url.get_backend_name()]
    if not database.exists():
        raise BackupRefused(f"the backup holds no {url.get_backend_name()} database")
    settings.var.mkdir(mode=0o700, exist_ok=True)
    settings.keys_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in KEY_FILES:
        shutil.move(keyring / f"{name}.key", settings.keys_folder / f"{name}.key")
    _place_files(settings, staged)
    if url.get_backend_name() == "sqlite":
        target = Path(url.database or "")
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(database, target)
        target.chmod(0o600)
    else:
        _client("pg_restore", url, "--no-owner", "--exit-on-error", str(database))


def _place_files(settings: Settings, staged: Path) -> None:
    if (staged / "files").is_dir():
        shutil.move(staged / "files", settings.files_folder)
        for folder in (settings.files_folder, *settings.files_folder.rglob("*")):
            folder.chmod(0o700 if folder.is_dir() else 0o600)
    anchors = settings.anchors_folder / audit_verify.FILE
    if not anchors.exists() and (staged / "anchors" / audit_verify.FILE).exists():
        anchors.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(staged / "anchors" / audit_verify.FILE, anchors)


def check(call: Call) -> Restored:
    """After a restore: the database is whole, the audit is unbroken, every row has its file."""
    with call.db.read() as session:
        if session.get_bind().dialect.name == "sqlite":
            answer = session.execute(sa.text("PRAGMA integrity_check")).scalar()
            if answer != "ok":
                raise BackupRefused("the database is damaged: " + str(answer))
    declared = audit_verify.declare_restored(call) is not None
    kept = _locations(call.db)
    there = {entry.name for entry in call.dependencies.file_store.entries()}
    missing = tuple(sorted(kept - there))
    return Restored(len(kept), audit_verify.verify(call), missing, declared)
