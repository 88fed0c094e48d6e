"""The registry is asked again at every gate: who died, or lost their card, opens nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from ecard.demo.phone import Answer
from tests.activation.steps import ASTRONAUT, LastStep, frames, last_step
from tests.activation.test_counter import code_of, redeem
from tests.documents.applications import apply
from tests.family.scene import change
from tests.review import cases
from tests.support import Stage

DIED = date(2026, 11, 17)


def dies(stage: Stage, ref: str) -> None:
    change(stage, stage.demo.persons[ref], died_on=DIED)


def loses_card(stage: Stage, ref: str) -> None:
    person = stage.demo.persons[ref]
    assert person.card is not None
    change(stage, person, card=replace(person.card, state="cancelled"))


def capture(step: LastStep, event: Callable[[], None]) -> Answer:
    opened = step.hand_over()
    event()
    return opened.show_face(frames(ASTRONAUT))


def at_counter(step: LastStep, event: Callable[[], None]) -> Answer:
    code, desk = code_of(step), step.stage.desk("clerk-north")
    event()
    return redeem(desk, code)


def handing_over(step: LastStep, event: Callable[[], None]) -> Answer:
    event()
    return step.post("/capture-sessions", {"via": "handed_over"})


def inviting(step: LastStep, event: Callable[[], None]) -> Answer:
    event()
    return step.post("/invitations")


def asking_for_a_code(step: LastStep, event: Callable[[], None]) -> Answer:
    event()
    return step.post("/counter-code")


GATES = [capture, at_counter, handing_over, inviting, asking_for_a_code]


@pytest.mark.gate
@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("event", [dies, loses_card])
def test_a_relative_who_no_longer_stands_gets_one_answer_at_every_gate(
    stage: Stage,
    gate: Callable[[LastStep, Callable[[], None]], Answer],
    event: Callable[[Stage, str], None],
) -> None:
    step = last_step(stage)
    answer = gate(step, lambda: event(stage, "elena"))
    assert (answer.status, answer.code) == (422, "relative_not_confirmed")
    assert not answer.body.get("params")
    assert step.row().state == "evidence_accepted" or gate is capture
    assert step.row().activated_at is None
    assert step.attempts() == []


@pytest.mark.parametrize(
    "gate", [GATES[0], *(pytest.param(gate, marks=pytest.mark.gate) for gate in GATES[1:])]
)
def test_the_holders_own_card_is_named_to_the_holder_and_to_others_as_somebody_elses(
    stage: Stage, gate: Callable[[LastStep, Callable[[], None]], Answer]
) -> None:
    step = last_step(stage)
    answer = gate(step, lambda: loses_card(stage, "tomas"))
    if gate in (capture, at_counter):
        assert (answer.status, answer.code) == (409, "holder_card_not_usable")
        assert "cancelled" not in str(answer.body)
    else:
        assert answer.code == "card_not_usable"
        assert answer.body["params"]["state"] == "cancelled"
    assert step.row().activated_at is None


@pytest.mark.gate
def test_evidence_is_not_taken_for_somebody_who_died_and_costs_nothing(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    ids = application.upload("birth_certificate", "face_photo")
    dies(stage, "mateo")
    answer = application.phone.give_evidence(application.link_id, ids)
    assert (answer.status, answer.code) == (422, "relative_not_confirmed")
    assert application.unclaimed() == set(ids)
    assert application.evidence()["tries_left"] == 5


@pytest.mark.parametrize("event", [dies, loses_card])
def test_a_case_is_not_approved_for_somebody_who_no_longer_stands_but_may_be_rejected(
    stage: Stage, event: Callable[[Stage, str], None]
) -> None:
    application = cases.face_case(stage)
    desk = cases.at_desk(stage, cases.FIRST)
    event(stage, "elena")
    refused = desk.decide("approved", "face_confirmed")
    assert (refused.status, refused.code) == (422, "relative_not_confirmed")
    assert application.state() == "in_review"
    assert desk.reject("identity_not_verified").status == 201


def test_a_code_stays_good_while_the_holder_has_their_card_put_right(stage: Stage) -> None:
    step = last_step(stage)
    code, desk = code_of(step), stage.desk("clerk-north")
    loses_card(stage, "tomas")
    assert redeem(desk, code).code == "holder_card_not_usable"
    change(stage, stage.demo.persons["tomas"])
    assert redeem(desk, code).body["state"] == "active"
