"""The holder's door: codes, devices, and what a stranger can and cannot do to them."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from ecard.accounts import service as accounts
from ecard.accounts.models import Account, FailedSignIns, Session, SignInCode
from ecard.errors import Refusal
from tests.accounts.scene import at_once, refusal, set_scene, sign_in_body, wrong

UNKNOWN_CARD = "999999999999"


def test_the_first_sign_in_opens_an_account_and_makes_the_phone_known(scene):
    phone = scene.phone()
    sign_in_id, code = scene.ask_code("lucia")
    tokens = phone.sign_in(sign_in_id, code)
    assert tokens["expires_in"] == 900
    assert tokens["device_token"].startswith("ed_")
    assert phone.must("GET", "/devices")["items"][0]["current"] is True
    assert "new_device" in scene.kinds_sent_to("lucia")


def test_the_same_phone_signs_in_again_without_becoming_a_second_device(scene):
    phone = scene.signed_in("lucia", password=None)
    old_token = phone.token
    sign_in_id, code = scene.ask_code("lucia", phone)
    assert phone.sign_in(sign_in_id, code)["device_token"] is None
    assert len(phone.must("GET", "/devices")["items"]) == 1
    assert phone.send("GET", "/devices", token=old_token).status == 401


def test_an_unknown_phone_is_sent_to_recovery_and_keeps_its_code(scene):
    scene.signed_in("lucia", password=None)
    stranger = scene.phone()
    sign_in_id, code = scene.ask_code("lucia")
    answer = stranger.send("POST", "/sign-in", sign_in_body(sign_in_id, code))
    assert refusal(answer) == (403, "new_device_needs_recovery")
    assert answer.body["next"] == "recover"
    opened = stranger.send("POST", "/recoveries", sign_in_body(sign_in_id, code))
    assert opened.status == 201


def test_the_device_token_of_somebody_else_is_that_of_an_unknown_phone(scene):
    scene.signed_in("lucia", password=None)
    foreign = scene.signed_in("tomas", password=None)
    sign_in_id, code = scene.ask_code("lucia")
    body = sign_in_body(sign_in_id, code, device_token=foreign.device_token)
    assert refusal(foreign.send("POST", "/sign-in", body)) == (403, "new_device_needs_recovery")


def test_a_code_works_once(scene):
    sign_in_id, code = scene.ask_code("lucia")
    phone = scene.phone()
    phone.sign_in(sign_in_id, code)
    body = sign_in_body(sign_in_id, code, device_token=phone.device_token)
    assert refusal(scene.phone().send("POST", "/sign-in", body)) == (401, "code_expired")


def test_a_code_lapses_after_its_ten_minutes(scene):
    sign_in_id, code = scene.ask_code("lucia")
    scene.clock.advance(seconds=600)
    answer = scene.phone().send("POST", "/sign-in", sign_in_body(sign_in_id, code))
    assert refusal(answer) == (401, "code_expired")


def test_a_repeated_sign_in_with_the_same_key_gets_the_same_tokens(scene):
    sign_in_id, code = scene.ask_code("lucia")
    body, key = sign_in_body(sign_in_id, code), "k" * 30
    first = scene.phone().send("POST", "/sign-in", body, key=key)
    assert scene.phone().send("POST", "/sign-in", body, key=key).body == first.body


def test_five_wrong_codes_end_the_code_even_for_the_right_one(scene):
    sign_in_id, code = scene.ask_code("lucia")
    left = []
    for _ in range(5):
        answer = scene.phone().send("POST", "/sign-in", sign_in_body(sign_in_id, wrong(code)))
        assert refusal(answer) == (401, "code_wrong")
        left.append(answer.body["params"]["tries_left"])
    assert left == [4, 3, 2, 1, 0]
    scene.clock.advance(seconds=61)
    answer = scene.phone().send("POST", "/sign-in", sign_in_body(sign_in_id, code))
    assert refusal(answer) == (401, "code_expired")


@pytest.mark.gate
def test_of_many_parallel_wrong_codes_five_are_examined(tmp_path):
    with set_scene(tmp_path, sign_ins_per_account=1000) as scene:
        sign_in_id, code = scene.ask_code("lucia")

        def guess(index: int) -> str:
            try:
                accounts.sign_in(
                    scene.call(), sign_in_id=UUID(sign_in_id), code=wrong(code), device_name="x"
                )
            except Refusal as refused:
                return refused.code
            return "in"

        answers = at_once(20, guess)
    assert sorted(set(answers)) == ["code_expired", "code_wrong"]
    assert answers.count("code_wrong") == 5


def test_of_parallel_sign_ins_with_one_code_one_gets_in(scene):
    sign_in_id, code = scene.ask_code("lucia")

    def enter(index: int) -> str:
        try:
            accounts.sign_in(
                scene.call(network=f"192.0.2.{index}"),
                sign_in_id=UUID(sign_in_id),
                code=code,
                device_name="x",
            )
        except Refusal as refused:
            return refused.code
        return "in"

    answers = at_once(12, enter)
    assert answers.count("in") == 1
    with scene.joined.db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(Session)) == 1


# --- known and unknown cards ------------------------------------------------------------------


def test_asking_for_a_code_answers_alike_for_known_and_unknown_cards(scene):
    card = scene.demo.holder("lucia").card_number
    answers = [
        scene.phone().send("POST", "/sign-in/codes", {"card_number": number})
        for number in (card, UNKNOWN_CARD)
    ]
    shapes = [(one.status, sorted(one.body), one.body["expires_at"]) for one in answers]
    assert shapes[0] == shapes[1]
    assert shapes[0][0] == 202


def test_asking_for_a_code_does_the_same_work_for_known_and_unknown_cards(scene):
    """The registry must not be asked, nothing may be hashed or sent that depends on the card."""
    statements: dict[str, list[str]] = {}
    card = scene.demo.holder("lucia").card_number
    for number in (UNKNOWN_CARD, card):
        seen = statements.setdefault(number, [])

        def note(conn, cursor, statement, parameters, context, many, seen=seen):
            seen.append(statement)

        for engine in {scene.joined.db.engine, scene.joined.db._reading}:
            sa.event.listen(engine, "before_cursor_execute", note)
        accounts.request_code(scene.call(), number)
        for engine in {scene.joined.db.engine, scene.joined.db._reading}:
            sa.event.remove(engine, "before_cursor_execute", note)
    assert statements[card] == statements[UNKNOWN_CARD]
    assert not [line for line in statements[card] if "registry" in line]


def test_a_wrong_code_answers_alike_for_known_and_unknown_cards(scene):
    card = scene.demo.holder("lucia").card_number
    answers = []
    for number in (card, UNKNOWN_CARD):
        sign_in_id = scene.phone().ask_code(number)
        scene.work_off()
        answers.append(scene.phone().send("POST", "/sign-in", sign_in_body(sign_in_id, "000001")))
    for one in answers:
        one.body.pop("instance")
    assert answers[0].body == answers[1].body


def test_nothing_is_sent_for_an_unknown_card_and_its_row_keeps_no_number(scene):
    scene.phone().ask_code(UNKNOWN_CARD)
    scene.work_off()
    with scene.joined.db.read() as session:
        row = session.scalars(sa.select(SignInCode)).one()
    assert row.sent_at is None
    assert UNKNOWN_CARD.encode() not in (row.card_number or b"")


def test_a_job_that_runs_twice_sends_one_code(scene):
    sign_in_id, code = scene.ask_code("lucia")
    accounts.JOBS["accounts.send_code"](scene.joined.call(), sign_in_id)
    assert scene.kinds_sent_to("lucia").count("sign_in_code") == 1
    scene.phone().sign_in(sign_in_id, code)


def test_the_dead_are_sent_no_code(scene):
    scene.phone().ask_code(scene.demo.persons["ramon"].card.number)
    assert scene.kinds_sent_to_phone("+447700900113") == []


# --- limits -----------------------------------------------------------------------------------


def test_a_third_code_in_a_row_waits_and_says_how_long(scene):
    card = scene.demo.holder("lucia").card_number
    for _ in range(2):
        scene.phone().ask_code(card)
    answer = scene.phone().send("POST", "/sign-in/codes", {"card_number": card})
    assert refusal(answer) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) == 11
    scene.clock.advance(seconds=11)
    scene.phone().ask_code(card)


@pytest.mark.gate
@pytest.mark.parametrize("card", ["lucia", None])
def test_codes_of_a_day_are_counted_for_known_and_unknown_cards(scene, card):
    number = scene.demo.holder(card).card_number if card else UNKNOWN_CARD
    for _ in range(20):
        scene.phone().ask_code(number)
        scene.clock.advance(seconds=11)
    answer = scene.phone().send("POST", "/sign-in/codes", {"card_number": number})
    assert refusal(answer) == (429, "too_many_requests")


@pytest.mark.gate
def test_strangers_who_ask_and_fail_all_day_never_lock_the_owners_known_phone(tmp_path):
    with set_scene(tmp_path, sign_ins_total=6, sign_ins_per_account=100) as scene:
        owner = scene.signed_in("lucia", password=None)
        for _ in range(20):
            scene.clock.advance(seconds=61)
            scene.phone().send(
                "POST", "/sign-in/codes", {"card_number": scene.demo.holder("lucia").card_number}
            )
        scene.clock.advance(days=1)
        sign_in_id, code = scene.ask_code("lucia")
        for _ in range(7):
            answer = scene.phone().send("POST", "/sign-in", sign_in_body(sign_in_id, wrong(code)))
        scene.clock.advance(seconds=11)
        sign_in_id, code = scene.ask_code("lucia")
        for _ in range(3):
            answer = scene.phone().send("POST", "/sign-in", sign_in_body(sign_in_id, wrong(code)))
        assert refusal(answer) == (403, "sign_in_blocked")
        sign_in_id, code = scene.ask_code("lucia", owner)
        owner.sign_in(sign_in_id, code)
        with scene.joined.db.read() as session:
            assert session.scalars(sa.select(FailedSignIns)).all() == []


def test_tries_on_one_account_from_one_address_are_limited(scene):
    sign_in_id, code = scene.ask_code("lucia")
    for _ in range(5):
        scene.phone().send("POST", "/sign-in", sign_in_body(sign_in_id, wrong(code)))
    answer = scene.phone().send("POST", "/sign-in", sign_in_body(sign_in_id, code))
    assert refusal(answer) == (429, "too_many_requests")
    assert 1 <= int(answer.headers["Retry-After"]) <= 61


def test_tries_from_one_address_over_many_cards_are_limited(tmp_path):
    with set_scene(tmp_path, sign_ins_per_address=3) as scene:
        for number in range(3):
            scene.phone().ask_code(f"99999999000{number}")
        answer = scene.phone().send("POST", "/sign-in/codes", {"card_number": "999999990004"})
        assert refusal(answer) == (429, "too_many_requests")


def test_codes_are_forgotten_after_a_day(scene):
    scene.phone().ask_code(UNKNOWN_CARD)
    scene.clock.advance(hours=25)
    assert accounts.sweep(scene.call()) == 1


# --- bad input --------------------------------------------------------------------------------


WRONG_FIELDS = [
    ("/sign-in/codes", {}, "card_number"),
    ("/sign-in/codes", {"card_number": ""}, "card_number"),
    ("/sign-in/codes", {"card_number": "9" * 50}, "card_number"),
    ("/sign-in/codes", {"card_number": 900000000101}, "card_number"),
    ("/sign-in/codes", {"card_number": "9000", "extra": 1}, "extra"),
    ("/sign-in", {"sign_in_id": "x", "code": "123456", "device_name": "a"}, "sign_in_id"),
    ("/tokens", {"refresh_token": None}, "refresh_token"),
]


def test_a_wrong_field_is_named_and_costs_nothing(scene):
    for path, body, field in WRONG_FIELDS:
        answer = scene.phone().send("POST", path, body)
        assert refusal(answer) == (422, "invalid_input")
        assert field in answer.body["fields"]
    with scene.joined.db.read() as session:
        assert session.scalars(sa.select(SignInCode)).all() == []


def test_an_unknown_sign_in_is_an_expired_one(scene):
    nowhere = "7d3c5a4e-0000-4000-8000-000000000000"
    answer = scene.phone().send("POST", "/sign-in", sign_in_body(nowhere, "123456"))
    assert refusal(answer) == (401, "code_expired")
