"""A reference photo is kept for later checks by a consent of its own, and only then."""

import uuid

from ecard.demo.phone import Answer, Phone
from ecard.documents import service as documents
from ecard.files import StoredFile
from ecard.notices import service as notices
from tests.activation.steps import LastStep, last_step
from tests.activation.test_counter import code_of, redeem
from tests.support import Stage

KEPT = "portrait_kept"


def decide(phone: Phone, link_id: str, **more: object) -> Answer:
    """The guardian decides about the child's face, and about keeping the photo."""
    notice = phone.must("GET", f"/links/{link_id}/notices/face_processing")
    body = {"decision": "given", "notice_id": notice["id"], "text_sha256": notice["text_sha256"]}
    return phone.send("POST", f"/links/{link_id}/face-consent", body | more)


def decision(step: LastStep) -> str | None:
    """What holds about keeping the photo."""
    with step.stage.joined.db.read() as session:
        row = notices.consent(session, uuid.UUID(step.link_id), KEPT)
    return row.decision if row is not None else None


def photo_lives(stage: Stage) -> bool:
    """Whether the photo outlives its document: 31 days after the link opened."""
    documents.sweep(stage.joined.call())
    stage.clock.advance(days=31)
    documents.sweep(stage.joined.call())
    with stage.joined.db.read() as session:
        photo = session.query(StoredFile).filter_by(purpose="reference_photo").one()
        return photo.destroyed_at is None


def child(stage: Stage, **more: object) -> LastStep:
    step = last_step(stage, "lucia", "mateo", "child")
    assert decide(step.phone, step.link_id, **more).status == 201
    return step


def opened(stage: Stage, **more: object) -> LastStep:
    step = child(stage, **more)
    assert redeem(stage.desk("clerk-north"), code_of(step)).ok
    return step


def test_without_being_asked_for_no_photo_is_kept(stage: Stage) -> None:
    step = opened(stage)
    assert decision(step) is None
    assert not photo_lives(stage)


def test_with_its_own_consent_the_photo_outlives_the_document(stage: Stage) -> None:
    step = opened(stage, keep_portrait=True)
    assert decision(step) == "given"
    assert photo_lives(stage)


def test_who_declines_the_face_keeps_no_photo_either(stage: Stage) -> None:
    assert decision(child(stage, decision="declined", keep_portrait=True)) is None


def test_a_later_decision_without_it_takes_it_back(stage: Stage) -> None:
    step = child(stage, keep_portrait=True)
    assert decide(step.phone, step.link_id).status == 201
    assert decision(step) == "declined"


def test_a_withdrawn_consent_destroys_the_photo_with_the_next_sweep(stage: Stage) -> None:
    step = opened(stage, keep_portrait=True)
    assert photo_lives(stage)
    step.sign_in_again("lucia")
    path = f"/links/{step.link_id}/kept-portrait"
    assert step.phone.send("DELETE", path).status == 204
    assert decision(step) == "withdrawn"
    documents.sweep(stage.joined.call())
    assert step.phone.send("DELETE", path).status == 404
    with stage.joined.db.read() as session:
        photo = session.query(StoredFile).filter_by(purpose="reference_photo").one()
        assert photo.destroy_reason == "lapsed"


def test_a_stranger_withdraws_nothing(stage: Stage) -> None:
    step = child(stage, keep_portrait=True)
    stranger = stage.signed_in("tomas", None)
    path = f"/links/{step.link_id}/kept-portrait"
    assert stranger.send("DELETE", path).status == 404
    assert decision(step) == "given"
