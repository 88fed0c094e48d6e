"""The staff's door and the list of counters, over HTTP."""

import secrets
from typing import Any

from tests.support import Stage

NAME, PASSWORD = "clerk-north", "harbour-lamp-seven-oak"
SIGN_IN = "/api/v1/staff/sign-in"


def keyed() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(16)}


def sign_in(client: Any, **body: Any) -> Any:
    given = {"user_name": NAME, "password": PASSWORD, **body}
    return client.post(SIGN_IN, json=given, headers=keyed())


def bearer(client: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign_in(client).json['access_token']}"}


def test_staff_sign_in_see_themselves_and_sign_out(client: Any) -> None:
    token = sign_in(client)
    assert token.status_code == 200
    assert (token.json["expires_in"], token.json["idle_seconds"]) == (12 * 3600, 900)
    headers = {"Authorization": f"Bearer {token.json['access_token']}"}
    me = client.get("/api/v1/staff/me", headers=headers)
    assert me.json["roles"] == ["clerk"]
    assert (me.json["region"], me.json["counter"]) == ("north-harbour", "north-1")
    spanish = client.get("/api/v1/staff/me", headers={**headers, "Accept-Language": "es"})
    named = {one.json["counter_name"] for one in (me, spanish)}
    assert (me.json["region_name"], len(named)) == ("North Harbour", 2)
    assert "password" not in me.text
    assert client.delete("/api/v1/staff/session", headers=headers).status_code == 204
    again = client.get("/api/v1/staff/me", headers=headers)
    assert (again.status_code, again.json["code"]) == (401, "not_signed_in")


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(client: Any) -> None:
    answers = [sign_in(client, password="wrong"), sign_in(client, user_name="nobody")]
    for answer in answers:
        assert (answer.status_code, answer.json["code"]) == (401, "staff_sign_in_failed")
    first, second = ({k: v for k, v in a.json.items() if k != "instance"} for a in answers)
    assert first == second
    assert dict(answers[0].headers).keys() == dict(answers[1].headers).keys()
    assert len(answers[0].data) == len(answers[1].data)


def test_the_sixth_try_is_told_how_long_to_wait_in_its_language(client: Any) -> None:
    for _ in range(5):
        sign_in(client, password="wrong")
    waits = client.post(
        SIGN_IN,
        json={"user_name": NAME, "password": PASSWORD},
        headers={"Accept-Language": "zh-CN", **keyed()},
    )
    assert (waits.status_code, waits.json["code"]) == (429, "too_many_requests")
    assert 0 < int(waits.headers["Retry-After"]) <= 61
    assert waits.headers["Content-Language"] == "zh-Hans"


WRONG_BODIES: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    ({}, {"user_name": ["required"], "password": ["required"]}),
    ({"user_name": "", "password": "x"}, {"user_name": ["invalid"]}),
    ({"user_name": "x", "password": "x" * 201}, {"password": ["invalid"]}),
    ({"user_name": 7, "password": None}, {"user_name": ["invalid"], "password": ["null"]}),
    ({"user_name": "x", "password": "x", "role": "a"}, {"role": ["unknown_field"]}),
]


def test_a_wrong_body_names_its_fields(client: Any) -> None:
    for body, fields in WRONG_BODIES:
        answer = client.post(SIGN_IN, json=body, headers=keyed())
        assert (answer.status_code, answer.json["fields"]) == (422, fields), body


def test_a_holder_s_token_does_not_open_the_staff_s_room(stage: Stage) -> None:
    phone = stage.signed_in("lucia")
    headers = {"Authorization": f"Bearer {phone.token}"}
    answer: Any = stage.app.test_client().get("/api/v1/staff/me", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")


def test_counters_are_for_everybody_and_in_their_language(client: Any) -> None:
    answer = client.get(
        "/api/v1/counters?region=south-harbour", headers={"Accept-Language": "es-MX"}
    )
    assert answer.status_code == 200
    assert [item["name"] for item in answer.json["items"]] == ["Ventanilla del faro"]
    assert answer.json["next_cursor"] is None


def test_counters_come_in_pages_over_http(client: Any) -> None:
    first = client.get("/api/v1/counters?limit=3").json
    rest = client.get(f"/api/v1/counters?limit=3&cursor={first['next_cursor']}").json
    found = [item["code"] for item in first["items"] + rest["items"]]
    assert found == ["lakes-1", "north-1", "north-2", "south-1"]


WRONG_QUESTIONS = [
    ("region=atlantis", 404, "unknown_region"),
    ("region=At lantis", 422, "invalid_input"),
    ("limit=0", 422, "invalid_input"),
    ("limit=51", 422, "invalid_input"),
    ("cursor=%00", 422, "invalid_input"),
]


def test_a_wrong_question_about_counters_has_its_code(client: Any) -> None:
    for query, status, code in WRONG_QUESTIONS:
        answer = client.get(f"/api/v1/counters?{query}")
        assert (answer.status_code, answer.json["code"]) == (status, code), query
