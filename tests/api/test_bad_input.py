"""Each kind of bad input has its own code, and leaves no record, no file and no spent try."""

import uuid
from typing import Any

import pytest
from PIL import Image
from urllib3.filepost import encode_multipart_formdata

from ecard.demo import specimens
from ecard.demo.capture_client import Drawn, Recording
from tests.api.scene import COUNTERS, PERSON, Scene, code, nothing_left_behind, set_up
from tests.support import CARD_PASSWORD, Stage

UNKNOWN = "0d9f6f1e-5a55-4c7b-9d6e-0f1f4b7a3c21"
FRAMES = specimens.frames_of(PERSON, count=12)
PAPER = specimens.paper("birth certificate", ["Nora"])
EMPTY_ROOM = [specimens.jpeg(Image.effect_noise((240, 320), 30)) for _ in range(12)]
NOT_DRAWN = Drawn({"id": UNKNOWN, "nonce": "nobody drew it", "lights": []}, drawn_ms=0.0)


def form(name: str, *contents: bytes, file_name: str = "upload.jpg") -> dict[str, Any]:
    """A body of file parts of one name."""
    parts = [(name, (file_name, content, "image/jpeg")) for content in contents]
    body, content_type = encode_multipart_formdata(parts)
    return {"data": body, "content_type": content_type}


def show(scene: Scene, *frames: bytes, token: str | None = None, drawn: Drawn = NOT_DRAWN) -> Any:
    """Send frames in answer to a challenge (that was never drawn, where none is named)."""
    path = f"/capture-sessions/{scene.camera.session_id}/captures"
    bearer = scene.camera.token if token is None else token
    return scene.post(path, token=bearer, **capture_form(scene, *frames, drawn=drawn))


def capture_form(scene: Scene, *frames: bytes, drawn: Drawn = NOT_DRAWN) -> dict[str, Any]:
    recording = Recording(0.0, frames, list(range(len(frames))), [])
    if drawn is not NOT_DRAWN:
        recording = scene.camera.record(drawn, frames)
    body, content_type = encode_multipart_formdata(scene.camera.form(drawn, recording))
    return {"data": body, "content_type": content_type}


def upload(scene: Scene, *contents: bytes, file_name: str = "upload.jpg") -> Any:
    path = "/documents?kind=birth_certificate"
    return scene.post(path, **form("file", *contents, file_name=file_name))


def name_relative(scene: Scene, link_id: str, version: int, **changes: Any) -> Any:
    kin = {one.ref: one for one in scene.stage.demo.relatives}["andres"]
    body = {"name": kin.name, "number": kin.number, "relation": "spouse"} | changes
    given = {name: value for name, value in body.items() if value is not None}
    headers = {"If-Match": f'"{version}"'}
    return scene.send("PUT", f"/links/{link_id}/family-account", json=given, headers=headers)


def noticed(scene: Scene) -> tuple[str, int]:
    """An application at the step where the relative is named."""
    link = scene.phone.must("GET", f"/links/{scene.draft}")
    if link["state"] == "draft":
        link = scene.phone.acknowledge(scene.draft)
    return scene.draft, link["version"]


# --- fields ------------------------------------------------------------------------------------


def test_a_missing_field_is_named(scene: Scene) -> None:
    link_id, version = noticed(scene)
    with nothing_left_behind(scene.stage):
        answer = name_relative(scene, link_id, version, name=None)
    assert code(answer) == (422, "invalid_input")
    assert answer.json["fields"] == {"name": ["required"]}


def test_a_wrong_type_is_named(scene: Scene) -> None:
    link_id, version = noticed(scene)
    with nothing_left_behind(scene.stage):
        answer = name_relative(scene, link_id, version, number=110101)
    assert code(answer) == (422, "invalid_input")
    assert list(answer.json["fields"]) == ["number"]


def test_an_unknown_field_is_refused(scene: Scene) -> None:
    link_id, version = noticed(scene)
    with nothing_left_behind(scene.stage):
        answer = name_relative(scene, link_id, version, state="active")
    assert answer.json["fields"] == {"state": ["unknown_field"]}


def test_a_number_with_a_wrong_check_digit_is_refused(scene: Scene) -> None:
    link_id, version = noticed(scene)
    number = {one.ref: one for one in scene.stage.demo.relatives}["andres"].number
    last = "1" if number[-1] != "1" else "2"
    with nothing_left_behind(scene.stage, but=COUNTERS):
        answer = name_relative(scene, link_id, version, number=number[:-1] + last)
    assert code(answer) == (422, "number_not_valid")


def test_a_number_with_a_birth_date_in_the_future_is_refused(scene: Scene) -> None:
    link_id, version = noticed(scene)
    with nothing_left_behind(scene.stage, but=COUNTERS):
        answer = name_relative(
            scene, link_id, version, number=with_check_digit("11010120990101001")
        )
    assert code(answer) == (422, "birth_date_in_future")


def with_check_digit(seventeen: str) -> str:
    weights = [pow(2, 17 - place, 11) for place in range(17)]
    total = sum(int(digit) * weight for digit, weight in zip(seventeen, weights, strict=True))
    return seventeen + "10X98765432"[total % 11]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PUT", "/links/{draft}/family-account", {"relation": "cousin"}, "relation"),
        ("POST", "/step-ups", {"purpose": "everything", "password": CARD_PASSWORD}, "purpose"),
        ("POST", "/links/{waiting}/capture-sessions", {"via": "telepathy"}, "via"),
        ("POST", "/card/state", {"state": "golden"}, "state"),
    ],
)
def test_an_unknown_word_is_refused(
    scene: Scene, method: str, path: str, body: Any, field: str
) -> None:
    address = path.format(draft=scene.draft, waiting=scene.waiting)
    headers = {"Idempotency-Key": "k" * 20, "If-Match": '"1"'}
    with nothing_left_behind(scene.stage):
        answer = scene.send(method, address, json=body, headers=headers)
    assert code(answer) == (422, "invalid_input")
    assert answer.json["fields"][field] == ["unknown_value"]


def test_an_unknown_kind_of_document_is_refused(scene: Scene) -> None:
    with nothing_left_behind(scene.stage):
        answer = scene.post("/documents?kind=love_letter", **form("file", PAPER))
    assert code(answer) == (422, "invalid_input")
    assert answer.json["fields"] == {"kind": ["unknown_value"]}


# --- bodies ------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"{", b'{"a":1,}', b"\xff\xfe", b"", b"NaN", b"{'a': 1}"])
def test_malformed_json_is_refused(scene: Scene, body: bytes) -> None:
    with nothing_left_behind(scene.stage):
        answer = scene.post("/step-ups", data=body, content_type="application/json")
    assert code(answer) == (400, "malformed_body")


def test_a_body_over_the_cap_is_refused(scene: Scene) -> None:
    cap = scene.stage.joined.settings.request_bytes
    with nothing_left_behind(scene.stage):
        answer = upload(scene, b"\xff\xd8\xff" + bytes(cap))
    assert code(answer) == (413, "body_too_large")


def test_json_over_the_cap_of_text_is_not_read_into_objects(scene: Scene) -> None:
    cap = scene.stage.joined.settings.form_bytes
    body = b'{"purpose":"' + cap * b"x" + b'"}'
    with nothing_left_behind(scene.stage):
        answer = scene.post("/step-ups", data=body, content_type="application/json")
    assert code(answer) == (413, "body_too_large")


def test_a_capture_over_its_own_cap_is_refused(scene: Scene) -> None:
    cap = scene.stage.joined.settings.capture_bytes
    with nothing_left_behind(scene.stage):
        answer = show(scene, *FRAMES[:3], bytes(cap))
    assert code(answer) == (413, "body_too_large")


def test_a_thousand_and_one_parts_are_refused(scene: Scene) -> None:
    with nothing_left_behind(scene.stage):
        answer = show(scene, *[b"x"] * 1001)
    assert code(answer) == (413, "too_many_parts")


def test_a_form_field_beside_the_file_is_refused(scene: Scene) -> None:
    parts = [("file", ("a.jpg", PAPER, "image/jpeg")), ("owner_id", str(uuid.uuid4()))]
    body, content_type = encode_multipart_formdata(parts)
    with nothing_left_behind(scene.stage):
        answer = scene.post("/documents?kind=passport", data=body, content_type=content_type)
    assert code(answer) == (422, "invalid_input")
    assert answer.json["fields"] == {"owner_id": ["unknown_field"]}


def test_two_files_of_one_name_are_refused_and_neither_is_taken(scene: Scene) -> None:
    parts = [("file", (f"{name}.jpg", PAPER, "image/jpeg")) for name in "ab"]
    body, content_type = encode_multipart_formdata(parts)
    with nothing_left_behind(scene.stage):
        answer = scene.post("/documents?kind=passport", data=body, content_type=content_type)
    assert code(answer) == (422, "invalid_input")
    assert answer.json["fields"] == {"file": ["given_twice"]}


# --- documents ---------------------------------------------------------------------------------


def test_a_truncated_jpeg_is_refused(scene: Scene) -> None:
    with nothing_left_behind(scene.stage, but=(*COUNTERS, "tried_pictures")):
        answer = upload(scene, PAPER[: len(PAPER) // 2])
    assert code(answer) == (422, "picture_unreadable")


def test_a_text_named_jpg_is_refused(scene: Scene) -> None:
    with nothing_left_behind(scene.stage, but=COUNTERS):
        answer = upload(scene, b"Dear Sir or Madam", file_name="birth.jpg")
    assert code(answer) == (415, "file_type_not_allowed")


def test_a_file_without_a_byte_is_refused(scene: Scene) -> None:
    with nothing_left_behind(scene.stage, but=COUNTERS):
        answer = upload(scene, b"")
    assert code(answer) == (422, "file_empty")


def test_a_form_without_a_file_is_refused(scene: Scene) -> None:
    with nothing_left_behind(scene.stage):
        answer = scene.post("/documents?kind=passport", **form("photo", PAPER))
    assert code(answer) == (422, "invalid_input")
    assert answer.json["fields"]["file"] == ["required"]


# --- captures ----------------------------------------------------------------------------------


def test_an_empty_list_of_frames_is_refused(scene: Scene) -> None:
    with nothing_left_behind(scene.stage):
        answer = show(scene)
    assert code(answer) == (422, "too_few_frames")
    assert answer.json["params"]["sent"] == 0


def test_one_frame_too_many_is_refused(scene: Scene) -> None:
    most = scene.stage.joined.settings.frames_max
    with nothing_left_behind(scene.stage):
        answer = show(scene, *[FRAMES[0]] * (most + 1))
    assert code(answer) == (422, "too_many_frames")
    assert answer.json["params"] == {"sent": most + 1, "most": most}


def test_a_frame_that_is_no_picture_is_refused_before_a_try_is_spent(scene: Scene) -> None:
    drawn = scene.camera.draw()
    with nothing_left_behind(scene.stage):
        answer = show(scene, FRAMES[0], FRAMES[1][:2000], *FRAMES[2:], drawn=drawn)
    assert code(answer) == (422, "frame_unreadable")
    assert answer.json["params"] == {"frame": 2}


@pytest.mark.gate
def test_a_frame_without_a_face_is_unusable_and_counts_as_no_mismatch(stage: Stage) -> None:
    scene = set_up(stage)
    before = scene.phone.must("GET", f"/links/{scene.waiting}/activation")["tries_left"]
    answer = show(scene, *EMPTY_ROOM, drawn=scene.camera.draw())
    assert answer.status_code == 200, answer.text
    assert (answer.json["outcome"], answer.json["tries_left"]) == ("unusable", before)
    assert answer.json["reason"]


# --- sessions ----------------------------------------------------------------------------------


@pytest.mark.gate
def test_an_expired_session_is_refused_with_its_own_code(stage: Stage) -> None:
    scene = set_up(stage)
    stage.clock.advance(seconds=stage.joined.settings.capture_session_seconds)
    with nothing_left_behind(stage):
        answer = show(scene, *FRAMES[:3])
    assert code(answer) == (410, "capture_session_expired")


@pytest.mark.gate
def test_an_ended_session_is_not_used_again(stage: Stage) -> None:
    scene = set_up(stage)
    assert scene.camera.send("DELETE").ok
    with nothing_left_behind(stage):
        answer = show(scene, *FRAMES[:3])
    assert code(answer) == (409, "capture_session_ended")


def test_a_foreign_session_is_not_there(scene: Scene) -> None:
    path = f"/capture-sessions/{uuid.uuid4()}/captures"
    with nothing_left_behind(scene.stage):
        answer = scene.post(path, token=scene.camera.token, **capture_form(scene, *FRAMES[:3]))
    assert code(answer) == (404, "not_found")


def test_a_holder_does_not_act_in_the_capture_session(scene: Scene) -> None:
    with nothing_left_behind(scene.stage):
        answer = show(scene, *FRAMES[:3], token=scene.phone.token)
    assert code(answer) == (403, "not_allowed")


# --- steps and ids -----------------------------------------------------------------------------


def test_a_step_out_of_order_is_refused_and_says_how_to_go_on(scene: Scene) -> None:
    with nothing_left_behind(scene.stage):
        answer = scene.post(f"/links/{scene.named}/capture-sessions", json={"via": "own"})
    assert code(answer) == (409, "illegal_move")
    assert answer.json["next"] == "read_link"


def test_a_grant_for_another_purpose_opens_nothing(scene: Scene) -> None:
    grant = scene.phone.step_up(CARD_PASSWORD, "decide_recovery")
    with nothing_left_behind(scene.stage):
        answer = scene.post("/links", json={"step_up_id": grant})
    assert code(answer) == (403, "step_up_needed")


@pytest.mark.parametrize(
    "path", ["/links/{}", "/links/{}/evidence", "/links/{}/activation", "/devices/{}"]
)
@pytest.mark.parametrize(
    "unknown", ["0d9f6f1e-5a55-4c7b-9d6e-0f1f4b7a3c21", "7", "null", "x" * 3000, "%00", "..%2f"]
)
def test_an_unknown_id_is_not_found(scene: Scene, path: str, unknown: str) -> None:
    with nothing_left_behind(scene.stage):
        answer = scene.send("GET", path.format(unknown))
    assert code(answer) == (404, "not_found")


def test_somebody_elses_id_looks_like_an_unknown_one(stage: Stage) -> None:
    scene = set_up(stage)
    other = stage.signed_in("tomas")
    with nothing_left_behind(stage):
        foreign = scene.send("GET", f"/links/{scene.named}", token=other.token)
        unknown = scene.send("GET", f"/links/{uuid.uuid4()}", token=other.token)
    for answer in (foreign, unknown):
        answer.json.pop("instance")
    assert {**foreign.json, "instance": 0} == {**unknown.json, "instance": 0}
