"""Killed with -9 at each step of an upload: what was acknowledged stays, nothing is half there.

strace sends the signal when a named system call is about to be made, so no line of ours is changed
for it; and its trace shows that everything is on the disk before the answer goes out, which a
killed process alone cannot show (the system would write for it).
"""

import contextlib
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from urllib3.filepost import encode_multipart_formdata

from tests.documents.applications import specimen
from tests.support import ON_POSTGRES

pytestmark = pytest.mark.gate

ROOT = Path(__file__).resolve().parents[2]
TIMES = 20 if os.environ.get("ECARD_FULL") else 1
PAPER = specimen("birth_certificate")
STEPS = {  # step: system call, and which of its kind since the request came
    "the request arrives": ("recvfrom", 1),
    "its body arrives": ("recvfrom", 2),
    "the key of the request is made durable": ("fdatasync", 3),
    "its bytes are counted": ("fdatasync", 4),
    "the decoder is started": ("vfork", 1),
    "the decoder is given the file": ("lseek", 1),
    "the decoder is waited for": ("wait4", 1),
    "the file's bytes are made durable": ("fsync", 1),
    "its first folder is made": ("mkdirat", 1),
    "its first folder is made durable": ("fsync", 2),
    "its second folder is made": ("mkdirat", 2),
    "its second folder is made durable": ("fsync", 3),
    "it is renamed": ("renameat", 1),
    "its name is made durable": ("fsync", 4),
    "the temporary name is removed": ("unlinkat", 1),
    "its row is made durable": ("fdatasync", 5),
    "the answer is kept for a repeat": ("fdatasync", 6),
    "the answer's head is sent": ("sendto", 1),
    "the answer's body is sent": ("sendto", 2),
}
Record = Callable[[str, object], None]


class Nursery:
    """The prepared service (nursery.py), and the telephone that speaks to its children."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.gates.nursery", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        ready = self.hear()
        self.token, self.var = ready["token"], Path(ready["var"])

    def ask(self, command: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        return self.hear()

    def hear(self) -> dict[str, Any]:
        """The next fact; log lines of the service in between are passed over."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        raise AssertionError("the nursery ended")

    def upload_traced(self, *inject: str) -> tuple[str | None, str]:
        """Upload once to a fresh child under strace: the document's id, if answered; the trace."""
        child = self.ask("serve")
        trace = self.folder / "trace"
        watching = subprocess.Popen(
            ["strace", "-y", "-p", str(child["pid"]), "-o", str(trace), *inject],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert watching.stderr is not None
        assert "attached" in watching.stderr.readline()
        try:
            answered = upload(child["port"], self.token)
        finally:
            time.sleep(0.05)
            with contextlib.suppress(ProcessLookupError):  # strace did it
                os.kill(child["pid"], signal.SIGKILL)
            watching.wait(10)
            watching.stderr.close()
        assert self.hear() == {"ended": child["pid"]}
        return answered, trace.read_text(errors="replace")

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    if ON_POSTGRES:
        pytest.fail("this gate traces how SQLite writes")
    if shutil.which("strace") is None:
        pytest.fail("strace is missing: make gates installs it")
    made = Nursery(tmp_path_factory.mktemp("nursery"))
    yield made
    made.end()


def upload(port: int, token: str) -> str | None:
    """The id of the document, or None where no whole answer came."""
    body, content_type = encode_multipart_formdata([("file", ("a", PAPER, "image/jpeg"))])
    headers = {
        "Content-Type": content_type,
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": secrets.token_urlsafe(24),
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/api/v1/documents?kind=birth_certificate", body, headers)
        answer = connection.getresponse()
        assert answer.status == 201
        return str(json.loads(answer.read())["id"])
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def plaintext_in(var: Path) -> list[str]:
    """Files of the data directory with a piece of the upload, or the beginning of any picture."""
    at = range(64, len(PAPER) - 24, len(PAPER) // 40)
    marks = [*(PAPER[start : start + 24] for start in at), b"\xff\xd8\xff\xe0\x00\x10JFIF"]
    paths = [path for path in var.rglob("*") if path.is_file()]
    return [str(path) for path in paths if any(mark in path.read_bytes() for mark in marks)]


def test_an_upload_killed_at_any_step_is_whole_or_gone(
    nursery: Nursery, record_property: Record
) -> None:
    acknowledged, killed = set(), Counter[str]()
    before: Counter[str] = Counter()
    for step, (call, which) in STEPS.items():
        for _ in range(TIMES):
            answered, trace = nursery.upload_traced(
                "-e", f"inject={call}:signal=SIGKILL:when={which}"
            )
            last = re.findall(r"^(\w+)\(", trace, re.MULTILINE)[-1]
            killed[step] += last == call and "killed by SIGKILL" in trace
            assert plaintext_in(nursery.var) == [], step
            acknowledged |= {answered} - {None}
            found = nursery.ask("check")
            before.update({name: found[name] for name in ("orphans", "temporary")})
            assert acknowledged <= set(found["whole"]), step
            assert len(found["whole"]) == found["documents"], step
            assert found["missing"] == 0, step
            nursery.ask("sweep")
            found = nursery.ask("check")
            assert (found["orphans"], found["temporary"], found["missing"]) == (0, 0, 0), step
    record_property("kills", f"{killed.total()} at {len(killed)} steps, {TIMES} each")
    record_property("orphans and temporary files that the sweep removed", before.total())
    assert all(killed[step] == TIMES for step in STEPS), killed
    answered, _ = nursery.upload_traced()
    assert answered is not None


def position(trace: str, pattern: str, start: int = 0) -> int:
    """Where in the trace a call stands, after another one."""
    found = re.compile(pattern, re.MULTILINE).search(trace, start)
    assert found, pattern
    return found.start()


def test_everything_is_on_the_disk_before_the_answer_goes_out(nursery: Nursery) -> None:
    answered, trace = nursery.upload_traced()
    assert answered is not None
    name = re.findall(r"^renameat\(.*\"([0-9a-f]{32})\"", trace, re.MULTILINE)[0]
    written = position(trace, rf"^write\(\d+<[^>]*/temporary/{name}>")
    synced = position(trace, rf"^fsync\(\d+<[^>]*/temporary/{name}>\) = 0", written)
    renamed = position(trace, rf"^renameat\(.*{name}.*\) = 0", synced)
    shelf = position(trace, rf"^fsync\(\d+<[^>]*/files/{name[:2]}/{name[2:4]}>\) = 0", renamed)
    row = position(trace, r"^pwrite64\(\d+<[^>]*sqlite3-wal>", shelf)
    durable = position(trace, r"^fdatasync\(\d+<[^>]*sqlite3-wal>\) = 0", row)
    position(trace, r"^sendto\(\d+<socket:[^>]*>, \"HTTP/1\.\d 201", durable)
    assert "HTTP/1" not in trace[:durable]
