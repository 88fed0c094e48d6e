"""What the bench tells of a file: of cards without a zone, of refused files, of our faults."""

import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ecard.demo import specimens
from tests.uploads import pictures
from uploads.documents.pages import READING_LIMITS, PageReader
from uploads.evaluation import drawing, people
from uploads.evaluation.documents import Bench, main
from uploads.sandbox import Sandbox
from uploads.types import MIB, SandboxLimits

TODAY = date(2026, 11, 18)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(TODAY)


@pytest.mark.gate
def test_a_card_without_a_zone_has_a_verdict_of_its_own_for_page_and_file(
    bench: Bench, tmp_path: Path
) -> None:
    person = people.chinese(random.Random(3), TODAY)
    card = tmp_path / "card.jpg"
    card.write_bytes(specimens.jpeg(drawing.chinese_back(person).picture))
    told = bench.read(card)
    assert (told["verdict"], told["format"]) == ("read", "cn_id_back")
    assert told["pages"][0]["verdict"] == "read"


@pytest.mark.gate
def test_a_refused_file_and_a_fault_of_ours_have_a_verdict_too(
    bench: Bench, tmp_path: Path
) -> None:
    file = tmp_path / "text.jpg"
    file.write_bytes(b"no picture")
    assert bench.read(file)["verdict"] == "refused"
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(pictures.encoded(pictures.noise()))
    never_ready = Bench(TODAY, Sandbox(SandboxLimits(wall_seconds=0.001)))
    assert never_ready.read(picture) == {"fault": "SandboxFault", "verdict": "fault"}


@pytest.mark.parametrize(
    ("given", "said"),
    [(["--dir", "nowhere"], "nowhere is no folder"), (["--every", "0"], "--every: 1 at least")],
)
def test_what_cannot_be_done_is_said_in_a_line(
    given: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--dir", str(tmp_path), "--out", str(tmp_path / "out"), *given])
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"documents: error: {said}"
    assert not (tmp_path / "out").exists()


@pytest.mark.gate
def test_a_file_that_was_taken_and_could_not_be_read_is_not_called_refused(tmp_path: Path) -> None:
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(pictures.encoded(pictures.noise()))
    little = PageReader(replace(READING_LIMITS, picture_memory_bytes=420 * MIB, wall_seconds=600.0))
    told = Bench(TODAY, reader=little).read(picture)
    assert told == {"type": "image/jpeg", "fault": "ProcessingLimit", "verdict": "fault"}
