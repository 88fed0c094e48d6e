"""Among a million links a person waits no longer than among ten thousand, on PostgreSQL."""

import os
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from ecard import migrations
from ecard.app import create_app
from ecard.config import Settings
from ecard.demo import crowd, loader
from ecard.demo.in_process import AppTransport, HandClock
from ecard.demo.phone import Phone
from ecard.joined import Joined, join
from ecard.vault import create_keys
from tests import postgres
from tests.family.scene import born, hold, invent, sign_in
from tests.support import Clock, Stage, verifier

pytestmark = [pytest.mark.gate, pytest.mark.alone(small=False)]

FULL = bool(os.environ.get("ECARD_FULL"))
FEW = (10_000, 50_000)
MANY = (1_000_000, 5_000_000) if FULL else (40_000, 200_000)
"""Links and acts."""
ROUNDS = 60 if FULL else 30
MOST = 1.5
OWN_LINKS, OWN_ACTS = 6, 120
LARGE = ("links", "link_changes", "acts", "persons", "person_keys", "audit_rows")
"""Tables that grow with the people; none may be read from end to end for one of them."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    create_keys(tmp_path / "few" / "keys")
    with postgres.fresh_database(postgres.empty) as address:
        migrations.upgrade(address)
        yield from opened(tmp_path / "few", address, Clock())


def opened(var: Path, address: str, clock: Clock) -> Iterator[Stage]:
    settings = Settings(var=var, database_url=address, requests_per_address=10**6)
    joined = join(settings, now=clock, verifier=verifier)
    yield Stage(joined, clock, create_app(joined), loader.load(joined))
    joined.db.close()


@contextmanager
def twin(stage: Stage) -> Iterator[Stage]:
    """The same people in a database of their own on the same server, at the same moment."""
    few = stage.joined.settings
    var = few.var.with_name("many")
    shutil.copytree(few.var, var)
    stage.joined.db.close()
    with postgres.copy_of(few.database_url) as address:
        yield from opened(var, address, stage.clock)


def somebody_with_a_history(stage: Stage) -> tuple[Phone, str]:
    """A holder of several links who read much; the address of one of the links."""
    holder = invent(stage, "reader", born(45))
    links = [
        hold(stage, holder, invent(stage, f"relative {number}", born(70 + number)), "parent")
        for number in range(OWN_LINKS)
    ]
    phone = sign_in(stage, holder, Phone(AppTransport(stage.app), clock=HandClock(stage.clock)))
    for number in range(OWN_ACTS):
        stage.clock.advance(seconds=60)
        if number % 10 == 0:  # a token is good for a quarter of an hour
            phone = sign_in(stage, holder, phone)
        phone.must("GET", f"/links/{links[number % OWN_LINKS]}/rights")
    return phone, links[0]


def requests(link_id: str) -> dict[str, str]:
    """What a person asks for most, by name."""
    return {
        "links": "/links",
        "links on me": "/links-on-me",
        "one link": f"/links/{link_id}",
        "history of a link": f"/links/{link_id}/acts",
        "history on me": "/acts-on-me",
        "moves of a link": f"/links/{link_id}/changes",
        "rights of a relative": f"/links/{link_id}/rights",
        "own rights": "/rights",
    }


def medians(
    among: dict[str, Phone], asked: dict[str, str], rounds: int
) -> dict[str, dict[str, float]]:
    """Milliseconds each request takes with each phone: asked in turns, so that a slow second (other
    work on the machine, a checkpoint) hits all alike."""
    taken: dict[str, dict[str, list[float]]] = {
        name: {where: [] for where in among} for name in asked
    }
    for _ in range(rounds):
        for name, path in asked.items():
            for where, phone in among.items():
                began = time.perf_counter()
                phone.must("GET", path)
                taken[name][where].append((time.perf_counter() - began) * 1000)
    return {
        name: {where: statistics.median(times) for where, times in by.items()}
        for name, by in taken.items()
    }


def fill(joined: Joined, links: int, acts: int) -> None:
    crowd.seed(joined, links, acts)
    with joined.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")  # of millions, not of one request
        connection.exec_driver_sql("VACUUM ANALYZE")


def test_among_many_people_one_waits_no_longer_than_among_few(
    stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    phone, link_id = somebody_with_a_history(stage)
    asked = requests(link_id)
    fill(stage.joined, *FEW)
    with twin(stage) as crowded:
        fill(crowded.joined, MANY[0] - FEW[0], MANY[1] - FEW[1])
        there = replace(phone, transport=AppTransport(crowded.app))
        among = {"few": phone, "many": there}
        medians(among, asked, 5)  # statements are compiled, pages are in memory
        found = medians(among, asked, ROUNDS)
        read_whole = list(whole_tables(crowded, there, asked))
    ratios = {name: by["many"] / by["few"] for name, by in found.items()}
    for name, by in found.items():
        record_property(
            f"{name}: median ms among {FEW[0]:,} and {MANY[0]:,} links, ratio (n={ROUNDS})",
            (round(by["few"], 1), round(by["many"], 1), round(ratios[name], 2)),
        )
    record_property("statements that read a large table from end to end", len(read_whole))
    assert {name: ratio for name, ratio in ratios.items() if ratio > MOST} == {}
    assert read_whole == []


def whole_tables(stage: Stage, phone: Phone, asked: dict[str, str]) -> Iterator[str]:
    """Every statement of these requests that PostgreSQL would answer by reading a large table."""
    seen: dict[str, Any] = {}

    def keep(_connection: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        seen.setdefault(statement, given)

    event.listen(stage.joined.db.engine, "before_cursor_execute", keep)
    for path in asked.values():
        phone.must("GET", path)
    event.remove(stage.joined.db.engine, "before_cursor_execute", keep)
    assert len(seen) > len(asked)
    with stage.joined.db.engine.connect() as connection:
        for statement, given in seen.items():
            if not statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
                continue
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", given)
            text = "\n".join(row[0] for row in plan)
            if any(f"Seq Scan on {table} " in text for table in LARGE):
                yield f"{statement}\n{text}"
        connection.rollback()


def test_the_crowd_is_as_large_as_was_asked(stage: Stage) -> None:
    told: list[int] = []
    assert crowd.seed(stage.joined, 1_995, 333, told.append) == 2_000
    assert sum(told) == 2_000
    with stage.joined.db.read() as session:
        counted = [
            session.scalar(sa.text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - names of ours
            for table in ("links", "acts", "persons")
        ]
    assert counted == [2_000, 333, 1_400]
