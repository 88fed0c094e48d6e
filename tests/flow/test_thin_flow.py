"""The main job, end to end, with the real verifier, store and database."""

from typing import Any

import pytest

from ecard.demo import specimens
from ecard.demo.phone import Capture
from tests.activation.steps import ADMIRAL, ASTRONAUT, frames
from tests.support import CARD_PASSWORD, Stage

PORTRAITS = [specimens.open_photo(path) for path in specimens.public_portraits()]


def apply(stage: Stage, phone: Any, holder: str, relative: str) -> str:
    """Steps 1 to 3, first half: an application with a confirmed family account."""
    kin = next(k for k in stage.demo.relatives if (k.holder_ref, k.ref) == (holder, relative))
    link = phone.open_application(phone.step_up(CARD_PASSWORD))
    phone.acknowledge(link["id"])
    answer = phone.give_family_account(link["id"], kin.name, kin.number, kin.relation)
    assert answer.status == 200, answer.body
    assert answer.body["next"] == "add_evidence"
    return str(link["id"])


def give_child_evidence(phone: Any, link_id: str, photo: Any) -> Any:
    papers = specimens.paper("birth certificate", ["Child: Mateo", "Mother: Lucia"])
    documents = [
        phone.upload("birth_certificate", papers),
        phone.upload("face_photo", specimens.face_photo(photo)),
    ]
    return phone.give_evidence(link_id, documents)


def give_adult_evidence(phone: Any, link_id: str, portrait: Any) -> Any:
    documents = [
        phone.upload("id_card_front", specimens.identity_card_front(portrait, ["Elena"])),
        phone.upload("id_card_back", specimens.identity_card_back(["Valid"])),
    ]
    return phone.give_evidence(link_id, documents)


def decide(stage: Stage, user: str, second: str, outcome: str, minor: bool) -> Any:
    """A reviewer of the region decides the newest case."""
    desk = stage.desk(user)
    case_id = desk.must("GET", "/staff/cases")["items"][0]["id"]
    if minor:
        desk.must("POST", f"/staff/cases/{case_id}/opening")
        stage.desk(second).must("POST", f"/staff/cases/{case_id}/opening/approval")
    case = desk.must("GET", f"/staff/cases/{case_id}")
    body = {"outcome": outcome, "reason": "", "explanation": "Checked against the documents."}
    body["reason"] = (
        f"{case['kind']}_confirmed".replace("evidence", "documents")
        if outcome == "approved"
        else "identity_not_verified"
    )
    path = f"/staff/cases/{case_id}/decision"
    return desk.must("POST", path, body, if_match=f'"{case["version"]}"')


def test_a_mother_adds_her_child_of_nine(stage: Stage) -> None:
    phone = stage.signed_in("lucia")
    link_id = apply(stage, phone, "lucia", "mateo")
    answer = give_child_evidence(phone, link_id, PORTRAITS[ASTRONAUT])
    assert answer.ok, answer.body
    assert phone.must("GET", f"/links/{link_id}")["state"] == "awaiting_face"
    opened = phone.open_capture(link_id, "own")
    capture = Capture(stage.phone(), opened["id"], opened["token"])
    assert capture.show_face(frames(ASTRONAUT)).code == "consent_missing"
    assert phone.consent_as_guardian(link_id).ok
    shown = capture.show_face(frames(ASTRONAUT))
    assert shown.body["outcome"] == "match", shown.body
    link = phone.must("GET", f"/links/{link_id}")
    assert link["state"] == "active"
    assert link["may_act"]
    assert link["acts_until"] is not None


def test_a_son_adds_his_mother_of_seventy_two(stage: Stage) -> None:
    phone = stage.signed_in("tomas")
    link_id = apply(stage, phone, "tomas", "elena")
    assert give_adult_evidence(phone, link_id, PORTRAITS[ASTRONAUT]).ok
    assert phone.must("GET", f"/links/{link_id}")["state"] == "in_review"
    decide(stage, "reviewer-north", "", "approved", minor=False)
    assert phone.must("GET", f"/links/{link_id}")["next"] == "invite_or_hand_over"
    opened = phone.open_capture(link_id, "handed_over")
    locked = phone.send("GET", "/links")
    assert (locked.status, locked.code) == (423, "session_handed_over")
    capture = Capture(stage.phone(), opened["id"], opened["token"])
    assert capture.show_face(frames(ASTRONAUT)).code == "acceptance_missing"
    assert capture.accept(["rights", "certification"]).ok
    assert capture.consent().ok
    shown = capture.show_face(frames(ASTRONAUT))
    assert shown.body["outcome"] == "match", shown.body
    phone.must("POST", "/session/unlock", {"password": CARD_PASSWORD})
    link = phone.must("GET", f"/links/{link_id}")
    assert link["state"] == "active"
    assert (link["may_read"], link["may_act"]) == (True, False)


@pytest.mark.gate
def test_an_impostor_is_refused_and_a_blurred_capture_is_unusable(stage: Stage) -> None:
    phone = stage.signed_in("tomas")
    link_id = apply(stage, phone, "tomas", "elena")
    assert give_adult_evidence(phone, link_id, PORTRAITS[ADMIRAL]).ok
    decide(stage, "reviewer-north", "", "approved", minor=False)
    opened = phone.open_capture(link_id, "handed_over")
    capture = Capture(stage.phone(), opened["id"], opened["token"])
    assert capture.accept(["rights"]).ok
    assert capture.consent().ok
    blurred = capture.show_face(specimens.blurred(frames(ADMIRAL, 1)[::3]))
    assert blurred.body["outcome"] == "unusable"
    impostor = capture.show_face(frames(ASTRONAUT))
    assert impostor.body["outcome"] == "no_match"
    assert capture.show_face(frames(ADMIRAL)).code == "capture_session_ended"
    phone.must("POST", "/session/unlock", {"password": CARD_PASSWORD})
    assert phone.must("GET", f"/links/{link_id}")["state"] == "awaiting_face"
