"""A progress bar on standard error: a line that is written again, or nothing where nobody looks."""

import sys
from typing import TextIO

_WIDTH = 30


class Progress:
    """`with Progress("embedding", 200) as progress: … progress.step()`."""

    def __init__(self, what: str, total: int, out: TextIO | None = None) -> None:
        self._what, self._total, self._done = what, max(1, total), 0
        self._out = out or sys.stderr
        self._shown = ""

    def __enter__(self) -> "Progress":
        self.step(0)
        return self

    def __exit__(self, *_: object) -> None:
        if self._out.isatty():
            self._out.write("\n")

    def step(self, count: int = 1) -> None:
        """`count` more of the total are done."""
        self._done += count
        share = min(1.0, self._done / self._total)
        bar = "#" * round(_WIDTH * share)
        line = f"\r{self._what} [{bar:<{_WIDTH}}] {100 * share:3.0f} %"
        if self._out.isatty() and line != self._shown:
            self._out.write(line)
            self._out.flush()
            self._shown = line
