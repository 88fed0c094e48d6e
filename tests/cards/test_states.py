"""The card's state: stopped at any time, taken back with the password, moved at a counter."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from ecard.cards import service as cards
from ecard.cards.errors import CardNotUsable
from ecard.cards.models import CardStateChange
from ecard.demo.phone import Answer, Phone
from tests.accounts.scene import PASSWORD, refusal


def move(phone: Phone, state: str, **more: str) -> Answer:
    return phone.send("POST", "/card/state", {"state": state, **more})


def grant(phone: Phone, purpose: str = "change_card_state") -> Answer:
    return phone.send("POST", "/step-ups", {"purpose": purpose, "password": PASSWORD})


@pytest.mark.parametrize("state", ["suspended", "lost"])
def test_a_card_is_stopped_without_a_password_even_while_it_is_locked(scene, state):
    phone = scene.signed_in("lucia")
    for _ in range(6):
        phone.send("POST", "/step-ups", {"purpose": "decide_recovery", "password": "904713"})
    answer = move(phone, state)
    assert (answer.status, answer.body["state"], answer.body["usable"]) == (200, state, False)
    assert "card_state_changed" in scene.kinds_sent_to("lucia")
    assert f"card.{state}" in scene.audited()


@pytest.mark.parametrize("state", ["suspended", "lost"])
def test_a_stopped_card_opens_nothing(scene, state):
    phone = scene.signed_in("lucia")
    move(phone, state)
    answer = grant(phone, "add_relative")
    assert refusal(answer) == (409, "card_not_usable")
    assert answer.body["params"] == {"state": state}
    with pytest.raises(CardNotUsable):
        cards.refuse_card_state(scene.as_holder(phone))


def test_a_refused_card_state_costs_no_password_try(scene):
    phone = scene.signed_in("lucia")
    move(phone, "lost")
    phone.send("POST", "/step-ups", {"purpose": "decide_recovery", "password": "904713"})
    assert phone.must("GET", "/card")["tries_left"] == 6


def test_signing_in_stays_possible_with_a_stopped_card(scene):
    phone = scene.signed_in("lucia")
    move(phone, "lost")
    sign_in_id, code = scene.ask_code("lucia", phone)
    phone.sign_in(sign_in_id, code)
    assert phone.must("GET", "/card")["state"] == "lost"


def test_a_suspended_card_comes_back_with_a_step_up_and_only_with_one(scene):
    phone = scene.signed_in("lucia")
    move(phone, "suspended")
    assert refusal(move(phone, "normal")) == (403, "step_up_needed")
    step_up_id = grant(phone).body["id"]
    assert move(phone, "normal", step_up_id=step_up_id).body["usable"] is True
    move(phone, "suspended")
    assert refusal(move(phone, "normal", step_up_id=step_up_id)) == (403, "step_up_needed")
    assert phone.must("GET", "/card")["state"] == "suspended"


def test_a_grant_for_another_purpose_does_not_bring_a_card_back(scene):
    phone = scene.signed_in("lucia")
    step_up_id = grant(phone, "add_relative").body["id"]
    move(phone, "suspended")
    assert refusal(move(phone, "normal", step_up_id=step_up_id)) == (403, "step_up_needed")


def test_a_lost_card_comes_back_at_a_counter_only(scene):
    phone = scene.signed_in("lucia")
    move(phone, "lost")
    answer = move(phone, "normal")
    assert refusal(answer) == (409, "card_state_refused")
    assert answer.body["next"] == "counter"
    body = {"card_number": "900000000101", "identity_document": "passport", "state": "normal"}
    desk = scene.desk("clerk-north")
    moved = desk.must("POST", "/staff/cards/state", body)
    assert moved == {"number_masked": "••••••••0101", "state": "normal"}
    assert phone.must("GET", "/card")["state"] == "normal"


def test_a_cancelled_card_stays_cancelled(scene):
    desk = scene.desk("clerk-north")
    body = {"card_number": "900000000101", "identity_document": "passport", "state": "cancelled"}
    desk.must("POST", "/staff/cards/state", body)
    answer = desk.send("POST", "/staff/cards/state", {**body, "state": "normal"})
    assert refusal(answer) == (409, "card_state_refused")


def test_each_move_is_recorded_once_and_a_repeated_one_not_again(scene):
    phone = scene.signed_in("lucia")
    for _ in range(2):
        assert move(phone, "suspended").status == 200
    with scene.joined.db.read() as session:
        rows = session.scalars(sa.select(CardStateChange)).all()
    assert [(row.from_state, row.to_state, row.actor_kind, row.channel) for row in rows] == [
        ("normal", "suspended", "holder", "app")
    ]


def test_an_expired_card_opens_nothing(scene):
    phone = scene.signed_in("lucia")
    scene.clock.advance(days=1826)
    sign_in_id, code = scene.ask_code("lucia", phone)
    phone.sign_in(sign_in_id, code)
    card = phone.must("GET", "/card")
    assert (card["state"], card["usable"]) == ("normal", False)
    assert refusal(grant(phone, "add_relative")) == (409, "card_not_usable")


def test_a_clerk_of_another_region_finds_no_card(scene):
    body = {"card_number": "900000000101", "identity_document": "passport", "state": "lost"}
    answer = scene.desk("clerk-south").send("POST", "/staff/cards/state", body)
    assert refusal(answer) == (404, "not_found")


def test_a_holder_names_a_state_that_they_may_ask_for(scene):
    phone = scene.signed_in("lucia", password=None)
    for body in ({}, {"state": "cancelled"}, {"state": "stolen"}, {"state": 1}):
        assert refusal(phone.send("POST", "/card/state", body)) == (422, "invalid_input")


def test_a_card_is_good_until_the_end_of_its_last_day_at_the_holders_place(scene):
    phone = scene.signed_in("lucia", password=None)
    last = scene.demo.persons["lucia"].card.expires_on
    zone = ZoneInfo("Asia/Shanghai")
    for at, good in ((time(23, 59), True), (time(0, 1), False)):
        day = last if good else last + timedelta(days=1)
        scene.clock.time = datetime.combine(day, at, zone).astimezone(UTC)
        sign_in_id, code = scene.ask_code("lucia", phone)
        phone.sign_in(sign_in_id, code)
        assert phone.must("GET", "/card")["usable"] is good
