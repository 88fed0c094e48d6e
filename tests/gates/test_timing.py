"""What an answer must not tell is not told by its time either.

Arms are interleaved in a shuffled order, so that whatever else the machine does falls on all alike.
An arm is told apart when its times rank above or below all others': the area under the ROC curve
(AUC) of one arm against the rest, 0.5 for a coin. In a full run (400 an arm) it must lie within
0.45 to 0.55; with fewer the same distance is wider than chance, so the band is the one that
shuffled labels keep to in 999 of 1000 cases.
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from ecard.demo.phone import Answer
from tests import support
from tests.family.scene import TODAY, alike, begin, born, free_number, hold, invent, pair
from tests.support import Stage

pytestmark = [pytest.mark.gate, pytest.mark.alone(small=False)]

FULL = bool(os.environ.get("ECARD_FULL"))
EACH = 400 if FULL else 20
BAND = 0.05
SHUFFLES = 1000
FLOOR_SECONDS = 0.4
"""The setting's default: what is measured is what is shipped."""
UNCOUNTED = {
    "number_lookups_per_hour": 10**6,
    "numbers_per_day": 10**6,
    "code_pause_seconds": 0,
    "codes_a_day": 10**6,
    "sign_ins_per_address": 10**6,
}

Record = Callable[[str, object], None]
Arms = Mapping[str, Callable[[], Answer]]


@pytest.fixture
def shipped(tmp_path: Path) -> Iterator[Stage]:
    with support.stage(tmp_path, confirmation_floor_seconds=FLOOR_SECONDS, **UNCOUNTED) as ready:
        yield ready


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Stage]:
    with support.stage(tmp_path, **UNCOUNTED) as ready:
        yield ready


def causes(stage: Stage) -> Arms:
    """The five causes of the one answer, as five requests of one holder."""
    two = pair(stage)
    link_id = begin(stage, two.phone)
    version = two.phone.must("GET", f"/links/{link_id}")["version"]
    dead = invent(stage, "dead", born(74), died_on=TODAY - timedelta(days=3))
    suspended = invent(stage, "suspended", born(75), card="suspended")
    taken = invent(stage, "taken", born(76))
    for other in ("one", "two"):
        hold(stage, invent(stage, other, born(45)), taken, "parent")

    def ask(name: str, number: str) -> Answer:
        body = {"name": name, "number": number, "relation": "parent"}
        path = f"/links/{link_id}/family-account"
        return two.phone.send("PUT", path, body, if_match=f'"{version}"')

    return {
        "unknown": partial(ask, two.relative.name, free_number(stage, two.relative.number)),
        "name differs": partial(ask, "Someone Else", two.relative.number),
        "dead": partial(ask, dead.name, dead.number),
        "card suspended": partial(ask, suspended.name, suspended.number),
        "two holders": partial(ask, taken.name, taken.number),
    }


def measure(arms: Arms, each: int) -> tuple[dict[str, np.ndarray], list[Answer]]:
    """Seconds of each arm, and every answer, interleaved."""
    order = [arm for arm in arms for _ in range(each)]
    random.Random(7).shuffle(order)
    taken: dict[str, list[float]] = {arm: [] for arm in arms}
    answers = [arms[arm]() for arm in arms for _ in range(3)]  # caches are warm for all
    for arm in order:
        started = time.perf_counter()
        answers.append(arms[arm]())
        taken[arm].append(time.perf_counter() - started)
    return {arm: np.array(seconds) for arm, seconds in taken.items()}, answers


def aucs(taken: Mapping[str, np.ndarray]) -> dict[str, float]:
    """How well each arm is told from the rest: 0.5 is chance."""
    labels = np.concatenate([[arm] * len(seconds) for arm, seconds in taken.items()])
    ranks = np.argsort(np.argsort(np.concatenate(list(taken.values()))))
    return {arm: _auc(ranks, labels == arm) for arm in taken}


def _auc(ranks: np.ndarray, chosen: np.ndarray) -> float:
    ours, others = int(chosen.sum()), int((~chosen).sum())
    above = ranks[chosen].sum() - ours * (ours - 1) / 2
    return float(above / (ours * others))


def band(arms: int, each: int) -> float:
    """How far from 0.5 the farthest arm comes by chance alone, in 999 of 1000 cases."""
    if FULL:
        return BAND
    draw = np.random.default_rng(7)
    labels = np.repeat(np.arange(arms), each)
    ranks = np.arange(arms * each)
    farthest = []
    for _ in range(SHUFFLES):
        draw.shuffle(labels)
        farthest.append(max(abs(_auc(ranks, labels == arm) - 0.5) for arm in range(arms)))
    return round(max(BAND, float(np.quantile(farthest, 0.999))), 3)


def told(taken: Mapping[str, np.ndarray], record: Record, what: str) -> float:
    """Write down the AUCs; the farthest from chance."""
    found = aucs(taken)
    for arm, auc in found.items():
        middle = np.median(taken[arm]) * 1000
        each = len(taken[arm])
        record(f"{what}: {arm} (n={each})", f"AUC {auc:.3f}, median {middle:.2f} ms")
    return round(max(abs(auc - 0.5) for auc in found.values()), 3)


def test_the_five_causes_of_not_confirmed_are_not_told_by_time(
    shipped: Stage, record_property: Record
) -> None:
    arms = causes(shipped)
    taken, answers = measure(arms, EACH)
    assert {answer.code for answer in answers} == {"relative_not_confirmed"}
    assert all(alike(answer) == alike(answers[0]) for answer in answers)
    assert min(float(seconds.min()) for seconds in taken.values()) >= FLOOR_SECONDS
    farthest, allowed = told(taken, record_property, "not confirmed"), band(len(arms), EACH)
    record_property(
        "not confirmed: farthest from 0.5, and the band", f"{farthest:.3f} {allowed:.3f}"
    )
    assert farthest <= allowed


@pytest.mark.alone
def test_a_delay_of_five_milliseconds_would_be_seen(
    tmp_path: Path, record_property: Record
) -> None:
    """Were this to pass as chance, the others here would measure nothing."""
    with support.stage(tmp_path, confirmation_floor_seconds=0.1, **UNCOUNTED) as ready:
        arms = causes(ready)

        def slower() -> Answer:
            answer = arms["dead"]()
            time.sleep(0.005)
            return answer

        taken, _ = measure({"dead": slower, "unknown": arms["unknown"]}, 60)
    assert told(taken, record_property, "5 ms in one arm") > band(2, 60)


def test_work_that_outlasts_the_floor_is_answered_at_a_multiple_of_it(
    tmp_path: Path, record_property: Record
) -> None:
    """A machine too busy for the floor: here the floor is about as long as the work itself."""
    floor = 0.03
    with support.stage(tmp_path, confirmation_floor_seconds=floor, **UNCOUNTED) as slow:
        taken, _ = measure(causes(slow), EACH)
    farthest, allowed = told(taken, record_property, f"floor {floor} s"), band(5, EACH)
    record_property(f"floor {floor} s: farthest from 0.5, and the band", (farthest, allowed))
    assert farthest <= allowed


def test_a_known_and_an_unknown_card_are_answered_alike_and_in_the_same_time(
    shipped: Stage, record_property: Record
) -> None:
    known = [holder.card_number for holder in shipped.demo.holders][:20]
    unknown_cards = [f"7{number[1:]}" for number in known]
    phone = shipped.phone()
    turn = {"known": 0, "unknown": 0}

    def ask(arm: str, of: list[str]) -> Answer:
        turn[arm] += 1
        body = {"card_number": of[turn[arm] % len(of)]}
        return phone.send("POST", "/sign-in/codes", body)

    arms = {
        "known": partial(ask, "known", known),
        "unknown": partial(ask, "unknown", unknown_cards),
    }
    taken, answers = measure(arms, EACH)
    assert {answer.status for answer in answers} == {202}
    assert len({tuple(sorted(answer.body)) for answer in answers}) == 1
    assert len({answer.headers["Content-Length"] for answer in answers}) == 1
    assert len({tuple(key for key, _ in answer.headers.items()) for answer in answers}) == 1
    farthest = told(taken, record_property, "sign-in code")
    assert farthest <= band(2, EACH)
