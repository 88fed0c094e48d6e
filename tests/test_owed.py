"""What an outage of ours took is given back: at once, or as soon as the database takes it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ecard.cards import service as cards
from ecard.cards.models import CardPassword
from ecard.db import is_out_of_turn
from ecard.errors import Conflict
from ecard.owed import Owed
from ecard.worker import Work, Worker
from tests.accounts.scene import PASSWORD, Scene, set_scene
from tests.support import ON_POSTGRES, another_app


class Silent:
    """A write that the database does not take, until it answers."""

    def __init__(self) -> None:
        self.answers = False
        self.written = 0

    def __call__(self) -> None:
        if not self.answers:
            raise PoolTimeout
        self.written += 1


def test_what_cannot_be_written_now_is_written_once_the_database_answers():
    owed, write = Owed(), Silent()
    owed.write(write)
    assert owed.settle() == 0
    write.answers = True
    assert (owed.settle(), owed.settle(), write.written) == (1, 0, 1)


def refused() -> None:
    raise Conflict


def impossible() -> None:
    raise IntegrityError("INSERT", None, Exception("twice"))


@pytest.mark.parametrize("broken", [refused, impossible])
def test_what_can_never_be_written_holds_up_nothing_else(broken):
    owed, write = Owed(), Silent()
    owed.write(broken, after=PoolTimeout())
    owed.write(write, after=PoolTimeout())
    write.answers = True
    assert (owed.settle(), write.written) == (1, 1)
    assert owed.settle() == 0


def test_after_an_outage_nobody_waits_a_second_time():
    owed, write = Owed(), Silent()
    write.answers = True
    owed.write(write, after=PoolTimeout())
    assert write.written == 0
    assert owed.settle() == 1


@pytest.fixture
def scene(tmp_path: Any) -> Iterator[Scene]:
    with set_scene(tmp_path, database_wait_seconds=0.2, statement_seconds=0.2) as ready:
        yield ready


class Occupying:
    """Hashes as always, and then somebody else holds the database."""

    def __init__(self, scene: Scene, held: ExitStack) -> None:
        self._real, self._scene, self._held = scene.joined.dependencies.hasher, scene, held

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def fits(self, kept: str, given: str) -> bool:
        right = self._real.fits(kept, given)
        occupy(self._scene, self._held, "card_passwords")
        return right


def occupy(scene: Scene, held: ExitStack, table: str) -> None:
    session = held.enter_context(scene.joined.db.write())
    if ON_POSTGRES:
        session.execute(sa.text(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))
    else:
        session.connection()  # on SQLite all writers share one lock


def tries(scene: Scene) -> int:
    with scene.joined.db.read() as session:
        return session.scalars(sa.select(CardPassword)).one().tries


@contextmanager
def occupied_after_hashing(scene: Scene) -> Iterator[Any]:
    with ExitStack() as held:
        hasher = Occupying(scene, held)
        dependencies = replace(scene.joined.dependencies, hasher=hasher)
        yield replace(scene.joined, dependencies=dependencies)


@pytest.mark.parametrize(("password", "counted"), [(PASSWORD, 0), ("904713", 1)])
def test_a_right_password_of_which_nobody_was_told_costs_no_try_and_a_wrong_one_does(
    scene, password, counted
):
    call = scene.as_holder(scene.signed_in("lucia"))
    with occupied_after_hashing(scene) as joined:
        there = replace(call, dependencies=joined.dependencies)
        with pytest.raises(OperationalError) as busy:
            cards.prove_password(there, call.holder.person_id, password)
    assert is_out_of_turn(busy.value)
    Worker(scene.joined.call(), Work()).tick()
    assert tries(scene) == counted


class OccupyingRegistry:
    """Answers as always, and then somebody else holds the database."""

    def __init__(self, scene: Scene, held: ExitStack) -> None:
        self._scene, self._held = scene, held

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._scene.joined.dependencies.registry, name)

        def asked(*given: Any, **named: Any) -> Any:
            found = real(*given, **named)
            self._held.close()
            occupy(self._scene, self._held, "links")
            return found

        return asked


def test_whoever_is_told_that_we_are_busy_may_come_again_with_the_same_key(scene):
    phone = scene.signed_in("lucia")
    body = {"step_up_id": phone.step_up(PASSWORD)}
    headers = {
        "Idempotency-Key": "the-same-key-twice-0001",
        "Authorization": f"Bearer {phone.token}",
    }
    with ExitStack() as held:
        registry = OccupyingRegistry(scene, held)
        dependencies = replace(scene.joined.dependencies, registry=registry)
        client = another_app(replace(scene.joined, dependencies=dependencies)).test_client()
        refused = client.post("/api/v1/links", json=body, headers=headers)
    assert (refused.status_code, refused.json["code"]) == (503, "busy")
    Worker(scene.joined.call(), Work()).tick()
    again = scene.app.test_client().post("/api/v1/links", json=body, headers=headers)
    assert again.status_code == 201, again.json


def test_where_something_was_done_already_the_key_says_that_nobody_knows(scene):
    phone = scene.signed_in("lucia")
    body = {"purpose": "add_relative", "password": PASSWORD}
    headers = {
        "Idempotency-Key": "the-same-key-twice-0002",
        "Authorization": f"Bearer {phone.token}",
    }
    with occupied_after_hashing(scene) as joined:
        client = another_app(joined).test_client()
        assert client.post("/api/v1/step-ups", json=body, headers=headers).status_code == 503
    again = scene.app.test_client().post("/api/v1/step-ups", json=body, headers=headers)
    assert (again.status_code, again.json["code"]) == (409, "idempotency_in_progress")
