"""The app's files: kept for good by name, allowed nothing from elsewhere, and small."""

import gzip
import json
import re
from dataclasses import replace
from typing import Any

from flask.testing import FlaskClient

from ecard.app import create_app
from ecard.web.site import CONTENT_POLICY, DEMO_PEOPLE, HOME, STAFF_HOME, site, staff_site

FIRST_PAGE_BYTES = 150_000
LANGUAGES = 3


def names_in(page: str) -> list[str]:
    return re.findall(r"""(?:href|src)=["']([^"']+)["']""", page)


def test_the_page_runs_nothing_that_stands_in_it_and_asks_no_other_host(
    client: FlaskClient,
) -> None:
    page = client.get(HOME)
    assert page.headers["Content-Security-Policy"] == CONTENT_POLICY
    assert not re.search("unsafe|http|data:|\\*", CONTENT_POLICY)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page.text)
    assert all(name.startswith(f"{HOME}{site().version}/") for name in names_in(page.text))
    assert "geolocation=()" in page.headers["Permissions-Policy"]


def test_every_file_that_the_page_names_is_there_and_kept_for_good(client: FlaskClient) -> None:
    names = names_in(client.get(HOME).text)
    assert len(names) > 10
    for name in names:
        answer = client.get(name)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_itself_is_asked_for_anew_and_comes_only_when_it_changed(
    client: FlaskClient,
) -> None:
    page = client.get(HOME)
    assert page.headers["Cache-Control"] == "no-cache"
    again = client.get(HOME, headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_file_of_another_version_or_outside_is_not_served(client: FlaskClient) -> None:
    for path in ("0000000000000000/main.js", f"{site().version}/../site.py"):
        assert client.get(HOME + path).status_code == 404
    for name in ("index.html", "nothing.js", "site.py", "%2e%2e/site.py"):
        assert client.get(f"{HOME}{site().version}/{name}").status_code == 404


def test_files_come_packed_to_who_takes_them_so(client: FlaskClient) -> None:
    path = f"{HOME}{site().version}/app.css"
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Vary"] == "Accept-Encoding"


def test_the_first_page_with_all_its_files_is_small(client: FlaskClient) -> None:
    page = client.get(HOME, headers={"Accept-Encoding": "gzip"})
    files = [site().files[name.removeprefix(f"{HOME}{site().version}/")] for name in _loaded(page)]
    words = max(len(one.packed) for name, one in site().files.items() if "strings/" in name)
    assert len(page.data) + sum(len(one.packed) for one in files) + words < FIRST_PAGE_BYTES


def _loaded(page: Any) -> set[str]:
    return set(names_in(gzip.decompress(page.data).decode()))


def test_the_address_without_its_slash_leads_to_the_page(client: FlaskClient) -> None:
    assert client.get("/app").location == HOME


def test_addresses_out_of_messages_lead_into_the_app(client: FlaskClient) -> None:
    names = ("invitation", "not-me", "of-age", "other-guardians")
    found = [client.get(f"/{name}").location for name in names]
    assert found == [f"{HOME}?{name}" for name in names]


def test_the_demos_people_are_told_without_the_passwords_of_staff(
    client: FlaskClient, joined: Any
) -> None:
    assert client.get(f"{HOME}demo-people").status_code == 404
    shown = {"ref": "anna", "name": "Anna", "shown": True}
    hidden = {"ref": "ruth", "name": "Ruth", "shown": False}
    people = {
        "holders": {"anna": shown, "ruth": hidden},
        "relatives": {
            "anna/paul": {"holder_ref": "anna", "name": "Paul"},
            "ruth/x": {"holder_ref": "ruth", "name": "X"},
        },
        "staff": {"clerk": "a-secret-of-the-clerk"},
    }
    (joined.settings.var / DEMO_PEOPLE).write_text(json.dumps(people), encoding="utf-8")
    told: Any = client.get(f"{HOME}demo-people").json
    assert [one["ref"] for one in told["holders"]] == ["anna"]
    assert [one["name"] for one in told["relatives"]] == ["Paul"]
    assert "staff" not in told


def test_pages_are_not_counted_against_the_requests_of_an_address(stage: Any) -> None:
    settings = replace(stage.joined.settings, requests_per_address=3)
    client = create_app(replace(stage.joined, settings=settings)).test_client()
    pages = [client.get(f"{HOME}{site().version}/icon.svg").status_code for _ in range(5)]
    others = [client.get("/api/v1/counters").status_code for _ in range(4)]
    assert (pages, others) == ([200] * 5, [200, 200, 200, 429])


def test_the_staff_console_is_served_as_strictly_and_names_only_files_of_its_own_place(
    client: FlaskClient,
) -> None:
    page = client.get(STAFF_HOME)
    names = names_in(page.text)
    assert page.headers["Content-Security-Policy"] == CONTENT_POLICY
    assert "camera=()" in page.headers["Permissions-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page.text)
    assert all(name.startswith(f"{STAFF_HOME}{staff_site().version}/") for name in names)
    assert {client.get(name).status_code for name in names} == {200}
    hidden = f"{STAFF_HOME}{staff_site().version}/staff/index.html"
    assert client.get(hidden).status_code == 404
    assert client.get("/staff").location == STAFF_HOME
