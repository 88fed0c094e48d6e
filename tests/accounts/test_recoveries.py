"""A lost phone: the delay, the old devices' say, the counter."""

from typing import Any

import pytest
import sqlalchemy as sa

from ecard.accounts import service as accounts
from ecard.accounts.models import Recovery
from ecard.accounts.policy import new_counter_code, typed_code
from ecard.audit import AuditRow
from ecard.demo.phone import Answer, Phone
from ecard.errors import Refusal
from tests.accounts.scene import (
    PASSWORD,
    Scene,
    at_once,
    refusal,
    set_scene,
    sign_in_body,
    wrong,
)


def begin(scene: Scene, ref: str = "lucia") -> tuple[Phone, dict[str, Any]]:
    phone = scene.phone()
    sign_in_id, code = scene.ask_code(ref)
    return phone, phone.must("POST", "/recoveries", sign_in_body(sign_in_id, code))


def approve(phone: Phone, opened: dict[str, Any], **more: str) -> Answer:
    """With the e-card password, where ``step_up_id`` does not say something else."""
    body = more or {"step_up_id": phone.step_up(PASSWORD, "decide_recovery")}
    return phone.send("POST", f"/recoveries/{opened['id']}/approve", body)


def complete(phone: Phone, opened: dict[str, Any]) -> Answer:
    body = {"recovery_token": opened["recovery_token"], "device_name": "New phone"}
    answer = phone.send("POST", "/recoveries/complete", body, token="")
    if answer.ok:
        phone.token, phone.device_token = answer.body["access_token"], answer.body["device_token"]
    return answer


def test_a_recovery_takes_effect_after_a_day_and_ends_the_old_device(scene):
    old = scene.signed_in("lucia", password=None)
    new, opened = begin(scene)
    assert "recovery_opened" in scene.kinds_sent_to("lucia")
    early = complete(new, opened)
    assert refusal(early) == (409, "recovery_not_ready")
    assert 86000 < int(early.headers["Retry-After"]) <= 86401
    assert "T" in early.body["params"]["ready_at"]  # for programs
    assert early.body["params"]["ready_at"] not in early.body["detail"]
    assert old.send("GET", "/devices").status == 200
    scene.clock.advance(days=1)
    sign_in_id, code = scene.ask_code("lucia", old)
    old.sign_in(sign_in_id, code)
    assert complete(new, opened).status == 200
    assert old.send("GET", "/devices").status == 401
    assert [one["name"] for one in new.must("GET", "/devices")["items"]] == ["New phone"]
    assert "recovery_completed" in scene.kinds_sent_to("lucia")


def test_an_old_device_sees_a_recovery_and_stops_it(scene):
    old = scene.signed_in("lucia", password=None)
    new, opened = begin(scene)
    seen = old.must("GET", "/recoveries")["items"]
    assert [(one["id"], one["device_name"], one["approved"]) for one in seen] == [
        (opened["id"], "Second phone", False)
    ]
    assert old.send("DELETE", f"/recoveries/{opened['id']}").status == 204
    assert old.must("GET", "/recoveries")["items"] == []
    scene.clock.advance(days=1)
    assert refusal(complete(new, opened)) == (404, "recovery_unknown")


def test_an_approved_recovery_takes_effect_at_once_and_keeps_the_old_device(scene):
    old = scene.signed_in("lucia")
    new, opened = begin(scene)
    assert approve(old, opened).status == 204
    assert old.must("GET", "/recoveries")["items"][0]["approved"] is True
    assert "recovery_approved" in scene.kinds_sent_to("lucia")
    assert complete(new, opened).status == 200
    assert old.send("GET", "/devices").status == 200
    assert len(new.must("GET", "/devices")["items"]) == 2


def test_who_holds_the_unlocked_old_phone_lets_no_new_one_in_without_the_password(scene):
    old = scene.signed_in("lucia")
    new, opened = begin(scene)
    bare = old.send("POST", f"/recoveries/{opened['id']}/approve", {})
    other = approve(old, opened, step_up_id=old.step_up(PASSWORD, "add_relative"))
    assert refusal(bare) == refusal(other) == (403, "step_up_needed")
    assert old.must("GET", "/recoveries")["items"][0]["approved"] is False
    assert refusal(complete(new, opened)) == (409, "recovery_not_ready")


def test_a_grant_lets_one_new_phone_in_and_not_a_second(scene):
    old = scene.signed_in("lucia")
    _, first = begin(scene)
    _, second = begin(scene)
    grant = old.step_up(PASSWORD, "decide_recovery")
    assert approve(old, first, step_up_id=grant).status == 204
    assert refusal(approve(old, second, step_up_id=grant)) == (403, "step_up_needed")


def test_removing_the_phone_that_approved_takes_its_approval_back(scene):
    old = scene.signed_in("lucia")
    kept, first = begin(scene)
    approve(old, first)
    assert complete(kept, first).status == 200
    thief, second = begin(scene)
    assert approve(old, second).status == 204
    stolen = next(one for one in kept.must("GET", "/devices")["items"] if not one["current"])
    assert kept.send("DELETE", f"/devices/{stolen['id']}").status == 204
    assert refusal(complete(thief, second)) == (409, "recovery_not_ready")


def test_of_two_recoveries_completed_at_once_one_wins(scene):
    scene.signed_in("lucia", password=None)
    opened = [begin(scene)[1]["recovery_token"] for _ in range(2)]
    scene.clock.advance(days=1)

    def finish(index: int) -> str:
        body = {"recovery_token": opened[index], "device_name": "New phone"}
        try:
            accounts.complete(scene.call(), **body)
        except Refusal as refused:
            return refused.code
        return "in"

    assert sorted(at_once(2, finish)) == ["in", "recovery_unknown"]


def test_a_recovery_is_completed_once(scene):
    scene.signed_in("lucia", password=None)
    new, opened = begin(scene)
    scene.clock.advance(days=1)
    assert complete(new, opened).status == 200
    assert refusal(complete(scene.phone(), opened)) == (404, "recovery_unknown")


def test_completing_one_recovery_cancels_the_others(scene):
    scene.signed_in("lucia", password=None)
    one, first = begin(scene)
    other, second = begin(scene)
    scene.clock.advance(days=1)
    assert complete(one, first).status == 200
    assert refusal(complete(other, second)) == (404, "recovery_unknown")


def test_a_recovery_lapses_a_week_after_it_was_ready(scene):
    scene.signed_in("lucia", password=None)
    new, opened = begin(scene)
    scene.clock.advance(days=8)
    assert refusal(complete(new, opened)) == (404, "recovery_unknown")


@pytest.mark.gate
def test_a_sixth_device_is_refused_until_one_is_removed(tmp_path):
    with set_scene(tmp_path, devices_max=2) as scene:
        old = scene.signed_in("lucia")
        for _ in range(2):
            scene.clock.advance(seconds=11)
            new, opened = begin(scene)
            approve(old, opened)
            answer = complete(new, opened)
        assert refusal(answer) == (409, "too_many_devices")
        second = next(one for one in old.must("GET", "/devices")["items"] if not one["current"])
        old.send("DELETE", f"/devices/{second['id']}")
        assert complete(new, opened).status == 200


def test_without_a_device_there_is_nothing_to_recover_and_the_code_stays_good(scene):
    sign_in_id, code = scene.ask_code("lucia")
    phone = scene.phone()
    answer = phone.send("POST", "/recoveries", sign_in_body(sign_in_id, code))
    assert refusal(answer) == (409, "nothing_to_recover")
    phone.sign_in(sign_in_id, code)


def test_nobody_decides_about_a_foreign_recovery(scene):
    scene.signed_in("lucia", password=None)
    _, opened = begin(scene)
    foreign = scene.signed_in("tomas")
    assert refusal(approve(foreign, opened)) == (404, "not_found")
    stopped = foreign.send("DELETE", f"/recoveries/{opened['id']}")
    assert refusal(stopped) == (404, "not_found")


def test_the_secret_of_a_recovery_is_kept_only_as_a_hash(scene):
    scene.signed_in("lucia", password=None)
    _, opened = begin(scene)
    with scene.joined.db.read() as session:
        row = session.scalars(sa.select(Recovery)).one()
    assert opened["recovery_token"] not in (row.secret_hash, str(row.device_name))
    assert b"Second phone" not in row.device_name


# --- at a counter -----------------------------------------------------------------------------


def at_counter(scene: Scene, ref: str = "lucia", clerk: str = "clerk-north", **more: str) -> Answer:
    card = scene.demo.holder(ref).card_number
    body = {"card_number": card, "identity_document": "id_card", **more}
    return scene.desk(clerk).send("POST", "/staff/recoveries", body)


def test_a_clerk_hands_out_a_code_that_works_after_the_same_delay(scene):
    old = scene.signed_in("lucia", password=None)
    opened = at_counter(scene)
    assert opened.status == 201
    assert old.must("GET", "/recoveries")["items"][0]["channel"] == "counter"
    assert "recovery_opened" in scene.kinds_sent_to("lucia")
    new = scene.phone()
    assert refusal(complete(new, opened.body)) == (409, "recovery_not_ready")
    scene.clock.advance(days=1)
    typed = opened.body["recovery_token"].lower().replace("-", " ")
    assert complete(new, {"recovery_token": typed}).status == 200


def test_who_holds_the_old_phone_cannot_stop_what_the_counter_opened_without_the_password(scene):
    old = scene.signed_in("lucia")
    opened = at_counter(scene).body
    path = f"/recoveries/{opened['id']}"
    assert refusal(old.send("DELETE", path)) == (403, "step_up_needed")
    assert [one["id"] for one in old.must("GET", "/recoveries")["items"]] == [opened["id"]]
    grant = old.step_up(PASSWORD, "decide_recovery")
    assert old.send("DELETE", f"{path}?step_up_id={grant}").status == 204
    assert old.must("GET", "/recoveries")["items"] == []


def test_a_clerk_serves_only_their_own_region_and_sees_no_difference(scene):
    scene.signed_in("lucia", password=None)
    foreign = at_counter(scene, clerk="clerk-south")
    unknown = at_counter(scene, card_number="999999999999")
    assert refusal(foreign) == refusal(unknown) == (404, "not_found")


def test_a_reviewer_is_no_clerk(scene):
    scene.signed_in("lucia", password=None)
    assert refusal(at_counter(scene, clerk="reviewer-north")) == (403, "not_allowed")


def test_a_holders_token_does_not_open_the_desk(scene):
    phone = scene.signed_in("lucia", password=None)
    body = {"card_number": "900000000101", "identity_document": "id_card"}
    assert refusal(phone.send("POST", "/staff/recoveries", body)) == (403, "not_allowed")


def test_a_clerk_must_say_which_document_they_saw(scene):
    answer = at_counter(scene, identity_document="a smile")
    assert refusal(answer) == (422, "invalid_input")
    assert answer.body["fields"] == {"identity_document": ["unknown_value"]}


def test_who_was_kept_out_by_strangers_before_the_first_sign_in_comes_in_by_the_counter(tmp_path):
    with set_scene(tmp_path, sign_ins_total=3, sign_ins_per_account=100) as scene:
        sign_in_id, code = scene.ask_code("lucia")
        for _ in range(3):
            scene.phone().send("POST", "/sign-in", sign_in_body(sign_in_id, wrong(code)))
        right = sign_in_body(sign_in_id, code)
        assert refusal(scene.phone().send("POST", "/sign-in", right)) == (403, "sign_in_blocked")
        assert refusal(at_counter(scene)) == (409, "nothing_to_recover")
        assert scene.phone().send("POST", "/sign-in", right).status == 200


def test_every_wrong_code_is_on_record(scene):
    sign_in_id, code = scene.ask_code("lucia")
    scene.phone().send("POST", "/sign-in", sign_in_body(sign_in_id, wrong(code)))
    with scene.joined.db.read() as session:
        rows = session.scalars(sa.select(AuditRow).filter_by(action="code.sign_in")).all()
    assert [(row.outcome, str(row.object_id)) for row in rows] == [("refused", sign_in_id)]


def test_a_counter_code_is_understood_however_it_is_typed():
    code = new_counter_code()
    spellings = (code, code.lower(), code.replace("-", ""), code.replace("-", " "))
    assert {typed_code(one) for one in spellings} == {code.replace("-", "")}
    assert typed_code("rc_" + "a-B" * 14) == "rc_" + "a-B" * 14
