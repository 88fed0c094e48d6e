"""The challenge of a capture session over HTTP: drawn by the server, used once, bound to session,
device and nonce; and what is refused with which code. The people are a simulation."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from random import SystemRandom

import pytest
import sqlalchemy as sa

from biometrics.challenge import Profile, draw
from biometrics.evaluation.simulator import Species
from ecard import challenges, prints
from ecard.audit import AuditRow
from ecard.challenges import DrawnChallenge
from ecard.demo.capture_client import Drawn, Part, Recording, SigningKey
from ecard.demo.phone import Answer, Capture
from ecard.joined import join
from ecard.persons import service as persons
from ecard.policy import service as policies
from ecard.prints import CapturePrint
from tests.activation.steps import (
    ADMIRAL,
    ASTRONAUT,
    UNDECIDED,
    LastStep,
    frames,
    last_step,
    stills,
)
from tests.review.cases import opened
from tests.security.parallel import at_once, codes
from tests.support import Stage


def child(stage: Stage) -> LastStep:
    step = last_step(stage, "lucia", "mateo", "child")
    assert step.phone.consent_as_guardian(step.link_id).ok
    return step


def drawn_rows(stage: Stage) -> list[DrawnChallenge]:
    with stage.joined.db.read() as session:
        return list(session.scalars(sa.select(DrawnChallenge).order_by(DrawnChallenge.drawn_at)))


def recorded(capture: Capture, who: int = ASTRONAUT) -> tuple[Drawn, Recording]:
    drawn = capture.draw()
    return drawn, capture.record(drawn, frames(who))


# --- drawing -----------------------------------------------------------------------------------


def test_a_drawn_challenge_says_what_to_do_and_when(stage: Stage) -> None:
    capture = child(stage).open("own")
    assert capture.send("GET").body["profiles"] == ["standard", "no_light", "no_movement"]
    shown = capture.ask().body
    assert {one["move"] for one in shown["moves"]} == {"closer", "back", "turn_left", "turn_right"}
    assert all(one["sentence"] for one in shown["moves"])
    assert len(shown["lights"]) == 6
    assert shown["length_ms"] <= 12_000
    assert len(shown["frame_times_ms"]) == 28
    assert (shown["start_seconds"], len(shown["nonce"])) == (60, 32)
    with stage.joined.db.read() as session:
        query = sa.select(AuditRow.reason).filter_by(action="challenge.drawn")
        assert session.scalars(query).all() == ["standard"]


def test_a_profile_leaves_out_what_would_exclude_somebody(stage: Stage) -> None:
    capture = child(stage).open("own")
    unlit, unmoved = (capture.ask(profile).body for profile in ("no_light", "no_movement"))
    assert (len(unlit["moves"]), unlit["lights"]) == (4, [])
    assert (unmoved["moves"], len(unmoved["lights"])) == ([], 6)
    assert capture.ask("no_challenge").code == "invalid_input"


def test_a_new_challenge_spends_the_one_before(stage: Stage) -> None:
    capture = child(stage).open("own")
    drawn, recording = recorded(capture)
    assert capture.ask().ok
    refused = capture.send_form(capture.form(drawn, recording))
    assert (refused.status, refused.code) == (409, "challenge_spent")
    assert refused.body["next"] == "draw_challenge"
    assert [row.spent_as for row in drawn_rows(stage)] == ["replaced", None]


@pytest.mark.gate
def test_no_more_challenges_are_drawn_than_a_day_allows_even_at_once(stage: Stage) -> None:
    capture = child(stage).open("own")
    most = stage.joined.settings.challenges_a_day
    for _ in range(most - 3):
        assert capture.ask().ok
    found = codes(at_once([capture.ask] * 8))
    assert found == {"done": 3, "too_many_challenges": 5}
    assert len(drawn_rows(stage)) == most


def test_what_forbids_the_camera_forbids_the_challenge(stage: Stage) -> None:
    step = last_step(stage, "lucia", "mateo", "child")
    refused = step.open("own").ask()
    assert (refused.code, refused.body["next"]) == ("consent_missing", "guardian_consents")
    assert drawn_rows(stage) == []


def test_another_key_in_the_same_session_is_refused(stage: Stage) -> None:
    capture = child(stage).open("own")
    assert capture.ask().ok
    refused = replace(capture, key=SigningKey()).ask()
    assert (refused.status, refused.code) == (409, "device_key_differs")


def test_a_key_that_is_none_is_named(stage: Stage) -> None:
    capture = child(stage).open("own")
    body = {"device_key": capture.key.public_jwk() | {"x": "A" * 43}}
    refused = capture.send("POST", "/challenges", body)
    assert (refused.status, refused.code) == (422, "invalid_input")


def test_a_repeat_with_the_same_key_draws_nothing_new(stage: Stage) -> None:
    capture = child(stage).open("own")
    answers = [capture.ask(key="a-key-of-twenty-characters") for _ in range(2)]
    assert answers[0].body == answers[1].body
    assert len(drawn_rows(stage)) == 1


def test_chance_is_the_operating_systems_and_no_setting_reaches_it(stage: Stage) -> None:
    joined = join(stage.joined.settings)
    assert isinstance(joined.dependencies.chance(), SystemRandom)
    orders = {draw(Profile.STANDARD, joined.dependencies.chance()).slots for _ in range(30)}
    assert len(orders) > 20
    joined.db.close()


# --- answering ---------------------------------------------------------------------------------


Change = Callable[[Capture, Drawn, Recording], list[Part]]


def replaced(name: str, content: bytes) -> Change:
    """The form with one small part exchanged."""
    return lambda capture, drawn, recording: [
        (part, (file, content if part == name else old, kind))
        for part, (file, old, kind) in capture.form(drawn, recording)
    ]


def of_foreign_session(capture: Capture, drawn: Drawn, recording: Recording) -> list[Part]:
    return replace(capture, session_id=str(uuid.uuid4())).form(drawn, recording)


def with_frames_exchanged(capture: Capture, drawn: Drawn, recording: Recording) -> list[Part]:
    form = capture.form(drawn, recording)
    return [form[1], form[0], *form[2:]]


def of_no_challenge(capture: Capture, drawn: Drawn, recording: Recording) -> list[Part]:
    unknown = {**drawn.challenge, "id": str(uuid.uuid4())}
    return capture.form(Drawn(unknown, drawn.drawn_ms), recording)


def with_another_nonce(capture: Capture, drawn: Drawn, recording: Recording) -> list[Part]:
    return capture.form(Drawn({**drawn.challenge, "nonce": "x" * 32}, drawn.drawn_ms), recording)


def backwards(capture: Capture, drawn: Drawn, recording: Recording) -> list[Part]:
    return capture.form(drawn, replace(recording, at_ms=recording.at_ms[::-1]))


def never_shown(capture: Capture, drawn: Drawn, recording: Recording) -> list[Part]:
    return capture.form(drawn, replace(recording, displayed=[]))


def by_another_key(capture: Capture, drawn: Drawn, recording: Recording) -> list[Part]:
    return replace(capture, key=SigningKey()).form(drawn, recording)


@pytest.mark.parametrize(
    ("change", "status", "code", "spent_as"),
    [
        (of_no_challenge, 409, "challenge_unknown", None),
        pytest.param(*(with_another_nonce, 409, "challenge_unknown", None), marks=pytest.mark.gate),
        pytest.param(
            *(of_foreign_session, 403, "capture_signature_wrong", "refused"), marks=pytest.mark.gate
        ),
        (by_another_key, 403, "capture_signature_wrong", "refused"),
        pytest.param(
            *(replaced("signature", b"none"), 403, "capture_signature_wrong", "refused"),
            marks=pytest.mark.gate,
        ),
        (with_frames_exchanged, 422, "answer_frames_differ", "refused"),
        (backwards, 422, "frames_not_in_time", "refused"),
        (never_shown, 422, "schedule_not_shown", "refused"),
        (replaced("answer", b"{"), 422, "answer_unreadable", None),
        pytest.param(
            *(replaced("answer", b"{}"), 422, "answer_unreadable", None), marks=pytest.mark.gate
        ),
        pytest.param(
            *(replaced("answer", b" " * 40_000), 422, "answer_unreadable", None),
            marks=pytest.mark.gate,
        ),
    ],
    ids=[
        *("unknown", "another_nonce", "foreign_session", "another_key", "no_signature"),
        *("exchanged", "backwards", "never_shown", "no_json", "nothing_said", "too_long"),
    ],
)
def test_what_is_no_answer_is_refused_by_name_and_spends_no_try(
    stage: Stage, change: Change, status: int, code: str, spent_as: str | None
) -> None:
    step = child(stage)
    capture = step.open("own")
    refused = capture.send_form(change(capture, *recorded(capture)))
    assert (refused.status, refused.code) == (status, code)
    assert [row.spent_as for row in drawn_rows(stage)] == [spent_as]
    assert step.attempts() == []


def test_a_form_without_an_answer_is_refused(stage: Stage) -> None:
    capture = child(stage).open("own")
    form = [part for part in capture.form(*recorded(capture)) if part[0] == "frames"]
    refused = capture.send_form(form)
    assert (refused.status, refused.code) == (422, "invalid_input")
    assert set(refused.body["fields"]) == {"answer", "signature"}


def test_a_challenge_of_another_session_is_not_known_here(stage: Stage) -> None:
    step = child(stage)
    drawn, recording = recorded(step.open("own"))
    later = step.open("own")
    refused = later.send_form(later.form(drawn, recording))
    assert refused.code == "challenge_unknown"


def test_a_challenge_is_answered_once(stage: Stage) -> None:
    step = child(stage)
    capture = step.open("own")
    drawn = capture.draw()
    blurred = capture.record(drawn, stills(ASTRONAUT, 12))
    first = capture.send_form(capture.form(drawn, blurred))
    assert first.ok, first.body
    again = capture.send_form(capture.form(drawn, capture.record(drawn, frames(ASTRONAUT))))
    assert again.code in ("challenge_spent", "capture_session_ended")
    assert len(step.attempts()) == 1


@pytest.mark.parametrize("late_by", ["begun", "sent"])
def test_a_late_answer_is_refused(stage: Stage, late_by: str) -> None:
    capture = child(stage).open("own")
    drawn = capture.draw()
    if late_by == "begun":
        stage.clock.advance(seconds=61)
    recording = capture.record(drawn, frames(ASTRONAUT))
    form = capture.form(drawn, recording)
    if late_by == "sent":
        stage.clock.advance(seconds=121)
    refused = capture.send_form(form)
    assert (refused.status, refused.code) == (410, "challenge_late")


def test_an_answer_that_comes_before_it_can_be_there_is_refused(stage: Stage) -> None:
    capture = child(stage).open("own")
    form = capture.form(*recorded(capture))
    stage.clock.advance(seconds=-9)
    assert capture.send_form(form).code == "clock_implausible"


STILL = [Species.SCREEN_STILL, Species.PRINT_FLAT, Species.PRINT_BENT]
MOVING = [Species.SCREEN_VIDEO, Species.PRINT_SWAPPED, Species.SCREEN_VIDEO_TINTED]
"""These answer some of what was drawn, so some are undecided; none is live."""


def outcome(capture: Capture, face: list[bytes], profile: str = "standard") -> Answer:
    answer = capture.show_face(face, profile)
    assert answer.ok, answer.body
    return answer


@pytest.mark.gate
@pytest.mark.parametrize("held_up", STILL)
def test_what_is_held_up_is_an_attack_that_a_person_looks_at(
    stage: Stage, held_up: Species
) -> None:
    step = child(stage)
    answer = outcome(step.open("own"), frames(ASTRONAUT, 0, held_up))
    assert answer.body["outcome"] == "presentation_attack"
    assert answer.body["next"] == "wait_for_review"
    assert step.read()["tries_left"] == 9
    assert step.row().state == "in_review"


@pytest.mark.gate
@pytest.mark.parametrize("held_up", MOVING)
def test_what_is_held_up_and_makes_the_moves_opens_nothing(stage: Stage, held_up: Species) -> None:
    step = child(stage)
    answer = outcome(step.open("own"), frames(ASTRONAUT, 0, held_up))
    assert answer.body["outcome"] in {"presentation_attack", "unusable"}
    assert step.row().state != "active"


@pytest.mark.gate
def test_somebody_in_the_sun_may_try_again_and_is_no_attack(stage: Stage) -> None:
    step = child(stage)
    answer = outcome(step.open("own"), frames(ASTRONAUT, 0, Species.LIVE_IN_SUN))
    assert answer.body["outcome"] == "unusable"
    assert step.read()["tries_left"] == 10


@pytest.mark.gate
def test_a_photo_that_is_shaken_is_an_attack(stage: Stage) -> None:
    answer = outcome(child(stage).open("own"), stills(ASTRONAUT))
    assert answer.body["outcome"] == "presentation_attack"


@pytest.mark.gate
def test_undecided_is_unusable_at_first(stage: Stage) -> None:
    step = child(stage)
    first = outcome(step.open("own"), frames(ASTRONAUT, UNDECIDED))
    assert (first.body["outcome"], first.body["reason"]) == ("unusable", "liveness_undecided")
    assert (first.body["tries_left"], first.body["next"]) == (10, "draw_challenge")
    assert step.attempts()[0].reason == "liveness_undecided"


@pytest.mark.gate
def test_undecided_again_waits_for_a_person(stage: Stage) -> None:
    step = child(stage)
    capture = step.open("own")
    step.tried("unusable", 1, reason="liveness_undecided")
    second = outcome(capture, frames(ASTRONAUT, UNDECIDED))
    assert (second.body["outcome"], second.body["next"]) == ("match", "wait_for_review")
    assert step.row().state == "in_review"


def test_after_an_attack_on_the_pair_a_person_looks_at_the_next_match(stage: Stage) -> None:
    step = child(stage)
    capture = step.open("own")
    step.tried("presentation_attack", 1)
    answer = outcome(capture, frames(ASTRONAUT))
    assert (answer.body["outcome"], answer.body["next"]) == ("match", "wait_for_review")


def test_frames_of_two_people_are_never_a_match(stage: Stage) -> None:
    step = child(stage)
    mixed = frames(ASTRONAUT)[:14] + frames(ADMIRAL)[14:]
    answer = outcome(step.open("own"), mixed)
    assert answer.body["outcome"] in ("unusable", "presentation_attack")
    assert step.row().state != "active"


@pytest.mark.gate
def test_frames_seen_before_are_refused_in_another_session_too(stage: Stage) -> None:
    step = child(stage)
    taken = frames(ADMIRAL)
    assert outcome(step.open("own"), taken).body["outcome"] == "no_match"
    capture = step.open("own")
    refused = capture.show_face([*frames(ASTRONAUT)[:14], *taken[14:]])
    assert (refused.status, refused.code) == (409, "frames_seen_before")
    assert refused.body["next"] == "draw_challenge"
    assert len(step.attempts()) == 1
    assert drawn_rows(stage)[-1].spent_as == "refused"
    assert outcome(capture, frames(ASTRONAUT)).body["outcome"] == "match"


@pytest.mark.gate
def test_fingerprints_are_kept_sealed_and_for_some_days(stage: Stage) -> None:
    step = child(stage)
    assert outcome(step.open("own"), frames(ADMIRAL)).ok
    with stage.joined.db.read() as session:
        (row,) = session.scalars(sa.select(CapturePrint))
        assert len(row.sealed) > 28 * 64
    stage.clock.advance(days=stage.joined.settings.prints_kept_days, seconds=1)
    call = stage.joined.call()
    assert prints.sweep(call) == 1
    assert challenges.sweep(call) == 0
    stage.clock.advance(days=stage.joined.settings.challenges_kept_days)
    assert challenges.sweep(call) == 1


# --- what the region says ----------------------------------------------------------------------


def with_rule(stage: Stage, value: int) -> None:
    call, values = stage.joined.call(), {"unattested_capture": value}
    with stage.joined.db.write() as session:
        region = persons.ensure(session, call, stage.demo.persons["lucia"]).region_id
        policies.add(session, region, dict(values), effective_from=call.now, now=call.now)
        session.commit()
    stage.clock.advance(seconds=1)


def test_a_region_may_refuse_devices_that_nothing_vouches_for(stage: Stage) -> None:
    capture = child(stage).open("own")
    with_rule(stage, 2)
    refused = capture.ask()
    assert (refused.status, refused.code) == (403, "device_not_attested")
    assert refused.body["next"] == "choose_route"


@pytest.mark.gate
def test_a_region_may_have_a_person_look_at_them(stage: Stage) -> None:
    step = child(stage)
    with_rule(stage, 1)
    answer = outcome(step.open("own"), frames(ASTRONAUT))
    assert answer.body["next"] == "wait_for_review"
    assert step.attempts()[0].reason == "device_unattested"


@pytest.mark.gate
def test_the_reviewer_reads_what_was_measured_and_no_distance_or_score(stage: Stage) -> None:
    step = child(stage)
    with_rule(stage, 1)
    assert outcome(step.open("own"), frames(ASTRONAUT)).ok
    facts = opened(stage).read().body["facts"]
    assert facts["life"] == "live"
    said = {fact["name"]: fact for fact in facts["quality"]}
    assert {"times", "moves_made", "eye_distance", "sharpness"} <= set(said)
    assert said["eye_distance"]["unit"] == "px"
    assert said["eye_distance"]["value"] > 0
    scores = {name for name in said if name.startswith(("life_against_", "relief_t", "light_st"))}
    assert len(scores) >= 3
    for name in {"same_person", "light_apart", *scores}:
        assert said[name] == {"name": name, "passed": True}
