"""JSON is read strictly: one meaning, nothing that breaks a database, a hash or the reader."""

import json
from typing import Any

import pytest

from ecard.bodies import read_json
from ecard.errors import InvalidInput, MalformedBody
from tests.api.scene import Scene, code, nothing_left_behind

FULL_WIDTH = "".join(chr(ord(digit) + 0xFEE0) for digit in "730518")
NESTED_WITHIN_THE_CAP = b'{"password":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
NESTED = b'{"password":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(NESTED, id="nested a hundred thousand times"),
        pytest.param(b'{"n":' + b"9" * 10_000 + b"}", id="a number of ten thousand digits"),
        pytest.param(b'{"a":1,"a":2}', id="a key twice"),
        pytest.param(b'{"a":[{"b":1,"b":1}]}', id="a key twice, further in"),
        pytest.param(b'{"a":NaN}', id="not a number"),
        pytest.param(b'{"a":-Infinity}', id="no end"),
        pytest.param(b'{"a":"\\ud800"}', id="half a surrogate pair"),
        pytest.param(b'{"\\udfff":1}', id="half a surrogate pair as a key"),
        pytest.param('{"a":1}'.encode("utf-16"), id="another encoding"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', id="a byte order mark"),
        pytest.param(b'{"a":"\xed\xa0\x80"}', id="a surrogate in bytes"),
    ],
)
def test_json_that_is_not_sound_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        read_json(body)


@pytest.mark.parametrize("body", [b'{"a":"x\\u0000y"}', b'{"a\\u0000":1}', b'[["\\u0000"]]'])
def test_a_nul_anywhere_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_json(body)
    assert refused.value.fields == {"body": ["nul_character"]}


@pytest.mark.parametrize("value", [{"a": "\\u0000 in words"}, {"name": "李小明 😀"}, [], 0, None])
def test_sound_json_is_read_as_it_is(value: Any) -> None:
    assert read_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize("body", [NESTED_WITHIN_THE_CAP, b'{"password":' + b"9" * 10_000 + b"}"])
def test_what_breaks_readers_is_refused_over_http(scene: Scene, body: bytes) -> None:
    with nothing_left_behind(scene.stage):
        answer = scene.send("PUT", "/card/password", data=body, content_type="application/json")
    assert code(answer) == (400, "malformed_body")


@pytest.mark.parametrize("value", [10**400, 1.5, True, None, [], {}, "", "7305180", " 730518"])
def test_a_password_is_six_digits_and_nothing_else(scene: Scene, value: Any) -> None:
    body = {"purpose": "add_relative", "password": value}
    with nothing_left_behind(scene.stage):
        answer = scene.post("/step-ups", json=body)
    assert code(answer) == (422, "invalid_input")
    assert list(answer.json["fields"]) == ["password"]


@pytest.mark.parametrize(
    "digits", ["٧٣٠٥١٨", "\uff17\uff13\uff10\uff15\uff11\uff18", "७३०५१८", "730518\n"]
)
def test_digits_of_other_scripts_are_no_password(scene: Scene, digits: str) -> None:
    with nothing_left_behind(scene.stage):
        answer = scene.post("/step-ups", json={"purpose": "add_relative", "password": digits})
    assert code(answer) == (422, "invalid_input")


@pytest.mark.parametrize("limit", ["٣", "1_0", "+3", " 3", "3.0", "1e1", "0", "-1", "51", "9" * 50])
def test_a_limit_is_a_plain_number_within_its_range(scene: Scene, limit: str) -> None:
    answer = scene.send("GET", "/links", query_string={"limit": limit})
    assert code(answer) == (422, "invalid_input")
    assert list(answer.json["fields"]) == ["limit"]


@pytest.mark.parametrize("query", ["limit=1&limit=2", "limti=2", "cursor=%00"])
def test_a_query_that_is_misspelt_or_says_two_things_is_refused(scene: Scene, query: str) -> None:
    answer = scene.send("GET", f"/links?{query}")
    assert code(answer) == (422, "invalid_input")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"],
)
def test_another_content_type_is_not_taken_for_json(scene: Scene, content_type: str) -> None:
    body = b'{"purpose":"add_relative","password":"730518"}'
    with nothing_left_behind(scene.stage):
        answer = scene.post("/step-ups", data=body, content_type=content_type)
    assert code(answer) == (415, "unsupported_media_type")


def test_json_is_not_taken_for_a_form(scene: Scene) -> None:
    with nothing_left_behind(scene.stage):
        answer = scene.post("/documents?kind=passport", json={"file": "x"})
    assert code(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize("name", ["\u0000", "x" * 101, ""])
def test_a_name_that_is_none_is_refused(scene: Scene, name: str) -> None:
    body = {"name": name, "number": "110101202310040001", "relation": "child"}
    path = f"/links/{scene.draft}/family-account"
    with nothing_left_behind(scene.stage):
        answer = scene.send("PUT", path, json=body, headers={"If-Match": '"1"'})
    assert code(answer) == (422, "invalid_input")
