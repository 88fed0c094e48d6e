"""Long lists come in pages: nothing twice, nothing missing, nothing of anybody else."""

import base64

import pytest

from tests.api.scene import Scene, code
from tests.support import CARD_PASSWORD


def walk(scene: Scene, path: str, limit: int) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = scene.send("GET", path, query_string=query).json
        assert len(page["items"]) <= limit
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize("path", ["/links", "/counters", "/documents"])
def test_pages_together_are_the_whole_list(scene: Scene, path: str, limit: int) -> None:
    found = walk(scene, path, limit)
    assert len(found) == len(set(found))
    assert set(found) == set(walk(scene, path, 50))


def test_every_link_is_on_some_page_though_all_are_of_the_same_second(scene: Scene) -> None:
    assert set(walk(scene, "/links", 1)) == {scene.draft, scene.named, scene.waiting}


def test_what_is_added_meanwhile_moves_no_page(scene: Scene) -> None:
    first = scene.send("GET", "/links", query_string={"limit": 2}).json
    scene.stage.clock.advance(seconds=1)
    scene.phone.open_application(scene.phone.step_up(CARD_PASSWORD))
    rest = scene.send("GET", "/links", query_string={"cursor": first["next_cursor"]}).json
    seen = [item["id"] for item in first["items"] + rest["items"]]
    assert set(seen) == {scene.draft, scene.named, scene.waiting}
    assert len(seen) == 3


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        "a" * 201,
        base64.urlsafe_b64encode(b"2026-11-18T01:00:00+00:00|not-an-id").decode(),
        base64.urlsafe_b64encode(
            b"2026-11-18T01:00:00|00000000-0000-0000-0000-000000000000"
        ).decode(),
        base64.urlsafe_b64encode(
            b"0001-01-01T00:00:00+14:00|00000000-0000-0000-0000-000000000000"
        ).decode(),
        base64.urlsafe_b64encode(
            b"9999-12-31T23:59:59-14:00|00000000-0000-0000-0000-000000000000"
        ).decode(),
        base64.urlsafe_b64encode(b"yesterday|00000000-0000-0000-0000-000000000000").decode(),
        base64.urlsafe_b64encode(b"'; DROP TABLE links; --").decode(),
    ],
)
def test_a_garbled_cursor_is_refused(scene: Scene, cursor: str) -> None:
    answer = scene.send("GET", "/links", query_string={"cursor": cursor})
    assert code(answer) == (422, "invalid_input")
    assert list(answer.json["fields"]) == ["cursor"]


def test_somebody_elses_cursor_shows_only_ones_own(scene: Scene) -> None:
    other = scene.stage.signed_in("tomas")
    cursor = scene.send("GET", "/links", query_string={"limit": 1}).json["next_cursor"]
    page = scene.send("GET", "/links", query_string={"cursor": cursor}, token=other.token)
    assert page.json == {"items": [], "next_cursor": None}
