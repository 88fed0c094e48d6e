"""A document that was somebody else's before: a person is told, the holder never is."""

import io
import json
import uuid

import pytest
import sqlalchemy as sa
from PIL import Image

from ecard.demo import specimens
from ecard.documents import marks
from ecard.documents import service as documents
from ecard.documents.models import Document, DocumentMark
from ecard.files import StoredFile
from tests.documents.applications import Application, apply, sign_in_again, specimen
from tests.support import Stage
from uploads.documents.types import Field, FieldName, Status

PAPERS = ("birth_certificate", "face_photo")


def reasons(application: Application) -> set[str]:
    """Why a person looks at it."""
    return {reason for case in application.cases() for reason in case.reasons}


@pytest.mark.gate
def test_a_picture_of_one_person_given_for_another_goes_to_a_person_unnamed(stage: Stage) -> None:
    first = apply(stage, "lucia", "mateo", "child")
    assert first.give(*PAPERS).status == 201
    assert (first.state(), reasons(first)) == ("awaiting_face", set())
    second = apply(stage, "sofia", "clara", "child")
    answer = second.give(*PAPERS)
    assert (answer.status, second.state()) == (201, "in_review")
    assert reasons(second) == {"picture_reused"}
    told = [answer.body, second.evidence(), second.phone.must("GET", f"/links/{second.link_id}")]
    assert "reused" not in json.dumps(told)


def saved_again(picture: bytes) -> bytes:
    """One row of pixels cut off, and compressed anew: other bytes, the same picture."""
    image, out = Image.open(io.BytesIO(picture)), io.BytesIO()
    image.crop((0, 1, image.width, image.height)).save(out, "JPEG", quality=70)
    return out.getvalue()


@pytest.mark.gate
def test_a_picture_that_was_cut_and_saved_again_is_still_known_for_anothers(stage: Stage) -> None:
    first = apply(stage, "lucia", "mateo", "child")
    assert first.give(*PAPERS).status == 201
    second = apply(stage, "sofia", "clara", "child")
    photo = second.phone.upload("face_photo", saved_again(specimen("face_photo")))
    paper = second.phone.upload("birth_certificate", specimens.paper("birth", ["Clara"]))
    assert second.phone.give_evidence(second.link_id, [photo, paper]).status == 201
    assert reasons(second) == {"picture_reused"}


def numbers(stage: Stage, *fields: Field) -> set[str]:
    """Marks that are kept of a document that says this."""
    application = apply(stage, "lucia", "mateo", "child")
    (document,) = application.upload("birth_certificate")
    with stage.joined.db.write() as session:
        row = session.get_one(Document, uuid.UUID(document))
        marks.note_numbers(session, stage.joined.call(), row, fields)
        session.commit()
        known = sa.select(DocumentMark.mark).filter_by(document_id=row.id, kind="number")
        return set(session.scalars(known))


def number(name: FieldName, value: str, status: Status = Status.CONFIRMED) -> Field:
    return Field(name, value, value, 0.9, status)


def test_each_number_of_a_card_is_known_again_a_doubtful_one_too(stage: Stage) -> None:
    own = number(FieldName.PERSONAL_NUMBER, "12345678Z")
    card = number(FieldName.DOCUMENT_NUMBER, "AAA000000", Status.DOUBTFUL)
    wrong = number(FieldName.DOCUMENT_NUMBER, "BBB000000", Status.UNREAD)
    assert len(numbers(stage, own, card, wrong)) == 2


def test_what_a_document_is_known_by_is_forgotten_a_while_after_its_link(stage: Stage) -> None:
    first = apply(stage, "lucia", "mateo", "child")
    assert first.give(*PAPERS).status == 201
    first.phone.must("POST", f"/links/{first.link_id}/withdrawal")

    def left() -> tuple[int, int]:
        documents.sweep(stage.joined.call())
        with stage.joined.db.read() as session:
            kept = sa.select(sa.func.count()).select_from(DocumentMark)
            known = sa.select(sa.func.count()).where(StoredFile.fingerprint != "")
            return session.scalar(kept) or 0, session.scalar(known) or 0

    assert min(left()) > 0
    stage.clock.advance(days=stage.joined.settings.typed_kept_days + 1)
    assert left() == (0, 0)


@pytest.mark.gate
def test_the_same_picture_for_the_same_person_again_is_no_reason(stage: Stage) -> None:
    first = apply(stage, "lucia", "mateo", "child")
    assert first.give(*PAPERS).status == 201
    first.phone.must("POST", f"/links/{first.link_id}/withdrawal")
    again = apply(stage, "lucia", "mateo", "child", sign_in_again(stage, "lucia", first.phone))
    assert again.give(*PAPERS).status == 201
    assert (again.state(), reasons(again)) == ("awaiting_face", set())
