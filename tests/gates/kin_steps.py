"""What people do on whom a link stands already (tests/gates/kin.py), step by step.

The phones are in Los Angeles, the cards in Shanghai: days are those of the cards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.gates.app_steps import PASSWORD, Family, Place, say_in, sign_in_by_number
from tests.gates.browsing import Camera, phone
from tests.gates.kin import Kin
from tests.gates.staff_steps import SPOKEN

if TYPE_CHECKING:
    from ecard.registry.port import RegistryPerson

FAR_AWAY = "America/Los_Angeles"
VIDEO_MS = 1500
USUAL = {"width": 390, "height": 844}


@contextmanager
def at_hand(
    place: Place, person: RegistryPerson, path: str = "/", language: str = "en"
) -> Iterator[Family]:
    """Somebody signed in on a phone of their own; nothing may be wrong on any of its pages."""
    camera = Camera(place.photo, place.person)
    settings: dict[str, Any] = {"timezone_id": FAR_AWAY, "viewport": USUAL}
    settings["locale"] = SPOKEN[language]
    with phone(place.browser, place.address, camera, place.looked_at, **settings) as held:
        held.size = USUAL
        card = person.card
        assert card is not None
        holder = {"card_number": card.number, "phone": person.contact.phone}
        family = Family(held, say_in(language), holder, {})
        held.page.goto(place.address + path if path != "/" else f"{place.address}/app/")
        sign_in_by_number(family, place, arrives=path == "/")
        yield family
    unexpected = [one for one in held.troubles if "Failed to load resource" not in one]
    assert (held.violations, unexpected, held.elsewhere) == ({}, [], [])


def go_to(family: Family, path: str) -> None:
    """To a page by its address, as a tap on a link does."""
    family.phone.page.evaluate("path => { location.hash = path; }", path)


def set_password(family: Family) -> None:
    """The first one of their card."""
    go_to(family, "/password")
    family.heading("password.title")
    family.phone.write(family.say("password.new"), PASSWORD)
    family.phone.write(family.say("password.repeat"), PASSWORD)
    family.tap("password.set")
    family.heading("my.title")


def written(kin: Kin, days: int) -> str:
    """A day from now on, as the app writes it in English."""
    day = kin.today + timedelta(days=days)
    return f"{day.day} {day:%B %Y}"


def begin_to_confirm(family: Family, link: str) -> None:
    """Come of age: yes to a link, and the password; the decision about the face is next."""
    go_to(family, f"/on-me/{link}/of-age")
    family.heading("of_age.now")
    family.phone.page.locator(f"[href='#/on-me/{link}/confirm']").click()
    family.phone.write(family.say("password.label"), PASSWORD)
    family.tap("continue")
    family.phone.named(family.say("consent.yes")).wait_for()
    family.phone.look("consent before a link is confirmed")


def confirm_by_video(family: Family) -> None:
    """Without a face: a person watches it later."""
    family.tap("consent.no")
    family.heading("ways.title")
    family.tap("ways.begin_video", "link")
    film(family)
    family.heading("done.wait_for_review.title")


def film(family: Family) -> None:
    """Four digits, before the camera, and off they go."""
    family.heading("video.title")
    family.tap("video.open")
    family.tap("video.start")
    family.phone.page.wait_for_timeout(VIDEO_MS)
    family.tap("video.stop")
    family.tap("video.send")


def give_order(family: Family, order: Path) -> None:
    """A court order, page by page."""
    family.tap("order.door", "link")
    family.heading("order.title")
    family.phone.give_file("#file-court_order-any", order)
    family.phone.named(family.say("order.send")).wait_for()
    family.phone.look("an order that arrived")
    family.tap("order.send")
    family.heading("order.done")
