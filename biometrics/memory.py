"""Keeps a process small and its cores busy.

One judgement more at a time than there are cores: while one waits for Python's lock, another has
networks to run. More would be no quicker, and each holds tens of megabytes while it runs.

The C library keeps what was freed for the next to come, in a pool for every thread: a server with
eight threads would keep eight judgements' worth. So it is told to have no more pools than cores,
and, at the end of a judgement but at most once a second, to give back what lies in them; after each
it would cost a twentieth of it, and more where two threads need the process's memory map at once.
"""

import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore

GIVE_BACK_SECONDS = 1.0
"""Between two times that freed memory is given back."""
_POOLS_MOST = -8
"""M_ARENA_MAX of glibc's malloc.h."""
_STATUS = Path("/proc/self/status")


def cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def give_back() -> None:
    """Returns freed memory to the system, where the C library is one that can."""
    _tell("malloc_trim", 0)


def few_pools() -> None:
    """For the threads that will be started: no more of the C library's pools than cores."""
    _tell("mallopt", _POOLS_MOST, cores())


def _tell(name: str, *values: int) -> None:
    """Call a function of the C library, if it has it."""
    known = getattr(ctypes.CDLL(None), name, None) if os.name == "posix" else None
    if known is not None:
        known(*values)


class Places:
    """At most so many judgements at a time; the others wait."""

    def __init__(self, count: int) -> None:
        self._free = BoundedSemaphore(count)
        self._given_back = time.monotonic()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place; what was used in it is given back with the first judgement that ends a
        second after the last that did so."""
        with self._free:
            try:
                yield
            finally:
                if time.monotonic() - self._given_back >= GIVE_BACK_SECONDS:
                    self._given_back = time.monotonic()
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
