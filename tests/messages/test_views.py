"""The demo's mailbox over HTTP, and its absence everywhere else."""

from dataclasses import replace
from typing import Any

from tests.support import Stage, another_app


def test_a_code_that_was_asked_for_is_in_the_demo_s_mailbox(stage: Stage) -> None:
    holder = stage.demo.holder("fang")
    stage.phone().ask_code(holder.card_number)
    stage.work_off()
    client: Any = stage.app.test_client()
    query = {"address": str(holder.phone)}
    items = client.get("/api/v1/demo/mailbox", query_string=query).json["items"]
    assert [(item["medium"], item["kind"]) for item in items] == [("sms", "sign_in_code")]
    assert items[0]["text"].startswith("您的登录验证码是")
    unquoted = client.get(f"/api/v1/demo/mailbox?address={holder.phone}").json["items"]
    assert unquoted == items


def test_a_wrong_question_to_the_mailbox_is_refused(client: Any) -> None:
    for query in ("", "address=a", "address=" + "x" * 255):
        answer = client.get(f"/api/v1/demo/mailbox?{query}")
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_input"), query


def test_outside_the_demo_profile_the_mailbox_does_not_exist(stage: Stage) -> None:
    settings = replace(stage.joined.settings, profile="production")
    app = another_app(replace(stage.joined, settings=settings))
    answer: Any = app.test_client().get("/api/v1/demo/mailbox?address=+447700900121")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert "mailbox" not in app.test_client().get("/api/openapi.json").text
