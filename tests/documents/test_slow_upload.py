"""A body that trickles has its time, and then its sender is told; nothing of it is kept."""

import io
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import EnvironBuilder, run_wsgi_app

from ecard.demo.phone import Phone
from ecard.files import StoredFile
from tests import support
from tests.documents.applications import specimen
from tests.support import Stage, another_app

PAPER = specimen("birth_certificate")
PATH = "/api/v1/documents?kind=birth_certificate"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A process in which a body has a quarter of a second."""
    with support.stage(tmp_path, body_seconds=0.25) as fresh:
        yield fresh


def send_slowly(stage: Stage, phone: Phone, sent: float) -> tuple[str, bytes, float]:
    """Send a share of an upload, then nothing; status, answer, seconds. As gunicorn hands it on."""
    builder = EnvironBuilder(
        path=PATH,
        method="POST",
        headers={"Authorization": f"Bearer {phone.token}", "Idempotency-Key": "k" * 30},
        data={"file": (io.BytesIO(PAPER), "a.jpg")},
    )
    environ: dict[str, Any] = builder.get_environ()
    body = environ["wsgi.input"].read()
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("rb") as arriving:
        feeding = threading.Thread(target=theirs.sendall, args=(body[: int(len(body) * sent)],))
        feeding.start()
        began = time.monotonic()
        environ |= {"wsgi.input": arriving, "gunicorn.socket": ours}
        parts, status, _ = run_wsgi_app(another_app(stage.joined), environ)
        answer = b"".join(parts)
        feeding.join()
    return status, answer, time.monotonic() - began


@pytest.mark.gate
@pytest.mark.parametrize("sent", [0.0, 0.01, 0.5, 0.99])
def test_a_body_that_does_not_arrive_in_time_is_told_so_and_leaves_nothing(
    stage: Stage, sent: float
) -> None:
    phone = stage.signed_in("lucia", password=None)
    status, answer, seconds = send_slowly(stage, phone, sent)
    assert (status[:3], b"body_too_slow" in answer) == ("408", True)
    assert seconds < 5
    with stage.joined.db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == 0
    assert list(stage.joined.dependencies.file_store.entries()) == []


def test_a_body_that_arrives_in_time_is_taken(stage: Stage) -> None:
    status, answer, _ = send_slowly(stage, stage.signed_in("lucia", password=None), 1.0)
    assert status[:3] == "201", answer
