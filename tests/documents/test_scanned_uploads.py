"""With a scanner, nothing is taken that it did not call clean; its faults cost nobody a try."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard.demo.phone import Answer, Phone
from ecard.files import StoredFile
from ecard.health import failing
from tests import support
from tests.documents.applications import specimen
from tests.support import Stage
from tests.uploads.scanners import EICAR, Answering, knows_eicar, scanner

PAPER = specimen("birth_certificate")


@contextmanager
def scanned_by(folder: Path, answering: Answering) -> Iterator[Stage]:
    """A process whose uploads go past this scanner."""
    small = {"scanner_seconds": 0.3, "document_bytes_a_day": 2 * len(PAPER)}
    with scanner(answering) as setting, support.stage(folder, scanner=setting, **small) as fresh:
        yield fresh


def send(phone: Phone, content: bytes) -> Answer:
    files = [("file", ("a", content, "image/jpeg"))]
    return phone.send("POST", "/documents?kind=birth_certificate", files=files)


def nothing_kept(stage: Stage) -> bool:
    with stage.joined.db.read() as session:
        rows = session.scalar(sa.select(sa.func.count()).select_from(StoredFile))
    return rows == 0 and not list(stage.joined.dependencies.file_store.entries())


def test_a_clean_document_is_kept_and_an_infected_one_refused(tmp_path: Path) -> None:
    with scanned_by(tmp_path, knows_eicar) as stage:
        phone = stage.signed_in("lucia", password=None)
        refused = send(phone, PAPER[: len(PAPER) // 2] + EICAR)
        assert (refused.status, refused.code) == (422, "file_infected")
        assert nothing_kept(stage)
        assert send(phone, PAPER).status == 201
        assert "scanner" not in failing(stage.joined.call())


@pytest.mark.gate
@pytest.mark.parametrize("answer", [b"not in its words\0", None], ids=["garbage", "hangs"])
def test_a_scanner_that_gives_no_verdict_costs_no_bytes_and_keeps_nothing(
    tmp_path: Path, answer: bytes | None
) -> None:
    with scanned_by(tmp_path, lambda _: answer) as stage:
        phone = stage.signed_in("lucia", password=None)
        for _ in range(3):  # a third would be past the bytes of the day
            refused = send(phone, PAPER)
            assert (refused.status, refused.code) == (503, "unavailable")
            assert int(refused.headers["Retry-After"]) > 0
        assert nothing_kept(stage)


def test_a_scanner_that_is_down_is_told_by_readiness_too(tmp_path: Path) -> None:
    with support.stage(tmp_path, scanner=f"unix:{tmp_path / 'nothing'}") as stage:
        phone = stage.signed_in("lucia", password=None)
        assert send(phone, PAPER).code == "unavailable"
        assert nothing_kept(stage)
        assert "scanner" in failing(stage.joined.call())
