"""The demo region on a database of its own, for the rooms that all others stand on.

Lighter than the stage of ``tests/support.py``: no application is built around it.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ecard import tables
from ecard.actors import Holder
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.config import Settings
from ecard.demo import loader
from ecard.joined import Joined, join
from ecard.persons import service as persons
from ecard.vault import create_keys
from tests import postgres
from tests.reused import ReusedDatabase
from tests.support import LIGHT, ON_POSTGRES, START, Clock


@dataclass(frozen=True)
class Ground:
    """A joined process, its clock, and who is in the demo region."""

    joined: Joined
    clock: Clock
    people: loader.DemoSummary

    @property
    def call(self) -> Call:
        """A call by the system from a made-up address."""
        return replace(self.joined.call(), network="192.0.2.1")

    def holder(self, ref: str) -> Call:
        """A call by a holder of the demo region."""
        with self.joined.db.write() as session:
            person = persons.ensure(session, self.call, self.people.persons[ref])
            session.commit()
        nowhere = person.id  # no account is needed below the accounts
        actor = Holder(nowhere, person.id, nowhere, nowhere, person.region_id)
        return replace(self.call, actor=actor, channel="app")

    def staff(self, user_name: str) -> Call:
        """A call by a member of staff, signed in with the password of the data."""
        password = {one.user_name: one.password for one in self.people.staff}[user_name]
        token = agencies.sign_in(self.call, user_name, password).access_token
        return replace(self.call, actor=agencies.actor_for_token(self.call, token))


@contextmanager
def fresh_ground(folder: Path, **settings: Any) -> Iterator[Ground]:
    """A ground of its own below ``folder``; the database is a copy of one made once."""
    clock = Clock()
    with ExitStack() as stack:
        address = stack.enter_context(database(folder))
        joined = open_joined(folder, clock, database_url=address, **settings)
        stack.callback(joined.db.close)
        yield Ground(joined, clock, people(joined))


_PEOPLE: list[loader.DemoSummary] = []


def people(joined: Joined) -> loader.DemoSummary:
    """Who is in the demo region, the same in each copy of it: asked once."""
    if not _PEOPLE:
        _PEOPLE.append(loader.load(joined))
    return _PEOPLE[0]


@contextmanager
def database(folder: Path) -> Iterator[str]:
    if ON_POSTGRES:
        with postgres.fresh_database(fill) as address:
            yield address
    else:
        shutil.copy(sqlite_template(), folder / "test.sqlite3")
        yield f"sqlite:///{folder / 'test.sqlite3'}"


@cache
def keys() -> Path:
    folder = Path(tempfile.mkdtemp()) / "keys"
    create_keys(folder)
    return folder


@cache
def sqlite_template() -> Path:
    path = Path(tempfile.mkdtemp()) / "template.sqlite3"
    engine = sa.create_engine(f"sqlite:///{path}")
    fill(engine)
    engine.dispose()
    return path


def fill(engine: sa.Engine) -> None:
    """Make every table and load the demo region."""
    tables.metadata().create_all(engine)
    address = engine.url.render_as_string(hide_password=False)
    joined = open_joined(Path(tempfile.mkdtemp()), Clock(START), database_url=address)
    loader.load(joined)
    joined.db.close()


def open_joined(folder: Path, clock: Clock, **settings: Any) -> Joined:
    store = folder / "files"
    store.mkdir(mode=0o700)
    settings = {"var": folder, "keys": keys(), **settings}
    return join(Settings(**settings), now=clock, hasher=LIGHT, database=ReusedDatabase.on)
