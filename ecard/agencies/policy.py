"""Pure rules of how staff come in."""

from __future__ import annotations


def wait_after(failures: int, *, free: int, first_seconds: int, longest_seconds: int) -> int:
    """Seconds to wait after so many failures in a row: none for ``free`` - 1, then doubling."""
    over = failures - free
    if over < 0:
        return 0
    return min(longest_seconds, first_seconds << min(over, 30))
