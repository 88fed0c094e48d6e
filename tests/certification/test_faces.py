"""The live face as a proof of life, with the real verifier on two public-domain portraits."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ecard import files
from ecard.certification import service
from ecard.certification.models import Certification, CertificationAttempt
from ecard.demo.in_process import AppTransport
from ecard.demo.phone import Answer, Capture, Phone
from ecard.demo.specimens import blurred
from ecard.family import service as family
from ecard.files import StoredFile
from ecard.notices import service as notices
from ecard.notices.models import Consent
from ecard.prints import CapturePrint
from ecard.registry.insurance import store_benefit
from ecard.registry.port import Benefit
from tests import support
from tests.activation.broken import (
    ALTERED,
    FailingVerifier,
    FullStore,
    InterruptedVerifier,
    ProcessDied,
)
from tests.certification.scene import LAST_PAID, NORTH, NORTH_2, SINCE, WHY, Home, at_home
from tests.faces import ADMIRAL, ASTRONAUT, UNDECIDED, frames, photo
from tests.family.scene import as_holder, born, change, hold, invent, move, sign_in
from tests.security.parallel import at_once, codes


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """The registry holds a portrait of the mother: the astronaut's."""
    with at_home(tmp_path) as found:
        found.has_portrait(photo(ASTRONAUT))
        yield found


def attempts(home: Home) -> list[CertificationAttempt]:
    with home.stage.joined.db.read() as session:
        query = sa.select(CertificationAttempt).order_by(CertificationAttempt.reserved_at)
        return list(session.scalars(query))


def kept(home: Home) -> list[StoredFile]:
    with home.stage.joined.db.read() as session:
        return list(session.scalars(sa.select(StoredFile).filter_by(purpose="review_frame")))


def proofs(home: Home) -> list[Certification]:
    with home.stage.joined.db.read() as session:
        return list(session.scalars(sa.select(Certification)))


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.code


def other_collaborators(home: Home, capture: Capture, **others: Any) -> Capture:
    """The same session at a process with other collaborators."""
    joined = home.stage.joined
    dependencies = replace(joined.dependencies, **others)
    app = support.another_app(replace(joined, dependencies=dependencies))
    phone = Phone(AppTransport(app), token=capture.token, clock=capture.phone.clock)
    return replace(capture, phone=phone)


# --- a match ------------------------------------------------------------------------------------


def test_a_match_is_a_proof_of_today_with_the_helper_recorded_and_both_sides_told(
    home: Home,
) -> None:
    answer = home.camera().show_face(frames(ASTRONAUT))
    assert answer.ok, answer.body
    assert (answer.body["outcome"], answer.body["next"]) == ("match", "finished")
    receipt = answer.body["receipt"]
    assert (receipt["route"], receipt["helped"], receipt["day"]) == ("face", True, "2026-11-18")
    said = json.loads(receipt["receipt"])
    assert said["next_due_on"] == ["2027-11-18"]
    assert service.is_genuine(home.stage.joined.call(), receipt["receipt"])
    assert home.read()["benefits"][0]["due_on"] == "2027-11-18"
    (proof,) = proofs(home)
    assert (str(proof.link_id), proof.staff_id) == (home.link_id, None)
    for side in (home.mother, home.daughter):
        assert any("proof of life was recorded" in text for text in home.told(side))


def test_nothing_of_a_decided_capture_is_kept_and_no_score_leaves(home: Home) -> None:
    answer = home.camera().show_face(frames(ASTRONAUT))
    assert not any(isinstance(value, float) for value in answer.body.values())
    assert kept(home) == []


@pytest.mark.gate
def test_the_history_says_what_was_done_and_for_whom(home: Home) -> None:
    home.camera().show_face(frames(ASTRONAUT))
    mother = sign_in(home.stage, home.mother)
    done = {one["action"] for one in mother.must("GET", "/acts-on-me")["items"]}
    assert done >= {"certification.capture_opened", "certification.face_shown"}
    assert "certification.by_face" in done


def test_the_person_proves_it_alone(home: Home) -> None:
    mother = sign_in(home.stage, home.mother)
    answer = home.camera(mother).show_face(frames(ASTRONAUT))
    assert (answer.body["next"], answer.body["receipt"]["helped"]) == ("finished", False)
    (proof,) = proofs(home)
    assert (proof.helper_id, proof.link_id) == (None, None)


@pytest.mark.gate
def test_a_match_restores_what_stopped_and_the_registry_pays_again(home: Home) -> None:
    home.on(LAST_PAID + timedelta(days=3))
    assert not home.look()
    assert home.camera().show_face(frames(ASTRONAUT)).body["next"] == "finished"
    home.stage.work_off()
    (benefit,) = home.stage.joined.dependencies.registry.benefits(home.mother.ref)
    assert benefit.paid


# --- the consent --------------------------------------------------------------------------------


def test_before_the_camera_the_person_decides_each_time_anew(home: Home) -> None:
    capture = home.camera(consent="")
    assert capture.send("GET").body["next"] == "give_consent"
    assert refusal(capture.ask()) == (409, "consent_missing")
    assert capture.send("GET", "/notice").body["kind"] == "face_certification"
    assert capture.consent().body["next"] == "draw_challenge"
    again = home.camera(consent="")
    assert again.send("GET").body["consent"] == "missing"
    assert refusal(capture.ask()) == (409, "capture_session_ended")


def test_who_declines_goes_another_way(home: Home) -> None:
    capture = home.camera(consent="declined")
    shown = capture.send("GET").body
    assert (shown["consent"], shown["next"]) == ("declined", "choose_route")
    assert shown["routes"] == ["counter", "visit"]
    assert refusal(capture.ask()) == (409, "face_declined")


def test_the_consent_is_kept_with_the_text_that_was_shown_also_without_a_link(home: Home) -> None:
    mother = sign_in(home.stage, home.mother)
    home.camera(mother)
    home.camera()
    with home.stage.joined.db.read() as session:
        rows = session.scalars(sa.select(Consent).order_by(Consent.at)).all()
    assert [(row.kind, row.decision, row.given_by) for row in rows] == [
        ("face_certification", "given", "person")
    ] * 2
    assert [row.link_id is None for row in rows] == [True, False]
    assert len({row.text_sha256 for row in rows}) == 1


def test_a_consent_taken_back_refuses_the_next_request(home: Home) -> None:
    capture = home.camera()
    home.stage.clock.advance(seconds=1)
    with home.stage.joined.db.write() as session:
        given = session.scalars(sa.select(Consent)).one()
        notices.withdraw(session, as_holder(home.stage, home.phone), given)
        session.commit()
    assert refusal(capture.ask()) == (409, "face_declined")


# --- with what it is compared -------------------------------------------------------------------


def test_without_a_picture_the_other_ways_are_named(home: Home) -> None:
    mother = invent(home.stage, "ida", born(70))
    with home.stage.joined.db.write() as session:
        vault = home.stage.joined.dependencies.vault
        store_benefit(session, vault, mother.ref, Benefit("b-ida", "old_age", SINCE, None, 1))
        session.commit()
    link = hold(home.stage, home.daughter, mother, "parent")
    refused = home.phone.send("POST", f"/links/{link}/certification/captures")
    assert refusal(refused) == (409, "no_picture_to_compare")
    assert refused.body["next"] == "counter"


def test_a_childs_face_is_not_compared_below_the_age_nor_with_a_portrait_of_unknown_age(
    home: Home,
) -> None:
    for age, code in ((4, "too_young_for_face"), (9, "no_picture_to_compare")):
        child = invent(home.stage, f"kid{age}", born(age))
        with home.stage.joined.db.write() as session:
            vault = home.stage.joined.dependencies.vault
            pension = Benefit(f"b-{age}", "survivors", SINCE, None, 1)
            store_benefit(session, vault, child.ref, pension)
            session.commit()
        link = hold(home.stage, home.daughter, child, "child")
        assert home.phone.send("POST", f"/links/{link}/certification/captures").code == code


def test_who_draws_nothing_opens_no_camera(home: Home) -> None:
    assert home.phone.send("POST", "/certification/captures").code == "no_benefit_to_certify"


# --- what the machine does not accept -----------------------------------------------------------


def test_another_face_goes_to_a_person_while_it_may_be_tried_again(home: Home) -> None:
    answer = home.camera().show_face(frames(ADMIRAL))
    assert (answer.body["outcome"], answer.body["in_review"]) == ("no_match", True)
    assert (answer.body["tries_left"], answer.body["next"]) == (9, "open_capture_session")
    assert answer.body["receipt"] is None
    home.on(LAST_PAID + timedelta(days=3))
    assert (home.state(), home.look()) == ("held", True)


@pytest.mark.gate
def test_a_match_after_it_leaves_nothing_to_judge_and_destroys_the_frames(home: Home) -> None:
    home.camera().show_face(frames(ADMIRAL))
    assert len(kept(home)) == len(frames(ADMIRAL)) + 1
    assert home.camera().show_face(frames(ASTRONAUT)).body["next"] == "finished"
    assert all(row.wrapped_key is None and row.receipt for row in kept(home))
    (case,) = home.read()["cases"]
    assert (case["kind"], case["reason"]) == ("face", "overtaken")
    assert home.send("appeal", WHY).code == "no_stop_or_refusal_to_appeal"
    assert home.send("visit", WHY).ok


@pytest.mark.gate
def test_a_reviewer_sees_frames_and_reference_and_the_decision_destroys_them(home: Home) -> None:
    home.camera().show_face(frames(ADMIRAL))
    case = home.case(NORTH)
    roles = [one["role"] for one in case["files"]]
    assert roles == ["reference_photo"] + ["frame"] * len(frames(ADMIRAL))
    assert (case["reasons"], case["facts"]["outcome"]) == (["no_match"], "no_match")
    path = f"/staff/certification/cases/{case['case']['id']}/files/2"
    picture = home.stage.desk(NORTH).send("GET", path)
    assert (picture.status, picture.headers["Cache-Control"]) == (200, "no-store")
    assert picture.body not in frames(ADMIRAL)
    assert home.stage.desk("reviewer-south").send("GET", path).status == 404
    for number in (0, 99, 10**30):
        assert home.stage.desk(NORTH).send("GET", f"{path[:-1]}{number}").status == 404
    assert home.decide(NORTH, accepted=True, reason="face_confirmed").ok
    assert all(row.wrapped_key is None and row.receipt for row in kept(home))
    assert home.read()["receipts"][0]["route"] == "face"
    assert home.read()["benefits"][0]["shown_on"] == "2026-11-18"


@pytest.mark.gate
def test_refused_frames_stay_for_the_appeal_and_go_with_its_decision(home: Home) -> None:
    home.camera().show_face(frames(ADMIRAL))
    assert home.decide(NORTH, accepted=False, reason="identity_not_verified").ok
    assert all(row.wrapped_key for row in kept(home))
    assert home.send("appeal", WHY).ok
    shown = home.case("reviewer-province")
    assert len(shown["files"]) == len(frames(ADMIRAL)) + 1
    assert home.decide("reviewer-province", accepted=True, reason="face_confirmed").ok
    assert all(row.wrapped_key is None for row in kept(home))
    assert home.read()["receipts"][0]["route"] == "face"


@pytest.mark.gate
def test_refused_frames_go_where_nobody_appeals(home: Home) -> None:
    home.camera().show_face(frames(ADMIRAL))
    assert home.decide(NORTH, accepted=False, reason="identity_not_verified").ok
    home.stage.clock.advance(days=14)
    files.sweep(home.stage.joined.call())
    assert all(row.wrapped_key for row in kept(home))
    home.stage.clock.advance(days=1)
    files.sweep(home.stage.joined.call())
    assert all(row.wrapped_key is None for row in kept(home))


@pytest.mark.gate
def test_what_nobody_can_see_any_more_is_not_confirmed(home: Home) -> None:
    home.camera().show_face(frames(ADMIRAL))
    home.stage.clock.advance(days=31)
    files.sweep(home.stage.joined.call())
    assert home.state() == "held"
    answer = home.decide(NORTH, accepted=True, reason="face_confirmed")
    assert answer.code == "case_files_gone"
    assert home.decide(NORTH, accepted=True, reason="seen_in_person").ok


@pytest.mark.gate
def test_face_confirmed_is_no_reason_for_a_visit(home: Home) -> None:
    assert home.send("visit", WHY).ok
    answer = home.decide(NORTH_2, accepted=True, reason="face_confirmed")
    assert answer.code == "reason_does_not_fit"


@pytest.mark.gate
def test_a_still_picture_is_an_attack_that_a_person_looks_at(home: Home) -> None:
    answer = home.camera().show_face(28 * frames(ASTRONAUT)[:1])
    assert (answer.body["outcome"], answer.body["next"]) == (
        "presentation_attack",
        "wait_for_review",
    )
    assert home.case(NORTH)["reasons"] == ["presentation_attack"]
    assert refusal(home.camera().show_face(28 * frames(ASTRONAUT)[:1])) == (409, "capture_resent")


@pytest.mark.gate
def test_a_window_leaves_as_many_captures_to_a_person_as_the_policy_says(home: Home) -> None:
    for take in range(3):
        assert home.camera().show_face(frames(ADMIRAL, take)).body["in_review"]
        assert home.decide(NORTH, accepted=False).ok
    answer = home.camera().show_face(frames(ADMIRAL, 4))
    assert (answer.body["in_review"], answer.body["routes"]) == (False, ["counter", "visit"])
    assert len(kept(home)) == 3 * (len(frames(ADMIRAL)) + 1)
    assert home.at_counter().ok


@pytest.mark.gate
def test_undecided_is_asked_once_more_and_then_a_person_looks(home: Home) -> None:
    first = home.camera().show_face(frames(ASTRONAUT, UNDECIDED)).body
    assert (first["outcome"], first["reason"]) == ("unusable", "liveness_undecided")
    assert (first["tries_left"], first["in_review"]) == (10, False)
    assert refusal(home.camera().show_face(frames(ASTRONAUT, UNDECIDED)))[0] == 409
    home.stage.clock.advance(days=8)  # the fingerprints of the first are forgotten
    second = home.camera().show_face([*frames(ASTRONAUT, UNDECIDED)[:-1], frames(ASTRONAUT)[-1]])
    assert second.body["in_review"], second.body


@pytest.mark.gate
def test_without_movement_a_person_looks(home: Home) -> None:
    answer = home.camera().show_face(frames(ASTRONAUT), profile="no_movement")
    assert answer.body["in_review"]
    assert answer.body["next"] == "wait_for_review"


@pytest.mark.gate
def test_a_bad_picture_says_what_to_change_and_has_a_cap_of_its_own(tmp_path: Path) -> None:
    with at_home(tmp_path, unusable_max=2) as home:
        home.has_portrait(photo(ASTRONAUT))
        capture = home.camera()
        for left in (1, 0):
            answer = capture.show_face(blurred(frames(ASTRONAUT, left)[::3]))
            assert answer.body["outcome"] == "unusable"
            assert answer.body["reason"] in ("blurred", "no_face")
            assert (answer.body["tries_left"], answer.body["unusable_left"]) == (10, left)
        assert answer.body["next"] == "open_capture_session"
        assert refusal(capture.ask()) == (409, "too_many_unusable")
        assert kept(home) == []


@pytest.mark.gate
def test_mismatches_in_a_row_bring_waits_whatever_session_they_came_in(tmp_path: Path) -> None:
    with at_home(tmp_path, mismatches_in_a_row=1, mismatches_total=2) as home:
        home.has_portrait(photo(ASTRONAUT))
        answer = home.camera().show_face(frames(ADMIRAL))
        assert 0 < answer.body["wait_seconds"] <= 30
        refused = home.camera().ask()
        assert refusal(refused) == (429, "too_many_mismatches")
        home.stage.clock.advance(seconds=31)
        assert home.camera().show_face(frames(ADMIRAL, 1)).body["next"] == "choose_route"
        assert refusal(home.camera().ask()) == (409, "certification_face_closed")
        assert home.at_counter().ok
        home.stage.clock.advance(days=1)
        assert home.camera().ask().ok


# --- what no longer allows it -------------------------------------------------------------------


@pytest.mark.parametrize("state", ["suspended", "ended", "disputed"])
def test_a_link_that_no_longer_stands_is_refused_at_that_very_call(home: Home, state: str) -> None:
    capture = home.camera()
    reason = {"suspended": "safeguarding", "ended": "requested_by_relative"}
    move(home.stage, home.link_id, state, reason.get(state, "objected_by_guardian"))
    for answer in (capture.ask(), capture.send("GET"), capture.send("GET", "/notice")):
        assert refusal(answer) == (409, "link_not_active")


def test_a_scope_switched_off_is_refused_at_that_very_call(home: Home) -> None:
    capture = home.camera()
    with home.stage.joined.db.write() as session:
        link = family.lock_link(session, uuid.UUID(home.link_id))
        link.scopes = ["rights"]
        session.commit()
    assert refusal(capture.ask()) == (403, "scope_off")


def test_a_cancelled_card_is_refused_at_that_very_call(home: Home) -> None:
    capture = home.camera()
    drawn = capture.draw()
    form = capture.form(drawn, capture.record(drawn, frames(ASTRONAUT)))
    assert home.mother.card is not None
    change(home.stage, home.mother, card=replace(home.mother.card, state="cancelled"))
    assert refusal(capture.ask()) == (422, "relative_not_confirmed")
    assert refusal(capture.send_form(form)) == (422, "relative_not_confirmed")
    assert attempts(home) == []


def test_whoevers_own_card_is_stopped_shows_no_face_but_may_close_the_camera(home: Home) -> None:
    capture = home.camera()
    drawn = capture.draw()
    form = capture.form(drawn, capture.record(drawn, frames(ASTRONAUT)))
    assert home.daughter.card is not None
    change(home.stage, home.daughter, card=replace(home.daughter.card, state="lost"))
    assert refusal(capture.send_form(form)) == (409, "card_not_usable")
    assert capture.send("DELETE").status == 204


def test_what_is_revoked_while_it_is_judged_proves_nothing(home: Home) -> None:
    def end() -> None:
        move(home.stage, home.link_id, "ended", "requested_by_relative")

    verifier = InterruptedVerifier(support.verifier(), end)
    capture = other_collaborators(home, home.camera(), verifier=lambda: verifier)
    assert refusal(capture.show_face(frames(ASTRONAUT))) == (409, "link_not_active")
    assert proofs(home) == []
    assert [one.outcome for one in attempts(home)] == ["match"]


def test_a_foreign_session_answers_like_one_that_does_not_exist(home: Home) -> None:
    capture = home.camera()
    stranger = sign_in(home.stage, invent(home.stage, "zoe", born(50)))
    for session_id in (capture.session_id, str(uuid.uuid4())):
        theirs = Capture.for_certification(stranger, session_id)
        for answer in (theirs.send("GET"), theirs.ask(), theirs.send("DELETE")):
            assert refusal(answer) == (404, "not_found")


def test_a_session_lapses_and_can_be_ended(home: Home) -> None:
    capture = home.camera()
    home.stage.clock.advance(seconds=900)
    assert refusal(capture.ask()) == (410, "capture_session_expired")
    capture = home.camera()
    assert capture.send("DELETE").status == 204
    assert refusal(capture.ask()) == (409, "capture_session_ended")


# --- tries --------------------------------------------------------------------------------------


@pytest.mark.gate
def test_of_parallel_captures_exactly_one_is_judged(home: Home) -> None:
    capture = home.camera()
    drawn = capture.draw()
    form = capture.form(drawn, capture.record(drawn, frames(ASTRONAUT)))
    answers = at_once([partial(capture.send_form, form) for _ in range(6)])
    assert codes(answers)["done"] == 1, codes(answers)
    assert len(attempts(home)) == 1
    assert len(proofs(home)) == 1


@pytest.mark.gate
def test_a_capture_that_the_network_repeats_is_one_proof(home: Home) -> None:
    capture = home.camera()
    drawn = capture.draw()
    form, key = capture.form(drawn, capture.record(drawn, frames(ASTRONAUT))), "key-" + "c" * 30
    first, second = (capture.send_form(form, key=key) for _ in range(2))
    assert first.body == second.body
    assert len(proofs(home)) == 1


@pytest.mark.gate
def test_an_outage_of_ours_burns_nothing_and_the_same_answer_may_come_again(home: Home) -> None:
    capture = home.camera()
    drawn = capture.draw()
    form = capture.form(drawn, capture.record(drawn, frames(ASTRONAUT)))
    failing = FailingVerifier(support.verifier(), ALTERED)
    broken = other_collaborators(home, capture, verifier=lambda: failing)
    assert refusal(broken.send_form(form)) == (503, "unavailable")
    assert [one.outcome for one in attempts(home)] == ["outage"]
    assert capture.send("GET").body["tries_left"] == 10
    assert capture.send_form(form).body["next"] == "finished"


@pytest.mark.gate
def test_a_full_disk_burns_nothing_and_opens_no_case(home: Home) -> None:
    capture = home.camera()
    drawn = capture.draw()
    form = capture.form(drawn, capture.record(drawn, frames(ADMIRAL)))
    full = FullStore(home.stage.joined.dependencies.file_store)
    refused = other_collaborators(home, capture, file_store=full).send_form(form)
    assert refused.status == 503, refused.body
    assert [one.outcome for one in attempts(home)] == ["outage"]
    assert home.read()["cases"] == []
    answer = capture.send_form(form)
    assert (answer.body["outcome"], answer.body["in_review"]) == ("no_match", True)


def test_a_session_ended_while_it_is_judged_proves_nothing(home: Home) -> None:
    capture = home.camera()
    verifier = InterruptedVerifier(support.verifier(), lambda: capture.send("DELETE"))
    judged = other_collaborators(home, capture, verifier=lambda: verifier)
    assert refusal(judged.show_face(frames(ASTRONAUT))) == (409, "capture_session_ended")
    assert proofs(home) == []


@pytest.mark.gate
def test_a_process_that_dies_spends_the_try(home: Home) -> None:
    dying = FailingVerifier(support.verifier(), ProcessDied())
    capture = other_collaborators(home, home.camera(), verifier=lambda: dying)
    with pytest.raises(ProcessDied):
        capture.show_face(frames(ASTRONAUT))
    assert [one.outcome for one in attempts(home)] == [None]
    home.stage.clock.advance(seconds=61)
    assert home.camera().send("GET").body["tries_left"] == 9


@pytest.mark.gate
def test_cameras_of_a_day_are_limited(tmp_path: Path) -> None:
    with at_home(tmp_path, capture_sessions_a_day=2) as home:
        home.has_portrait(photo(ASTRONAUT))
        for _ in range(2):
            home.camera(consent="")
        refused = home.send("captures")
        assert refusal(refused) == (429, "too_many_capture_sessions")


@pytest.mark.gate
def test_what_can_no_longer_be_certified_is_not(home: Home) -> None:
    capture = home.camera()
    home.stage.clock.advance(seconds=1)
    change(home.stage, home.mother, died_on=date(2026, 11, 16))
    assert refusal(capture.ask()) == (422, "relative_not_confirmed")


def test_who_takes_consent_back_leaves_no_digest_and_no_print_of_a_capture(home: Home) -> None:
    mother = sign_in(home.stage, home.mother)
    home.camera(mother).show_face(frames(ASTRONAUT))
    home.camera().show_face(frames(ADMIRAL))
    assert all(one.capture_digest for one in attempts(home))
    home.stage.clock.advance(seconds=1)
    assert mother.send("POST", "/my-data/face-withdrawals", {}).status == 201
    assert [one.capture_digest for one in attempts(home)] == [None, None]
    with home.stage.joined.db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CapturePrint)) == 0
