"""Face authentication of the relative, with the real verifier on two public-domain portraits."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from biometrics.engines import ResnetEngine
from biometrics.types import ReviewReason
from ecard.demo.specimens import blurred
from ecard.documents import service as documents
from ecard.documents.service import Household
from ecard.family import service as family
from ecard.persons import service as persons
from ecard.policy import service as policies
from ecard.review.models import Case
from tests import support
from tests.activation.steps import (
    ADMIRAL,
    ASTRONAUT,
    LastStep,
    birthday_begins,
    frames,
    last_step,
    photo,
    registry_portrait,
)
from tests.support import Stage


def test_an_adult_who_accepted_and_matches_opens_the_link_for_reading_first(stage: Stage) -> None:
    step = last_step(stage)
    answer = step.hand_over().show_face(frames(ASTRONAUT))
    assert answer.status == 200, answer.body
    assert answer.body["outcome"] == "match"
    assert answer.body["next"] == "finished"
    step.take_back()
    link = step.link()
    assert link["state"] == "active"
    assert link["may_read"]
    assert not link["may_act"]


def test_the_client_is_told_no_score(stage: Stage) -> None:
    answer = last_step(stage).hand_over().show_face(frames(ASTRONAUT))
    assert set(answer.body) == {
        "outcome", "reason", "tries_left", "wait_seconds", "unusable_left", "next", "routes"
    }  # fmt: skip
    assert not any(isinstance(value, float) for value in answer.body.values())


def test_another_person_is_no_match_and_ends_the_session(stage: Stage) -> None:
    step = last_step(stage)
    capture = step.hand_over()
    answer = capture.show_face(frames(ADMIRAL))
    assert answer.body["outcome"] == "no_match"
    assert answer.body["tries_left"] == 9
    assert answer.body["next"] == "open_capture_session"
    assert answer.body["routes"] == ["counter", "digits_video", "home_visit"]
    again = capture.show_face(frames(ASTRONAUT))
    assert (again.status, again.code) == (409, "capture_session_ended")
    assert step.row().state == "awaiting_face"


@pytest.mark.gate
def test_a_bad_picture_never_counts_as_another_person(stage: Stage) -> None:
    step = last_step(stage)
    capture = step.hand_over()
    answer = capture.show_face(blurred(frames(ASTRONAUT, 1)[::3]))
    assert answer.body["outcome"] == "unusable"
    assert answer.body["reason"] in ("blurred", "no_face")
    assert (answer.body["tries_left"], answer.body["unusable_left"]) == (10, 9)
    assert answer.body["next"] == "draw_challenge"
    assert capture.show_face(frames(ASTRONAUT)).body["outcome"] == "match"


@pytest.mark.gate
def test_where_the_registry_holds_the_same_portrait_the_link_opens(stage: Stage) -> None:
    registry_portrait(stage, "elena", ASTRONAUT)
    answer = last_step(stage).hand_over().show_face(frames(ASTRONAUT))
    assert (answer.body["outcome"], answer.body["next"]) == ("match", "finished")


@pytest.mark.gate
def test_where_the_registry_holds_another_portrait_a_person_decides(stage: Stage) -> None:
    registry_portrait(stage, "elena", ADMIRAL)
    step = last_step(stage)
    answer = step.hand_over().show_face(frames(ASTRONAUT))
    assert (answer.body["outcome"], answer.body["next"]) == ("match", "wait_for_review")
    assert step.row().state == "in_review"
    assert step.attempts()[0].reason == "registry_portrait_differs"


def child(stage: Stage) -> LastStep:
    step = last_step(stage, "lucia", "mateo", "child")
    assert step.phone.consent_as_guardian(step.link_id).ok
    return step


@pytest.mark.gate
def test_from_the_matching_age_on_the_limits_of_the_age_decide(stage: Stage) -> None:
    step = child(stage)
    answer = step.open("own").show_face(frames(ASTRONAUT))
    assert (answer.body["outcome"], answer.body["next"]) == ("match", "finished")
    (attempt,) = step.attempts()
    assert attempt.operating_point is not None
    assert "/6-10/" in attempt.operating_point
    assert step.link()["state"] == "active"


@pytest.mark.gate
def test_a_young_person_at_an_age_without_supported_limits_waits_for_a_person(
    stage: Stage,
) -> None:
    step = last_step(stage, "anna", "laura", "child")
    answer = step.hand_over().show_face(frames(ASTRONAUT))
    assert answer.body["next"] == "wait_for_review"
    (attempt,) = step.attempts()
    assert attempt.reason == "match_uncertain"
    assert attempt.operating_point is not None
    assert "/16-17/" in attempt.operating_point


def with_household_contrast(stage: Stage) -> None:
    values: dict[str, object] = {"household_contrast": 1}
    call = stage.joined.call()
    with stage.joined.db.write() as session:
        region = persons.ensure(session, call, stage.demo.persons["tomas"]).region_id
        policies.add(session, region, values, effective_from=call.now, now=call.now)
        session.commit()
    stage.clock.advance(seconds=1)


@pytest.mark.gate
@pytest.mark.parametrize(
    ("contrast", "next_step"), [(True, "wait_for_review"), (False, "finished")]
)
def test_a_face_about_as_near_to_another_relative_waits_for_a_person_where_the_region_says_so(
    stage: Stage, contrast: bool, next_step: str
) -> None:
    if contrast:
        with_household_contrast(stage)
    step = last_step(stage)
    last_step(stage, "tomas", "ramon", "parent", phone=step.phone)  # the same face on file
    answer = step.hand_over().show_face(frames(ASTRONAUT))
    assert (answer.body["outcome"], answer.body["next"]) == ("match", next_step)
    assert step.attempts()[0].reason == ("close_relative" if contrast else None)


@pytest.mark.gate
def test_where_more_relatives_are_on_file_than_are_compared_a_person_looks(tmp_path: Path) -> None:
    with support.stage(tmp_path, household_references_max=1) as stage:
        with_household_contrast(stage)
        step = last_step(stage)
        for relative in ("ramon", "lucia"):
            others = photo(ADMIRAL)
            last_step(stage, "tomas", relative, "other", reference=others, phone=step.phone)
        answer = step.hand_over().show_face(frames(ASTRONAUT))
        assert (answer.body["outcome"], answer.body["next"]) == ("match", "wait_for_review")
        assert step.attempts()[0].reason == "household_unread"


def test_who_was_on_two_links_one_after_the_other_is_one_of_the_household(stage: Stage) -> None:
    step = last_step(stage)
    photos = [photo(ADMIRAL), photo(ASTRONAUT)]
    for reference in photos:  # an application given up, and a new one
        stage.clock.advance(seconds=1)
        other = last_step(stage, "tomas", "ramon", "parent", reference=reference, phone=step.phone)
    call = stage.joined.call()
    with stage.joined.db.read() as session:
        relatives = family.of_other_relatives(session, step.row())
        found = documents.household_references(session, call, relatives, most=1)
    assert (len(relatives), len(found.photos), found.left_out) == (2, 1, 0)
    assert uuid.UUID(other.link_id) in relatives


def test_whoever_is_left_out_of_the_household_is_not_passed_over() -> None:
    assert Household((b"photo",)).review_reason(None) == ""
    assert Household((b"photo",), left_out=1).review_reason(None) == "household_unread"
    close = ReviewReason.CLOSE_RELATIVE
    assert Household((b"photo",), left_out=1).review_reason(close) == "close_relative"
    assert Household((b"photo",)).review_reason(ReviewReason.LIVENESS_UNDECIDED) == ""


def test_every_try_says_which_engine_judged_it(stage: Stage) -> None:
    step = last_step(stage)
    step.hand_over().show_face(frames(ADMIRAL))
    assert [one.engine for one in step.attempts()] == [ResnetEngine.name]


@pytest.mark.gate
def test_below_the_matching_age_the_guardian_shows_their_own_face_and_a_person_decides(
    stage: Stage,
) -> None:
    step = last_step(stage, "lucia", "nora", "child")
    assert step.read()["face_subject"] == "guardian"
    assert step.phone.consent_as_guardian(step.link_id).ok
    answer = step.open("own").show_face(frames(ASTRONAUT))
    assert answer.body["next"] == "wait_for_review"
    assert step.attempts()[0].reason == "guardian_face"


@pytest.mark.gate
def test_one_still_picture_sent_as_a_capture_is_an_attack_that_a_person_judges(
    stage: Stage,
) -> None:
    step = last_step(stage)
    answer = step.hand_over().show_face(28 * frames(ASTRONAUT)[:1])
    assert answer.body["outcome"] == "presentation_attack"
    assert answer.body["next"] == "wait_for_review"
    assert step.row().state == "in_review"
    desk = stage.desk("reviewer-north")
    case = desk.must("GET", "/staff/cases")["items"][0]
    shown = desk.must("GET", f"/staff/cases/{case['id']}")
    assert shown["reasons"] == ["presentation_attack"]
    assert [item["role"] for item in shown["files"]].count("frame") == 28


@pytest.mark.gate
def test_who_turns_sixteen_while_the_application_runs_accepts_like_an_adult(stage: Stage) -> None:
    born = stage.demo.persons["paul"].birth_date
    sixteenth = datetime(born.year + 16, born.month, born.day, tzinfo=UTC)
    stage.clock.time = sixteenth - timedelta(days=2)
    step = last_step(stage, "anna", "paul", "child")
    assert step.open("own").send("GET").body["next"] == "give_consent"
    stage.clock.time = sixteenth + timedelta(days=2)
    step.sign_in_again("anna")
    assert step.post("/capture-sessions", {"via": "own"}).code == "capture_way_not_allowed"
    capture = step.hand_over()
    assert (step.row().state, step.row().accepted_via) == ("awaiting_face", "handed_over")
    assert capture.show_face(frames(ASTRONAUT)).body["next"] == "wait_for_review"
    assert step.row().state == "in_review"
    with stage.joined.db.read() as session:
        assert "photo_without_document" in session.query(Case).one().reasons


def test_who_turns_sixteen_in_a_session_beside_the_holder_does_not_accept_in_it(
    stage: Stage,
) -> None:
    midnight = birthday_begins(stage, "paul", 16)
    stage.clock.time = midnight - timedelta(minutes=5)
    step = last_step(stage, "anna", "paul", "child")
    beside = step.open("own")
    stage.clock.time = midnight + timedelta(minutes=5)
    assert beside.send("GET").body["next"] == "accept"
    refused = beside.accept(["rights"])
    assert (refused.status, refused.code) == (409, "capture_way_not_allowed")
    assert refused.body["next"] == "invite_or_hand_over"
    assert step.row().accepted_at is None
