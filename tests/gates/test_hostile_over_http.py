"""Hostile files through the route that phones use: refused by a code, or kept rebuilt."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard import files
from ecard.demo.phone import Phone
from ecard.files import StoredFile
from tests import support
from tests.support import Stage
from uploads.evaluation.bare import bytes_besides_picture
from uploads.evaluation.hostile import PATIENCE, files_below

pytestmark = pytest.mark.gate
EVERY = 1 if os.environ.get("ECARD_FULL") else 14
NO_DAY = 10**12
"""Bytes a day, so that the day's limit refuses none of them."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A process whose day of uploads has no end."""
    with support.stage(tmp_path, document_bytes_a_day=NO_DAY) as fresh:
        yield fresh


def code_of(phone: Phone, path: Path) -> str:
    """How the file is answered; tried again where its decoder got no processor."""
    sent = [("file", (f"scan{path.suffix}", path.read_bytes(), "image/jpeg"))]
    for _ in range(PATIENCE):
        answer = phone.send("POST", "/documents?kind=birth_certificate", files=sent)
        if answer.code != "busy":
            break
    return "201" if answer.status == 201 else f"{answer.status} {answer.code}"


def foreign_bytes(stage: Stage) -> int:
    """Bytes of kept pages that our encoder did not write; every page is read as its holder's."""
    call = stage.joined.call()
    with stage.joined.db.read() as session:
        kept = list(session.scalars(sa.select(StoredFile.id)))
        pages = (files.read(session, call, file_id) for file_id in kept)
        return sum(bytes_besides_picture(page) for page in pages)


def test_no_hostile_file_ends_in_a_fault_or_in_the_store(
    stage: Stage, ecard_data: Path, record_property: Callable[[str, object], None]
) -> None:
    phone = stage.signed_in("lucia", password=None)
    paths = files_below(ecard_data / "hostile")[::EVERY]
    answers = Counter(code_of(phone, path) for path in paths)
    faults = {answer: count for answer, count in answers.items() if answer.startswith("5")}
    kept = stage.joined.settings.files_folder
    stored = [path for path in kept.rglob("*") if path.is_file()]
    with stage.joined.db.read() as session:
        rows = session.scalar(sa.select(sa.func.count()).select_from(StoredFile))
    record_property("hostile files over HTTP", len(paths))
    record_property("answered 5xx", sum(faults.values()))
    record_property("taken as a picture", answers["201"])
    foreign = foreign_bytes(stage)
    record_property("bytes kept that our encoder did not write", foreign)
    assert (faults, foreign) == ({}, 0)
    assert len(stored) == rows >= answers["201"]
    assert len(paths) >= 40
