"""Many requests at one moment, each on its own thread, against the application itself."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ecard.demo.phone import Answer


def at_once(requests: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Start every request at the same moment; their answers, in the given order."""
    together = threading.Barrier(len(requests))

    def one(request: Callable[[], Answer]) -> Answer:
        together.wait()
        return request()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(one, requests))


def codes(answers: Sequence[Answer]) -> dict[str, int]:
    """How often each outcome came: a refusal's code, or ``done``."""
    found: dict[str, int] = {}
    for answer in answers:
        name = "done" if answer.ok else answer.code or str(answer.status)
        found[name] = found.get(name, 0) + 1
    return found
