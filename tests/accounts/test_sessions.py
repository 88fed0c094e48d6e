"""Tokens: rotated at each use, ended as a family, looked up on every request."""

from uuid import UUID

import sqlalchemy as sa

from ecard.accounts import service as accounts
from ecard.accounts.models import Device, Session, SignInCode, SpentRefresh
from ecard.demo.phone import Answer, Phone
from ecard.errors import NotSignedIn, Refusal
from tests.accounts.scene import Scene, at_once, refusal, sign_in_body


def renew(phone: Phone, token: str | None = None) -> Answer:
    return phone.send("POST", "/tokens", {"refresh_token": token or phone.refresh_token}, token="")


def test_a_refresh_token_is_exchanged_for_the_next_pair(scene):
    phone = scene.signed_in("lucia", password=None)
    fresh = renew(phone).body
    assert fresh["device_token"] is None
    assert phone.send("GET", "/devices").status == 401
    assert phone.send("GET", "/devices", token=fresh["access_token"]).status == 200


def test_a_spent_refresh_token_ends_the_whole_family_and_the_holder_is_told(scene):
    phone = scene.signed_in("lucia", password=None)
    fresh = renew(phone).body
    assert refusal(renew(phone)) == (401, "not_signed_in")
    assert phone.send("GET", "/devices", token=fresh["access_token"]).status == 401
    assert refusal(renew(phone, fresh["refresh_token"])) == (401, "not_signed_in")
    assert "session_ended_reuse" in scene.kinds_sent_to("lucia")
    assert "session.end" in scene.audited()


def test_of_parallel_uses_of_one_refresh_token_one_succeeds_and_the_family_ends(scene):
    phone = scene.signed_in("lucia", password=None)

    def exchange(index: int) -> str:
        try:
            accounts.refresh(scene.call(), phone.refresh_token)
        except NotSignedIn:
            return "refused"
        return "renewed"

    answers = at_once(8, exchange)
    assert sorted(answers) == ["refused"] * 7 + ["renewed"]
    with scene.joined.db.read() as session:
        assert session.scalars(sa.select(Session)).one().end_reason == "refresh_reused"


def test_an_unknown_refresh_token_ends_nothing(scene):
    phone = scene.signed_in("lucia", password=None)
    assert refusal(renew(phone, "er_" + "x" * 43)) == (401, "not_signed_in")
    assert phone.send("GET", "/devices").status == 200


def test_an_access_token_lives_fifteen_minutes(scene):
    phone = scene.signed_in("lucia", password=None)
    scene.clock.advance(seconds=899)
    assert phone.send("GET", "/devices").status == 200
    scene.clock.advance(seconds=1)
    assert refusal(phone.send("GET", "/devices")) == (401, "not_signed_in")


def test_an_idle_session_cannot_be_renewed_after_an_hour(scene):
    phone = scene.signed_in("lucia", password=None)
    scene.clock.advance(seconds=3600)
    assert refusal(renew(phone)) == (401, "not_signed_in")


def test_no_session_lives_longer_than_twelve_hours_however_busy(scene):
    phone = scene.signed_in("lucia", password=None)
    token, hours = phone.refresh_token, 0.0
    while (answer := renew(phone, token)).status == 200:
        token = answer.body["refresh_token"]
        last = answer.body["expires_in"]
        scene.clock.advance(minutes=50)
        hours += 50 / 60
    assert 11 < hours <= 12 + 50 / 60
    assert last <= 900


def test_signing_out_ends_the_session_on_the_next_request(scene):
    phone = scene.signed_in("lucia", password=None)
    assert phone.send("DELETE", "/session").status == 204
    assert phone.send("GET", "/devices").status == 401
    assert refusal(renew(phone)) == (401, "not_signed_in")


def test_a_token_that_was_never_given_is_not_signed_in(scene):
    for token in ("", "x", "eh_" + "x" * 43, "es_" + "x" * 43, "eh_" + "x" * 300):
        answer = scene.phone().send("GET", "/devices", token=token)
        assert refusal(answer) == (401, "not_signed_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_tokens_codes_and_device_secrets_are_kept_only_as_hashes(scene):
    sign_in_id, code = scene.ask_code("lucia")
    phone = scene.phone()
    phone.sign_in(sign_in_id, code)
    renew(phone)
    secrets = (phone.token, phone.refresh_token, phone.device_token, code)
    with scene.joined.db.read() as session:
        for model in (Session, Device, SignInCode, SpentRefresh):
            for row in session.execute(sa.select(model.__table__)):
                kept = [str(value) for value in row]
                assert not set(kept) & set(secrets)


# --- handed over ------------------------------------------------------------------------------


def hand_over(scene: Scene, phone: Phone) -> None:
    call = scene.as_holder(phone)
    with scene.joined.db.write() as session:
        accounts.hand_over(session, call, call.holder.session_id)
        session.commit()


def test_a_handed_over_phone_does_nothing_until_the_password_takes_it_back(scene):
    phone = scene.signed_in("lucia")
    hand_over(scene, phone)
    answer = phone.send("GET", "/devices")
    assert refusal(answer) == (423, "session_handed_over")
    assert answer.body["next"] == "unlock_session"
    wrong = phone.send("POST", "/session/unlock", {"password": "111222"})
    assert refusal(wrong) == (403, "card_password_wrong")
    assert phone.send("GET", "/devices").status == 423
    assert phone.send("POST", "/session/unlock", {"password": "730518"}).status == 204
    assert phone.send("GET", "/devices").status == 200
    assert "session.take_back" in scene.audited()


def test_a_handed_over_session_can_be_renewed_and_stays_handed_over(scene):
    phone = scene.signed_in("lucia")
    hand_over(scene, phone)
    phone.token = renew(phone).body["access_token"]
    assert phone.send("GET", "/devices").status == 423
    assert phone.send("POST", "/session/unlock", {"password": "730518"}).status == 204


def test_whoever_holds_the_handed_over_phone_cannot_sign_in_around_the_lock(scene):
    phone = scene.signed_in("lucia")
    hand_over(scene, phone)
    sign_in_id, code = scene.ask_code("lucia", phone)
    body = sign_in_body(sign_in_id, code, device_token=phone.device_token)
    assert refusal(phone.send("POST", "/sign-in", body)) == (423, "session_handed_over")


def test_unlocking_needs_a_session(scene):
    answer = scene.phone().send("POST", "/session/unlock", {"password": "730518"})
    assert refusal(answer) == (401, "not_signed_in")


# --- devices ----------------------------------------------------------------------------------


def test_a_device_is_renamed_under_its_version(scene):
    phone = scene.signed_in("lucia", password=None)
    device = phone.must("GET", "/devices")["items"][0]
    path = f"/devices/{device['id']}"
    read = phone.send("GET", path)
    assert read.headers["ETag"] == '"1"'
    renamed = phone.send("PATCH", path, {"name": "Kitchen"}, if_match='"1"')
    assert (renamed.status, renamed.headers["ETag"]) == (200, '"2"')
    assert phone.must("GET", path)["name"] == "Kitchen"
    assert refusal(phone.send("PATCH", path, {"name": "x"}, if_match='"1"')) == (
        412,
        "version_changed",
    )
    assert refusal(phone.send("PATCH", path, {"name": "x"})) == (428, "version_missing")


def second_device(scene: Scene, first: Phone) -> Phone:
    """Another phone of the holder, let in from the first."""
    sign_in_id, code = scene.ask_code("lucia")
    new = scene.phone()
    opened = new.must("POST", "/recoveries", sign_in_body(sign_in_id, code))
    grant = {"step_up_id": first.step_up("730518", "decide_recovery")}
    assert first.send("POST", f"/recoveries/{opened['id']}/approve", grant).status == 204
    body = {"recovery_token": opened["recovery_token"], "device_name": "Second"}
    tokens = new.must("POST", "/recoveries/complete", body)
    new.token, new.refresh_token = tokens["access_token"], tokens["refresh_token"]
    return new


def test_the_last_device_stays_so_that_a_code_alone_lets_no_new_phone_in(scene):
    phone = scene.signed_in("lucia", password=None)
    device = phone.must("GET", "/devices")["items"][0]
    assert refusal(phone.send("DELETE", f"/devices/{device['id']}")) == (409, "last_device")
    sign_in_id, code = scene.ask_code("lucia")
    new = scene.phone().send("POST", "/sign-in", sign_in_body(sign_in_id, code))
    assert refusal(new) == (403, "new_device_needs_recovery")


def test_of_two_devices_that_remove_each_other_at_once_one_stays(scene):
    first = scene.signed_in("lucia")
    phones = [first, second_device(scene, first)]
    calls = [scene.as_holder(phone) for phone in phones]

    def remove(index: int) -> str:
        try:
            accounts.remove_device(calls[index], calls[1 - index].holder.device_id)
        except Refusal as refused:
            return refused.code
        return "removed"

    assert sorted(at_once(2, remove)) == ["last_device", "removed"]


def test_a_removed_device_is_out_on_its_very_next_request(scene):
    first = scene.signed_in("lucia")
    phone = second_device(scene, first)
    device = next(one for one in phone.must("GET", "/devices")["items"] if one["current"])
    assert phone.send("DELETE", f"/devices/{device['id']}").status == 204
    assert phone.send("GET", "/devices").status == 401
    assert refusal(renew(phone)) == (401, "not_signed_in")


def test_a_foreign_device_answers_like_one_that_does_not_exist(scene):
    foreign = scene.signed_in("tomas", password=None).must("GET", "/devices")["items"][0]["id"]
    phone = scene.signed_in("lucia", password=None)
    for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
        for one in (foreign, UUID(int=7)):
            answer = phone.send(method, f"/devices/{one}", body, if_match='"1"')
            assert refusal(answer) == (404, "not_found")


def test_the_name_of_a_device_is_sealed_in_the_database(scene):
    sign_in_id, code = scene.ask_code("lucia")
    scene.phone().sign_in(sign_in_id, code, name="Phone of Lucia")
    with scene.joined.db.read() as session:
        assert b"Lucia" not in session.scalars(sa.select(Device)).one().name
