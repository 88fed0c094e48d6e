"""Face authentication of the relative, with the real verifier on two public-domain portraits."""

from ecard.demo.specimens import blurred
from tests.activation.steps import (
    ADMIRAL,
    ASTRONAUT,
    LastStep,
    frames,
    last_step,
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


def test_a_bad_picture_never_counts_as_another_person(stage: Stage) -> None:
    step = last_step(stage)
    capture = step.hand_over()
    answer = capture.show_face(blurred(frames(ASTRONAUT)))
    assert answer.body["outcome"] == "unusable"
    assert answer.body["reason"] in ("blurred", "no_face")
    assert (answer.body["tries_left"], answer.body["unusable_left"]) == (10, 9)
    assert answer.body["next"] == "send_capture"
    assert capture.show_face(frames(ASTRONAUT)).body["outcome"] == "match"


def test_where_the_registry_holds_the_same_portrait_the_link_opens(stage: Stage) -> None:
    registry_portrait(stage, "elena", ASTRONAUT)
    answer = last_step(stage).hand_over().show_face(frames(ASTRONAUT))
    assert (answer.body["outcome"], answer.body["next"]) == ("match", "finished")


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


def test_a_child_is_never_accepted_by_a_machine_alone(stage: Stage) -> None:
    step = child(stage)
    answer = step.open("own").show_face(frames(ASTRONAUT))
    assert (answer.body["outcome"], answer.body["next"]) == ("match", "wait_for_review")
    assert step.link()["state"] == "in_review"


def test_below_the_matching_age_the_guardian_shows_their_own_face_and_a_person_decides(
    stage: Stage,
) -> None:
    step = last_step(stage, "lucia", "nora", "child")
    assert step.read()["face_subject"] == "guardian"
    assert step.phone.consent_as_guardian(step.link_id).ok
    answer = step.open("own").show_face(frames(ASTRONAUT))
    assert answer.body["next"] == "wait_for_review"
    assert step.attempts()[0].reason == "guardian_face"
