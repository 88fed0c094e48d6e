"""The bytes of a day: counted before they are decoded, the same for refused files."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecard.demo.in_process import AppTransport
from ecard.demo.phone import Answer, Phone
from tests import support
from tests.documents.applications import sign_in_again, specimen
from tests.support import Stage, another_app
from uploads.errors import StoreFault
from uploads.storage import FileStore

PAPER = specimen("birth_certificate")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A process in which a holder may upload three specimens a day."""
    with support.stage(tmp_path, document_bytes_a_day=3 * len(PAPER)) as fresh:
        yield fresh


def send(phone: Phone, content: bytes) -> Answer:
    files = [("file", ("a", content, "image/jpeg"))]
    return phone.send("POST", "/documents?kind=birth_certificate", files=files)


@pytest.mark.gate
def test_the_day_is_full_at_its_last_byte_and_begins_anew(stage: Stage) -> None:
    phone = stage.signed_in("lucia", password=None)
    assert [send(phone, PAPER).status for _ in range(3)] == [201, 201, 201]
    answer = send(phone, PAPER)
    assert (answer.status, answer.code) == (429, "uploads_spent")
    assert 0 < int(answer.headers["Retry-After"]) <= 24 * 3600 + 1
    stage.clock.advance(days=1, seconds=1)
    assert send(sign_in_again(stage, "lucia", phone), PAPER).status == 201


@pytest.mark.gate
def test_files_that_are_refused_count_too(stage: Stage) -> None:
    phone = stage.signed_in("lucia", password=None)
    broken = [PAPER[: len(PAPER) // 2 - 1] + bytes([number]) for number in range(6)]
    assert [send(phone, content).status for content in broken] == [422] * 6
    assert send(phone, PAPER).code == "uploads_spent"


@pytest.mark.gate
def test_what_one_holder_uploads_takes_nothing_from_another(stage: Stage) -> None:
    phone = stage.signed_in("lucia", password=None)
    assert [send(phone, PAPER).status for _ in range(3)] == [201, 201, 201]
    assert send(stage.signed_in("andres", password=None), PAPER).status == 201


def test_of_parallel_uploads_exactly_what_the_day_allows_is_taken(stage: Stage) -> None:
    phone = stage.signed_in("lucia", password=None)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: send(phone, PAPER).status, range(8)))
    assert sorted(statuses) == [201] * 3 + [429] * 5


class BreakingStore:
    """A store that fails as it is told when something is put into it."""

    def __init__(self, store: FileStore, fault: Exception) -> None:
        self._store, self._fault = store, fault

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put(self, content: bytes) -> str:
        raise self._fault


@pytest.mark.gate
@pytest.mark.parametrize(
    ("fault", "status"),
    [(StoreFault("gone", retryable=True), 503), (RuntimeError("a fault of ours"), 500)],
)
def test_a_store_that_fails_costs_no_bytes(stage: Stage, fault: Exception, status: int) -> None:
    phone = stage.signed_in("lucia", password=None)
    store = BreakingStore(stage.joined.dependencies.file_store, fault)
    dependencies = replace(stage.joined.dependencies, file_store=store)
    broken = Phone(AppTransport(another_app(replace(stage.joined, dependencies=dependencies))))
    broken.token = phone.token
    assert [send(broken, PAPER).status for _ in range(2)] == [status] * 2
    assert [send(phone, PAPER).status for _ in range(4)] == [201] * 3 + [429]
