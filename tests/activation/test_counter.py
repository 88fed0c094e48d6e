"""The counter: a code, a clerk of the region, and the relative in person."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecard.agencies.models import StaffMember
from ecard.demo.phone import Answer, Phone
from ecard.family import service as family
from ecard.family.models import LinkChange
from ecard.persons import service as persons
from tests.activation.steps import LastStep, last_step
from tests.support import Stage


def code_of(step: LastStep) -> str:
    answer = step.post("/counter-code")
    assert answer.status == 201, answer.body
    return str(answer.body["code"])


def redeem(desk: Phone, code: str, **more: object) -> Answer:
    body = {
        "code": code,
        "identity_document": "id_card",
        "relative_present": True,
        "accepted": True,
        "scopes": ["rights"],
    } | more
    return desk.send("POST", "/staff/counter-codes/redeem", body)


def test_a_clerk_opens_an_adults_link_who_accepts_at_the_counter(stage: Stage) -> None:
    step = last_step(stage)
    answer = redeem(stage.desk("clerk-north"), code_of(step))
    assert answer.status == 200, answer.body
    assert answer.body["state"] == "active"
    link = step.link()
    assert link["may_act"]
    assert step.row().accepted_via == "counter"


def test_who_accepted_on_the_holders_phone_and_came_to_the_counter_need_not_wait(
    stage: Stage,
) -> None:
    step = last_step(stage)
    step.hand_over()
    step.take_back()
    assert redeem(stage.desk("clerk-north"), code_of(step)).ok
    assert step.link()["may_act"]


def test_at_the_counter_an_adult_chooses_what_they_agree_to(stage: Stage) -> None:
    step = last_step(stage)
    code, desk = code_of(step), stage.desk("clerk-north")
    for said, why in (([], "required"), (["money"], "not_asked_for"), (["x"], "not_asked_for")):
        refused = redeem(desk, code, scopes=said)
        assert (refused.code, refused.body["fields"]) == ("invalid_input", {"scopes": [why]})
        assert refused.body["params"]["asked_for"] == ["certification", "qr", "rights"]
    assert step.link()["state"] == "evidence_accepted"
    assert redeem(desk, code, scopes=["rights", "qr"]).ok
    assert step.link()["scopes"] == ["qr", "rights"]


def test_at_the_counter_nobody_agrees_to_more_than_they_chose_on_the_phone(stage: Stage) -> None:
    step = last_step(stage)
    assert step.open("handed_over").accept(["rights", "qr"]).ok
    step.take_back()
    code, desk = code_of(step), stage.desk("clerk-north")
    wider = redeem(desk, code, scopes=["certification", "rights"])
    assert wider.body["fields"] == {"scopes": ["not_asked_for"]}
    assert redeem(desk, code, scopes=[]).ok
    assert step.link()["scopes"] == ["qr", "rights"]


def test_a_code_names_the_counters_and_is_shown_in_the_activation(stage: Stage) -> None:
    step = last_step(stage)
    answer = step.post("/counter-code")
    assert {place["code"] for place in answer.body["counters"]} == {"north-1", "north-2"}
    counter = next(item for item in step.read()["routes"] if item["route"] == "counter")
    assert counter["code_until"] == answer.body["expires_at"]


def test_a_code_is_good_for_seven_days_and_keeps_the_application_open(stage: Stage) -> None:
    step = last_step(stage)
    stage.clock.advance(days=6)
    step.sign_in_again("tomas")
    code = code_of(step)
    stage.clock.advance(days=6, hours=23)
    assert redeem(stage.desk("clerk-north"), code).ok


def test_an_old_code_is_expired(stage: Stage) -> None:
    code = code_of(last_step(stage))
    stage.clock.advance(days=7)
    answer = redeem(stage.desk("clerk-north"), code)
    assert (answer.status, answer.code) == (410, "counter_code_expired")


def test_a_code_works_once_and_a_newer_one_replaces_it(stage: Stage) -> None:
    step = last_step(stage)
    first, second = code_of(step), code_of(step)
    desk = stage.desk("clerk-north")
    assert redeem(desk, first).code == "counter_code_used"
    assert redeem(desk, second.lower().replace("-", " ")).ok
    assert redeem(desk, second).code == "counter_code_used"


def test_another_regions_clerk_learns_nothing_from_a_code(stage: Stage) -> None:
    code = code_of(last_step(stage))
    desk = stage.desk("clerk-south")
    foreign, unknown = redeem(desk, code), redeem(desk, "2222222222")
    assert (
        (foreign.status, foreign.code)
        == (unknown.status, unknown.code)
        == (
            422,
            "counter_code_wrong",
        )
    )


def test_only_clerks_redeem_codes(stage: Stage) -> None:
    code = code_of(last_step(stage))
    assert redeem(stage.desk("reviewer-north"), code).status == 403


def test_the_eleventh_wrong_code_in_an_hour_is_not_looked_at(stage: Stage) -> None:
    code = code_of(last_step(stage))
    desk = stage.desk("clerk-north")
    wrong = [redeem(desk, f"222222222{mark}") for mark in "23456789AB"]
    assert [answer.body["params"]["tries_left"] for answer in wrong] == list(range(9, -1, -1))
    refused = redeem(desk, code)
    assert (refused.status, refused.code) == (429, "too_many_wrong_codes")
    assert 3500 < int(refused.headers["Retry-After"]) <= 3601


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"relative_present": False}, 422, "invalid_input"),
        ({"identity_document": "a library card"}, 422, "invalid_input"),
        ({"accepted": False}, 409, "acceptance_missing"),
    ],
)
def test_a_clerk_confirms_presence_document_and_acceptance(
    stage: Stage, more: dict[str, object], status: int, code: str
) -> None:
    step = last_step(stage)
    issued = code_of(step)
    desk = stage.desk("clerk-north")
    answer = redeem(desk, issued, **more)
    assert (answer.status, answer.code) == (status, code)
    assert step.link()["state"] == "evidence_accepted"
    assert redeem(desk, issued).ok


def test_a_child_needs_no_acceptance_at_the_counter(stage: Stage) -> None:
    step = last_step(stage, "lucia", "mateo", "child")
    assert redeem(stage.desk("clerk-north"), code_of(step), accepted=False).ok
    assert step.link()["state"] == "active"


@pytest.mark.parametrize("side", ["tomas", "elena"])
def test_a_clerk_never_serves_a_link_of_their_own(stage: Stage, side: str) -> None:
    step = last_step(stage)
    call = stage.joined.call()
    with stage.joined.db.write() as session:
        clerk = session.scalars(sa.select(StaffMember).filter_by(user_name="clerk-north")).one()
        clerk.person_number_index = persons.number_index(call, stage.demo.persons[side].number)
        session.commit()
    answer = redeem(stage.desk("clerk-north"), code_of(step))
    assert (answer.status, answer.code) == (403, "own_link_at_counter")
    assert step.link()["state"] == "evidence_accepted"


def test_a_link_in_review_is_not_opened_by_a_code_issued_before(stage: Stage) -> None:
    step = last_step(stage, "lucia", "mateo", "child")
    code = code_of(step)
    with stage.joined.db.write() as session:
        link = family.lock_link(session, uuid.UUID(step.link_id))
        family.move(session, stage.joined.call(), link, "in_review", "face_needs_person")
        session.commit()
    assert redeem(stage.desk("clerk-north"), code).code == "illegal_move"
    assert step.post("/counter-code").code == "illegal_move"


def test_the_sixth_code_of_a_day_waits(stage: Stage) -> None:
    step = last_step(stage)
    assert all(step.post("/counter-code").ok for _ in range(5))
    assert step.post("/counter-code").code == "too_many_counter_codes"
    stage.clock.advance(seconds=timedelta(days=1).total_seconds())
    step.sign_in_again("tomas")
    assert step.post("/counter-code").ok


@pytest.mark.gate
def test_of_parallel_redemptions_of_one_code_exactly_one_opens_the_link(stage: Stage) -> None:
    step = last_step(stage)
    code, desk = code_of(step), stage.desk("clerk-north")
    with ThreadPoolExecutor(10) as clerks:
        answers = list(clerks.map(lambda _: redeem(desk, code), range(10)))
    assert sorted(answer.code for answer in answers) == ["", *9 * ["counter_code_used"]]
    with stage.joined.db.read() as session:
        moves = session.scalars(sa.select(LinkChange).filter_by(to_state="active")).all()
    assert len(moves) == 1


@pytest.mark.gate
def test_codes_one_after_the_other_do_not_keep_an_application_open_for_ever(stage: Stage) -> None:
    step = last_step(stage)
    start, lapses = stage.clock(), []
    for _ in range(3):
        code_of(step)
        lapses.append(step.row().lapses_at - start)
        stage.clock.advance(days=6)
        step.sign_in_again("tomas")
    assert [round(one.total_seconds() / 86400, 3) for one in lapses] == [7, 13, 14]
    assert step.post("/counter-code").code == "application_expired"
