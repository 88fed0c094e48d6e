"""The other pages of the family's app, in a real browser: what a card holder does for themselves.

Ada is 70 and draws a pension. The registry holds her portrait (a public-domain one), so her own
face is a proof of life and sets a new password. Her phone's clock is a year off throughout.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from ecard.demo import specimens
from ecard.demo.loader import invented_number
from tests.gates.app_steps import (
    PASSWORD,
    Family,
    Place,
    Record,
    capture_until_usable,
    code_for,
    say_in,
    sign_in_by_number,
)
from tests.gates.browsing import Camera, Phone, launched, phone
from tests.operations.test_run import ecard, environment

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.gate

TRIES = 3
"""So often whoever holds something up may try."""
NEW_PASSWORD = "904417"
ADA = {
    "ref": "ada", "name": "Ada Quill", "card_number": "900000000190", "phone": "+447700900190",
}  # fmt: skip
BEA = {"ref": "bea", "name": "Bea Quill", "card_number": "900000000191", "phone": "+447700900191"}
CLEO = {
    "ref": "cleo", "name": "Cleo Quill", "card_number": "900000000192", "phone": "+447700900192",
}  # fmt: skip
CLOCK_A_YEAR_OFF = """() => {
  const [Real, off] = [Date, 365 * 86400e3];
  window.Date = class extends Real {
    constructor(...given) { super(...(given.length ? given : [Real.now() + off])); }
    static now() { return Real.now() + off; }
  };
}"""


@pytest.fixture(scope="module")
def ada(place: Place) -> dict[str, str]:
    return known_to_the_registry(place, ADA)


def known_to_the_registry(place: Place, person: dict[str, str]) -> dict[str, str]:
    """A person of 70 with a pension and a portrait, as an operator loads people."""
    folder = place.folder / person["ref"]
    folder.mkdir()
    (folder / "portrait.jpg").write_bytes(place.photo)
    for name, row in rows_of(person).items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow(row)
    loaded = ecard("load-registry", str(folder), **environment(place.folder / "var", 1))
    assert loaded.returncode == 0, loaded.stderr
    return person


def rows_of(person: dict[str, str]) -> dict[str, dict[str, object]]:
    """What the files say of them."""
    today = datetime.now(UTC).date()
    born = date(today.year - 70, 3, int(person["card_number"][-1]) + 1)
    return {
        "persons.csv": {
            "ref": person["ref"], "number": invented_number("110101", born, "female", set()),
            "name": person["name"], "sex": "female", "birth_date": born,
            "region_code": "north-harbour", "died_on": "", "phone": person["phone"], "email": "",
            "language": "en", "portrait": "portrait.jpg",
        },
        "cards.csv": {
            "card_number": person["card_number"], "person_ref": person["ref"], "state": "normal",
            "expires_on": today + timedelta(days=20),
        },
        "benefits.csv": {
            "ref": f"b-{person['ref']}", "person_ref": person["ref"], "kind": "old_age",
            "since": today - timedelta(days=340), "until": "", "cents": 91250,
        },
    }  # fmt: skip


def go_to(family: Family, path: str, key: str, **given: object) -> None:
    """To a page by its address within the app, as a tap on a link does; it is looked at."""
    family.phone.page.evaluate("path => { location.hash = path; }", path)
    family.heading(key, **given)


def downloaded(page: Page, button: str) -> bytes:
    """What a button hands over."""
    with page.expect_download() as coming:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(coming.value.path()).read_bytes()


def set_first_password(family: Family) -> None:
    go_to(family, "/card", "card.title")
    family.phone.page.locator("[href='#/password']").click()
    family.phone.write(family.say("password.new"), PASSWORD)
    family.phone.write(family.say("password.repeat"), PASSWORD)
    family.tap("password.set")
    family.heading("my.title")


def show_to_live(family: Family, record: Record) -> None:
    """A proof of life by the own face, and its signed receipt."""
    held = family.phone
    go_to(family, "/proof", "proof.own")
    family.tap("ways.get_code")
    held.page.get_by_text(family.say("ways.code"), exact=True).wait_for()
    held.look("a code for the counter")
    family.tap("proof.begin_face")
    held.named(family.say("consent.yes")).wait_for()
    held.look("consent to a proof of life")
    family.tap("consent.yes")
    lose_the_camera(family)
    capture_until_usable(family, "face.title", record)
    family.heading("proof.done")
    receipt = json.loads(downloaded(held.page, family.say("proof.keep")))
    assert "next_due" in json.dumps(receipt)


def lose_the_camera(family: Family) -> None:
    """In the middle of the capture: it ends with a sentence, and begins anew."""
    held = family.phone
    family.tap("face.open")
    family.tap("face.begin")
    held.page.locator(".stage").wait_for()
    held.page.evaluate("simulatedCamera.lose()")
    held.page.locator(".stage").wait_for(state="detached")
    held.page.locator(".inset.warm", has_text=family.say("camera.taken")).wait_for()
    family.tap("face.again")


def forget_the_password(family: Family, place: Place, record: Record) -> None:
    """A code to the phone on file, the own face, a new password; then it is changed back."""
    held = family.phone
    go_to(family, "/reset", "reset.title")
    with code_for(place, ADA["phone"]) as code:
        family.tap("reset.send")
        held.write(family.say("code.label"), code())
    family.tap("continue")
    held.named(family.say("consent.yes")).wait_for()
    held.look("consent to a new password")
    family.tap("consent.yes")
    capture_until_usable(family, "face.title", record)
    family.heading("password.title")
    held.write(family.say("password.new"), NEW_PASSWORD)
    held.write(family.say("password.repeat"), NEW_PASSWORD)
    family.tap("password.set")
    family.heading("reset.done")
    go_to(family, "/password/change", "password.change")
    for key, value in (("old", NEW_PASSWORD), ("new", PASSWORD), ("repeat", PASSWORD)):
        held.write(family.say(f"password.{key}"), value)
    family.tap("password.set")
    family.heading("card.title")


def mind_the_card(family: Family) -> None:
    """Renewed, stopped, used again."""
    held = family.phone
    held.page.locator("[href='#/card/renew']").click()
    held.write(family.say("password.label"), PASSWORD)
    family.tap("card.to.renew")
    family.heading("card.title")
    assert not held.page.locator("[href='#/card/renew']").count()
    held.page.locator("[href='#/card/suspended']").click()
    family.tap("card.to.suspended")
    held.page.get_by_text(family.say("card.suspended"), exact=True).wait_for()
    held.page.locator("[href='#/card/normal']").click()
    held.write(family.say("password.label"), PASSWORD)
    family.tap("card.to.normal")
    held.page.get_by_text(family.say("card.normal"), exact=True).wait_for()


def mind_the_data(family: Family) -> None:
    """Seen, taken as a file, a mistake named, the consent to the face taken back."""
    held = family.phone
    go_to(family, "/data", "data.own")
    held.page.get_by_text(family.say("data.take")).click()
    held.write(family.say("password.label"), PASSWORD)
    assert downloaded(held.page, family.say("data.take_now")).startswith(b"%PDF")
    go_to(family, "/data/correct", "data.correct")
    held.choose(family.say("field.name"))
    held.write(family.say("data.should"), "Ada 王芳 آدا")
    family.tap("data.ask")
    family.heading("data.asked")
    held.page.get_by_text("Ada 王芳 آدا").wait_for()
    go_to(family, "/data/face/take-back", "data.face_sure")
    family.tap("data.face_back")
    family.heading("data.face")


def look_around(family: Family) -> None:
    """Pages that only show something, or refuse with a sentence and a way on."""
    held = family.phone
    for path, key in (("/messages", "messages.title"), ("/devices", "devices.title")):
        go_to(family, path, key)
    held.page.locator("a", has_text=family.say("devices.rename")).click()
    held.write(family.say("devices.name"), "Ada's phone")
    family.tap("save")
    held.page.get_by_text("Ada's phone").wait_for()
    go_to(family, "/transfers/new", "transfers.begin")
    held.page.locator("input[name=region]").first.check(force=True)
    family.tap("transfers.ask")
    held.page.locator(".trouble a").wait_for()
    held.look("a transfer that is refused")
    go_to(family, "/history", "history.on_me")
    table = downloaded(held.page, family.say("history.as_csv")).decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(table)))) > 1


def choose_how_it_looks(family: Family) -> None:
    """At once, and still so after the page was loaded anew."""
    held = family.phone
    go_to(family, "/settings", "settings.title")
    for key, what, value in (
        ("looks.text.largest", "text", "largest"),
        ("looks.contrast.strong", "contrast", "strong"),
        ("looks.theme.dark", "theme", "dark"),
    ):
        held.choose(family.say(key))
        assert held.page.evaluate("document.documentElement.dataset")[what] == value
    held.look("very large, strong and dark")
    held.page.reload()
    family.heading("settings.title")
    assert held.page.evaluate("document.documentElement.dataset.text") == "largest"


def give_an_application_up(family: Family) -> None:
    """Begun with the password, left at the notice."""
    held = family.phone
    go_to(family, "/add", "add.title")
    held.write(family.say("password.label"), PASSWORD)
    family.tap("continue")
    family.tap("give_up.link", "link")
    family.tap("sure.give_up.yes")
    family.heading("family.title")
    held.page.locator("summary").click()
    held.page.get_by_text(family.say("state.withdrawn"), exact=True).wait_for()


def test_a_holder_does_for_themselves_what_the_pages_offer(
    place: Place, ada: dict[str, str], record_property: Record
) -> None:
    camera = Camera(place.photo, place.person)
    with phone(place.browser, place.address, camera, place.looked_at) as held:
        held.page.add_init_script(f"({CLOCK_A_YEAR_OFF})()")
        family = Family(held, say_in("en"), ada, {})
        held.open()
        sign_in_by_number(family, place)
        set_first_password(family)
        show_to_live(family, record_property)
        forget_the_password(family, place, record_property)
        mind_the_card(family)
        mind_the_data(family)
        look_around(family)
        give_an_application_up(family)
        choose_how_it_looks(family)
        in_a_second_tab(family)
    unexpected = [one for one in held.troubles if "Failed to load resource" not in one]
    assert (held.violations, unexpected, held.elsewhere) == ({}, [], [])


def in_a_second_tab(family: Family) -> None:
    """It knows who is signed in; who leaves in one has left in both."""
    other = Phone(family.phone.page.context.new_page(), family.phone.address)
    there = Family(other, family.words, family.holder, {})
    other.open("/my")
    there.heading("my.title")
    there.tap("my.sign_out")
    there.heading("sign_in.title")
    go_to(family, "/card", "sign_in.title")
    assert not family.phone.page.evaluate("sessionStorage['ecard.tokens']")


# --- held up before the browser's own camera ---------------------------------------------------


def a_still(place: Place) -> list[bytes]:
    """The very photo that the registry holds."""
    return [picture_of_480(place.photo)] * 30


def a_recording(place: Place) -> list[bytes]:
    """The right person, doing what was drawn for somebody else."""
    challenge = {
        "frame_times_ms": list(range(0, 8000, 250)), "length_ms": 8000, "profile": "standard",
        "moves": [
            {"move": "turn_left", "begins_ms": 500, "ends_ms": 3000},
            {"move": "closer", "begins_ms": 3500, "ends_ms": 6500},
        ],
        "lights": [
            {"light": light, "begins_ms": begins, "ends_ms": begins + 2000}
            for begins, light in ((0, "red"), (2000, "green"), (4000, "blue"), (6000, "red"))
        ],
    }  # fmt: skip
    return [picture_of_480(frame) for frame in place.person(challenge) for _ in range(8)]


def picture_of_480(picture: bytes) -> bytes:
    """480 × 640, as the camera of a phone gives it."""
    return specimens.jpeg(Image.open(io.BytesIO(picture)).convert("RGB").resize((480, 640)))


HELD_UP = {"a still picture": (BEA, a_still), "a recording": (CLEO, a_recording)}


@pytest.mark.parametrize("what", HELD_UP)
def test_what_is_held_up_before_the_camera_proves_nothing_and_a_person_looks(
    place: Place, tmp_path: Path, record_property: Record, what: str
) -> None:
    person, frames = HELD_UP[what]
    known_to_the_registry(place, person)
    film = tmp_path / "film.mjpeg"
    film.write_bytes(b"".join(frames(place)))
    flags = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    kind = place.browser.browser_type
    with launched(kind, *flags) as browser, phone(browser, place.address) as held:
        family = Family(held, say_in("en"), person, {})
        held.open()
        sign_in_by_number(family, place)
        outcomes = [hold_up(family) for _ in range(TRIES)]
        record_property(f"what came of {what}", ", ".join(outcomes))
        go_to(family, "/proof", "proof.own")
        assert not held.page.get_by_text(family.say("proof.receipts")).count()
    assert "proof.done_banner" not in outcomes


def hold_up(family: Family) -> str:
    """One capture; the key of the words that it ends with."""
    held = family.phone
    go_to(family, "/proof", "proof.own")
    family.tap("proof.begin_face")
    family.tap("consent.yes")
    family.tap("face.open")
    family.tap("face.begin")
    held.page.locator(".stage").wait_for()
    held.page.locator(".stage").wait_for(state="detached")
    banner = held.page.locator(".banner", has_not_text=family.say("face.comparing"))
    trouble = held.page.locator("main .trouble p").first
    banner.or_(trouble).first.wait_for()
    if trouble.count():  # the same pictures as before: refused by their sentence
        return trouble.inner_text()
    said = banner.first.inner_text().strip()
    keys = ("face.unusable", "face.no_match", "done.wait_for_review", "proof.done_banner")
    return next(key for key in keys if family.say(key) == said)
