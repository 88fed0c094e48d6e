"""Runs `child.py`: one fresh process for one untrusted file, a bounded number at a time.

What the child may still do is written at the top of child.py. This side starts it with an empty
environment, in "/", in a session of its own and with no descriptor but its three; ends it when the
wall clock says so; and reads no more from it than the caller asked for.

A child that the clock ended although it had had less than half of the processor time that it may
have was starved by others: that is told as "busy", for it says nothing about the file.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, cast

from uploads.errors import REFUSALS, ProcessingLimit, SandboxBusy, SandboxFault
from uploads.types import SandboxLimits, SandboxReport

_CHILD = Path(__file__).with_name("child.py")
_READY = b"R"
_HEADER_BYTES = 4_096
# OpenBLAS would start a thread per processor, which the child may not; ONNX Runtime would open
# files of its own, to report its use to its makers.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}


class End(StrEnum):
    """How a child ended."""

    ANSWERED = "answered"
    """With an answer, whatever it says."""
    OUT_OF_TIME = "out_of_time"
    """Its processor seconds were used up, or the clock ended it."""
    STARVED = "starved"
    """The clock ended it, and others had the processor."""
    CRASHED = "crashed"
    """A signal of its own making: a fault in the decoder."""
    GAVE_UP = "gave_up"
    """By itself, without an answer: out of memory, as a rule."""


@dataclass(frozen=True)
class Spent:
    """What one child took. `peak_bytes` counts its caller's memory too while that is larger."""

    end: End
    seconds: float
    cpu_seconds: float
    peak_bytes: int


_FAULTS = {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE}
_FAULTS |= {signal.SIGSYS, signal.SIGTRAP}


@dataclass(frozen=True)
class Answer:
    """What a child said: facts, and the parts of its payload."""

    facts: dict[str, Any]
    parts: tuple[bytes, ...]


class Sandbox:
    """A place with room for a few children. Safe to share between threads."""

    def __init__(
        self,
        limits: SandboxLimits | None = None,
        watch: Callable[[Spent], None] = lambda _: None,
        program: Path = _CHILD,
        *,
        isolated: bool = True,
    ) -> None:
        """`watch` hears of every child that ended, in the thread that asked for it. `program`
        keeps to the protocol of child.py. `isolated`: a child that the system does not let be cut
        off from the network does not work at all; without, it works with what is granted."""
        self.limits = limits or SandboxLimits()
        self._program = program
        self._isolated = isolated
        self._watch = watch
        self._room = threading.BoundedSemaphore(self.limits.children)

    def run(self, job: dict[str, Any], content: bytes, max_answer_bytes: int) -> Answer:
        """One file through one child.

        Raises an UploadRefused by the child's word, ProcessingLimit when it was ended or ended
        itself, SandboxBusy when no room came free or it got no processor, SandboxFault when it
        never got ready.
        """
        with self._a_place():
            raw, spent = self._talk(self._bounded(job), content, max_answer_bytes)
        self._watch(spent)
        if not raw.startswith(_READY):
            raise SandboxFault("the decoding process did not start, or could not be cut off")
        if spent.end is End.STARVED:
            raise self._busy()
        return _parsed(raw[len(_READY) :])

    def granted(self) -> SandboxReport:
        """What this machine grants, by the child's word; nothing is tried out."""
        answer = self.run({"kind": "granted", "isolated": False}, b"", _HEADER_BYTES)
        return SandboxReport.from_answer(answer.facts)

    def report(self, *, threads: bool = False) -> SandboxReport:
        """What this machine grants; SandboxFault when a child could do what it must not.

        `threads`: of a child that may start threads, as the one for HEIC may.
        """
        job = {"kind": "report", "threads": threads, "isolated": False}
        answer = self.run(job, b"", _HEADER_BYTES)
        report = SandboxReport.from_answer(answer.facts)
        refused = answer.facts["refused"]
        must = refused if report.system_calls_filtered else ("memory", "open", "inherit")
        if not all(refused[name] for name in must):
            raise SandboxFault(f"a decoding process is not confined: {refused}")
        return report

    @contextlib.contextmanager
    def _a_place(self) -> Iterator[None]:
        if not self._room.acquire(timeout=self.limits.wait_seconds):
            raise self._busy()
        try:
            yield
        finally:
            self._room.release()

    def _busy(self) -> SandboxBusy:
        return SandboxBusy(retry_after_seconds=max(1, round(self.limits.wait_seconds)))

    def _bounded(self, job: dict[str, Any]) -> dict[str, Any]:
        video = job["kind"] == "video"
        limits = self.limits
        memory = limits.video_memory_bytes if video else limits.picture_memory_bytes
        bounds = {"memory_bytes": memory, "cpu_seconds": limits.cpu_seconds}
        return {"isolated": self._isolated, **job, **bounds}

    def _talk(
        self, job: dict[str, Any], content: bytes, max_answer_bytes: int
    ) -> tuple[bytes, Spent]:
        began, late = time.monotonic(), threading.Event()
        with subprocess.Popen(  # noqa: S603 - our own file, no shell
            [sys.executable, "-I", "-B", str(self._program), json.dumps(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # its words would quote the file
            env=_ENVIRONMENT,
            cwd="/",
            close_fds=True,
            start_new_session=True,
        ) as child:
            alarm = threading.Timer(self.limits.wall_seconds, _end, (child, late))
            alarm.start()
            try:
                _send(cast("BinaryIO", child.stdin), content)
                most = len(_READY) + 4 + _HEADER_BYTES + max_answer_bytes
                raw = cast("BinaryIO", child.stdout).read(most)
                if len(raw) == most:
                    _stop(child)  # it says more than it was asked for
                cpu_seconds, peak_bytes = _reap(child, alarm)
            finally:
                child.kill()
                alarm.cancel()
        end = self._end_of(child.returncode, late.is_set(), cpu_seconds)
        return raw, Spent(end, time.monotonic() - began, cpu_seconds, peak_bytes)

    def _end_of(self, status: int, late: bool, cpu_seconds: float) -> End:
        if status == 0:
            return End.ANSWERED
        if late:
            starved = cpu_seconds < min(self.limits.cpu_seconds, self.limits.wall_seconds) / 2
            return End.STARVED if starved else End.OUT_OF_TIME
        if -status in _FAULTS:
            return End.CRASHED
        return End.OUT_OF_TIME if status in (-signal.SIGKILL, -signal.SIGXCPU) else End.GAVE_UP


def _end(child: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    _stop(child)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Not Popen.kill: that would reap a child which has just ended, and `_reap` find none. Until
    `_reap` is through, the number is still the child's."""
    os.kill(child.pid, signal.SIGKILL)


def _reap(child: subprocess.Popen[bytes], alarm: threading.Timer) -> tuple[float, int]:
    """Wait for the end; the child's processor seconds and the peak of its memory in bytes."""
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    alarm.cancel()
    alarm.join()  # else it could end whoever is given this number next
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


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
