"""What an outage of ours took is given back: at once, or as soon as the database takes it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from ecard.app import create_app
from ecard.cards import service as cards
from ecard.cards.models import CardPassword
from ecard.db import is_out_of_turn
from ecard.owed import Owed
from ecard.worker import Work, Worker
from tests.accounts.scene import PASSWORD, Scene, set_scene
from tests.support import ON_POSTGRES


class Silent:
    """A write that the database does not take, until it answers."""

    def __init__(self) -> None:
        self.answers = False
        self.written = 0

    def __call__(self) -> None:
        if not self.answers:
            raise OperationalError("UPDATE", None, Exception("busy"))
        self.written += 1


def test_what_cannot_be_written_now_is_written_once_the_database_answers():
    owed, write = Owed(), Silent()
    owed.write(write)
    with pytest.raises(OperationalError):
        owed.settle()
    write.answers = True
    assert (owed.settle(), owed.settle(), write.written) == (1, 0, 1)


def test_what_is_a_fault_of_the_code_is_not_kept():
    owed = Owed()

    def broken() -> None:
        raise KeyError("code")

    with pytest.raises(KeyError):
        owed.write(broken)
    assert owed.settle() == 0


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
        occupy(self._scene, self._held)
        return right


def occupy(scene: Scene, held: ExitStack) -> None:
    session = held.enter_context(scene.joined.db.write())
    if ON_POSTGRES:
        session.execute(sa.text("LOCK TABLE card_passwords IN EXCLUSIVE MODE"))
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


@pytest.mark.parametrize("password", [PASSWORD, "904713"])
def test_a_password_of_which_nobody_was_told_whether_it_fits_costs_no_try(scene, password):
    call = scene.as_holder(scene.signed_in("lucia"))
    with occupied_after_hashing(scene) as joined:
        there = replace(call, dependencies=joined.dependencies)
        with pytest.raises(OperationalError) as busy:
            cards.prove_password(there, call.holder.person_id, password)
    assert is_out_of_turn(busy.value)
    Worker(scene.joined.call(), Work()).tick()
    assert tries(scene) == 0


def test_whoever_is_told_that_we_are_busy_may_come_again_with_the_same_key(scene):
    phone = scene.signed_in("lucia")
    body = {"purpose": "add_relative", "password": PASSWORD}
    headers = {
        "Idempotency-Key": "the-same-key-twice-0001",
        "Authorization": f"Bearer {phone.token}",
    }
    with occupied_after_hashing(scene) as joined:
        client = create_app(joined).test_client()
        refused = client.post("/api/v1/step-ups", json=body, headers=headers)
    assert (refused.status_code, refused.json["code"]) == (503, "busy")
    Worker(scene.joined.call(), Work()).tick()
    again = scene.app.test_client().post("/api/v1/step-ups", json=body, headers=headers)
    assert again.status_code == 201, again.json
