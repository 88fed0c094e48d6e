"""Whatever is asked for, in whatever order: a link moves as its state machine says, on record."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ecard.family import policy as rules
from tests import support
from tests.security.walks import Walk, check
from tests.uploads.pictures import film

FULL = bool(os.environ.get("ECARD_FULL"))
WALKS, STEPS = (100, 80) if FULL else (4, 40)
MANY = {
    "applications_per_day": 1000,
    "numbers_per_day": 1000,
    "number_lookups_per_hour": 1000,
    "document_tries": 1000,
    "mismatch_wait_seconds": 1,
}


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return film(str(tmp_path_factory.mktemp("film") / "short.webm"), "VP80", seconds=2)


def walk(folder: Path, seed: int, steps: int, short: bytes) -> set[tuple[str | None, str]]:
    """The moves that one walk made."""
    with support.stage(folder, **MANY) as stage:
        walked = Walk(stage, seed, short)
        walked.take(steps)
        return check(stage, walked.links)


def test_a_short_walk_makes_no_illegal_move(tmp_path: Path, short: bytes) -> None:
    moves = walk(tmp_path, seed=7, steps=10, short=short)
    assert (rules.NOTICED, rules.SUBMITTED) in moves


@pytest.mark.gate
def test_many_long_walks_make_no_illegal_move(
    tmp_path: Path, short: bytes, record_property: Callable[[str, object], None]
) -> None:
    moves: set[tuple[str | None, str]] = set()
    for seed in range(100, 100 + WALKS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        moves |= walk(folder, seed, STEPS, short)
    possible = {(start, end) for start, ends in rules.MOVES.items() for end in ends}
    record_property(f"{WALKS} walks of {STEPS} steps: illegal moves", 0)
    record_property("different moves made, of those possible", f"{len(moves)} of {len(possible)}")
    never = sorted(f"{start}-{end}" for start, end in possible - moves)
    record_property("moves never made", ", ".join(never))
    assert len(moves) >= 15
