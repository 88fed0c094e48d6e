"""Runs `child.py`: one fresh process for one untrusted file, a bounded number at a time.

What the child may still do is written at the top of child.py. This side starts it with an empty
environment, in "/", in a session of its own and with no descriptor but its three; ends it when the
wall clock says so; and reads no more from it than the caller asked for.
"""

from __future__ import annotations

import contextlib
import json
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from uploads.errors import REFUSALS, ProcessingLimit, SandboxBusy, SandboxFault
from uploads.types import SandboxLimits, SandboxReport

_CHILD = Path(__file__).with_name("child.py")
_READY = b"R"
_HEADER_BYTES = 4_096
# OpenBLAS would start a thread per processor, which the child may not.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Answer:
    """What a child said: facts, and the parts of its payload."""

    facts: dict[str, Any]
    parts: tuple[bytes, ...]


class Sandbox:
    """A place with room for a few children. Safe to share between threads."""

    def __init__(self, limits: SandboxLimits | None = None) -> None:
        self.limits = limits or SandboxLimits()
        self._room = threading.BoundedSemaphore(self.limits.children)

    def run(self, job: dict[str, Any], content: bytes, max_answer_bytes: int) -> Answer:
        """One file through one child.

        Raises an UploadRefused by the child's word, ProcessingLimit when it was ended or ended
        itself, SandboxBusy when no room came free, SandboxFault when it never got ready.
        """
        with self._a_place():
            raw = self._talk(self._bounded(job), content, max_answer_bytes)
        if not raw.startswith(_READY):
            raise SandboxFault("the decoding process did not start")
        return _parsed(raw[len(_READY) :])

    def report(self) -> SandboxReport:
        """What this machine grants; SandboxFault when a child could do what it must not."""
        answer = self.run({"kind": "report"}, b"", _HEADER_BYTES)
        report = SandboxReport.from_answer(answer.facts)
        refused = answer.facts["refused"]
        must = refused if report.system_calls_filtered else ("memory", "open", "inherit")
        if not all(refused[name] for name in must):
            raise SandboxFault(f"a decoding process is not confined: {refused}")
        return report

    @contextlib.contextmanager
    def _a_place(self) -> Iterator[None]:
        if not self._room.acquire(timeout=self.limits.wait_seconds):
            raise SandboxBusy(retry_after_seconds=max(1, round(self.limits.wait_seconds)))
        try:
            yield
        finally:
            self._room.release()

    def _bounded(self, job: dict[str, Any]) -> dict[str, Any]:
        video = job["kind"] == "video"
        limits = self.limits
        memory = limits.video_memory_bytes if video else limits.picture_memory_bytes
        return {**job, "memory_bytes": memory, "cpu_seconds": limits.cpu_seconds}

    def _talk(self, job: dict[str, Any], content: bytes, max_answer_bytes: int) -> bytes:
        with subprocess.Popen(  # noqa: S603 - our own file, no shell
            [sys.executable, "-I", "-B", str(_CHILD), json.dumps(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # its words would quote the file
            env=_ENVIRONMENT,
            cwd="/",
            close_fds=True,
            start_new_session=True,
        ) as child:
            alarm = threading.Timer(self.limits.wall_seconds, child.kill)
            alarm.start()
            try:
                _send(cast("BinaryIO", child.stdin), content)
                most = len(_READY) + 4 + _HEADER_BYTES + max_answer_bytes
                return cast("BinaryIO", child.stdout).read(most)
            finally:
                child.kill()
                alarm.cancel()


def _send(pipe: BinaryIO, content: bytes) -> None:
    # A child that died has closed its end; what it said before is read all the same.
    with contextlib.suppress(BrokenPipeError):
        pipe.write(content)
    with contextlib.suppress(BrokenPipeError):
        pipe.close()


def _parsed(raw: bytes) -> Answer:
    if not raw:
        raise ProcessingLimit  # ready, and then gone: out of time, out of memory, or crashed
    try:
        (length,) = struct.unpack_from(">I", raw)
        facts = json.loads(raw[4 : 4 + length])
        sizes = [int(size) for size in facts["sizes"]]
    except (struct.error, ValueError, LookupError, TypeError) as broken:
        raise ProcessingLimit from broken
    if facts.get("code") in REFUSALS:
        raise REFUSALS[facts["code"]]
    return Answer(facts, _cut(raw[4 + length :], sizes))


def _cut(payload: bytes, sizes: list[int]) -> tuple[bytes, ...]:
    if min(sizes, default=1) <= 0 or sum(sizes) != len(payload):
        raise ProcessingLimit  # cut off by our own cap, or by its end
    parts, at = [], 0
    for size in sizes:
        parts.append(payload[at : at + size])
        at += size
    return tuple(parts)
