"""Where encrypted files lie. Knows names and bytes, neither keys nor owners.

A name is 32 random hex digits, never anything of a client's. A file appears whole or not at all:
it is written under a temporary name in the same file system, made durable, renamed, and the rename
made durable. Deleting is for bytes whose key is already destroyed.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from uploads.errors import FileMissing, StoreFault, StoreFull

TEMPORARY_SECONDS = 15 * 60
"""A temporary file this old belongs to a process that died: writing 20 MiB takes a second."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DAMAGE = {errno.ELOOP, errno.EROFS, errno.ENAMETOOLONG}  # waiting does not repair these
_NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)
_FAN = re.compile(r"[0-9a-f]{2}", re.ASCII)
_TEMPORARY = "temporary"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class StoredEntry:
    """One file in the store. `stored_at`: seconds since 1970, by the file system's clock."""

    name: str
    size: int
    stored_at: float


class FileStore(Protocol):
    """A place for encrypted files."""

    def put(self, content: bytes) -> str:
        """Keep `content` durably; its new name. Raises StoreFault and leaves nothing."""
        ...

    def get(self, name: str) -> bytes:
        """The bytes. Raises FileMissing, StoreFault."""
        ...

    def delete(self, name: str) -> None:
        """Remove; nothing happens when it is gone already. Raises StoreFault."""
        ...

    def entries(self) -> Iterator[StoredEntry]:
        """Every file, in no order, to find those that nothing refers to. Raises StoreFault."""
        ...

    def sweep(self, now: float) -> int:
        """Remove what writers that died left behind; how many. `now`: seconds since 1970."""
        ...


class DirectoryStore:
    """A directory of our own on a local disk: folders 0700, files 0600, `ab/cd/abcd…`."""

    def __init__(self, root: Path, temporary_seconds: float = TEMPORARY_SECONDS) -> None:
        """Create `root` if needed. Raises StoreFault if it is a symlink, or open to others."""
        self._root = root
        self._temporary_seconds = temporary_seconds
        with _faults():
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _folder(root) as top:
                _check_private(os.fstat(top))
                _make_folder(_TEMPORARY, top)

    def put(self, content: bytes) -> str:
        """See FileStore."""
        name = secrets.token_hex(16)
        with _faults(), _folder(self._root) as top, _folder(_TEMPORARY, top) as temporary:
            try:
                _write(name, temporary, content)
                _file_under(name, top, temporary)
            finally:  # after the rename there is nothing under this name
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=temporary)
        return name

    def get(self, name: str) -> bytes:
        """See FileStore."""
        with _faults(), self._shelf(name) as shelf:
            opener = functools.partial(_open_plain, folder=shelf)
            with open(name, "rb", opener=opener) as file:
                return file.read()

    def delete(self, name: str) -> None:
        """See FileStore."""
        with contextlib.suppress(FileMissing), _faults(), self._shelf(name) as shelf:
            os.unlink(name, dir_fd=shelf)
            os.fsync(shelf)

    def entries(self) -> Iterator[StoredEntry]:
        """See FileStore."""
        with _faults(), _folder(self._root) as top:
            for first in _fan(top):
                with _folder(first, top) as half:
                    for second in _fan(half):
                        with _folder(second, half) as shelf:
                            yield from _plain_files(shelf)

    def sweep(self, now: float) -> int:
        """See FileStore."""
        swept = 0
        with _faults(), _folder(self._root) as top, _folder(_TEMPORARY, top) as temporary:
            for entry in list(_plain_files(temporary)):
                if now - entry.stored_at >= self._temporary_seconds:
                    os.unlink(entry.name, dir_fd=temporary)
                    swept += 1
        return swept

    @contextlib.contextmanager
    def _shelf(self, name: str) -> Iterator[int]:
        """The folder of a file. That the store itself is gone is not reported as a missing file."""
        if not _NAME.fullmatch(name):
            raise FileMissing
        with _folder(self._root) as top:
            try:
                with _folder(name[:2], top) as half, _folder(name[2:4], half) as shelf:
                    yield shelf
            except FileNotFoundError as missing:
                raise FileMissing from missing


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    """The system's errors in this package's words. What may pass (disk full) is retryable."""
    try:
        yield
    except (NotADirectoryError, IsADirectoryError, PermissionError) as wrong:
        raise StoreFault(f"the store is damaged: {wrong.strerror}", retryable=False) from wrong
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFull from error
        retryable = error.errno not in _DAMAGE
        raise StoreFault(f"the store failed: {error.strerror}", retryable=retryable) from error


@contextlib.contextmanager
def _folder(name: str | Path, above: int | None = None) -> Iterator[int]:
    """A directory by descriptor: no component below the root can be a symlink."""
    descriptor = os.open(name, _FOLDER, dir_fd=above)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_plain(name: str, _flags: int, *, folder: int) -> int:
    descriptor = os.open(name, _READ, dir_fd=folder)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise StoreFault("the store is damaged: not a plain file", retryable=False)


def _check_private(found: os.stat_result) -> None:
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise StoreFault("the store's directory must be ours and 0700", retryable=False)


def _make_folder(name: str, above: int) -> None:
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=above)
    os.fsync(above)  # also when another writer made it: it may not have come to this line yet


def _write(name: str, folder: int, content: bytes) -> None:
    descriptor = os.open(name, _CREATE, 0o600, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _file_under(name: str, top: int, temporary: int) -> None:
    _make_folder(name[:2], top)
    with _folder(name[:2], top) as half:
        _make_folder(name[2:4], half)
        with _folder(name[2:4], half) as shelf:
            os.rename(name, name, src_dir_fd=temporary, dst_dir_fd=shelf)
            os.fsync(shelf)


def _fan(folder: int) -> list[str]:
    return [name for name in os.listdir(folder) if _FAN.fullmatch(name)]


def _plain_files(folder: int) -> Iterator[StoredEntry]:
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):  # deleted by another meanwhile
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISREG(found.st_mode) and _NAME.fullmatch(name):
                yield StoredEntry(name, found.st_size, found.st_mtime)
