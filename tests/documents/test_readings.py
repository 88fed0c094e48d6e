"""Documents are read before a person is asked: with a real reader, so on few pages."""

import io
import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
import zxingcpp
from PIL import Image

from ecard.demo import specimens
from ecard.documents.models import DocumentMark, DocumentReading
from tests import support
from tests.documents.applications import Application, apply, give_registry_portrait, portrait
from tests.support import Stage
from uploads.evaluation import drawing, people

TODAY = date(2026, 11, 18)
Kind = zxingcpp.BarcodeFormat


@pytest.fixture
def reading_stage(tmp_path: Path) -> Iterator[Stage]:
    """A process that reads documents."""
    with support.stage(tmp_path, document_reading=1) as fresh:
        yield fresh


@cache
def passport(name: str, given: str, number: str) -> bytes:
    """A specimen passport of a demo person."""
    drawn = people.utopian(random.Random(4), TODAY)
    born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    sex = "male" if int(number[16]) % 2 else "female"
    person = replace(drawn, surname=name, given=given, born=born, sex=sex)
    return specimens.jpeg(drawing.passport(person, portrait()).picture)


def of_elena(stage: Stage, given: str = "Elena") -> bytes:
    return passport("Sala Ríos", given, stage.demo.persons["elena"].number)


def elenas(stage: Stage) -> Application:
    give_registry_portrait(stage, "elena")
    return apply(stage, "tomas", "elena", "parent")


@pytest.mark.gate
def test_a_passport_is_read_on_request_and_its_words_go_once_it_is_claimed(
    reading_stage: Stage,
) -> None:
    application = elenas(reading_stage)
    document = application.phone.upload("passport", of_elena(reading_stage))
    path = f"/documents/{document}"
    assert application.phone.must("GET", path)["status"] == "waiting"
    told = application.phone.must("POST", f"{path}/reading")
    assert (told["status"], told["format"]) == ("read", "TD3")
    assert {"surname", "birth_date", "expiry_date"} <= set(told["read_fields"])
    assert application.phone.give_evidence(application.link_id, [document]).status == 201
    assert application.state() == "evidence_accepted"  # though no number is printed on it
    with reading_stage.joined.db.read() as session:
        row = session.get_one(DocumentReading, uuid.UUID(document))
        assert row.said is None
        marks = sa.select(DocumentMark).filter_by(document_id=row.document_id, kind="number")
        assert session.scalars(marks).one().person_id is not None


@pytest.mark.gate
def test_another_name_than_was_typed_is_named_and_a_person_may_be_asked(
    reading_stage: Stage,
) -> None:
    application = elenas(reading_stage)
    document = application.phone.upload("passport", of_elena(reading_stage, "Ingrid"))
    answer = application.phone.give_evidence(application.link_id, [document])
    assert (answer.status, answer.code) == (422, "evidence_refused")
    assert {"name_nearly", "name_differs"} & set(answer.body["fields"]["passport"])
    assert application.unclaimed() == {document}
    body = {"document_ids": [document], "ask_person": True}
    path = f"/links/{application.link_id}/evidence"
    assert application.phone.send("POST", path, body).status == 201
    assert application.state() == "in_review"


def test_a_paper_without_a_template_is_for_a_person(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    (document,) = application.upload("birth_certificate")
    told = application.phone.must("GET", f"/documents/{document}")
    assert (told["status"], told["hints"]) == ("for_a_person", [])


def with_barcodes() -> bytes:
    """A birth certificate of Mateo with one of each kind of barcode."""
    lines = ["Child: Mateo Sol Prado", "Mother: Lucía Prado Rey"]
    with Image.open(io.BytesIO(specimens.paper("birth certificate", lines))) as opened:
        page = opened.convert("RGB")
    for number, kind in enumerate((Kind.QRCode, Kind.DataMatrix, Kind.PDF417)):
        code = zxingcpp.create_barcode("SPECIMEN 4711", kind)
        drawn = np.asarray(zxingcpp.write_barcode_to_image(code, scale=4))
        page.paste(Image.fromarray(drawn), (150 + 320 * number, 800))
    return specimens.jpeg(page)


@pytest.mark.gate
def test_a_paper_goes_to_a_person_with_what_could_be_read_of_it(reading_stage: Stage) -> None:
    application = apply(reading_stage, "fang", "xiaoyu", "child")
    photo = application.upload("face_photo")
    document = application.phone.upload("birth_certificate", with_barcodes())
    assert application.phone.give_evidence(application.link_id, [document, *photo]).status == 201
    assert application.state() == "in_review"
    (case,) = application.cases()
    kinds = ("datamatrix", "pdf417", "qrcode")
    assert set(case.facts["read"]) == {f"birth_certificate_has_{kind}" for kind in kinds}


@pytest.mark.gate
def test_a_paper_that_bears_the_relatives_particulars_says_so_to_the_reviewer(
    reading_stage: Stage,
) -> None:
    application = apply(reading_stage, "sofia", "diego", "child")
    number = reading_stage.demo.persons["diego"].number
    lines = ["Child: Diego Campos", f"Born on {number[12:14]}/{number[10:12]}/{number[6:10]}"]
    lines += ["Mother: Sofia Campos Nieto"]
    paper = application.phone.upload("birth_certificate", specimens.paper("birth", lines))
    (photo,) = application.upload("face_photo")
    assert application.phone.give_evidence(application.link_id, [paper, photo]).status == 201
    (case,) = application.cases()
    who = ("name_of_relative", "birth_date_of_relative", "name_of_holder")
    assert set(case.facts["read"]) == {f"birth_certificate_has_{one}" for one in who}


@pytest.mark.gate
def test_a_document_number_of_one_person_given_for_another_goes_to_a_person(
    reading_stage: Stage,
) -> None:
    first = elenas(reading_stage)
    passports = [first.phone.upload("passport", of_elena(reading_stage))]
    assert first.phone.give_evidence(first.link_id, passports).status == 201
    give_registry_portrait(reading_stage, "rosa")
    second = apply(reading_stage, "peter", "rosa", "parent")
    number = reading_stage.demo.persons["rosa"].number
    same = second.phone.upload("passport", passport("Mill", "Rosa", number))
    answer = second.phone.give_evidence(second.link_id, [same])
    assert (answer.status, second.state()) == (201, "in_review")
    assert (first.state(), first.cases()) == ("evidence_accepted", [])
    assert ["number_reused" in case.reasons for case in second.cases()] == [True]
    assert "reused" not in str(answer.body)
