"""What people do in the family's app, step by step; the gates put the steps together."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from PIL import Image

from ecard.demo import papers
from ecard.demo.phone import Phone as Desk
from ecard.demo.player import HttpTransport, Play
from ecard.demo.simulated_camera import SimulatedCamera
from tests.gates.browsing import Phone, Speaker

if TYPE_CHECKING:
    from playwright.sync_api import Browser

APP = Path(__file__).parents[2] / "ecard" / "web" / "app"
WORDS = APP / "strings"
PASSWORD = "730518"
TAKES_MOST = 4
MAIL_SECONDS = 15
Record = Callable[[str, object], None]


@dataclass(frozen=True)
class Place:
    """A running server, its people, a browser, and a person to stand before the camera."""

    address: str
    people: dict[str, Any]
    browser: Browser
    photo: bytes
    person: SimulatedCamera
    folder: Path
    """Where the server keeps its data, and more for this run."""
    looked_at: list[str] = field(default_factory=list)
    """Pages that axe was asked about."""


@dataclass
class Family(Speaker):
    """A holder with a phone, and the relative whom they add."""

    holder: dict[str, Any]
    relative: dict[str, Any]


def sign_in(family: Family) -> None:
    """The card's number, then the code out of the demo's mailbox."""
    held = family.phone
    family.heading("sign_in.title")
    held.tap(f"{family.holder['name']}, {family.holder['age']}")
    family.tap("continue")
    held.page.locator(".inset .quiet").click()
    held.look("code")
    family.tap("sign_in.button")


def sign_in_by_number(family: Family, place: Place, *, arrives: bool = True) -> None:
    """Who is not among the demo's people to choose from types the number and the code; ``arrives``:
    at their own page, and not where they came to go."""
    held = family.phone
    family.heading("sign_in.title")
    held.write(family.say("sign_in.number"), family.holder["card_number"])
    with code_for(place, family.holder["phone"]) as code:
        family.tap("continue")
        held.write(family.say("code.label"), code())
    family.tap("sign_in.button")
    if arrives:
        family.heading("my.title")


@contextmanager
def code_for(place: Place, address: str) -> Iterator[Callable[[], str]]:
    """The code that comes to an address from now on, as the demo's mailbox has it."""
    desk, path = Desk(HttpTransport(place.address)), f"/demo/mailbox?address={quote(address)}"
    seen = desk.must("GET", path)["items"][:1]

    def code() -> str:
        until = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < until:
            mail = desk.must("GET", path)["items"][:1]
            found = re.search(r"\b\d{6}\b", mail[0]["text"]) if mail and mail != seen else None
            if found:
                return found[0]
            time.sleep(0.2)
        raise AssertionError("no code arrived")

    yield code


def go_to_family(family: Family) -> None:
    """From "My" to the family services."""
    held = family.phone
    family.heading("my.title")
    held.press(held.page.locator(".door[href='#/family']"))
    family.heading("family.title")


def set_password(family: Family) -> None:
    """Once in the life of a card; then the way back to the family."""
    held = family.phone
    family.tap("family.add", "link")
    family.heading("add.title")
    family.tap("password.title")
    family.heading("password.title")
    held.write(family.say("password.new"), PASSWORD)
    held.write(family.say("password.repeat"), PASSWORD)
    family.tap("password.set")
    held.page.get_by_label(family.say("password.label")).wait_for()
    family.tap("back", "link")
    family.heading("family.title")


def apply(family: Family) -> None:
    """Steps 1 to 3, first half: password, notice, who the relative is."""
    held = family.phone
    family.tap("family.add", "link")
    held.write(family.say("password.label"), PASSWORD)
    held.look("password")
    family.tap("continue")
    held.named(family.say("notice.read")).wait_for()
    held.look("notice")
    family.tap("notice.read")
    family.heading("account.title")
    held.choose(family.say(f"relation.{family.relative['relation']}"))
    held.write(family.say("account.name"), family.relative["name"])
    held.write(family.say("account.number"), family.relative["number"])
    held.look("account, filled in")
    family.tap("continue")


def give_papers(family: Family, paper: Path) -> None:
    """Step 3, second half: a file, and a photo taken in the page."""
    family.heading("need.kinship")
    family.phone.give_file("#file-birth_certificate-any", paper)
    family.heading("need.face", name=family.relative["name"])
    for key in ("papers.camera", "papers.take", "papers.use"):
        family.phone.named(family.say(key)).wait_for()
        family.phone.look(key)
        family.tap(key)
    family.heading("papers.title")
    family.tap("papers.send")


def consent(family: Family) -> None:
    """A guardian's decision, or from 14 years on the person's own."""
    held = family.phone
    if 14 <= family.relative["age"] < 16:
        family.tap("ready.begin", "link")
    held.named(family.say("consent.yes")).wait_for()
    held.look("consent")
    family.tap("consent.yes")


def show_face(family: Family, record_property: Record) -> str:
    """Step 4: before the camera; returns what the heading says at its end."""
    capture_until_usable(family, "face.title", record_property)
    return family.phone.page.locator("h1").inner_text()


def capture_until_usable(family: Family, title: str, record_property: Record) -> None:
    """Before the camera, wherever a face is asked for."""
    held = family.phone
    for take in range(TAKES_MOST):  # a capture that could not be used is taken again
        family.heading(title)
        family.tap("face.open")
        held.named(family.say("face.begin")).wait_for()
        held.look("the oval")
        family.tap("face.begin")
        held.page.locator(".stage").wait_for()
        held.page.locator(".stage").wait_for(state="detached")
        retry = held.named(family.say("face.again"))
        banner = held.page.locator(".banner", has_not_text=family.say("face.comparing"))
        elsewhere = held.page.locator("h1", has_not_text=family.say(title))
        banner.or_(held.page.locator(".trouble")).or_(elsewhere).first.wait_for()
        held.look("what came of it")
        if not retry.count():
            record_property("captures until one could be used", take + 1)
            break
        family.tap("face.again")


def family_of(place: Place, held: Phone, language: str, kin: str) -> Family:
    """Of the demo's people."""
    relative = place.people["relatives"][kin]
    return Family(held, say_in(language), place.people["holders"][relative["holder_ref"]], relative)


def say_in(language: str) -> dict[str, str]:
    """The app's words."""
    return dict(json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8")))


def give_passport(family: Family, place: Place, folder: Path) -> None:
    """Somebody else's passport, refused with what differs; then their own, which a person sees."""
    held, person = family.phone, family.relative
    portrait = Image.open(io.BytesIO(place.photo))
    for given, name in (("Ingrid", "wrong.jpg"), (None, "right.jpg")):
        (folder / name).write_bytes(papers.passport(person, portrait, given=given))
        family.heading("need.identity", name=person["name"])
        held.give_file("#file-passport-any", folder / name)
        family.heading("papers.title")
        family.tap("papers.send")
        if given:
            held.page.get_by_text(family.say("differs.name_differs")).wait_for()
            held.look("papers that say otherwise")
            held.page.get_by_role("button", name=family.say("papers.change")).click()
    family.heading("waiting.title")
    nothing = cast("Any", None)
    Play(place.address, folder / "phones.json", nothing, place.people).review(minor=False)
    family.tap("waiting.look")
    family.heading("adult.title", name=person["name"])


def say_yes(family: Family) -> None:
    """The relative reads who asks for what, and accepts; then the decision about the face."""
    held = family.phone
    held.named(family.say("accept.yes")).wait_for()
    held.look("who asks for what")
    family.tap("accept.yes")
    consent(family)


def letter(place: Place, address: str, what: str) -> str:
    """Where the newest message to an address leads, as the demo's mailbox has it."""
    until, desk = time.monotonic() + MAIL_SECONDS, Desk(HttpTransport(place.address))
    while time.monotonic() < until:
        mail = desk.must("GET", f"/demo/mailbox?address={quote(address)}")["items"]
        found = [re.search(rf"/{what}#\S+", one["text"]) for one in mail]
        for one in found:
            if one:
                return one[0]
        time.sleep(0.3)
    raise AssertionError(f"no {what} arrived")
