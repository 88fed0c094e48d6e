"""The e-card password: set, proved, locked exactly, and what a step-up grant is good for."""

import threading
from uuid import UUID

import pytest
import sqlalchemy as sa

from ecard.call import Call
from ecard.cards import service as cards
from ecard.cards.models import CardPassword, StepUpGrant
from ecard.demo.phone import Answer, Phone
from ecard.errors import Busy, Refusal
from tests.accounts.scene import PASSWORD, Scene, at_once, refusal, set_scene

WRONG = "904713"


def step_up(phone: Phone, password: str = PASSWORD, purpose: str = "add_relative") -> Answer:
    return phone.send("POST", "/step-ups", {"purpose": purpose, "password": password})


def tries(scene: Scene) -> int:
    with scene.joined.db.read() as session:
        return session.scalars(sa.select(CardPassword)).one().tries


# --- setting ----------------------------------------------------------------------------------


def test_an_easy_password_is_refused_when_it_is_set(scene):
    phone = scene.signed_in("lucia", password=None)
    born = scene.demo.persons["lucia"].birth_date.strftime("%d%m%y")
    easy = {"123456": "run", "888888": "repeat", "110101": "in_number", born: "birth_date"}
    for password, why in easy.items():
        answer = phone.send("PUT", "/card/password", {"password": password})
        assert refusal(answer) == (422, "card_password_weak")
        assert answer.body["fields"] == {"password": [why]}
    assert phone.must("GET", "/card")["password"] == "not_set"


def test_anything_but_six_digits_is_bad_input(scene):
    phone = scene.signed_in("lucia", password=None)
    for password in ("12345", "1234567", "abcdef", 730518, None, ""):
        answer = phone.send("PUT", "/card/password", {"password": password})
        assert refusal(answer) == (422, "invalid_input")


def test_a_first_password_is_set_once_and_soon_after_signing_in(scene):
    phone = scene.signed_in("lucia", password=None)
    scene.clock.advance(minutes=14)
    renewed = phone.must("POST", "/tokens", {"refresh_token": phone.refresh_token})
    phone.token = renewed["access_token"]
    scene.clock.advance(minutes=2)
    late = phone.send("PUT", "/card/password", {"password": PASSWORD})
    assert refusal(late) == (403, "fresh_sign_in_needed")
    sign_in_id, code = scene.ask_code("lucia", phone)
    phone.sign_in(sign_in_id, code)
    phone.must("PUT", "/card/password", {"password": PASSWORD})
    again = phone.send("PUT", "/card/password", {"password": "904713"})
    assert refusal(again) == (409, "card_password_is_set")


def test_of_parallel_first_passwords_one_is_kept(scene):
    call = scene.as_holder(scene.signed_in("lucia", password=None))
    offered = ["730518", "904713", "518037", "640392"]

    def put(index: int) -> str:
        try:
            cards.set_password(call, offered[index])
        except Refusal as refused:
            return refused.code
        return "set"

    answers = at_once(4, put)
    assert sorted(answers) == ["card_password_is_set"] * 3 + ["set"]
    cards.prove_password(call, call.holder.person_id, offered[answers.index("set")])


def test_a_password_is_changed_with_the_old_one(scene):
    phone = scene.signed_in("lucia")
    body = {"old": PASSWORD, "new": WRONG}
    assert phone.send("POST", "/card/password/change", body).status == 204
    assert refusal(step_up(phone)) == (403, "card_password_wrong")
    assert step_up(phone, WRONG).status == 201
    assert "password_reset" in scene.kinds_sent_to("lucia")


def test_a_change_to_something_weak_or_to_the_same_costs_no_try(scene):
    phone = scene.signed_in("lucia")
    for new in ("123456", PASSWORD):
        body = {"old": WRONG if new == "123456" else PASSWORD, "new": new}
        answer = phone.send("POST", "/card/password/change", body)
        assert refusal(answer) == (422, "card_password_weak")
    assert tries(scene) == 0


def test_a_change_repeated_after_a_lost_answer_costs_no_try_and_is_answered_alike(scene):
    phone, path = scene.signed_in("lucia"), "/card/password/change"
    wrong, right = ({"old": old, "new": "518037"} for old in (WRONG, PASSWORD))
    for _ in range(2):
        answer = phone.send("POST", path, wrong, key="a" * 24)
        assert refusal(answer) == (403, "card_password_wrong")
    assert tries(scene) == 1
    assert [phone.send("POST", path, right, key="b" * 24).status for _ in range(2)] == [204, 204]
    assert tries(scene) == 0


def test_the_password_is_kept_only_as_a_peppered_hash(scene):
    scene.signed_in("lucia")
    with scene.joined.db.read() as session:
        kept = session.scalars(sa.select(CardPassword)).one().password_hash
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


# --- the lock ---------------------------------------------------------------------------------


def test_the_seventh_try_is_refused_even_with_the_right_password(scene):
    phone = scene.signed_in("lucia")
    left = []
    for _ in range(6):
        answer = step_up(phone, WRONG)
        assert refusal(answer) == (403, "card_password_wrong")
        left.append(answer.body["params"]["tries_left"])
    assert left == [5, 4, 3, 2, 1, 0]
    assert answer.body["next"] == "reset_card_password"
    locked = step_up(phone, PASSWORD)
    assert refusal(locked) == (423, "card_locked")
    assert locked.body["next"] == "reset_card_password"
    assert phone.must("GET", "/card")["password"] == "locked"
    assert scene.kinds_sent_to("lucia").count("password_locked") == 1


def test_a_right_password_starts_the_count_anew(scene):
    phone = scene.signed_in("lucia")
    for _ in range(3):
        for _ in range(5):
            step_up(phone, WRONG)
        assert step_up(phone).status == 201
    assert phone.must("GET", "/card")["tries_left"] == 6


def test_one_count_holds_for_every_door(scene):
    phone = scene.signed_in("lucia")
    for _ in range(2):
        step_up(phone, WRONG)
        phone.send("POST", "/card/password/change", {"old": WRONG, "new": "518037"})
        phone.send("POST", "/session/unlock", {"password": WRONG})
    assert refusal(step_up(phone)) == (423, "card_locked")
    assert refusal(phone.send("POST", "/session/unlock", {"password": PASSWORD})) == (
        423,
        "card_locked",
    )


def test_waiting_does_not_open_the_lock(scene):
    phone = scene.signed_in("lucia")
    call = scene.as_holder(phone)
    for _ in range(6):
        step_up(phone, WRONG)
    scene.clock.advance(days=30)
    with pytest.raises(Refusal) as caught:
        cards.prove_password(call, call.holder.person_id, PASSWORD)
    assert caught.value.code == "card_locked"


def test_of_fifty_parallel_wrong_tries_exactly_six_are_examined(tmp_path):
    with set_scene(tmp_path, hashing_wait_seconds=60.0) as scene:
        call = scene.as_holder(scene.signed_in("lucia"))

        def prove(index: int) -> str:
            try:
                cards.prove_password(call, call.holder.person_id, f"{904700 + index}")
            except Refusal as refused:
                return refused.code
            return "right"

        answers = at_once(50, prove)
        assert answers.count("card_password_wrong") == 6
        assert answers.count("card_locked") == 44
        with pytest.raises(Refusal) as caught:
            cards.prove_password(call, call.holder.person_id, PASSWORD)
        assert caught.value.code == "card_locked"
        assert scene.kinds_sent_to("lucia").count("password_locked") == 1


def test_the_right_password_among_fifty_parallel_tries_never_gives_more_than_its_due(tmp_path):
    with set_scene(tmp_path, hashing_wait_seconds=60.0) as scene:
        call = scene.as_holder(scene.signed_in("lucia"))

        def prove(index: int) -> str:
            password = PASSWORD if index == 49 else f"{904700 + index}"
            try:
                cards.prove_password(call, call.holder.person_id, password)
            except Refusal as refused:
                return refused.code
            return "right"

        answers = at_once(50, prove)
    # at most five before the right one, and six after it (none after it where it came too late)
    assert answers.count("card_password_wrong") <= 5 + 6
    # six are examined before anything locks, the right one among them or not
    assert answers.count("card_password_wrong") + answers.count("right") >= 6
    assert answers.count("right") + (answers.count("card_locked") >= 39) >= 1


def test_a_try_that_finds_no_place_to_be_hashed_is_not_counted(tmp_path):
    with set_scene(tmp_path, hashing_wait_seconds=0.05) as scene:
        phone = scene.signed_in("lucia")
        places = scene.joined.dependencies.hashing
        for _ in range(scene.joined.settings.hashing_at_once):
            places.acquire()
        try:
            answer = step_up(phone, WRONG)
        finally:
            for _ in range(scene.joined.settings.hashing_at_once):
                places.release()
        assert refusal(answer) == (503, Busy.code)
        assert answer.headers["Retry-After"] == "5"
        assert tries(scene) == 0


def test_no_database_connection_is_held_while_a_password_is_hashed(tmp_path):
    with set_scene(tmp_path, hashing_wait_seconds=5.0) as scene:
        call = scene.as_holder(scene.signed_in("lucia"))
        places, most = scene.joined.dependencies.hashing, scene.joined.settings.hashing_at_once
        for _ in range(most):
            places.acquire()
        waiting = threading.Thread(
            target=cards.prove_password, args=(call, call.holder.person_id, PASSWORD)
        )
        waiting.start()
        with scene.joined.db.write() as session:  # would wait for the lock of a held session
            session.execute(sa.text("SELECT 1"))
        for _ in range(most):
            places.release()
        waiting.join()


# --- grants -----------------------------------------------------------------------------------


def spend(call: Call, grant_id: UUID, purpose: str) -> None:
    with call.db.write() as session:
        cards.spend_grant(session, call, grant_id, purpose)
        session.commit()


def test_a_grant_is_good_once_for_its_purpose(scene):
    phone = scene.signed_in("lucia")
    grant = UUID(step_up(phone).body["id"])
    call = scene.as_holder(phone)
    with pytest.raises(cards.StepUpNeeded):
        spend(call, grant, "decide_recovery")
    spend(call, grant, "add_relative")
    with pytest.raises(cards.StepUpNeeded):
        spend(call, grant, "add_relative")


def test_a_grant_lapses_after_twenty_minutes(scene):
    phone = scene.signed_in("lucia")
    grant, call = UUID(step_up(phone).body["id"]), scene.as_holder(phone)
    scene.clock.advance(seconds=1200)
    with pytest.raises(cards.StepUpNeeded):
        spend(call, grant, "add_relative")


def test_a_grant_is_worth_nothing_in_another_session_or_to_somebody_else(scene):
    phone = scene.signed_in("lucia")
    grant = UUID(step_up(phone).body["id"])
    foreign = scene.as_holder(scene.signed_in("tomas"))
    with pytest.raises(cards.StepUpNeeded):
        spend(foreign, grant, "add_relative")
    sign_in_id, code = scene.ask_code("lucia", phone)
    phone.sign_in(sign_in_id, code)
    with pytest.raises(cards.StepUpNeeded):
        spend(scene.as_holder(phone), grant, "add_relative")


def test_of_parallel_uses_of_a_grant_one_succeeds(scene):
    phone = scene.signed_in("lucia")
    grant, call = UUID(step_up(phone).body["id"]), scene.as_holder(phone)

    def use(index: int) -> str:
        try:
            spend(call, grant, "add_relative")
        except cards.StepUpNeeded:
            return "refused"
        return "spent"

    assert sorted(at_once(10, use)) == ["refused"] * 9 + ["spent"]


def test_a_repeated_step_up_with_the_same_key_opens_one_grant(scene):
    phone = scene.signed_in("lucia")
    body, key = {"purpose": "decide_recovery", "password": PASSWORD}, "key-" + "s" * 30
    answers = [phone.send("POST", "/step-ups", body, key=key) for _ in range(2)]
    assert answers[0].body == answers[1].body
    with scene.joined.db.read() as session:
        assert len(session.scalars(sa.select(StepUpGrant)).all()) == 1


def test_a_wrong_password_that_the_network_repeats_costs_one_try(scene):
    phone = scene.signed_in("lucia")
    body, key = {"purpose": "decide_recovery", "password": "918273"}, "key-" + "w" * 30
    answers = [phone.send("POST", "/step-ups", body, key=key) for _ in range(3)]
    assert [refusal(answer) for answer in answers] == [(403, "card_password_wrong")] * 3
    assert {answer.body["params"]["tries_left"] for answer in answers} == {5}
    assert phone.must("GET", "/card")["tries_left"] == 5


def test_a_step_up_needs_a_known_purpose_and_a_password_that_is_set(scene):
    phone = scene.signed_in("lucia", password=None)
    assert refusal(step_up(phone, purpose="everything")) == (422, "invalid_input")
    answer = step_up(phone)
    assert refusal(answer) == (409, "card_password_not_set")
    assert answer.body["next"] == "set_card_password"
