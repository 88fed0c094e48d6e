"""Keeps a process small: so many judgements at once as there are cores, and what they used is given
back to the system.

More at once would be no quicker, and each holds tens of megabytes while it runs. The C library
keeps what was freed for the next to come, in a pool for every thread: a server with eight threads
would keep eight judgements' worth. It is told to give it back (a few milliseconds).
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore

_STATUS = Path("/proc/self/status")
_SCHEDULED = Path("/proc/thread-self/schedstat")


def cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def give_back() -> None:
    """Returns freed memory to the system, where the C library is one that can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)


class Places:
    """At most so many judgements at a time; the others wait."""

    def __init__(self, count: int) -> None:
        self._free = BoundedSemaphore(count)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place; what was used in it is given back."""
        with self._free:
            try:
                yield
            finally:
                give_back()


def peak_mb() -> float | None:
    """The largest size of this process so far; None where the system does not say. Not from
    getrusage: a process that was started by a larger one is told the other's size there."""
    return _status_mb("VmHWM:")


def resident_mb() -> float | None:
    """The size of this process now; None where the system does not say."""
    return _status_mb("VmRSS:")


def _status_mb(field: str) -> float | None:
    if not _STATUS.is_file():
        return None
    for line in _STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return None


def waited_seconds() -> float:
    """How long this thread has been ready to run while no core was free; 0 where the system does
    not say."""
    if not _SCHEDULED.is_file():
        return 0.0
    return int(_SCHEDULED.read_text(encoding="ascii").split()[1]) / 1e9
