"""What counts against a person, what does not, and that it is exact when phones race."""

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import pytest

from ecard.activation import service
from ecard.activation.errors import FaceDeclined
from ecard.call import Call
from ecard.demo.phone import Answer, Capture
from ecard.demo.specimens import blurred
from ecard.errors import Busy, Unavailable
from ecard.told import Sent
from tests import support
from tests.activation.broken import (
    ALTERED,
    FailingVerifier,
    FullStore,
    InterruptedVerifier,
    ProcessDied,
    SilentRegistry,
    WatchingVerifier,
)
from tests.activation.steps import (
    ADMIRAL,
    ASTRONAUT,
    LastStep,
    frames,
    guest_call,
    last_step,
    registry_portrait,
    sent,
)
from tests.support import Stage


def child(stage: Stage) -> LastStep:
    """A child's application: its sessions need no phone to be handed over."""
    step = last_step(stage, "lucia", "mateo", "child")
    registry_portrait(stage, "mateo", ADMIRAL)
    assert step.phone.consent_as_guardian(step.link_id).ok
    return step


def guardian(stage: Stage) -> LastStep:
    """A small child's application: the guardian's own face is asked for, at the adults' limits."""
    step = last_step(stage, "lucia", "nora", "child")
    assert step.phone.consent_as_guardian(step.link_id).ok
    return step


def with_(call: Call, **collaborators: Any) -> Call:
    return replace(call, dependencies=replace(call.dependencies, **collaborators))


# --- mismatches --------------------------------------------------------------------------------


def test_after_five_mismatches_in_a_row_the_next_capture_waits(stage: Stage) -> None:
    step = child(stage)
    capture = step.open("own")
    step.tried("no_match", 5)
    refused = capture.show_face(frames(ASTRONAUT))
    assert (refused.status, refused.code) == (429, "too_many_mismatches")
    assert refused.headers["Retry-After"] == "30"
    assert step.read()["wait_seconds"] == 30
    stage.clock.advance(seconds=30)
    assert capture.show_face(frames(ASTRONAUT)).body["outcome"] == "match"


def test_ten_mismatches_in_a_day_stop_that_day_on_every_phone(stage: Stage) -> None:
    step = child(stage)
    step.open("own")
    step.tried("no_match", 10, seconds_ago=3600)
    assert step.read()["tries_left"] == 0
    refused = step.open("own").show_face(frames(ASTRONAUT))
    assert (refused.status, refused.code) == (429, "too_many_mismatches")
    assert 22 * 3600 < int(refused.headers["Retry-After"]) < 24 * 3600
    assert refused.body["next"] == "choose_route"
    stage.clock.advance(days=1)
    step.sign_in_again("lucia")
    assert step.read()["tries_left"] == 10


def test_a_fresh_application_for_the_same_relative_brings_no_fresh_tries(stage: Stage) -> None:
    step = child(stage)
    step.open("own")
    step.tried("no_match", 4, seconds_ago=3600)
    step.phone.must("POST", f"/links/{step.link_id}/withdrawal")
    again = last_step(stage, "lucia", "mateo", "child", phone=step.phone)
    assert again.read()["tries_left"] == 6
    other = last_step(stage, "andres", "mateo", "child")
    assert other.read()["tries_left"] == 10


@pytest.mark.gate
def test_the_fiftieth_mismatch_leaves_only_the_routes_without_a_face(stage: Stage) -> None:
    step = guardian(stage)
    capture = step.open("own")
    step.tried("no_match", 49, seconds_ago=90_000)
    last = capture.show_face(frames(ADMIRAL))
    assert (last.body["outcome"], last.body["tries_left"]) == ("no_match", 0)
    assert last.body["next"] == "choose_route"
    assert step.row().face_shut_at == stage.clock.time
    refused = step.open("own").show_face(frames(ASTRONAUT))
    assert (refused.status, refused.code) == (409, "face_route_closed")
    assert refused.body["next"] == "counter"
    assert not step.read()["face_open"]


@pytest.mark.gate
def test_the_last_unusable_capture_ends_the_session_and_costs_no_try(tmp_path: Path) -> None:
    with support.stage(tmp_path, unusable_max=3) as stage:
        step = child(stage)
        capture = step.open("own")
        soft = [blurred(frames(ASTRONAUT, take)[::3]) for take in range(3)]
        answers = [capture.show_face(one).body for one in soft]
        assert {answer["outcome"] for answer in answers} == {"unusable"}
        assert [answer["unusable_left"] for answer in answers] == [2, 1, 0]
        assert answers[-1]["next"] == "open_capture_session"
        assert capture.show_face(frames(ASTRONAUT)).code == "too_many_unusable"
        assert step.read()["tries_left"] == 10


def test_ten_captures_may_be_unusable(stage: Stage) -> None:
    assert stage.joined.settings.unusable_max == 10


@pytest.mark.gate
def test_of_fifty_parallel_captures_exactly_one_is_judged(tmp_path: Path) -> None:
    with support.stage(tmp_path, judging_wait_seconds=120.0) as stage:
        step = guardian(stage)
        capture = step.open("own")
        step.tried("no_match", 4)
        drawn = capture.draw()
        form = capture.form(drawn, capture.record(drawn, frames(ADMIRAL)))

        with ThreadPoolExecutor(50) as phones:
            answers = list(phones.map(lambda _: capture.send_form(form), range(50)))
        codes = Counter(answer.code or answer.body["outcome"] for answer in answers)
        assert codes["no_match"] == 1
        assert set(codes) <= {
            *("no_match", "capture_in_progress", "capture_session_ended", "busy"),
            *("capture_resent", "challenge_spent"),
        }
        assert Counter(one.outcome for one in step.attempts()) == {"no_match": 5}
        assert step.read()["wait_seconds"] == 30


# --- what costs nothing ------------------------------------------------------------------------


@pytest.mark.gate
def test_the_same_capture_sent_again_costs_nothing_in_any_session(stage: Stage) -> None:
    step = guardian(stage)
    assert step.open("own").show_face(frames(ADMIRAL)).body["outcome"] == "no_match"
    again = step.open("own")
    refused = again.show_face(frames(ADMIRAL))
    assert (refused.status, refused.code) == (409, "capture_resent")
    assert len(step.attempts()) == 1
    assert again.show_face(frames(ASTRONAUT)).body["outcome"] == "match"


@pytest.mark.gate
def test_a_capture_of_an_earlier_application_opens_no_later_one(stage: Stage) -> None:
    step = child(stage)
    assert step.open("own").show_face(frames(ASTRONAUT)).body["outcome"] == "match"
    assert step.post("/withdrawal").ok
    again = last_step(stage, "lucia", "mateo", "child", phone=step.phone)
    assert step.phone.consent_as_guardian(again.link_id).ok
    refused = again.open("own").show_face(frames(ASTRONAUT))
    assert (refused.status, refused.code) == (409, "capture_resent")
    assert again.attempts() == []


@pytest.mark.gate
@pytest.mark.parametrize(
    ("taken", "status", "code"),
    [
        ([], 422, "too_few_frames"),
        (2 * [b"x"], 422, "too_few_frames"),
        (41 * [b"x"], 422, "too_many_frames"),
        ([b"x", b"", b"x"], 422, "frame_empty"),
        (28 * [b"plain text"], 422, "frame_unreadable"),
        ("truncated", 422, "frame_unreadable"),
        (3 * [bytes(3 * 2**20)], 413, "body_too_large"),
    ],
    ids=["none", "two", "forty_one", "empty", "text", "truncated", "large"],
)
def test_bad_input_is_named_and_spends_nothing(
    stage: Stage, taken: Any, status: int, code: str
) -> None:
    step = child(stage)
    capture = step.open("own")
    if taken == "truncated":
        taken = [frame[: len(frame) // 2] for frame in frames(ASTRONAUT)]
    answer = capture.show_face(taken)
    assert (answer.status, answer.code) == (status, code)
    assert step.attempts() == []
    assert capture.show_face(frames(ASTRONAUT)).ok


def sent_twice(capture: Capture, pictures: list[bytes]) -> list[Answer]:
    """The same capture with the same key, as a network that lost the answer repeats it."""
    drawn, key = capture.draw(), "a-key-of-twenty-characters"
    form = capture.form(drawn, capture.record(drawn, pictures))
    return [capture.send_form(form, key=key) for _ in range(2)]


@pytest.mark.gate
@pytest.mark.parametrize("picture", ["unusable", "judged"])
def test_a_repeat_with_the_same_key_is_answered_alike_and_spends_nothing(
    stage: Stage, picture: str
) -> None:
    step = child(stage)
    capture = step.open("own")
    pictures = frames(ASTRONAUT)
    sent = sent_twice(capture, blurred(pictures[::3]) if picture == "unusable" else pictures)
    assert sent[0].status == 200
    assert sent[0].body == sent[1].body
    assert sent[1].headers["Idempotent-Replay"] == "true"
    assert len(step.attempts()) == 1
    if picture == "judged":  # it ended the session: nothing new is looked at
        assert capture.show_face(frames(ASTRONAUT, 1)).code == "capture_session_ended"
        assert capture.send("GET").code == "capture_session_ended"


# --- while a face is judged ---------------------------------------------------------------------


@pytest.mark.gate
def test_no_database_session_is_open_while_a_face_is_judged(stage: Stage) -> None:
    step = guardian(stage)
    capture = step.open("own")
    watching = WatchingVerifier(support.verifier(), stage.joined.db)
    call = with_(guest_call(capture, stage), verifier=lambda: watching)
    assert take(call, capture).outcome == "match"
    assert watching.connections_in_use == [0]
    assert watching.reserved == [1]


# --- outages and crashes -----------------------------------------------------------------------


def take(call: Call, capture: Capture, taken: Sent | None = None) -> Any:
    session_id = uuid.UUID(capture.session_id)
    return service.take_capture(call, session_id, taken or sent(capture, frames(ASTRONAUT)))


@pytest.mark.gate
def test_a_face_that_was_declined_while_it_was_judged_opens_nothing(stage: Stage) -> None:
    step = last_step(stage)
    capture = step.hand_over()
    call = guest_call(capture, stage)
    watching = InterruptedVerifier(
        call.dependencies.verifier(), lambda: capture.consent("declined")
    )
    call = with_(call, verifier=lambda: watching)
    with pytest.raises(FaceDeclined):
        take(call, capture)
    assert step.row().state == "awaiting_face"
    assert step.row().route == "counter"


@pytest.mark.gate
def test_an_engine_that_fails_burns_nothing_and_the_same_capture_may_come_again(
    stage: Stage,
) -> None:
    step = child(stage)
    capture = step.open("own")
    call = guest_call(capture, stage)
    failing, taken = FailingVerifier(support.verifier(), ALTERED), sent(capture, frames(ASTRONAUT))
    with pytest.raises(Unavailable):
        take(with_(call, verifier=lambda: failing), capture, taken)
    assert [one.outcome for one in step.attempts()] == ["outage"]
    assert step.read()["tries_left"] == 10
    assert take(call, capture, taken).outcome == "match"


def test_an_unknown_fault_gives_the_try_back_and_is_not_hidden(stage: Stage) -> None:
    step = child(stage)
    capture = step.open("own")
    failing = FailingVerifier(support.verifier(), ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        take(with_(guest_call(capture, stage), verifier=lambda: failing), capture)
    assert [one.outcome for one in step.attempts()] == ["outage"]


@pytest.mark.gate
def test_a_process_that_dies_leaves_the_try_spent(stage: Stage) -> None:
    step = child(stage)
    capture = step.open("own")
    call = guest_call(capture, stage)
    failing = FailingVerifier(support.verifier(), ProcessDied())
    with pytest.raises(ProcessDied):
        take(with_(call, verifier=lambda: failing), capture)
    assert [one.outcome for one in step.attempts()] == [None]
    assert step.read()["tries_left"] == 9
    assert capture.show_face(frames(ASTRONAUT, 2)).code == "capture_in_progress"
    stage.clock.advance(seconds=61)
    assert capture.show_face(frames(ASTRONAUT, 2)).body["outcome"] == "match"


def test_when_every_place_is_taken_nothing_is_reserved(stage: Stage) -> None:
    step = child(stage)
    capture = step.open("own")
    places = BoundedSemaphore(1)
    places.acquire()
    call = with_(guest_call(capture, stage), judging=places)
    quick = replace(call, settings=replace(call.settings, judging_wait_seconds=0.01))
    with pytest.raises(Busy):
        take(quick, capture)
    assert step.attempts() == []


def test_a_silent_registry_burns_nothing(stage: Stage) -> None:
    step = child(stage)
    capture = step.open("own")
    with pytest.raises(Unavailable):
        take(with_(guest_call(capture, stage), registry=SilentRegistry()), capture)
    assert step.attempts() == []


@pytest.mark.gate
def test_a_full_store_leaves_no_half_made_case(stage: Stage) -> None:
    step = child(stage)
    capture = step.open("own")
    call = guest_call(capture, stage)
    full = FullStore(call.dependencies.file_store)
    taken = sent(capture, frames(ASTRONAUT))
    with pytest.raises(Unavailable):
        take(with_(call, file_store=full), capture, taken)
    assert [one.outcome for one in step.attempts()] == ["outage"]
    assert step.row().state == "awaiting_face"
    assert take(call, capture, taken).next == "wait_for_review"
