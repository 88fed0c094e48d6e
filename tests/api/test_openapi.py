"""The page says what there is, all of it, and works without a network."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ecard import app as rooms
from ecard.errors import all_refusals
from tests.api.scene import Scene

METHODS = {"get", "put", "post", "patch", "delete"}
UNLISTED = {"/", "/check", "/api/openapi.json", "/api/docs", "/healthz", "/readyz"}
UNLISTED |= {"/invitation", "/not-me", "/of-age", "/other-guardians"}
UNLISTED |= {"/app", "/app/", "/app/demo-people", "/app/{version}/{name}"}
UNLISTED |= {"/staff", "/staff/", "/staff/{version}/{name}"}
"""Served beside the API: the front door, the page itself, what probes ask, both front ends."""
ELSEWHERE = re.compile(
    r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//|url\(["']?(?:https?:)?//"""
)


@pytest.fixture(scope="module")
def page(scene: Scene) -> Any:
    return scene.client.get("/api/openapi.json").json


def operations(page: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in page["paths"].items():
        for method in METHODS & item.keys():
            yield method, path, item[method]


def test_the_page_lists_exactly_the_routes_that_exist(scene: Scene, page: Any) -> None:
    listed = {(method.upper(), path) for method, path, _ in operations(page)}
    served = {
        (method, re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule))
        for rule in scene.stage.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    unlisted = {path for _, path in served - listed}
    assert unlisted == UNLISTED | {"/api/docs-assets/{filename}"}
    assert listed <= served


def test_every_operation_has_a_name_of_its_own_and_one_line_about_it(page: Any) -> None:
    names = Counter(operation["operationId"] for _, _, operation in operations(page))
    assert max(names.values()) == 1
    for name in names:
        assert re.fullmatch(r"[a-z][A-Za-z]+", name)
    for _, _, operation in operations(page):
        assert 10 < len(operation["summary"]) < 120, operation["operationId"]


def test_every_code_on_the_page_is_a_declared_refusal(page: Any) -> None:
    declared = {(kind.code, kind.status) for kind in all_refusals()}
    for _, _, operation in operations(page):
        for status, answer in operation["responses"].items():
            for code in answer.get("x-codes", []):
                assert (code, int(status)) in declared


def test_every_answer_has_a_content_type_or_nothing_to_say(page: Any) -> None:
    for _, _, operation in operations(page):
        for status, answer in operation["responses"].items():
            assert status == "204" or answer["content"], operation["operationId"]
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"]


def test_a_wait_is_documented_where_one_is_asked_for(page: Any) -> None:
    for _, _, operation in operations(page):
        for status in ("429", "503"):
            if status in operation["responses"]:
                assert "Retry-After" in operation["responses"][status]["headers"]


def test_what_creates_takes_a_key_and_what_edits_takes_a_version(page: Any) -> None:
    def headers(operation: Any) -> set[str]:
        return {one["name"] for one in operation["parameters"] if one["in"] == "header"}

    for method, path, operation in operations(page):
        if method == "post" and "201" in operation["responses"]:
            assert "Idempotency-Key" in headers(operation), path
        if method == "patch":
            assert "If-Match" in headers(operation), path


def test_patterns_are_read_alike_in_every_language(page: Any) -> None:
    patterns = set(re.findall(r"'pattern': '([^']+)'", str(page)))
    assert patterns
    assert not [one for one in patterns if r"\Z" in one or r"\A" in one]


def test_every_room_says_what_it_is_for(page: Any) -> None:
    described = {tag["name"] for tag in page["tags"] if tag.get("description")}
    used = {tag for _, _, operation in operations(page) for tag in operation["tags"]}
    assert used <= described
    assert len(rooms.ROOMS) <= len(described)


def test_the_front_door_says_where_things_are_and_takes_a_browser_to_the_app(
    scene: Scene,
) -> None:
    places: Any = scene.client.get("/").json
    for name in ("app", "documentation", "openapi", "alive"):
        assert scene.client.get(places[name]).status_code == 200
    browser = scene.client.get("/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (browser.status_code, browser.location) == (302, "/app/")


def test_answers_are_readable_text_and_not_escapes(scene: Scene) -> None:
    refused: Any = scene.client.get("/api/v1/links", headers={"Accept-Language": "zh-Hans"})
    assert refused.json["detail"] in refused.data.decode("utf-8")
    assert not refused.json["detail"].isascii()


def test_the_documentation_page_asks_no_other_host(scene: Scene) -> None:
    page = scene.client.get("/api/docs")
    html = page.text
    assert not ELSEWHERE.search(html)
    assert '"validatorUrl": null' in html
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "http" not in page.headers["Content-Security-Policy"]
    assets = re.findall(r"""(?:src|href)=["']([^"']+)["']""", html)
    assert assets
    for asset in assets:
        got = scene.client.get(asset, buffered=True)
        assert got.status_code == 200, asset
        if asset.endswith(".css"):
            assert not ELSEWHERE.search(got.text)
