"""A new password without the old one: by code and own face (a real judge), or at a counter."""

import io
import uuid
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image, ImageEnhance

from biometrics.errors import ModelAltered
from ecard.accounts import service as accounts
from ecard.cards.models import CardPasswordReset
from ecard.demo.capture_client import SigningKey
from ecard.demo.in_process import AppTransport
from ecard.demo.phone import Answer, Capture, Phone, Refused
from ecard.notices.models import Consent
from ecard.registry.sql import store_portrait
from tests import support
from tests.accounts.scene import PASSWORD, Scene, refusal, set_scene, wrong
from tests.activation.broken import FailingVerifier
from tests.biometrics.pictures import astronaut, jpeg
from tests.faces import ADMIRAL, ASTRONAUT, UNDECIDED, frames

NEW = "518037"


@pytest.fixture
def locked(scene):
    """Lucia's phone, with her portrait in the registry and her password locked."""
    return lock_out(scene)


@pytest.fixture
def phone(scene):
    """Lucia's phone, with her portrait in the registry."""
    return come_in(scene)


def lock_out(scene: Scene) -> Phone:
    phone = come_in(scene)
    for _ in range(6):
        step_up(phone, "904713")
    return phone


def come_in(scene: Scene) -> Phone:
    give_portrait(scene, "lucia")
    return scene.signed_in("lucia")


def give_portrait(scene: Scene, ref: str) -> None:
    with scene.joined.db.write() as session:
        store_portrait(session, scene.joined.dependencies.vault, ref, jpeg(astronaut()))
        session.commit()


def step_up(phone: Phone, password: str) -> Answer:
    return phone.send("POST", "/step-ups", {"purpose": "decide_recovery", "password": password})


def ask_reset_code(scene: Scene, phone: Phone, ref: str = "lucia") -> str:
    scene.work_off()
    scene.clock.advance(seconds=6)
    phone.must("POST", "/card/password/resets/codes")
    return scene.code_sent_to(str(scene.demo.holder(ref).phone))


def begin(scene: Scene, phone: Phone) -> dict[str, Any]:
    code = ask_reset_code(scene, phone)
    opened = phone.open_reset(code)
    assert opened.status == 201, opened.body
    return dict(opened.body)


def show(phone: Phone, reset: dict[str, Any], frames: list[bytes], **more: Any) -> Answer:
    """Draw a challenge and answer it, or say what refused one of the two."""
    capture = Capture.for_password_reset(phone, reset["id"])
    capture.key = KEYS.setdefault(reset["id"], capture.key)
    try:
        drawn = capture.draw()
    except Refused as refused:
        return refused.answer
    return capture.send_form(capture.form(drawn, capture.record(drawn, frames)), **more)


KEYS: dict[str, SigningKey] = {}


def dark(pictures: list[bytes]) -> list[bytes]:
    """The same capture with the light off."""
    opened = (Image.open(io.BytesIO(picture)) for picture in pictures)
    return [jpeg(ImageEnhance.Brightness(picture).enhance(0.05)) for picture in opened]


def finish(phone: Phone, reset: dict[str, Any], password: str = NEW) -> Answer:
    path = f"/card/password/resets/{reset['id']}"
    return phone.send("POST", path, {"new_password": password})


def test_code_and_own_face_open_the_lock_with_a_new_password(scene, locked):
    reset = begin(scene, locked)
    assert (reset["channel"], reset["next"]) == ("app", "face")
    assert refusal(finish(locked, reset)) == (409, "reset_face_needed")
    answer = show(locked, reset, frames(ASTRONAUT)).body
    assert (answer["outcome"], answer["next"]) == ("match", "new_password")
    assert refusal(finish(locked, reset, "123456")) == (422, "card_password_weak")
    assert finish(locked, reset).status == 204
    assert step_up(locked, NEW).status == 201
    assert refusal(step_up(locked, PASSWORD)) == (403, "card_password_wrong")
    assert "password_reset" in scene.kinds_sent_to("lucia")
    assert refusal(finish(locked, reset, "640392")) == (409, "reset_closed")


@pytest.mark.gate
def test_somebody_elses_face_is_an_answer_and_the_last_try_leads_to_the_counter(tmp_path):
    with set_scene(tmp_path, mismatches_in_a_row=2) as scene:
        phone = come_in(scene)
        reset = begin(scene, phone)
        answers = [show(phone, reset, frames(ADMIRAL, take)).body for take in range(2)]
        assert {one["outcome"] for one in answers} == {"no_match"}
        assert [one["tries_left"] for one in answers] == [1, 0]
        assert [one["next"] for one in answers] == ["face", "counter"]
        assert refusal(show(phone, reset, frames(ASTRONAUT))) == (409, "reset_needs_counter")
        assert refusal(finish(phone, reset)) == (409, "reset_face_needed")


def test_five_faces_may_fail(scene):
    assert scene.joined.settings.mismatches_in_a_row == 5


@pytest.mark.gate
def test_bad_light_is_not_somebody_else_and_costs_no_face_try(scene, phone):
    reset = begin(scene, phone)
    answer = show(phone, reset, dark(frames(ASTRONAUT, 1)[::3])).body
    assert (answer["outcome"], answer["tries_left"], answer["next"]) == ("unusable", 5, "face")
    assert answer["reason"] in ("dark", "no_face")


def test_a_still_picture_is_an_attack_and_costs_a_face_try(scene, phone):
    answer = show(phone, begin(scene, phone), 28 * frames(ASTRONAUT)[:1]).body
    assert (answer["outcome"], answer["tries_left"]) == ("presentation_attack", 4)


@pytest.mark.gate
def test_where_nobody_can_say_that_somebody_lives_it_is_asked_once_more(scene, phone):
    reset = begin(scene, phone)
    first = show(phone, reset, frames(ASTRONAUT, UNDECIDED)).body
    assert (first["outcome"], first["reason"]) == ("unusable", "liveness_undecided")
    assert (first["tries_left"], first["next"]) == (5, "face")
    assert refusal(show(phone, reset, frames(ASTRONAUT, UNDECIDED))) == (409, "frames_seen_before")
    assert show(phone, reset, frames(ASTRONAUT)).body["next"] == "new_password"


def test_an_answer_is_good_for_its_own_challenge_once(scene, phone):
    reset = begin(scene, phone)
    capture = Capture.for_password_reset(phone, reset["id"])
    drawn = capture.draw()
    form = capture.form(drawn, capture.record(drawn, frames(ADMIRAL)))
    assert capture.ask().ok
    assert refusal(capture.send_form(form)) == (409, "challenge_spent")


@pytest.mark.gate
def test_unusable_captures_have_a_cap_of_their_own(tmp_path):
    with set_scene(tmp_path, unusable_max=2) as scene:
        phone = come_in(scene)
        reset = begin(scene, phone)
        unlit = [show(phone, reset, dark(frames(ASTRONAUT, take)[::3])).body for take in (1, 2)]
        assert [answer["outcome"] for answer in unlit] == ["unusable"] * 2
        assert refusal(show(phone, reset, frames(ASTRONAUT))) == (409, "reset_needs_counter")


@pytest.mark.gate
def test_face_tries_of_a_day_are_counted_over_all_resets(tmp_path):
    with set_scene(tmp_path, mismatches_a_day=2) as scene:
        phone = come_in(scene)
        for left in (1, 0):
            scene.clock.advance(seconds=11)
            reset = begin(scene, phone)
            assert show(phone, reset, frames(ADMIRAL, left)).body["tries_left"] == left
        scene.clock.advance(seconds=11)
        third = begin(scene, phone)
        assert refusal(show(phone, third, frames(ASTRONAUT))) == (409, "reset_needs_counter")


BROKEN = [
    ([], (422, "too_few_frames")),
    ([b"x"] * 2, (422, "too_few_frames")),
    ([b"x"] * 41, (422, "too_many_frames")),
    ([b"x", b"", b"x"], (422, "frame_empty")),
    ([b"no picture"] * 28, (422, "frame_unreadable")),
]


def test_each_broken_capture_has_its_own_refusal_and_costs_nothing(scene, phone):
    reset = begin(scene, phone)
    for pictures, expected in BROKEN:
        assert refusal(show(phone, reset, pictures)) == expected
    with scene.joined.db.read() as session:
        row = session.scalars(sa.select(CardPasswordReset)).one()
    assert (row.face_tries, row.unusable_tries) == (0, 0)


def test_a_portrait_that_cannot_be_compared_leads_to_the_counter_and_costs_nothing(scene, phone):
    reset = begin(scene, phone)
    with scene.joined.db.write() as session:
        blank = jpeg(astronaut().crop((0, 0, 60, 60)))
        store_portrait(session, scene.joined.dependencies.vault, "lucia", blank)
        session.commit()
    assert refusal(show(phone, reset, frames(ASTRONAUT))) == (409, "reset_needs_counter")
    with scene.joined.db.read() as session:
        assert session.scalars(sa.select(CardPasswordReset)).one().face_tries == 0


@pytest.mark.gate
def test_a_capture_that_the_network_repeats_costs_one_face_try(scene, phone):
    reset = begin(scene, phone)
    capture = Capture.for_password_reset(phone, reset["id"])
    drawn = capture.draw()
    form, key = capture.form(drawn, capture.record(drawn, frames(ADMIRAL))), "key-" + "f" * 30
    answers = [capture.send_form(form, key=key) for _ in range(2)]
    assert answers[0].body == answers[1].body
    assert answers[0].body["outcome"] == "no_match"
    with scene.joined.db.read() as session:
        assert session.scalars(sa.select(CardPasswordReset)).one().face_tries == 1


@pytest.mark.gate
def test_an_engine_that_fails_costs_no_face_try(scene, phone):
    reset = begin(scene, phone)
    broken = FailingVerifier(support.verifier(), ModelAltered("model"))
    dependencies = replace(scene.joined.dependencies, verifier=lambda: broken)
    app = support.another_app(replace(scene.joined, dependencies=dependencies))
    phone.transport = AppTransport(app)
    assert refusal(show(phone, reset, frames(ASTRONAUT))) == (503, "unavailable")
    with scene.joined.db.read() as session:
        assert session.scalars(sa.select(CardPasswordReset)).one().face_tries == 0


def test_an_unknown_fault_costs_no_face_try_and_is_not_hidden(scene, phone):
    reset = begin(scene, phone)
    broken = FailingVerifier(support.verifier(), ZeroDivisionError())
    dependencies = replace(scene.joined.dependencies, verifier=lambda: broken)
    app = support.another_app(replace(scene.joined, dependencies=dependencies))
    phone.transport = AppTransport(app)
    assert refusal(show(phone, reset, frames(ASTRONAUT))) == (500, "internal_error")
    with scene.joined.db.read() as session:
        assert session.scalars(sa.select(CardPasswordReset)).one().face_tries == 0


def test_without_a_portrait_in_the_registry_the_counter_is_named_at_once(scene):
    phone = scene.signed_in("tomas")
    answer = phone.send("POST", "/card/password/resets/codes")
    assert refusal(answer) == (409, "reset_needs_counter")
    assert answer.body["next"] == "counter"


def test_a_wrong_code_opens_no_reset(scene, phone):
    code = ask_reset_code(scene, phone)
    answer = phone.open_reset(wrong(code))
    assert refusal(answer) == (401, "code_wrong")
    assert answer.body["params"] == {"tries_left": 4}
    assert phone.open_reset(code).status == 201
    assert refusal(phone.open_reset(code)) == (401, "code_expired")


def test_the_code_of_a_sign_in_is_no_code_for_a_reset(scene, phone):
    _, code = scene.ask_code("lucia", phone)
    assert refusal(phone.open_reset(code)) == (401, "code_expired")


# --- consent ----------------------------------------------------------------------------------


def consents(scene: Scene) -> list[tuple[str, str, uuid.UUID | None]]:
    query = sa.select(Consent).order_by(Consent.at, Consent.number)
    with scene.joined.db.read() as session:
        return [(row.kind, row.decision, row.link_id) for row in session.scalars(query)]


def test_the_own_face_is_compared_upon_a_consent_of_its_own(scene, phone):
    code = ask_reset_code(scene, phone)
    silent = phone.send("POST", "/card/password/resets", {"code": code})
    assert refusal(silent) == (422, "invalid_input")
    missing = {key: ["required_with_code"] for key in ("notice_id", "text_sha256")}
    assert silent.body["fields"] == missing
    read = phone.must("GET", "/card/password/resets/notice")
    assert (read["kind"], read["language"]) == ("face_processing", "en")
    body = {"code": code, "notice_id": read["id"], "text_sha256": "0" * 64}
    unread = phone.send("POST", "/card/password/resets", body)
    assert refusal(unread) == (422, "notice_text_differs")
    assert (unread.body["next"], consents(scene)) == ("read_notice", [])
    opened = phone.must(
        "POST", "/card/password/resets", body | {"text_sha256": read["text_sha256"]}
    )
    assert opened["next"] == "face"
    assert consents(scene) == [("face_processing", "given", None)]


def test_who_declines_the_face_is_led_to_the_counter_and_no_camera_opens(scene, locked):
    declined = locked.open_reset(ask_reset_code(scene, locked), "declined")
    assert (declined.status, declined.body["next"]) == (201, "counter")
    assert consents(scene) == [("face_processing", "declined", None)]
    assert refusal(show(locked, declined.body, frames(ADMIRAL))) == (409, "reset_closed")
    paper = at_counter(scene).body["counter_code"]
    reset = locked.must("POST", "/card/password/resets", {"counter_code": paper})
    assert finish(locked, reset).status == 204
    assert step_up(locked, NEW).status == 201


def test_consent_taken_back_shuts_the_camera_and_may_be_given_again(scene, phone):
    reset = begin(scene, phone)
    scene.clock.advance(seconds=1)
    assert phone.send("POST", "/my-data/face-withdrawals", {}).ok
    refused = show(phone, reset, frames(ADMIRAL))
    assert refusal(refused) == (409, "face_consent_withdrawn")
    assert refused.body["next"] == "counter"
    assert begin(scene, phone)["next"] == "face"
    given = [decision for _, decision, _ in consents(scene)]
    assert given == ["given", "withdrawn", "given"]


def test_a_code_from_a_counter_asks_for_no_consent(scene, phone):
    paper = at_counter(scene).body["counter_code"]
    answer = phone.send(
        "POST", "/card/password/resets", {"counter_code": paper, "decision": "given"}
    )
    assert answer.body["fields"] == {"decision": ["only_with_code"]}


def test_a_reset_lapses_after_fifteen_minutes(scene, phone):
    reset = begin(scene, phone)
    scene.clock.advance(seconds=894)
    phone.token = phone.must("POST", "/tokens", {"refresh_token": phone.refresh_token})[
        "access_token"
    ]
    scene.clock.advance(seconds=6)
    assert refusal(show(phone, reset, frames(ASTRONAUT))) == (409, "reset_closed")
    assert refusal(finish(phone, reset)) == (409, "reset_closed")


def test_a_foreign_reset_answers_like_one_that_does_not_exist(scene, phone):
    reset = begin(scene, phone)
    give_portrait(scene, "tomas")
    foreign = scene.signed_in("tomas")
    nowhere = {"id": "7d3c5a4e-0000-4000-8000-000000000000"}
    for one in (reset, nowhere):
        assert refusal(show(foreign, one, frames(ASTRONAUT))) == (404, "not_found")
        assert refusal(finish(foreign, one)) == (404, "not_found")


def test_nothing_of_the_frames_is_kept(scene, phone):
    reset = begin(scene, phone)
    show(phone, reset, frames(ADMIRAL))
    assert [path for path in scene.joined.settings.files_folder.rglob("*") if path.is_file()] == []


# --- on a handed-over phone ------------------------------------------------------------------


def lend(scene: Scene, phone: Phone) -> None:
    call = scene.as_holder(phone)
    with scene.joined.db.write() as session:
        accounts.hand_over(session, call, call.holder.session_id)
        session.commit()


def unlock(phone: Phone, password: str) -> Answer:
    return phone.send("POST", "/session/unlock", {"password": password})


def lock_lent(scene: Scene, phone: Phone) -> None:
    """The phone is lent, and its password locked by wrong tries to take it back."""
    lend(scene, phone)
    tried = [unlock(phone, "904713") for _ in range(6)]
    assert {refusal(one) for one in tried} == {(403, "card_password_wrong")}
    assert tried[-1].body["next"] == "reset_card_password"
    locked = unlock(phone, PASSWORD)
    assert (*refusal(locked), locked.body["next"]) == (423, "card_locked", "reset_card_password")
    shut = phone.send("GET", "/card")
    assert (*refusal(shut), shut.body["next"]) == (423, "session_handed_over", "unlock_session")


def test_locked_while_handed_over_the_own_face_leads_out(scene, phone):
    lock_lent(scene, phone)
    reset = begin(scene, phone)
    assert show(phone, reset, frames(ASTRONAUT)).body["next"] == "new_password"
    assert finish(phone, reset).status == 204
    assert refusal(phone.send("GET", "/card")) == (423, "session_handed_over")
    assert unlock(phone, NEW).status == 204
    assert phone.send("GET", "/card").ok


def test_locked_while_handed_over_without_a_face_a_clerk_leads_out(scene):
    phone = scene.signed_in("lucia")
    lock_lent(scene, phone)
    faceless = phone.send("POST", "/card/password/resets/codes")
    assert (*refusal(faceless), faceless.body["next"]) == (409, "reset_needs_counter", "counter")
    paper = at_counter(scene).body["counter_code"]
    reset = phone.must("POST", "/card/password/resets", {"counter_code": paper})
    assert finish(phone, reset).status == 204
    assert unlock(phone, NEW).status == 204
    assert phone.send("GET", "/card").ok


def test_handed_over_with_no_password_set_the_way_out_is_named(scene):
    phone = scene.signed_in("lucia", password=None)
    lend(scene, phone)
    answer = unlock(phone, PASSWORD)
    assert refusal(answer) == (409, "card_password_not_set")
    assert answer.body["next"] == "reset_card_password"
    paper = at_counter(scene).body["counter_code"]
    reset = phone.must("POST", "/card/password/resets", {"counter_code": paper})
    assert finish(phone, reset).status == 204
    assert unlock(phone, NEW).status == 204


def test_a_handed_over_phone_signs_out_and_in_again_once_whoever_holds_it_had_to_wait(scene):
    phone = scene.signed_in("lucia")
    lock_lent(scene, phone)
    held = sign_in_again(scene, phone)
    assert (*refusal(held), held.body["next"]) == (423, "session_handed_over", "unlock_session")
    assert phone.send("DELETE", "/session").status == 204
    assert refusal(phone.send("GET", "/card")) == (401, "not_signed_in")
    waits = sign_in_again(scene, phone)
    assert (*refusal(waits), waits.body["next"]) == (423, "session_handed_over", "sign_in")
    scene.clock.advance(seconds=int(waits.headers["Retry-After"]))
    assert sign_in_again(scene, phone).ok


def sign_in_again(scene: Scene, phone: Phone) -> Answer:
    scene.work_off()
    scene.clock.advance(seconds=6)
    sign_in_id, code = scene.ask_code("lucia", phone)
    body = {"sign_in_id": sign_in_id, "code": code, "device_name": "The same"}
    return scene.phone().send("POST", "/sign-in", {**body, "device_token": phone.device_token})


# --- at a counter -----------------------------------------------------------------------------


def at_counter(scene: Scene, clerk: str = "clerk-north") -> Answer:
    body = {"card_number": "900000000101", "identity_document": "id_card"}
    return scene.desk(clerk).send("POST", "/staff/cards/password-resets", body)


def test_a_counter_code_opens_the_lock_without_a_face(scene, locked):
    paper = at_counter(scene).body["counter_code"]
    body = {"counter_code": paper.lower()}
    reset = locked.must("POST", "/card/password/resets", body)
    assert (reset["channel"], reset["next"]) == ("counter", "new_password")
    assert finish(locked, reset).status == 204
    assert step_up(locked, NEW).status == 201
    assert refusal(locked.send("POST", "/card/password/resets", body)) == (409, "reset_closed")


def test_a_counter_code_works_for_its_own_holder_only_and_wrong_ones_are_limited(scene, phone):
    paper = at_counter(scene).body["counter_code"]
    foreign = scene.signed_in("tomas")
    for _ in range(5):
        answer = foreign.send("POST", "/card/password/resets", {"counter_code": paper})
        assert refusal(answer) == (403, "reset_code_wrong")
    answer = foreign.send("POST", "/card/password/resets", {"counter_code": paper})
    assert refusal(answer) == (429, "too_many_requests")
    assert phone.send("POST", "/card/password/resets", {"counter_code": paper}).status == 201


def test_a_counter_code_lapses_after_a_week(scene, phone):
    paper = at_counter(scene).body["counter_code"]
    scene.clock.advance(days=7)
    sign_in_id, code = scene.ask_code("lucia", phone)
    phone.sign_in(sign_in_id, code)
    answer = phone.send("POST", "/card/password/resets", {"counter_code": paper})
    assert refusal(answer) == (409, "reset_closed")


@pytest.mark.parametrize("clerk", ["clerk-south", "reviewer-north"])
def test_only_a_clerk_of_the_region_hands_out_codes(scene, clerk):
    assert refusal(at_counter(scene, clerk)) in [(404, "not_found"), (403, "not_allowed")]


def test_one_of_the_two_codes_is_asked_for(scene, phone):
    for body in ({}, {"code": "123456", "counter_code": "ABCD-EFGH-JKMN"}):
        answer = phone.send("POST", "/card/password/resets", body)
        assert refusal(answer) == (422, "invalid_input")
        assert answer.body["fields"] == {"code": ["one_of_two"]}
