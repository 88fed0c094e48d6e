"""Consent to the face is taken back: no face from the next request on, nothing of it is kept, and
the link goes on."""

import uuid
from datetime import date, timedelta
from itertools import product

import pytest
import sqlalchemy as sa

from ecard import files
from ecard.activation.models import Attempt
from ecard.cards.models import CardPasswordReset
from ecard.demo.phone import Answer, Capture
from ecard.documents import service as documents
from ecard.files import StoredFile
from ecard.jobs import SWEEPS
from ecard.notices import service as notices
from ecard.notices.errors import FaceConsentWithdrawn
from ecard.notices.models import Consent
from ecard.prints import CapturePrint
from ecard.registry.port import RegistryCard, RegistryPerson
from tests.activation.broken import InterruptedVerifier
from tests.activation.steps import (
    ADMIRAL,
    ASTRONAUT,
    LastStep,
    birthday_begins,
    frames,
    guest_call,
    last_step,
    photo,
    registry_portrait,
)
from tests.activation.test_counter import code_of, redeem
from tests.activation.test_limits import take, with_
from tests.documents.applications import apply
from tests.family.scene import as_holder, born, change, hold, invent, sign_in
from tests.support import Stage

FACES = ("reference_photo", "review_frame")


def child(stage: Stage, ref: str = "mateo") -> LastStep:
    """A child's application whose guardian consented to the face."""
    step = last_step(stage, "lucia", ref, "child")
    assert step.phone.consent_as_guardian(step.link_id).ok
    return step


def withdraw(step: LastStep) -> Answer:
    """The guardian takes the consent back, a moment later."""
    step.stage.clock.advance(seconds=1)
    return step.post("/face-withdrawals")


def shut(answer: Answer) -> tuple[int, str | None, object, object]:
    """Status, code, the way on and the routes of a refusal."""
    params = answer.body.get("params", {})
    return answer.status, answer.code, answer.body.get("next"), params.get("routes")


SHUT = (409, "face_consent_withdrawn", "choose_route", ["counter", "digits_video", "home_visit"])


def readable(stage: Stage, *purposes: str) -> int:
    """How many files of these kinds can still be read."""
    with stage.joined.db.read() as session:
        query = sa.select(StoredFile).where(
            StoredFile.purpose.in_(purposes), StoredFile.wrapped_key.is_not(None)
        )
        return len(list(session.scalars(query)))


def blobs(stage: Stage) -> int:
    """How many files lie in the store."""
    return len(list(stage.joined.dependencies.file_store.entries()))


def test_the_very_next_challenge_and_capture_are_refused_and_name_the_other_ways(
    stage: Stage,
) -> None:
    step = child(stage)
    capture = step.open("own")
    drawn = capture.draw()
    answered = capture.record(drawn, frames(ASTRONAUT))
    assert withdraw(step).status == 201
    assert shut(capture.ask()) == SHUT
    assert shut(capture.send_form(capture.form(drawn, answered))) == SHUT
    assert step.attempts() == []
    shown = step.read()
    assert (shown["consent"], shown["face_open"], shown["next"]) == (
        "withdrawn",
        False,
        "choose_route",
    )


def test_what_was_withdrawn_stays_on_record_beside_the_consent(stage: Stage) -> None:
    step = child(stage)
    assert withdraw(step).ok
    with stage.joined.db.read() as session:
        rows = list(session.scalars(sa.select(Consent).order_by(Consent.number)))
    assert [(row.decision, row.given_by) for row in rows] == [
        ("given", "guardian"),
        ("withdrawn", "guardian"),
    ]
    assert rows[0].text_sha256 == rows[1].text_sha256


def test_every_picture_loses_its_key_at_once_and_its_blob_with_the_outbox(stage: Stage) -> None:
    step = child(stage)
    before = blobs(stage)
    answer = withdraw(step)
    assert (answer.body["state"], answer.body["receipt"]) == ("under_way", None)
    assert readable(stage, *FACES) == 0
    assert blobs(stage) == before
    stage.work_off()
    assert blobs(stage) == before - 2  # the reference photo, and the face photo that was uploaded
    path = f"/my-data/face-withdrawals/{answer.body['id']}"
    done = step.phone.must("GET", path)
    assert done["state"] == "destroyed"
    assert {one["what"] for one in done["files"]} == {"reference_photo", "document"}
    for receipt in (done["receipt"], *(one["receipt"] for one in done["files"])):
        checked = step.phone.must("POST", "/my-data/receipt-checks", {"receipt": receipt})
        assert checked["genuine"]
        assert checked["reason"] == "consent_withdrawn"


def test_a_receipt_that_was_changed_is_not_genuine(stage: Stage) -> None:
    step = child(stage)
    withdrawn = withdraw(step).body["id"]
    stage.work_off()
    receipt = step.phone.must("GET", f"/my-data/face-withdrawals/{withdrawn}")["receipt"]
    for forged in (receipt.replace("face_data", "face_date"), "{}", "[]", "no json"):
        checked = step.phone.must("POST", "/my-data/receipt-checks", {"receipt": forged})
        assert checked == {
            "genuine": False,
            "what": None,
            "reason": None,
            "destroyed_at": None,
        }


def test_an_application_goes_on_at_the_counter(stage: Stage) -> None:
    step = child(stage)
    assert withdraw(step).ok
    assert step.link()["state"] == "awaiting_face"
    assert redeem(stage.desk("clerk-north"), code_of(step)).ok
    assert step.link()["state"] == "active"


def test_an_active_link_stays_active_without_its_kept_portrait(stage: Stage) -> None:
    step = last_step(stage, "lucia", "mateo", "child")
    notice = step.phone.must("GET", f"/links/{step.link_id}/notices/face_processing")
    body = {"notice_id": notice["id"], "text_sha256": notice["text_sha256"]}
    more = {"decision": "given", "keep_portrait": True}
    assert step.post("/face-consent", body | more).ok
    assert redeem(stage.desk("clerk-north"), code_of(step)).ok
    assert withdraw(step).ok
    stage.work_off()
    link = step.link()
    assert (link["state"], link["may_act"]) == ("active", True)
    assert readable(stage, *FACES, "document") == 0
    with stage.joined.db.read() as session:
        kept = notices.consent(session, uuid.UUID(step.link_id), "portrait_kept")
    assert kept is not None
    assert kept.decision == "withdrawn"


def test_a_case_about_the_face_is_closed_its_frames_go_and_the_last_step_is_open_again(
    stage: Stage,
) -> None:
    step = child(stage)
    registry_portrait(stage, "mateo", ADMIRAL)
    assert step.open("own").show_face(frames(ASTRONAUT)).body["next"] == "wait_for_review"
    assert readable(stage, "review_frame") == len(frames(ASTRONAUT))
    assert withdraw(step).ok
    assert readable(stage, *FACES) == 0
    link = step.link()
    assert (link["state"], link["next"]) == ("awaiting_face", "go_to_counter")
    assert stage.desk("reviewer-north").must("GET", "/staff/cases")["items"] == []
    with stage.joined.db.read() as session:
        assert list(session.scalars(sa.select(CapturePrint))) == []
        assert set(session.scalars(sa.select(Attempt.capture_digest))) == {None}
    assert redeem(stage.desk("clerk-north"), code_of(step)).ok


def test_consent_can_be_given_again_and_is_a_new_record(stage: Stage) -> None:
    step = child(stage)
    assert withdraw(step).ok
    stage.clock.advance(seconds=1)
    assert step.phone.consent_as_guardian(step.link_id).ok
    assert step.read()["consent"] == "given"
    assert step.open("own").ask().ok
    # the photo went with the consent: to be compared again it has to be taken anew
    refused = step.open("own").show_face(frames(ASTRONAUT))
    assert (refused.code, refused.body["next"]) == ("reference_lapsed", "choose_route")


def test_there_is_nothing_to_withdraw_twice(stage: Stage) -> None:
    step = child(stage)
    assert withdraw(step).ok
    again = withdraw(step)
    assert (again.status, again.code) == (409, "no_face_consent")


@pytest.mark.gate
def test_an_adult_withdraws_alone_on_all_links_and_the_holder_is_told(stage: Stage) -> None:
    step = last_step(stage)
    capture = step.hand_over()
    step.take_back()
    elena = stage.signed_in("elena", None)
    stage.clock.advance(seconds=1)
    answer = elena.send("POST", "/my-data/face-withdrawals", {})
    assert answer.status == 201, answer.body
    assert answer.body["link_ids"] == [step.link_id]
    assert answer.body["given_by"] == "person"
    assert step.read()["consent"] == "withdrawn"
    capture = step.open("handed_over")
    assert shut(capture.ask()) == SHUT
    tomas = str(stage.demo.persons["tomas"].contact.phone)
    assert "face_withdrawn" in [item["kind"] for item in stage.mailbox(tomas)]
    acts = elena.must("GET", "/acts-on-me")["items"]
    assert [item["action"] for item in acts] == ["own_data.face_withdrawn"]


def test_nobody_withdraws_for_an_adult_who_decides_alone(stage: Stage) -> None:
    step = last_step(stage)
    step.hand_over()
    step.take_back()
    answer = step.post("/face-withdrawals")
    assert (answer.status, answer.code) == (403, "not_their_guardian")
    stranger = stage.signed_in("lucia", None)
    path = f"/links/{step.link_id}/face-withdrawals"
    assert stranger.send("POST", path).status == 404
    assert stranger.send("POST", "/my-data/face-withdrawals", {}).code == "no_face_consent"
    other = {"link_id": step.link_id}
    assert stranger.send("POST", "/my-data/face-withdrawals", other).status == 404


@pytest.mark.parametrize(("relation", "age", "state", "code"), [
    ("child", 13, "active", "no_face_consent"), ("child", 14, "active", "not_their_guardian"),
    ("ward", 40, "active", "no_face_consent"), ("ward", 40, "suspended", "link_not_active"),
    ("ward", 15, "active", "not_their_guardian"), ("parent", 70, "active", "not_their_guardian"),
])  # fmt: skip
def test_who_may_take_it_back_for_somebody_goes_by_age_and_guardianship(
    stage: Stage, relation: str, age: int, state: str, code: str
) -> None:
    holder = invent(stage, "holder", born(71 if age == 40 else 45))
    link_id = hold(stage, holder, invent(stage, "relative", born(age)), relation, state)
    path = f"/links/{link_id}/face-withdrawals"
    assert sign_in(stage, holder).send("POST", path).code == code


@pytest.mark.gate
def test_a_face_that_is_being_judged_meanwhile_opens_nothing_and_is_not_kept(
    stage: Stage,
) -> None:
    step = child(stage)
    capture = step.open("own")
    call = guest_call(capture, stage)
    watching = InterruptedVerifier(call.dependencies.verifier(), lambda: withdraw(step))
    with pytest.raises(FaceConsentWithdrawn):
        take(with_(call, verifier=lambda: watching), capture)
    assert step.link()["state"] == "awaiting_face"
    assert readable(stage, *FACES) == 0


def test_whatever_lies_under_the_persons_key_goes_when_they_take_all_of_it_back(
    stage: Stage,
) -> None:
    elena = stage.signed_in("elena", None)
    own_id = as_holder(stage, elena).holder.person_id
    with stage.joined.db.write() as session:
        kept = {"purpose": "review_frame", "media_type": "image/jpeg", "content": photo(ASTRONAUT)}
        files.put(session, stage.joined.call(), owner_id=own_id, destroy_after=None, **kept)
        session.commit()
    answer = elena.must("POST", "/my-data/face-withdrawals", {})
    assert (answer["link_ids"], len(answer["files"])) == ([], 1)
    assert readable(stage, *FACES) == 0


@pytest.mark.gate
def test_at_fourteen_the_young_person_consents_and_withdraws_themselves(stage: Stage) -> None:
    stage.clock.time = birthday_begins(stage, "mateo", 14) - timedelta(minutes=5)
    step = child(stage)
    stage.clock.advance(minutes=6)
    assert step.phone.consent_as_guardian(step.link_id).code == "consent_by_person"
    capture = step.open("own")
    assert capture.ask().code == "consent_missing"
    assert capture.consent().ok
    assert capture.ask().ok
    assert step.post("/face-withdrawals").code == "not_their_guardian"
    stage.clock.advance(seconds=1)
    young = stage.let_in(with_card(stage, "mateo"))
    assert young.must("POST", "/my-data/face-withdrawals", {})["given_by"] == "person"
    assert shut(capture.ask()) == SHUT


def with_card(stage: Stage, ref: str) -> RegistryPerson:
    """A demo person to whom an e-card was issued."""
    card = RegistryCard("900000009914", ref, "normal", date(2036, 1, 1))
    return change(stage, stage.demo.persons[ref], card=card)


def test_below_fourteen_only_the_guardian_takes_it_back(stage: Stage) -> None:
    step = child(stage)
    young = stage.let_in(with_card(stage, "mateo"))
    answer = young.send("POST", "/my-data/face-withdrawals", {})
    assert (answer.status, answer.code) == (403, "guardian_decides")
    assert withdraw(step).ok


@pytest.mark.gate
def test_under_legal_hold_the_pictures_stay_and_the_receipt_waits(stage: Stage) -> None:
    step = child(stage)
    link_id = uuid.UUID(step.link_id)
    assert documents.hold(stage.joined.call(), link_id, "court/2026-118")
    withdrawn = withdraw(step).body["id"]
    stage.work_off()
    path = f"/my-data/face-withdrawals/{withdrawn}"
    shown = step.phone.must("GET", path)
    assert (shown["state"], shown["receipt"]) == ("held", None)
    assert all(one["held"] and one["receipt"] is None for one in shown["files"])
    assert shut(step.open("own").ask()) == SHUT
    documents.hold(stage.joined.call(), link_id, None)
    for sweep in SWEEPS:
        sweep.run(stage.joined.call())
    assert step.phone.must("GET", path)["state"] == "destroyed"


def test_a_withdrawal_is_read_by_whose_face_it_is_and_who_asked_only(stage: Stage) -> None:
    step = child(stage)
    withdrawn = withdraw(step).body["id"]
    assert [one["id"] for one in step.phone.must("GET", "/my-data/face-withdrawals")["items"]] == [
        withdrawn
    ]
    stranger = stage.signed_in("tomas", None)
    assert stranger.send("GET", f"/my-data/face-withdrawals/{withdrawn}").status == 404
    assert stranger.must("GET", "/my-data/face-withdrawals")["items"] == []


@pytest.mark.gate
def test_a_new_card_password_asks_for_no_face_either(stage: Stage) -> None:
    step = last_step(stage)
    step.hand_over()
    step.take_back()
    elena = stage.signed_in("elena", None)
    registry_portrait(stage, "elena", ASTRONAUT)
    reset = Capture.for_password_reset(elena, str(open_reset(stage, step.row().relative_id)))
    stage.clock.advance(seconds=1)
    assert reset.ask().ok
    assert elena.send("POST", "/my-data/face-withdrawals", {}).ok
    assert shut(reset.ask()) == (409, "face_consent_withdrawn", "counter", ["counter"])


def open_reset(stage: Stage, person_id: uuid.UUID | None) -> uuid.UUID:
    """A reset under way, as the code from the phone opens it."""
    row = CardPasswordReset(
        id=uuid.uuid4(),
        person_id=person_id,
        channel="app",
        opened_at=stage.clock.time,
        expires_at=stage.clock.time + timedelta(hours=1),
    )
    with stage.joined.db.write() as session:
        session.add(row)
        session.commit()
        return row.id


def test_nobody_changes_what_was_withdrawn_or_destroyed(stage: Stage) -> None:
    step = child(stage)
    assert withdraw(step).ok
    stage.work_off()
    tables = ("face_withdrawals", "face_withdrawal_files", "face_erasures")
    for table, verb in product(tables, ("UPDATE {} SET id = id", "DELETE FROM {}")):
        with (
            stage.joined.db.write() as session,
            pytest.raises(sa.exc.DBAPIError, match="never changed"),
        ):
            session.execute(sa.text(verb.format(table)))


@pytest.mark.gate
def test_a_case_about_documents_is_decided_without_the_face(stage: Stage) -> None:
    application = apply(stage, "fang", "xiaoyu", "child")
    assert application.phone.consent_as_guardian(application.link_id).ok
    assert application.give("birth_certificate", "face_photo").ok
    assert application.state() == "in_review"
    stage.clock.advance(seconds=1)
    path = f"/links/{application.link_id}/face-withdrawals"
    assert len(application.phone.must("POST", path)["files"]) == 2
    assert application.state() == "in_review"
    approve_minors_case(stage, "documents_confirmed")
    assert application.state() == "awaiting_face"
    step = LastStep(stage, application.phone, application.link_id)
    assert redeem(stage.desk("clerk-north"), code_of(step)).ok


def approve_minors_case(stage: Stage, reason: str) -> None:
    """A reviewer asks to open the case, a second one approves, the first decides."""
    desk, second = stage.desk("reviewer-north"), stage.desk("reviewer-north-2")
    path = f"/staff/cases/{desk.must('GET', '/staff/cases')['items'][0]['id']}"
    desk.must("POST", f"{path}/opening")
    second.must("POST", f"{path}/opening/approval")
    version = desk.must("GET", path)["version"]
    body = {"outcome": "approved", "reason": reason, "explanation": "The certificate names them."}
    desk.must("POST", f"{path}/decision", body, if_match=f'"{version}"')
