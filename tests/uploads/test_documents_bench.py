"""What the bench tells of a file: of cards without a zone, of refused files, of our faults."""

import random
from datetime import date
from pathlib import Path

import pytest

from ecard.demo import specimens
from tests.uploads import pictures
from uploads.evaluation import drawing, people
from uploads.evaluation.documents import Bench
from uploads.sandbox import Sandbox
from uploads.types import SandboxLimits

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
