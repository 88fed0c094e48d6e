"""A file is in the store whole or not at all, and nobody else's path leads there or out."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from uploads.errors import FileMissing, StoreFault
from uploads.storage import TEMPORARY_SECONDS, DirectoryStore, FileStore

WRITER = """
import hashlib, os, sys
from pathlib import Path
from uploads.storage import DirectoryStore
store = DirectoryStore(Path(sys.argv[1]))
while True:
    body = os.urandom(300_000)
    name = store.put(hashlib.sha256(body).digest() + body)
    os.write(1, name.encode() + b"\\n")
"""

FULL_DISK = """
import resource, sys
from pathlib import Path
from uploads.errors import StoreFault
from uploads.storage import DirectoryStore
store = DirectoryStore(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    store.put(b"x" * 5000)
except StoreFault as fault:
    sys.exit(7 if fault.retryable else 8)
"""


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


def files_under(root: Path) -> list[Path]:
    """Every plain file, temporary ones too."""
    return [path for path in root.rglob("*") if path.is_file()]


def test_what_is_put_comes_back_and_a_deleted_file_is_gone(store: FileStore) -> None:
    name = store.put(b"sealed bytes")
    assert store.get(name) == b"sealed bytes"
    store.delete(name)
    store.delete(name)
    with pytest.raises(FileMissing):
        store.get(name)
    assert list(store.entries()) == []


def test_names_are_random_fanned_out_and_private(store: FileStore, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        names = {store.put(b"same") for _ in range(20)}
    finally:
        os.umask(before)
    assert len(names) == 20
    for name in names:
        path = tmp_path / "store" / name[:2] / name[2:4] / name
        assert path.stat().st_mode & 0o777 == 0o600
    folders = [path for path in (tmp_path / "store").rglob("*") if path.is_dir()]
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


def test_every_file_is_listed_with_its_size_and_time(store: FileStore) -> None:
    started = time.time()
    names = {store.put(b"x" * size): size for size in (0, 1, 70_000)}
    listed = {entry.name: entry for entry in store.entries()}
    assert {name: entry.size for name, entry in listed.items()} == names
    assert all(started - 2 < entry.stored_at < time.time() + 2 for entry in listed.values())


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "temporary",
        "a" * 31,
        "a" * 33,
        "A" * 32,
        "g" * 32,
        "../" + "a" * 29,
        "a" * 31 + "\n",
        "a" * 32 + "\0",
        "\u0661" * 32,
    ],
)
def test_a_name_that_we_did_not_give_leads_nowhere(store: FileStore, name: str) -> None:
    with pytest.raises(FileMissing):
        store.get(name)
    store.delete(name)


def test_a_symlink_in_the_place_of_a_file_is_not_followed(store: FileStore, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"not yours")
    name = store.put(b"mine")
    path = tmp_path / "store" / name[:2] / name[2:4] / name
    path.unlink()
    path.symlink_to(outside)
    with pytest.raises(StoreFault) as fault:
        store.get(name)
    assert not fault.value.retryable
    assert list(store.entries()) == []
    store.delete(name)
    assert outside.read_bytes() == b"not yours"


def test_a_folder_or_a_pipe_in_the_place_of_a_file_is_a_fault(
    store: FileStore, tmp_path: Path
) -> None:
    for make in (Path.mkdir, os.mkfifo):
        name = store.put(b"mine")
        path = tmp_path / "store" / name[:2] / name[2:4] / name
        path.unlink()
        make(path)
        with pytest.raises(StoreFault):
            store.get(name)


def test_a_symlink_in_the_place_of_a_folder_is_not_followed(
    store: FileStore, tmp_path: Path
) -> None:
    name = store.put(b"mine")
    half = tmp_path / "store" / name[:2]
    half.rename(tmp_path / "moved")
    half.symlink_to(tmp_path / "moved")
    with pytest.raises(StoreFault):
        store.get(name)
    with pytest.raises(StoreFault):
        store.delete(name)
    assert len(files_under(tmp_path / "moved")) == 1


def test_a_store_open_to_others_or_behind_a_symlink_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    (tmp_path / "real").mkdir(0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("open", "link"):
        with pytest.raises(StoreFault):
            DirectoryStore(tmp_path / name)


def test_a_disk_that_takes_no_more_is_a_retryable_fault_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path / "store")], check=False)
    assert done.returncode == 7
    assert files_under(tmp_path / "store") == []


def test_a_store_whose_folder_is_gone_is_a_fault_of_ours(store: FileStore, tmp_path: Path) -> None:
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    name = "ab" * 16
    for ask in (lambda: store.put(b"x"), lambda: store.get(name), lambda: store.delete(name)):
        with pytest.raises(StoreFault) as fault:
            ask()
        assert not isinstance(fault.value, FileMissing)
    assert files_under(tmp_path / "elsewhere") == []


def test_only_old_temporary_files_are_swept(store: FileStore, tmp_path: Path) -> None:
    kept = store.put(b"kept")
    left = tmp_path / "store" / "temporary" / ("ab" * 16)
    left.write_bytes(b"half a fi")
    written = left.stat().st_mtime
    assert store.sweep(now=written + TEMPORARY_SECONDS - 1) == 0
    assert store.sweep(now=written + TEMPORARY_SECONDS) == 1
    assert not left.exists()
    assert store.get(kept) == b"kept"


def test_many_writers_at_once_all_find_their_own(store: FileStore) -> None:
    found: list[bool] = []

    def write(number: int) -> None:
        for turn in range(10):
            content = f"{number} {turn}".encode()
            found.append(store.get(store.put(content)) == content)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert found == [True] * 60


def kill_writers(root: Path, times: int, seed: int) -> int:
    """Kill a writer at random moments; after each, every listed file is whole. How many files."""
    rng = random.Random(seed)
    acknowledged: set[str] = set()
    for _ in range(times):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        acknowledged.add(writer.stdout.readline().strip())
        time.sleep(rng.uniform(0, 0.02))
        writer.send_signal(signal.SIGKILL)
        acknowledged |= {line.strip() for line in writer.stdout if line.endswith("\n")}
        writer.stdout.close()
        writer.wait()
    store = DirectoryStore(root)
    names = {entry.name for entry in store.entries()}
    assert acknowledged <= names
    for name in names:
        content = store.get(name)
        assert content[:32] == hashlib.sha256(content[32:]).digest()
    store.sweep(now=time.time() + TEMPORARY_SECONDS)
    assert len(files_under(root)) == len(names)
    return len(names)


def test_a_writer_killed_at_any_moment_leaves_no_half_file(tmp_path: Path) -> None:
    assert kill_writers(tmp_path / "store", times=6, seed=1) >= 6


@pytest.mark.gate
def test_many_killed_writers_leave_no_half_file(tmp_path: Path) -> None:
    times = 200 if os.environ.get("ECARD_FULL") else 40
    assert kill_writers(tmp_path / "store", times=times, seed=2) >= times
