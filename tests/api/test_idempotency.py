"""The same key gets the same answer and has its effect once, whoever else asks at that moment."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from urllib3.filepost import encode_multipart_formdata

from ecard.cards.models import StepUpGrant
from ecard.demo import specimens
from ecard.idempotency import IdempotencyKey
from tests.api.scene import Scene, code, nothing_left_behind
from tests.support import CARD_PASSWORD, Stage

ASK = {"purpose": "decide_recovery", "password": CARD_PASSWORD}
PARALLEL = 8


def key(name: str) -> str:
    return f"{name}-{'k' * 20}"


def grants(stage: Stage) -> int:
    with stage.joined.db.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(StepUpGrant)) or 0


def test_a_repeat_is_answered_with_the_same_bytes_and_no_second_effect(scene: Scene) -> None:
    first = scene.post("/step-ups", key("repeat"), json=ASK)
    with nothing_left_behind(scene.stage):
        again = scene.post("/step-ups", key("repeat"), json=ASK)
    assert first.status_code == again.status_code == 201
    assert first.data == again.data
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.content_type == first.content_type


def test_a_repeated_upload_may_have_another_boundary(scene: Scene) -> None:
    paper = specimens.paper("birth certificate", ["Nora"])

    def send() -> Any:
        body, content_type = encode_multipart_formdata([("file", ("a.jpg", paper, "image/jpeg"))])
        path = "/documents?kind=birth_certificate"
        return scene.post(path, key("upload"), data=body, content_type=content_type)

    first = send()
    with nothing_left_behind(scene.stage):
        again = send()
    assert first.status_code == 201
    assert again.data == first.data


def test_the_same_key_with_another_body_is_refused(scene: Scene) -> None:
    scene.post("/step-ups", key("other"), json=ASK)
    with nothing_left_behind(scene.stage):
        answer = scene.post("/step-ups", key("other"), json=ASK | {"purpose": "add_relative"})
    assert code(answer) == (422, "idempotency_key_reused")


def test_the_same_key_at_another_address_is_refused(scene: Scene) -> None:
    scene.post("/step-ups", key("elsewhere"), json=ASK)
    with nothing_left_behind(scene.stage):
        answer = scene.post("/links", key("elsewhere"), json=ASK)
    assert code(answer) == (422, "idempotency_key_reused")


def test_a_key_is_needed_and_has_a_shape(scene: Scene) -> None:
    with nothing_left_behind(scene.stage):
        for given in ("", "short", "x" * 101, "a key with spaces in it", "ключ" * 6):
            headers = {"Idempotency-Key": given.encode().decode("latin-1")}
            answer = scene.send("POST", "/step-ups", json=ASK, headers=headers)
            assert code(answer) == (400, "idempotency_key_missing")
            assert set(answer.json["fields"]) == {"Idempotency-Key"}


def test_a_refused_request_leaves_its_key_free(scene: Scene) -> None:
    with nothing_left_behind(scene.stage):
        refused = scene.post("/step-ups", key("mistake"), json=ASK | {"purpose": "fun"})
    assert code(refused) == (422, "invalid_input")
    assert scene.post("/step-ups", key("mistake"), json=ASK).status_code == 201


def test_somebody_elses_key_opens_nothing(scene: Scene) -> None:
    other = scene.stage.signed_in("tomas")
    mine = scene.post("/step-ups", key("mine"), json=ASK)
    theirs = scene.post("/step-ups", key("mine"), json=ASK, token=other.token)
    assert theirs.status_code == 201
    assert "Idempotent-Replay" not in theirs.headers
    assert theirs.json["id"] != mine.json["id"]


def test_many_at_once_with_one_key_have_one_effect(scene: Scene) -> None:
    before = grants(scene.stage)
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(
            pool.map(lambda _: scene.post("/step-ups", key("many"), json=ASK), range(PARALLEL))
        )
    done = [answer for answer in answers if answer.status_code == 201]
    waiting = [answer for answer in answers if answer.status_code != 201]
    assert grants(scene.stage) == before + 1
    assert len({answer.data for answer in done}) == 1
    assert all(code(answer) == (409, "idempotency_in_progress") for answer in waiting)


def test_a_key_in_work_says_when_to_ask_again(scene: Scene) -> None:
    hashing = scene.stage.joined.dependencies.hashing
    places = scene.stage.joined.settings.hashing_at_once
    before = keys(scene.stage)
    for _ in range(places):
        assert hashing.acquire(timeout=5)
    try:
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(scene.post, "/step-ups", key("in-work"), json=ASK)
            until_reserved(scene.stage, before)
            second = scene.post("/step-ups", key("in-work"), json=ASK)
            hashing.release(places)
            places = 0
            assert first.result().status_code == 201
    finally:
        if places:
            hashing.release(places)
    assert code(second) == (409, "idempotency_in_progress")
    assert int(second.headers["Retry-After"]) >= 1


def until_reserved(stage: Stage, before: int) -> None:
    """Wait until one more key is reserved."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if keys(stage) > before:
            return
        time.sleep(0.02)
    raise AssertionError("the first request never began")


def keys(stage: Stage) -> int:
    with stage.joined.db.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(IdempotencyKey)) or 0
