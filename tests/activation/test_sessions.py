"""Capture sessions, invitations, acceptance by an adult, and consent before the camera."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ecard.demo.phone import Capture
from ecard.registry.port import Contact
from ecard.registry.sql import store_person
from tests import support
from tests.activation.steps import ASTRONAUT, LastStep, birthday_begins, frames, last_step
from tests.support import CARD_PASSWORD, Stage

SCOPES = ["rights", "certification"]


def child(stage: Stage, ref: str = "mateo") -> LastStep:
    return last_step(stage, "lucia", ref, "child")


def invited(stage: Stage) -> Capture:
    """The relative opens the newest invitation on their own phone."""
    phone = stage.phone()
    opened = phone.send("POST", "/invitations/open", {"token": token_in(stage)})
    assert opened.status == 201, opened.body
    return Capture(phone, opened.body["id"], opened.body["token"])


def token_in(stage: Stage, address: str = "+447700900112") -> str:
    """The token of the newest invitation sent to an address."""
    texts = [message["text"] for message in stage.mailbox(address)]
    tokens = [found[1] for text in texts if (found := re.search(r"invitation#(iv_\S+)", text))]
    assert tokens, texts
    return tokens[0]


# --- handing over ------------------------------------------------------------------------------


def test_a_handed_over_phone_locks_the_holders_session_until_the_password_is_given(
    stage: Stage,
) -> None:
    step = last_step(stage)
    step.phone.must("PUT", "/card/password", {"password": CARD_PASSWORD})
    step.open("handed_over")
    refused = step.phone.send("GET", f"/links/{step.link_id}")
    assert (refused.status, refused.code) == (423, "session_handed_over")
    step.phone.must("POST", "/session/unlock", {"password": CARD_PASSWORD})
    assert step.link()["state"] == "evidence_accepted"


def test_nobody_accepts_on_a_phone_that_its_holder_took_back(stage: Stage) -> None:
    step = last_step(stage)
    step.phone.must("PUT", "/card/password", {"password": CARD_PASSWORD})
    stage.clock.tick = timedelta(microseconds=1)
    lent = step.open("handed_over")
    assert lent.send("GET").ok
    step.phone.must("POST", "/session/unlock", {"password": CARD_PASSWORD})
    refused = lent.accept(["rights"])
    assert (refused.status, refused.code) == (409, "capture_session_ended")
    assert refused.body["params"] == {"outcome": "taken_back"}
    again = step.open("handed_over")
    assert lent.send("GET").code == "capture_session_ended"
    assert again.accept(["rights"]).ok


def test_the_relatives_screen_names_holder_scopes_and_how_to_end_it(stage: Stage) -> None:
    step = last_step(stage)
    shown = step.open("handed_over").send("GET").body
    assert shown["holder_name"] == "Tomás M. S."
    assert {item["scope"] for item in shown["scopes"]} == set(step.row().scopes)
    assert all(item["sentence"] in shown["read_aloud"] for item in shown["scopes"])
    assert shown["how_to_end"] in shown["read_aloud"]
    assert (shown["must_accept"], shown["next"]) == (True, "accept")


def test_an_adult_cannot_be_served_beside_the_holder_nor_a_child_alone(stage: Stage) -> None:
    adult, minor = last_step(stage), child(stage)
    assert adult.post("/capture-sessions", {"via": "own"}).code == "capture_way_not_allowed"
    assert minor.post("/capture-sessions", {"via": "handed_over"}).code == (
        "capture_way_not_allowed"
    )
    assert minor.post("/invitations").code == "capture_way_not_allowed"


def test_without_a_contact_on_file_only_counter_and_video_remain(stage: Stage) -> None:
    step = last_step(stage, "karl", "greta", "parent")
    for answer in (
        step.post("/capture-sessions", {"via": "handed_over"}),
        step.post("/invitations"),
    ):
        assert (answer.status, answer.code) == (409, "no_contact_on_file")
        assert answer.body["next"] == "counter"
    assert step.link()["state"] == "evidence_accepted"


def test_acceptance_on_the_holders_phone_is_told_to_the_contact_on_file(stage: Stage) -> None:
    step = last_step(stage)
    assert step.open("handed_over").accept(SCOPES).ok
    texts = [message["text"] for message in stage.mailbox("+447700900112")]
    assert any("24" in text and "Tomás Marín Sala" in text for text in texts)


# --- acceptance --------------------------------------------------------------------------------


def test_an_adult_chooses_among_the_scopes_asked_for_only(stage: Stage) -> None:
    step = last_step(stage)
    capture = step.open("handed_over")
    assert capture.accept(["rights", "money"]).body["fields"] == {"scopes": ["not_asked_for"]}
    assert capture.accept([]).status == 422
    answer = capture.accept(["rights"])
    assert (answer.status, answer.body["next"]) == (201, "give_consent")
    assert step.row().scopes == ["rights"]
    assert capture.accept(["rights"]).code == "acceptance_not_needed"


def test_declining_withdraws_the_application_and_ends_the_session(stage: Stage) -> None:
    step = last_step(stage)
    capture = step.open("handed_over")
    assert capture.accept([], accepted=False).body["next"] == "closed"
    assert (step.row().state, step.row().state_reason) == ("withdrawn", "no_consent")
    assert capture.send("GET").code == "capture_session_ended"


def test_no_consent_and_no_camera_before_an_adult_accepted(stage: Stage) -> None:
    capture = last_step(stage).open("handed_over")
    assert capture.consent().code == "acceptance_missing"
    assert capture.show_face(frames(ASTRONAUT)).code == "acceptance_missing"
    assert capture.send("POST", "/digits").code == "acceptance_missing"


def test_nobody_accepts_on_a_phone_whose_holder_was_signed_out(stage: Stage) -> None:
    step = last_step(stage)
    lent = step.open("handed_over")
    assert step.phone.send("DELETE", "/session").status == 204
    refused = lent.accept(SCOPES)
    assert (refused.code, refused.body["params"]["outcome"]) == (
        "capture_session_ended",
        "taken_back",
    )


# --- invitations -------------------------------------------------------------------------------


def test_an_invited_adult_accepts_on_their_own_phone_and_the_holder_may_act_at_once(
    stage: Stage,
) -> None:
    step = last_step(stage)
    sent = step.post("/invitations")
    assert sent.status == 201
    assert set(sent.body) == {"sent_at", "expires_at"}
    capture = invited(stage)
    assert capture.accept(SCOPES).ok
    assert capture.consent().ok
    assert capture.show_face(frames(ASTRONAUT)).body["outcome"] == "match"
    assert step.link()["may_act"]


def reached_at(stage: Stage, phone: str | None, email: str | None) -> None:
    """The registry's contact of the mother."""
    changed = replace(stage.demo.persons["elena"], contact=Contact(phone, email))
    with stage.joined.db.write() as session:
        store_person(session, stage.joined.dependencies.vault, changed)
        session.commit()


@pytest.mark.parametrize(
    "shared", [("07700 900111", None), (None, "Tomas@example.org"), ("+447700900111", None)]
)
def test_nobody_accepts_whose_only_contact_is_the_holders_own(
    stage: Stage, shared: tuple[str | None, str | None]
) -> None:
    reached_at(stage, *shared)
    step = last_step(stage)
    handed = step.post("/capture-sessions", {"via": "handed_over"})
    for answer in (handed, step.post("/invitations")):
        assert (answer.status, answer.code) == (409, "no_contact_on_file")
        assert answer.body["next"] == "counter"
    assert step.post("/counter-code").ok
    assert step.open("video").send("POST", "/digits").ok


def test_a_contact_that_becomes_the_holders_meanwhile_ends_the_acceptance_not_the_refusal(
    stage: Stage,
) -> None:
    step = last_step(stage)
    capture = step.open("handed_over")
    reached_at(stage, "+447700900111", None)
    assert capture.accept(SCOPES).code == "no_contact_on_file"
    assert step.row().accepted_at is None
    assert capture.accept([], accepted=False).body["next"] == "closed"


def test_where_the_telephone_is_the_holders_everything_goes_to_the_other_address(
    stage: Stage,
) -> None:
    reached_at(stage, "+447700900111", "elena@own.example")
    step = last_step(stage)
    assert step.post("/invitations").status == 201
    assert step.open("handed_over").accept(SCOPES).ok
    stage.work_off()
    told = {one["kind"] for one in stage.mailbox("elena@own.example")}
    assert {"acceptance_invitation", "accepted_on_holders_phone"} <= told
    assert "link_awaiting_face_relative" in told
    own = {one["kind"] for one in stage.mailbox("+447700900111")}
    assert not {kind for kind in own if kind.endswith("_relative")}
    assert not own & {"acceptance_invitation", "accepted_on_holders_phone"}


def test_an_invitation_is_not_sent_where_the_address_became_the_holders(stage: Stage) -> None:
    step = last_step(stage)
    assert step.post("/invitations").status == 201
    reached_at(stage, "+447700900111", None)
    stage.work_off()
    own = [one["kind"] for one in stage.mailbox("+447700900111")]
    assert "acceptance_invitation" not in own
    assert "link_evidence_accepted_relative" in own  # with no other way left they are told here


def test_an_invitation_opens_once_and_a_newer_one_replaces_it(stage: Stage) -> None:
    step = last_step(stage)
    step.post("/invitations")
    first = token_in(stage)
    stage.clock.advance(seconds=1)
    step.post("/invitations")
    phone = stage.phone()
    assert phone.send("POST", "/invitations/open", {"token": first}).code == "invitation_used"
    second = token_in(stage)
    assert phone.send("POST", "/invitations/open", {"token": second}).ok
    assert phone.send("POST", "/invitations/open", {"token": second}).code == "invitation_used"
    unknown = phone.send("POST", "/invitations/open", {"token": "iv_" + "x" * 40})
    assert (unknown.status, unknown.code) == (404, "invitation_unknown")


@pytest.mark.gate
def test_of_parallel_openings_of_one_invitation_exactly_one_succeeds(stage: Stage) -> None:
    step = last_step(stage)
    step.post("/invitations")
    body = {"token": token_in(stage)}
    with ThreadPoolExecutor(10) as phones:
        answers = list(
            phones.map(lambda _: stage.phone().send("POST", "/invitations/open", body), range(10))
        )
    assert sorted(answer.code for answer in answers) == ["", *9 * ["invitation_used"]]


def test_an_invitation_lapses(stage: Stage) -> None:
    step = last_step(stage)
    step.post("/invitations")
    token = token_in(stage)
    stage.clock.advance(days=7)
    answer = stage.phone().send("POST", "/invitations/open", {"token": token})
    assert (answer.status, answer.code) == (410, "invitation_expired")


def test_the_sixth_invitation_of_a_day_waits(stage: Stage) -> None:
    step = last_step(stage)
    assert all(step.post("/invitations").ok for _ in range(5))
    sixth = step.post("/invitations")
    assert (sixth.status, sixth.code) == (429, "too_many_invitations")
    assert int(sixth.headers["Retry-After"]) > 3600


# --- the life of a session ---------------------------------------------------------------------


def test_a_session_lives_fifteen_minutes(stage: Stage) -> None:
    capture = child(stage).open("own")
    stage.clock.advance(minutes=14, seconds=59)
    assert capture.send("GET").ok
    stage.clock.advance(seconds=1)
    expired = capture.send("GET")
    assert (expired.status, expired.code) == (410, "capture_session_expired")


def test_opening_another_session_ends_the_earlier_one(stage: Stage) -> None:
    step = child(stage)
    first, second = step.open("own"), step.open("own")
    refused = first.send("GET")
    assert (refused.status, refused.code) == (409, "capture_session_ended")
    assert refused.body["params"]["outcome"] == "replaced"
    assert second.send("GET").ok


def test_the_next_session_of_a_day_waits_so_that_nobody_draws_digits_at_will(
    tmp_path: Path,
) -> None:
    with support.stage(tmp_path, capture_sessions_a_day=2) as stage:
        step = last_step(stage, "lucia", "mateo", "child")
        for _ in range(2):
            step.open("own")
        refused = step.post("/capture-sessions", {"via": "own"})
        assert (refused.status, refused.code) == (429, "too_many_capture_sessions")
        assert refused.body["next"] == "choose_route"
        assert int(refused.headers["Retry-After"]) == 24 * 3600 + 1
        assert step.post("/counter-code").ok


def test_a_foreign_session_looks_as_if_it_did_not_exist(stage: Stage) -> None:
    mine, other = child(stage).open("own"), last_step(stage).open("handed_over")
    foreign = Capture(mine.phone, other.session_id, mine.token)
    unknown = Capture(mine.phone, "00000000-0000-4000-8000-000000000000", mine.token)
    for path in ("GET", "DELETE"):
        answers = [foreign.send(path), unknown.send(path)]
        assert [(a.status, a.code) for a in answers] == [(404, "not_found")] * 2
    assert foreign.show_face(frames(ASTRONAUT)).status == 404


def test_a_session_token_opens_nothing_else_and_no_other_token_opens_a_session(
    stage: Stage,
) -> None:
    step = child(stage)
    capture = step.open("own")
    assert capture.phone.send("GET", "/links", token=capture.token).status == 403
    path = f"/capture-sessions/{capture.session_id}"
    assert step.phone.send("GET", path).status == 403
    assert capture.phone.send("GET", path, token="ec_unknown").status == 401


def test_an_ended_session_and_a_withdrawn_application_refuse_the_next_request(
    stage: Stage,
) -> None:
    step = child(stage)
    capture = step.open("own")
    assert capture.send("DELETE").status == 204
    assert capture.send("GET").code == "capture_session_ended"
    later = step.open("own")
    assert step.phone.consent_as_guardian(step.link_id).ok
    assert step.post("/withdrawal").ok
    assert later.show_face(frames(ASTRONAUT)).code == "illegal_move"
    assert later.send("GET").body["next"] == "closed"


def test_a_lapsed_application_takes_no_step(stage: Stage) -> None:
    step = child(stage)
    capture = step.open("own")
    with stage.joined.db.write() as session:
        row = session.merge(step.row())
        row.lapses_at = stage.clock.time
        session.commit()
    assert capture.send("GET").code == "application_expired"
    assert capture.show_face(frames(ASTRONAUT)).code == "application_expired"


# --- consent -----------------------------------------------------------------------------------


@pytest.mark.gate
def test_under_fourteen_the_guardian_decides_before_any_capture(stage: Stage) -> None:
    step = child(stage)
    capture = step.open("own")
    missing = capture.show_face(frames(ASTRONAUT))
    assert (missing.status, missing.code) == (409, "consent_missing")
    assert missing.body["next"] == "guardian_consents"
    assert capture.consent().code == "consent_by_guardian"
    assert step.phone.consent_as_guardian(step.link_id).body["next"] == "open_capture_session"
    assert capture.send("GET").body["next"] == "draw_challenge"
    assert capture.show_face(frames(ASTRONAUT)).ok
    assert len(step.attempts()) == 1


@pytest.mark.gate
def test_from_fourteen_on_the_person_decides_in_the_session(stage: Stage) -> None:
    step = last_step(stage, "anna", "paul", "child")
    assert step.phone.consent_as_guardian(step.link_id).code == "consent_by_person"
    capture = step.open("own")
    missing = capture.show_face(frames(ASTRONAUT))
    assert (missing.code, missing.body["next"]) == ("consent_missing", "give_consent")
    assert capture.consent().status == 201
    assert capture.show_face(frames(ASTRONAUT)).body["outcome"] == "match"


def test_what_the_guardian_decided_ends_with_the_fourteenth_birthday(stage: Stage) -> None:
    midnight = birthday_begins(stage, "paul", 14)
    stage.clock.time = midnight - timedelta(minutes=5)
    step = last_step(stage, "anna", "paul", "child")
    assert step.phone.consent_as_guardian(step.link_id).ok
    capture = step.open("own")
    assert capture.send("GET").body["next"] == "draw_challenge"
    stage.clock.time = midnight + timedelta(minutes=5)
    refused = capture.show_face(frames(ASTRONAUT))
    assert (refused.code, refused.body["next"]) == ("consent_missing", "give_consent")
    assert capture.consent().ok
    assert capture.send("GET").body["next"] == "draw_challenge"


def test_declining_the_face_is_recorded_and_leads_to_the_other_routes(stage: Stage) -> None:
    step = last_step(stage)
    capture = step.open("handed_over")
    assert capture.accept(SCOPES).ok
    assert capture.consent("declined").body["next"] == "choose_route"
    assert step.row().route == "counter"
    refused = capture.show_face(frames(ASTRONAUT))
    assert (refused.status, refused.code) == (409, "face_declined")
    assert refused.body["next"] == "choose_route"
    assert step.attempts() == []


def test_a_declined_face_can_be_allowed_later(stage: Stage) -> None:
    step = child(stage)
    assert step.phone.consent_as_guardian(step.link_id, "declined").ok
    stage.clock.advance(seconds=1)
    assert step.phone.consent_as_guardian(step.link_id, "given").ok
    assert step.row().route == "face"
    assert step.open("own").show_face(frames(ASTRONAUT)).ok


def test_a_consent_to_another_text_is_refused(stage: Stage) -> None:
    step = child(stage)
    notice = step.phone.must("GET", "/notices/face_processing")
    body = {"decision": "given", "notice_id": notice["id"], "text_sha256": "0" * 64}
    assert step.post("/face-consent", body).code == "notice_text_differs"
    assert step.read()["consent"] == "missing"


@pytest.mark.parametrize("language", ["en", "es", "zh-Hans"])
def test_the_screen_and_the_routes_speak_the_callers_language(stage: Stage, language: str) -> None:
    step = child(stage)
    step.phone.language = language
    routes = {item["route"]: item for item in step.read()["routes"]}
    assert set(routes) == {"counter", "digits_video", "home_visit"}
    assert all(item["sentence"] for item in routes.values())
    assert routes["counter"]["counters"][0]["address"]
