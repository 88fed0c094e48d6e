"""All of it as a file: with the e-card password, complete, never cached, on record."""

import io
import json
import uuid
import zipfile
from typing import Any

import pypdfium2
import pytest
import sqlalchemy as sa

from ecard import limits
from ecard.audit import AuditRow
from ecard.cards.grants import add_grant
from ecard.demo.phone import Answer, Phone
from ecard.family import service as family
from ecard.handing_out import DAY_SECONDS, FILES_A_DAY
from ecard.locale import catalogue
from ecard.own_data.policy import CATEGORIES
from tests.documents.applications import apply
from tests.family.scene import as_holder
from tests.support import Stage


def grant(stage: Stage, phone: Phone) -> str:
    """As the right e-card password opens it (tests/cards prove that)."""
    return str(add_grant(as_holder(stage, phone), "take_data").id)


def take(stage: Stage, phone: Phone, path: str = "/my-data/file", **more: str) -> Answer:
    return phone.send("POST", path, {"step_up_id": grant(stage, phone), **more})


def unpacked(answer: Answer) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The data, and the other files of a ZIP."""
    with zipfile.ZipFile(io.BytesIO(answer.body)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    return json.loads(files.pop("data.json")), files


def test_the_file_has_what_the_screen_has_with_the_number_in_full(stage: Stage) -> None:
    phone = stage.signed_in("lucia", None)
    shown = phone.must("GET", "/my-data?most=200")
    answer = take(stage, phone, format="json")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'filename="my-data.json"' in answer.headers["Content-Disposition"]
    data = answer.body
    assert data["format"] == "ecard-own-data/1"
    assert data["particulars"]["number"] == stage.demo.persons["lucia"].number
    seen = {one["name"]: one["total"] for one in shown["categories"]}
    taken = {one["name"]: len(one["items"]) for one in data["categories"]}
    assert taken == seen | {"history": seen["history"] + 1}  # that it was taken


@pytest.mark.parametrize(
    ("language", "words"),
    [
        pytest.param("en", "Phones that signed in", marks=pytest.mark.gate),
        pytest.param("es", "Teléfonos", marks=pytest.mark.gate),
        ("zh-Hans", "登录过的手机"),
    ],
)
def test_the_pdf_says_the_same_to_people_in_their_language(
    stage: Stage, language: str, words: str
) -> None:
    phone = stage.signed_in("lucia", None)
    phone.language = language
    answer = take(stage, phone, format="pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert 'filename="my-data.pdf"' in answer.headers["Content-Disposition"]
    text = "".join(
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(answer.body)
    )
    for said in (words, stage.demo.persons["lucia"].number, "Lucía Prado Rey", "Demo phone"):
        assert said in text.replace("\r\n", "")
    assert f"{stage.clock.time:%Y}-" not in text  # times are written as people do


def test_every_fact_has_a_name_that_people_read() -> None:
    facts = {f"fact.{name}" for names in CATEGORIES.values() for name in names}
    assert facts <= set(catalogue())


@pytest.mark.gate
def test_the_zip_has_the_persons_own_pictures_and_nobody_elses(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    assert application.give("birth_certificate", "face_photo").ok
    data, files = unpacked(take(stage, application.phone))
    assert (data["pictures"], files) == ([], {})  # the papers are about the child
    step_link = application.link_id
    path = f"/links/{step_link}/data/file"
    assert take(stage, application.phone, path).code == "link_not_active"


def test_the_guardian_takes_the_childs_pictures(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    assert application.give("birth_certificate", "face_photo").ok
    bring_to_active(stage, application.link_id)
    path = f"/links/{application.link_id}/data"
    assert application.phone.must("GET", path)["faces_stored"] == 2
    data, files = unpacked(take(stage, application.phone, f"{path}/file"))
    what = sorted(picture["what"] for picture in data["pictures"])
    assert what == ["birth_certificate", "face_photo", "reference_photo"]
    assert set(files) == {picture["file"] for picture in data["pictures"]}
    assert all(content.startswith(b"\xff\xd8") for content in files.values())


def bring_to_active(stage: Stage, link_id: str) -> None:
    """The evidence was accepted and the link opened, as reviewer and counter do."""
    with stage.joined.db.write() as session:
        link = family.lock_link(session, uuid.UUID(link_id))
        reason = "evidence_accepted_by_reviewer"
        if link.state == "in_review":
            family.evidence_accepted(session, stage.joined.call(), link, reason)
        family.activate(session, stage.joined.call(), link, "confirmed_at_counter")
        session.commit()


def test_without_the_password_nothing_is_handed_out_or_counted(stage: Stage) -> None:
    phone = stage.signed_in("lucia", None)
    assert phone.send("POST", "/my-data/file", {}).code == "step_up_needed"
    spent = grant(stage, phone)
    body = {"step_up_id": spent, "format": "json"}
    assert phone.send("POST", "/my-data/file", body).ok
    assert phone.send("POST", "/my-data/file", body).code == "step_up_needed"


def test_each_taking_is_in_the_audit_and_twenty_a_day_are_enough(stage: Stage) -> None:
    phone = stage.signed_in("lucia", None)
    assert take(stage, phone, format="json").ok
    person_id = as_holder(stage, phone).holder.person_id
    with stage.joined.db.write() as session:
        for _ in range(FILES_A_DAY - 1):
            given = {"limit": FILES_A_DAY, "window_seconds": DAY_SECONDS, "now": stage.clock.time}
            assert limits.spend(session, "own_data_file", person_id, **given) is None
        session.commit()
    answer = take(stage, phone, format="json")
    assert (answer.status, answer.code) == (429, "too_many_requests")
    with stage.joined.db.read() as session:
        query = sa.select(sa.func.count()).select_from(AuditRow).filter_by(action="own_data.taken")
        assert session.scalar(query) == 2  # the act, and the file
