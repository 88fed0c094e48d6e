"""Every refusal is problem details in the caller's language, and every answer is hardened."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from ecard.app import API_PREFIX, create_app
from ecard.errors import all_refusals
from ecard.registry.port import RegistryUnavailable
from tests import support
from tests.api.scene import Scene, code
from tests.support import ON_POSTGRES, Stage, another_app

LONG = "x" * 20_000


def with_registry(stage: Stage, fault: Exception) -> Flask:
    """The application on a registry that always fails."""

    class Failing:
        def __getattr__(self, name: str) -> Callable[..., Any]:
            def fail(*_: Any, **__: Any) -> Any:
                raise fault

            return fail

    dependencies = replace(stage.joined.dependencies, registry=Failing())
    return another_app(replace(stage.joined, dependencies=dependencies))


@pytest.mark.parametrize(
    ("accept", "language"),
    [("es-MX,en;q=0.5", "es"), ("zh-CN", "zh-Hans"), ("fr,en;q=0.1", "en"), (LONG, "en")],
)
def test_a_refusal_is_in_the_callers_language(scene: Scene, accept: str, language: str) -> None:
    headers = {"Accept-Language": accept}
    answer = scene.send("GET", "/links", token="", headers=headers)
    english = scene.send("GET", "/links", token="")
    assert code(answer) == (401, "not_signed_in")
    assert answer.headers["Content-Language"] == language
    assert (answer.json["detail"] == english.json["detail"]) == (language == "en")


def test_who_waits_too_long_for_the_database_hears_when_to_come_back(tmp_path: Path) -> None:
    with support.stage(tmp_path, database_wait_seconds=0.2, statement_seconds=0.2) as stage:
        phone, card = stage.phone(), stage.demo.holder("lucia").card_number
        with stage.joined.db.write() as session:  # on SQLite all writers share one lock
            if ON_POSTGRES:
                session.execute(sa.text("LOCK TABLE limit_subjects IN EXCLUSIVE MODE"))
            else:
                session.connection()
            answer = phone.send("POST", "/sign-in/codes", {"card_number": card})
        assert (answer.status, answer.code) == (503, "busy")
        assert int(answer.headers["Retry-After"]) > 0
        assert phone.ask_code(card)


SAME_STEP = frozenset(
    {
        "body_too_large",
        "busy",
        "capture_in_progress",
        "body_too_slow",
        "card_password_weak",
        "counter_code_wrong",
        "file_empty",
        "file_too_large",
        "file_type_not_allowed",
        "idempotency_in_progress",
        "idempotency_key_missing",
        "idempotency_key_reused",
        "invalid_input",
        "headers_too_large",
        "malformed_body",
        "malformed_request",
        "request_line_too_long",
        "picture_too_large",
        "picture_unreadable",
        "processing_limit",
        "end_date_order_reason_does_not_fit",
        "reason_does_not_fit",
        "staff_sign_in_failed",
        "storage_full",
        "too_many_certificates",
        "transfer_same_region",
        "too_many_parts",
        "too_many_requests",
        "too_many_wrong_codes",
        "unavailable",
        "unsupported_media_type",
        "video_too_long",
        "video_unreadable",
    }
)
"""The refused step itself leads on, put right or after the wait that is named."""
SAID_WHERE_RAISED = frozenset(
    {
        "capture_way_not_allowed",
        "card_password_wrong",
        "card_state_refused",
        "code_wrong",
        "consent_missing",
    }
)
"""It depends on what happened."""
NO_WAY = frozenset(
    {
        "internal_error",
        "method_not_allowed",
        "not_allowed",
        "not_found",
    }
)
"""Nothing here, or nothing of yours, or nothing that a client could do."""


def test_every_refusal_names_the_step_that_leads_on_where_there_is_one() -> None:
    silent = {kind.code for kind in all_refusals() if kind.next is None}
    assert silent == SAME_STEP | SAID_WHERE_RAISED | NO_WAY


def test_a_fault_of_ours_says_nothing_but_its_number(stage: Stage) -> None:
    phone = stage.signed_in("lucia")
    app = with_registry(stage, RuntimeError("the password of the database is swordfish"))
    headers = {"Authorization": f"Bearer {phone.token}", "X-Request-Id": "0" * 32}
    answer = app.test_client().get("/api/v1/card", headers=headers)
    assert code(answer) == (500, "internal_error")
    assert "swordfish" not in answer.text
    assert answer.json["instance"] == f"urn:ecard:request:{'0' * 32}"


def test_what_is_away_says_when_to_come_back(stage: Stage) -> None:
    phone = stage.signed_in("lucia")
    app = with_registry(stage, RegistryUnavailable("no answer"))
    headers = {"Authorization": f"Bearer {phone.token}"}
    answer = app.test_client().get("/api/v1/card", headers=headers)
    assert code(answer) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) == answer.json["retry_after"] > 0


def test_too_many_requests_say_when_to_come_back(stage: Stage) -> None:
    settings = replace(stage.joined.settings, requests_per_address=3)
    client = create_app(replace(stage.joined, settings=settings)).test_client()
    answers = [client.get("/api/v1/counters") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert code(answers[-1]) == (429, "too_many_requests")
    assert int(answers[-1].headers["Retry-After"]) == answers[-1].json["retry_after"] > 0


def test_wrong_tokens_count_against_an_address_like_any_request(stage: Stage) -> None:
    settings = replace(stage.joined.settings, requests_per_address=3)
    client = create_app(replace(stage.joined, settings=settings)).test_client()
    guess = {"Authorization": "Bearer eh_guess"}
    answers = [client.get("/api/v1/links", headers=guess) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/api/openapi.json", 200),
        ("GET", "/api/docs", 200),
        ("GET", "/api/docs-assets/swagger-ui.css", 200),
        ("GET", "/api/v1/links", 401),
        ("GET", "/", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/" + LONG, 404),
        ("GET", "/api/docs-assets/../../../etc/passwd", 404),
        ("GET", "/api/v1/notices/%00", 404),
        ("PUT", "/api/v1/links", 405),
        ("BREW", "/api/v1/links", 405),
        ("TRACE", "/api/v1/links", 405),
        ("HEAD", "/api/v1/links", 401),
        ("OPTIONS", "/api/v1/links", 401),
        ("POST", "/api/v1/tokens", 422),
    ],
)
def test_every_answer_carries_the_headers_that_protect_it(
    scene: Scene, method: str, path: str, expected: int
) -> None:
    answer = scene.client.open(path, method=method, buffered=True)
    assert answer.status_code == expected
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Request-Id"]
    assert answer.headers["Cache-Control"]
    if expected >= 400 and method != "HEAD":
        assert code(answer)[0] == expected


def test_an_answer_about_a_person_is_never_stored(scene: Scene) -> None:
    for path in ("/links", "/card", "/devices", f"/links/{scene.named}"):
        assert scene.send("GET", path).headers["Cache-Control"] == "no-store"


def test_an_unknown_method_says_which_there_are(scene: Scene) -> None:
    answer = scene.client.open(f"{API_PREFIX}/links", method="BREW")
    assert code(answer) == (405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_a_head_is_a_get_without_its_body(scene: Scene) -> None:
    head = scene.send("HEAD", f"/links/{scene.named}")
    get = scene.send("GET", f"/links/{scene.named}")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == get.headers["ETag"]


@pytest.mark.parametrize("offered", ["short", "x" * 65, "a\tb-and-more", "<script>alert(1)"])
def test_a_request_number_of_another_shape_is_not_taken_over(scene: Scene, offered: str) -> None:
    answer = scene.client.get("/healthz", headers={"X-Request-Id": offered})
    assert answer.headers["X-Request-Id"] != offered
