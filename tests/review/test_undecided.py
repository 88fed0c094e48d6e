"""A case that nobody decides: its pictures go, it does not; and nobody approves the unseen."""

import uuid

import pytest
import sqlalchemy as sa

from ecard import files
from ecard.demo.phone import Phone
from ecard.documents import service as documents
from ecard.documents.models import Document
from ecard.files import StoredFile
from ecard.review import service as review
from tests.documents.applications import apply, sign_in_again
from tests.review.cases import ABOVE, FIRST, at_desk, face_case, opened
from tests.support import Stage


def sweep_all(stage: Stage) -> None:
    """What the worker does, in its order."""
    call = stage.joined.call()
    review.sweep(call)
    documents.sweep(call)
    files.sweep(call)


def day_by_day(stage: Stage, days: int) -> None:
    """Time passes as it does: the sweeps run every day."""
    for _ in range(days):
        stage.clock.advance(days=1)
        sweep_all(stage)


def alive(stage: Stage) -> int:
    """Files that can still be read; the others have their receipt."""
    with stage.joined.db.read() as session:
        rows = list(session.scalars(sa.select(StoredFile)))
    assert all(row.receipt for row in rows if row.wrapped_key is None)
    return sum(row.wrapped_key is not None for row in rows)


def in_review(stage: Stage) -> Phone:
    """A mother's papers, which a person has to look at; nobody does. The son's phone."""
    application = apply(stage, "tomas", "elena", "parent")
    assert application.give("id_card_front", "id_card_back").body["state"] == "in_review"
    return application.phone


@pytest.mark.gate
def test_evidence_of_an_undecided_case_is_kept_thirty_days_and_not_for_ever(stage: Stage) -> None:
    in_review(stage)
    day_by_day(stage, 29)
    assert alive(stage) == 3
    day_by_day(stage, 1)
    assert alive(stage) == 0
    with stage.joined.db.read() as session:
        assert all(row.removed_at for row in session.scalars(sa.select(Document)))


@pytest.mark.gate
def test_the_case_itself_waits_on_and_shows_as_overdue(stage: Stage) -> None:
    in_review(stage)
    day_by_day(stage, 60)
    found = stage.desk(FIRST).must("GET", "/staff/cases?overdue=true")["items"]
    assert [(case["state"], case["overdue"]) for case in found] == [("open", True)]
    shown = at_desk(stage, FIRST).read().body
    assert all(item["destroyed"] for item in shown["files"])


@pytest.mark.gate
@pytest.mark.parametrize("kind", ["evidence", "face"])
def test_what_cannot_be_seen_any_more_is_not_approved_but_rejected_for_that_reason(
    stage: Stage, kind: str
) -> None:
    phone = in_review(stage) if kind == "evidence" else stage.phone()
    if kind == "face":
        face_case(stage)
    stage.clock.advance(days=30)
    sweep_all(stage)
    desk = at_desk(stage, FIRST)
    reason = "face_confirmed" if kind == "face" else "documents_confirmed"
    refused = desk.decide("approved", reason)
    assert (refused.status, refused.code) == (409, "case_files_gone")
    assert desk.reject("evidence_lapsed").status == 201
    sign_in_again(stage, "tomas", phone)
    link = phone.must("GET", "/links")["items"][0]
    assert link["state"] == "rejected"
    told = [item["text"] for item in stage.mailbox(str(stage.demo.holder("tomas").phone))]
    assert any("imágenes" in text or "pictures" in text for text in told)


@pytest.mark.gate
def test_an_appeal_begins_the_thirty_days_anew_once(stage: Stage) -> None:
    phone = in_review(stage)
    assert at_desk(stage, FIRST).reject().status == 201
    day_by_day(stage, 10)
    sign_in_again(stage, "tomas", phone)
    link_id = phone.must("GET", "/links")["items"][0]["id"]
    grounds = {"grounds": "The papers are in order, as a counter can see."}
    assert phone.send("POST", f"/links/{link_id}/appeal", grounds).status == 201
    day_by_day(stage, 29)
    assert alive(stage) == 3
    assert at_desk(stage, ABOVE).read().status == 200
    day_by_day(stage, 1)
    assert alive(stage) == 0
    with stage.joined.db.read() as session:
        assert review.is_pending(session, uuid.UUID(link_id))


@pytest.mark.gate
def test_a_minors_undecided_case_keeps_its_four_eyes(stage: Stage) -> None:
    application = apply(stage, "fang", "xiaoyu", "child")
    assert application.give("birth_certificate", "face_photo").body["state"] == "in_review"
    day_by_day(stage, 30)
    assert at_desk(stage, FIRST).reject("evidence_lapsed").code == "opening_not_approved"
    assert opened(stage).reject("evidence_lapsed").status == 201
