"""A picture that could not be used is recognised when it comes again, and costs nothing."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from ecard.demo import specimens
from ecard.demo.phone import Answer, Phone
from ecard.documents.models import TriedPicture
from ecard.jobs import SWEEPS
from tests import support
from tests.documents.applications import Application, apply, portrait, sign_in_again, specimen
from tests.support import Stage
from tests.uploads import pictures

PAPER = specimen("birth_certificate")
BROKEN = PAPER[: len(PAPER) // 2]
FACELESS = pictures.encoded(pictures.noise(800, 500))
BACK = specimens.identity_card_back(["SPECIMEN"])


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A process in which two specimens a day may be uploaded."""
    with support.stage(tmp_path, document_bytes_a_day=2 * len(PAPER)) as fresh:
        yield fresh


def send(phone: Phone, content: bytes, kind: str = "birth_certificate") -> Answer:
    files = [("file", ("a", content, "image/jpeg"))]
    return phone.send("POST", f"/documents?kind={kind}", files=files)


def compressed_anew(content: bytes) -> bytes:
    image, out = Image.open(io.BytesIO(content)), io.BytesIO()
    image.resize((image.width * 9 // 10, image.height * 9 // 10)).save(out, "JPEG", quality=80)
    return out.getvalue()


def test_a_file_that_was_refused_is_known_again_and_spends_nothing(stage: Stage) -> None:
    phone = stage.signed_in("lucia", password=None)
    assert send(phone, BROKEN).code == "picture_unreadable"
    for _ in range(5):
        answer = send(phone, BROKEN)
        assert (answer.status, answer.code) == (422, "picture_tried_before")
        assert answer.body["params"] == {"reason": "picture_unreadable"}
        assert answer.body["next"] == "upload_document"
    assert send(phone, PAPER).status == 201


@pytest.mark.gate
def test_it_is_known_for_its_sender_and_its_kind_alone_and_only_for_a_time(stage: Stage) -> None:
    phone, other = (stage.signed_in(ref, password=None) for ref in ("lucia", "andres"))
    assert send(phone, BROKEN).code == "picture_unreadable"
    assert send(other, BROKEN).code == "picture_unreadable"
    assert send(phone, BROKEN, "household_page").code == "picture_unreadable"
    stage.clock.advance(days=30, seconds=1)
    assert send(sign_in_again(stage, "lucia", phone), BROKEN).code == "picture_unreadable"
    for sweep in SWEEPS:
        if sweep.name == "documents":
            sweep.run(stage.joined.call())
    with stage.joined.db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(TriedPicture)) == 1


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    """An application whose relative shows a card's back in place of its front."""
    with support.stage(tmp_path) as fresh:
        yield apply(fresh, "tomas", "elena", "parent")


def give(application: Application, front: bytes) -> Answer:
    ids = [application.phone.upload("id_card_front", front), *application.upload("id_card_back")]
    return application.phone.give_evidence(application.link_id, ids)


@pytest.mark.gate
def test_a_card_without_a_face_is_known_again_before_a_try_is_spent(
    application: Application,
) -> None:
    assert give(application, FACELESS).code == "portrait_not_found"
    left = application.evidence()["tries_left"]
    for again in (FACELESS, compressed_anew(FACELESS)):
        answer = send(application.phone, again, "id_card_front")
        assert (answer.status, answer.code) == (422, "picture_tried_before")
        assert answer.body["params"] == {"reason": "portrait_not_found"}
    assert application.evidence()["tries_left"] == left
    assert give(application, specimen("id_card_front")).status == 201


@pytest.mark.gate
def test_the_document_itself_given_again_costs_no_try_either(application: Application) -> None:
    ids = [application.phone.upload("id_card_front", BACK), *application.upload("id_card_back")]
    first = application.phone.give_evidence(application.link_id, ids)
    left = application.evidence()["tries_left"]
    second = application.phone.give_evidence(application.link_id, ids)
    assert (first.code, second.code) == ("portrait_not_found", "picture_tried_before")
    assert application.evidence()["tries_left"] == left


@pytest.mark.gate
def test_another_photograph_is_another_picture(application: Application) -> None:
    assert give(application, BACK).code == "portrait_not_found"
    turned = specimens.identity_card_front(portrait(1), ["SPECIMEN", "Another Example"])
    assert send(application.phone, turned, "id_card_front").status == 201
