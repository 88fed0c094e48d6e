"""What tests build on: a clock that can be set, a joined process on a fresh database, a phone.

The database and its demo region are made once per test process and copied for each test. It is
SQLite by default and PostgreSQL with ``TEST_DATABASE=postgres``.
"""

import atexit
import os
import random
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask

from biometrics.engines import Engine, load_engine
from biometrics.verifier import FaceVerifier, VerifierSettings
from ecard import tables
from ecard.accounts import service as accounts
from ecard.agencies.models import StaffMember
from ecard.app import create_app
from ecard.cards import service as cards
from ecard.config import Settings
from ecard.db import Database
from ecard.delivery import Mailbox
from ecard.demo.in_process import AppTransport, HandClock, MovedClock
from ecard.demo.loader import DemoSummary, load
from ecard.demo.phone import Phone
from ecard.hashing import Hasher
from ecard.jobs import work
from ecard.joined import Joined, join
from ecard.registry.port import RegistryPerson
from ecard.vault import create_keys
from ecard.worker import Worker
from tests import postgres
from tests.remembered import RememberingEngine, RememberingVerifier
from tests.reused import ReusedDatabase

START = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)  # a Wednesday morning in the demo region
ON_POSTGRES = os.environ.get("TEST_DATABASE") == "postgres" or "DATABASE_URL" in os.environ


LIGHT = Hasher(memory_kib=64)
"""tests/test_hashing.py sees that the service itself takes 46 MiB for each password."""


class Clock(MovedClock):
    """A clock that stands still until it is moved, or moves on with every look."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__(start)


def same_chance() -> random.Random:
    """Every challenge drawn in tests is this one, so that its answers are rendered once only."""
    return random.Random(2)


@cache
def verifier() -> FaceVerifier:
    """The real verifier, loaded once per test process and asked once about the same pictures."""
    return cast("FaceVerifier", RememberingVerifier(FaceVerifier(engine(), VerifierSettings())))


@cache
def engine() -> Engine:
    """The default engine, loaded once per test process and asked once about the same picture."""
    return RememberingEngine(load_engine())


@cache
def _template() -> Path:
    """A data directory with keys, the schema and the demo region; copied for each test."""
    var = Path(
        tempfile.mkdtemp(prefix="ecard-template-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
    )
    atexit.register(_forget, var, os.getpid())
    create_keys(var / "keys")
    if not ON_POSTGRES:
        (var / "db").mkdir()
        _furnish(Database(Settings(var=var).database_address).engine)
    return var


def _forget(var: Path, made_by: int) -> None:
    """Remove the template at the end of the process that made it, not of a forked child."""
    if os.getpid() == made_by:
        shutil.rmtree(var, ignore_errors=True)


def _furnish(engine: sa.Engine) -> None:
    """Make the schema and load the demo region, on either database."""
    tables.metadata().create_all(engine)
    url = engine.url.render_as_string(hide_password=False)
    var = _template() if ON_POSTGRES else Path(str(engine.url.database)).parent.parent
    joined = join(Settings(var=var, database_url=url), now=Clock(), verifier=verifier, hasher=LIGHT)
    load(joined)
    joined.db.close()
    engine.dispose()


@dataclass
class Stage:
    """A process on a fresh database with the demo region, and what tests do around it."""

    joined: Joined
    clock: Clock
    app: Flask
    demo: DemoSummary

    def phone(self, language: str = "en") -> Phone:
        """A phone that speaks to this process."""
        return Phone(AppTransport(self.app), language, clock=HandClock(self.clock))

    def work_off(self) -> None:
        """Do everything that is due in the outbox now."""
        Worker(self.joined.call(), work()).drain()

    def mailbox(self, address: str) -> list[dict[str, Any]]:
        """What arrived at an address, newest first; works the outbox off before it looks."""
        self.work_off()
        return Mailbox(self.joined.db, self.joined.dependencies.vault).read(address)

    def signed_in(self, ref: str, password: str | None = "") -> Phone:
        """A phone on which the demo person ``ref`` is signed in, with an e-card password set."""
        phone = self.let_in(self.demo.persons[ref])
        if password is not None:
            holder, _ = accounts.session_of_token(self.joined.call(), phone.token)
            cards.set_password(self.joined.call().by(holder), password or CARD_PASSWORD)
        return phone

    def let_in(self, person: RegistryPerson, phone: Phone | None = None) -> Phone:
        """Somebody signed in as if they had typed their code; tests/accounts are about codes."""
        assert person.card is not None
        phone, call = phone or self.phone(), replace(self.joined.call(), channel="app")
        index = call.dependencies.vault.index("card", person.card.number)
        with self.joined.db.write() as session:
            given = (person, index, "Demo phone", phone.device_token or None)
            tokens = accounts.let_in(session, call, *given)
            session.commit()
        phone.token, phone.refresh_token = tokens.access_token, tokens.refresh_token
        phone.device_token = tokens.device_token or phone.device_token
        return phone

    def code_sent_to(self, address: str) -> str:
        """The digits of the newest code sent to an address."""
        return digits_of(self.mailbox(address)[0]["text"])

    def desk(self, user_name: str) -> Phone:
        """A desk at which a member of the demo staff is signed in."""
        member = {one.user_name: one for one in self.demo.staff}[user_name]
        desk = self.phone()
        desk.sign_in_as_staff(member.user_name, member.password)
        return desk


CARD_PASSWORD = "730518"


def digits_of(text: str) -> str:
    """The first run of six digits in a message."""
    found = re.search(r"\b\d{6}\b", text)
    assert found, "a code was expected in the message"
    return found[0]


@contextmanager
def stage(folder: Path, **settings: Any) -> Iterator[Stage]:
    """Set the stage in an empty folder; ``settings`` change some of the settings."""
    var = folder / "var"
    shutil.copytree(_template(), var)
    var.chmod(0o700)
    plain = Settings(var=var, **{**QUICK, **settings})
    if ON_POSTGRES:
        with postgres.fresh_database(_furnish) as address:
            yield from _on(replace(plain, database_url=address))
    else:
        yield from _on(plain)


QUICK: dict[str, Any] = {
    "document_reading": 0,
    "confirmation_floor_seconds": 0.0,
    "requests_per_address": 100_000,
    "sign_ins_per_address": 1000,
}
"""Tests wait for nothing, and all come from one address; the few that are about reading documents
switch it on, for a page takes seconds."""


MADE_OF = (
    "request_bytes",
    "form_bytes",
    "form_parts",
    "body_seconds",
    "trusted_proxies",
    "demo",
    "requests_per_address",
    "requests_window_seconds",
)
"""The settings that an application is made of; all others are read at each request."""
_APPS: dict[tuple[object, ...], Flask] = {}


def another_app(joined: Joined) -> Flask:
    """An application on a process with other collaborators, beside the stage's own.

    A test has one of these at a time. It answers faults as it would in production.
    """
    return _app_for(joined, testing=False)


def _app_for(joined: Joined, *, testing: bool = True) -> Flask:
    """The application on this process; made once for equal settings, since that takes 0.4 s."""
    alike = (testing, *(getattr(joined.settings, name) for name in MADE_OF))
    if alike not in _APPS:
        _APPS[alike] = create_app(joined)
        _APPS[alike].testing = testing
    _APPS[alike].extensions["ecard"] = joined
    return _APPS[alike]


_DEMO: list[DemoSummary] = []


def _demo(joined: Joined) -> DemoSummary:
    """Who is in the demo region, the same in each copy of it: asked once."""
    if not _DEMO:
        _DEMO.append(load(joined))
    return _DEMO[0]


def _on(settings: Settings) -> Iterator[Stage]:
    clock = Clock()
    joined = join(
        settings,
        now=clock,
        verifier=verifier,
        hasher=LIGHT,
        database=ReusedDatabase.on,
        chance=same_chance,
    )
    try:
        yield Stage(joined, clock, _app_for(joined), _demo(joined))
    finally:
        joined.db.close()


def one_person(stage: Stage, *user_names: str) -> None:
    """Make these accounts of staff one person's."""
    with stage.joined.db.write() as session:
        for member in session.scalars(
            sa.select(StaffMember).where(StaffMember.user_name.in_(user_names))
        ):
            member.person_number_index = "one and the same"
        session.commit()
