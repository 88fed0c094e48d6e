"""What can be edited is edited in the version that was read, or not at all."""

from typing import Any

import pytest

from tests.api.scene import Scene, code, nothing_left_behind


def device(scene: Scene) -> dict[str, Any]:
    return dict(scene.send("GET", "/devices").json["items"][0])


def rename(scene: Scene, name: str, **headers: str) -> Any:
    path = f"/devices/{device(scene)['id']}"
    return scene.send("PATCH", path, json={"name": name}, headers=headers)


def test_an_edit_without_a_version_is_refused(scene: Scene) -> None:
    with nothing_left_behind(scene.stage):
        answer = rename(scene, "Mine")
    assert code(answer) == (428, "version_missing")


@pytest.mark.parametrize("any_version", ["*", "", " ", "1", '"1', "x" * 5000])
def test_any_version_or_none_is_no_version_and_the_header_is_named(
    scene: Scene, any_version: str
) -> None:
    with nothing_left_behind(scene.stage):
        answer = rename(scene, "Mine", **{"If-Match": any_version})
    assert code(answer) == (428, "version_missing")
    assert set(answer.json["fields"]) == {"If-Match"}


@pytest.mark.parametrize(
    "stale", ['"999"', '"0"', 'W/"1"', '"1", "2"', '"-1"', '"1e0"', '"²"', f'"{"x" * 5000}"']
)
def test_an_edit_of_another_version_is_refused(scene: Scene, stale: str) -> None:
    with nothing_left_behind(scene.stage):
        answer = rename(scene, "Mine", **{"If-Match": stale})
    assert code(answer) == (412, "version_changed")


def test_of_two_edits_of_one_version_the_second_is_refused(scene: Scene) -> None:
    read = scene.send("GET", f"/devices/{device(scene)['id']}")
    tag = read.headers["ETag"]
    first = rename(scene, "First", **{"If-Match": tag})
    second = rename(scene, "Second", **{"If-Match": tag})
    assert first.status_code == 200
    assert code(second) == (412, "version_changed")
    assert device(scene)["name"] == "First"
    assert first.headers["ETag"] == f'"{first.json["version"]}"' != tag


def test_the_tag_is_the_version_that_is_read(scene: Scene) -> None:
    read = scene.send("GET", f"/links/{scene.named}")
    assert read.headers["ETag"] == f'"{read.json["version"]}"'
