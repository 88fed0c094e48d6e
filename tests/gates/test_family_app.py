"""The family's app in a real browser: a parent adds a child, from signing in to an active link.

The simulated camera answers the challenge that was drawn (tests/gates/browsing.py). Every page on
the way is asked about by axe, in light and in dark with large text; nothing may be written to the
console or asked of another host.
"""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import zxingcpp
from PIL import Image, ImageOps

from ecard.demo import specimens
from ecard.demo.phone import Phone as Desk
from ecard.demo.player import HttpTransport, Play
from ecard.registry.numbers import check
from tests.alone import FULL
from tests.gates.app_steps import (
    APP,
    PASSWORD,
    Family,
    Place,
    Record,
    apply,
    consent,
    family_of,
    give_papers,
    give_passport,
    go_to_family,
    letter,
    say_yes,
    set_password,
    show_face,
    sign_in,
    sign_in_by_number,
)
from tests.gates.browsing import Camera, phone

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.gate

TAPS_MOST = 22
FIRST_PAGE_BYTES = 150_000
BROWSER_SPEAKS = {"en": "en-GB", "es": "es-ES", "zh-Hans": "zh-CN"}
CARMEN = "+447700900103"
Scene = Callable[[Place, Path, Record], None]
"""What is played, where, with a folder for its papers."""
SLOW_SECONDS = 2.0
VIDEO_MS = 1500
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
"""Milliseconds and bytes a second, as the common measuring tools take it."""
NO_CAMERA = {"NotAllowedError": "refused", "NotFoundError": "none", "NotReadableError": "taken"}
THREE_SCRIPTS = "Emma Campos 王芳 آدا بنت علي"
FULL_WIDTH = {ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)}
SIZES = """() => [...performance.getEntriesByType("navigation"),
  ...performance.getEntriesByType("resource")].reduce((all, one) => all + one.transferSize, 0)"""


def photo_of(place: Place, kin: str) -> bytes:
    """The same person, but a photo that nobody gave for another child: that would go to review."""
    picture = Image.open(io.BytesIO(place.photo)).convert("RGB")
    strip = picture.width // 8  # so little that the face is still large enough
    made = {
        "andres/mateo": lambda: picture,
        "sofia/emma": lambda: ImageOps.mirror(picture),
        "fang/xiaoming": lambda: ImageOps.expand(picture, (strip, strip, 0, 0), "steelblue"),
        "anna/paul": lambda: ImageOps.expand(
            ImageOps.mirror(picture), (0, strip, strip, 0), "wheat"
        ),
    }
    return specimens.jpeg(made[kin]())


def a_child(language: str, kin: str) -> Scene:
    """A parent adds them; counted."""

    def play(place: Place, folder: Path, record: Record) -> None:
        add_child(place, folder, record, language, kin)

    return play


def add_child(place: Place, folder: Path, record_property: Record, language: str, kin: str) -> None:
    """From signing in to the active link, and what can be done on it then."""
    paper = folder / "paper.jpg"
    paper.write_bytes(specimens.paper("birth certificate", [kin]))
    camera = Camera(photo_of(place, kin), place.person)
    spoken = BROWSER_SPEAKS[language]
    with phone(place.browser, place.address, camera, place.looked_at, locale=spoken) as held:
        family = family_of(place, held, language, kin)
        child = family.relative
        held.open()
        sign_in(family)
        go_to_family(family)
        first_page = held.page.evaluate(SIZES)
        set_password(family)
        held.taps, began = 0, time.monotonic()
        apply(family)
        give_papers(family, paper)
        consent(family)
        assert show_face(family, record_property) == family.say("done.finished.title")
        taps = held.taps
        record_property("taps and fields from Add to active", taps)
        record_property("seconds from Add to active", round(time.monotonic() - began, 1))
        family.tap("done.go")
        family.phone.sees(child["name"])
        held.page.get_by_text(family.say("state.active"), exact=True).wait_for()
        held.open("/family")
        held.page.locator(".door", has_text=child["name"]).wait_for()
        held.look("family with a child")
        if FULL:
            apply_for_a_card(family, place)
            read_the_history(family)
        take_a_certificate(family)
        be_scanned(family, place)
    record_property("bytes of the first pages, packed", first_page)
    record_property("pages asked about", len(held.looked_at))
    record_property("seconds of asking", round(held.seconds_looking, 1))
    assert (held.violations, held.troubles, held.elsewhere) == ({}, [], [])
    assert taps <= TAPS_MOST
    assert first_page < FIRST_PAGE_BYTES


def apply_for_a_card(family: Family, place: Place) -> None:
    """With a photo; the desk moves it on, and the page says so."""
    held, name = family.phone, family.relative["name"]
    held.page.locator(".door", has_text=name).click()
    family.phone.sees(name)
    held.page.locator(".door", has_text=family.say("cards.title")).click()
    family.heading("cards.of", name=name)
    family.tap("cards.begin", "link")
    photo = place.folder / "photo.jpg"
    photo.write_bytes(place.photo)
    held.give_file("#file-face_photo-any", photo)
    family.tap("cards.ask")
    family.heading("cards.of", name=name)
    desk = desk_of(family, place)
    (waiting,) = desk.must("GET", "/staff/card-applications")["items"][:1]
    path = f"/staff/card-applications/{waiting['id']}"
    for to in ("in_production", "at_bank", "ready"):
        version = desk.must("GET", path)["version"]
        desk.must("POST", f"{path}/moves", {"to": to}, if_match=f'"{version}"')
    held.page.reload()
    held.page.get_by_text(family.say("cards.collect")).wait_for()
    held.look("a card to collect")
    family.tap("back", "link")
    held.sees(name)


def take_a_certificate(family: Family) -> None:
    """One's own rights on paper: once, however often it is tapped."""
    held = family.phone
    held.open("/rights")
    family.heading("rights.own")
    with held.page.expect_download() as coming:
        family.tap("rights.certificate_make")
    assert Path(coming.value.path()).read_bytes().startswith(b"%PDF")
    said = family.words["rights.certificate_made"].split("{")[0]
    held.page.get_by_text(said).wait_for()


def read_the_history(family: Family) -> None:
    """Ten to a page, and all of it as a file."""
    held, name = family.phone, family.relative["name"]
    for _ in range(8):  # each look at the card is an act
        held.page.locator(".door", has_text=family.say("cards.title")).click()
        family.heading("cards.of", name=name)
        held.page.go_back()
        held.sees(name)
    held.page.locator(".door", has_text=family.say("history.title")).click()
    family.heading("history.of", name=name)
    assert held.page.locator(".acts li").count() == 10
    family.tap("history.older", "link")
    held.named(family.say("history.newest"), "link").wait_for()
    with held.page.expect_download() as coming:
        family.tap("history.as_pdf")
    assert Path(coming.value.path()).read_bytes().startswith(b"%PDF")
    held.open("/family")


def desk_of(family: Family, place: Place) -> Desk:
    """The desk of a clerk of the holder's region."""
    clerk = "clerk-north" if family.holder["region"].startswith("north") else "clerk-south"
    desk = Desk(HttpTransport(place.address))
    desk.sign_in_as_staff(clerk, place.people["staff"][clerk])
    return desk


def be_scanned(family: Family, place: Place) -> None:
    """The holder's own code, read off the screen and accepted at a counter."""
    held = family.phone
    held.open("/qr")
    family.heading("qr.own")
    family.tap("qr.show")
    held.page.locator(".qr svg").wait_for()
    held.look("a code")
    picture = Image.open(io.BytesIO(held.page.locator(".qr").screenshot()))
    (read,) = zxingcpp.read_barcodes(picture)
    body = {"text": read.text, "operation": "identify"}
    used = desk_of(family, place).send("POST", "/staff/qr-codes/use", body)
    assert used.status == 200, used.body


def begin_with_adult(family: Family, place: Place, folder: Path) -> None:
    """Up to the question how the relative says yes."""
    family.phone.open()
    sign_in(family)
    go_to_family(family)
    set_password(family)
    apply(family)
    give_passport(family, place, folder)


def a_mother_says_yes_on_her_sons_phone(place: Place, folder: Path, record: Record) -> None:
    """Handed over; his own pages are locked until he takes the phone back."""
    camera = Camera(place.photo, place.person)
    with phone(place.browser, place.address, camera, place.looked_at, locale="es-ES") as held:
        family = family_of(place, held, "es", "tomas/elena")
        begin_with_adult(family, place, folder)
        family.tap("adult.hand_over")
        held.named(family.say("accept.yes")).wait_for()
        held.open("/family")
        family.heading("handed.title")
        family.tap("handed.go_on", "link")
        say_yes(family)
        assert show_face(family, record) == family.say("done.finished.title")
        family.tap("face.back_to_holder")
        family.heading("unlock.title")
        held.write(family.say("password.label"), PASSWORD)
        family.tap("unlock.button")
        held.page.get_by_text(family.say("link.reads_only")).wait_for()
    assert (held.violations, held.elsewhere) == ({}, [])


def a_mother_says_yes_on_a_phone_of_her_own(place: Place, folder: Path, record: Record) -> None:
    """By invitation; afterwards she says that it was not her, and it is stopped."""
    camera = Camera(place.photo, place.person)
    with (
        phone(place.browser, place.address, looked_at=place.looked_at) as theirs,
        phone(place.browser, place.address, camera, place.looked_at) as hers,
    ):
        daughter = family_of(place, theirs, "en", "lucia/carmen")
        mother = family_of(place, hers, "en", "lucia/carmen")
        begin_with_adult(daughter, place, folder)
        daughter.tap("adult.invite")
        theirs.page.locator(".inset.good").wait_for()
        hers.page.goto(place.address + letter(place, CARMEN, "invitation"))
        mother.heading("invited.title")
        mother.tap("invited.open")
        say_yes(mother)
        assert show_face(mother, record) == mother.say("done.finished.title")
        mother.tap("face.close")
        mother.heading("invited.done")
        hers.page.goto(place.address + letter(place, CARMEN, "not-me"))
        mother.tap("not_me.yes")
        mother.heading("not_me.done")
    assert (hers.violations, hers.elsewhere, theirs.violations) == ({}, [], {})


def a_card_with_a_picture_of_oneself(place: Place, folder: Path, record: Record) -> None:
    """What the demo offers whoever tries an adult without a card to hand: a person looks at it."""
    camera = Camera(place.photo, place.person)
    with phone(place.browser, place.address, camera, place.looked_at) as held:
        family = family_of(place, held, "en", "peter/rosa")
        held.open()
        sign_in_by_number(family, place)
        go_to_family(family)
        set_password(family)
        apply(family)
        family.heading("need.identity", name=family.relative["name"])
        held.look("a card to be drawn")
        for key in ("demo.card", "papers.take", "papers.use", "demo.specimen"):
            held.named(family.say(key)).wait_for()
            family.tap(key)
        family.heading("papers.title")
        held.look("a drawn card")
        family.tap("papers.send")
        family.heading("waiting.title")
    assert (held.violations, held.troubles, held.elsewhere) == ({}, [], [])


def a_child_by_keyboard(place: Place, folder: Path, record: Record) -> None:
    """All of it with the tabulator, Enter, blank and arrows."""
    paper = folder / "paper.jpg"
    paper.write_bytes(specimens.paper("birth certificate", ["by keyboard"]))
    camera = Camera(photo_of(place, "fang/xiaoming"), place.person)
    with phone(place.browser, place.address, camera, place.looked_at) as held:
        family = family_of(place, held, "en", "qiang/xiaoming")
        held.keyboard = True
        held.open()
        sign_in_by_number(family, place)
        go_to_family(family)
        set_password(family)
        apply(family)
        give_papers(family, paper)
        consent(family)
        assert show_face(family, record) == family.say("done.finished.title")


STORE_IS_FULL = """() => {
  Storage.prototype.setItem = () => { throw new DOMException("", "QuotaExceededError"); };
}"""


def a_full_store(place: Place, folder: Path, record: Record) -> None:
    """The browser keeps nothing: all goes on, and what was typed stays until the page is left."""
    with phone(place.browser, place.address, looked_at=place.looked_at) as held:
        family = family_of(place, held, "en", "karl/greta")
        held.page.add_init_script(f"({STORE_IS_FULL})()")
        held.open()
        sign_in_by_number(family, place)
        go_to_family(family)
        set_password(family)
        family.tap("family.add", "link")
        held.write(family.say("password.label"), PASSWORD)
        family.tap("continue")
        family.tap("notice.read")
        held.write(family.say("account.name"), THREE_SCRIPTS)
        typed = in_form(family)
        there_and_back(family, "account.title")
        assert in_form(family) == typed
    assert (held.violations, held.troubles, held.elsewhere) == ({}, [], [])


SCENES: dict[str, Scene] = {
    "a child": a_child("en", "andres/mateo"),
    "a child, in Chinese": a_child("zh-Hans", "fang/xiaoming"),
    "a child of 15, who decides about their own face": a_child("es", "anna/paul"),
    "handed over": a_mother_says_yes_on_her_sons_phone,
    "a drawn card": a_card_with_a_picture_of_oneself,
    "by keyboard": a_child_by_keyboard,
    "a full store": a_full_store,
    "by invitation": a_mother_says_yes_on_a_phone_of_her_own,
}
PLAYED = list(SCENES) if FULL else list(SCENES)[:1]


@pytest.mark.parametrize("scene", PLAYED)
def test_a_relative_is_added_in_few_taps_and_no_page_shuts_anybody_out(
    place: Place, tmp_path: Path, record_property: Record, scene: str
) -> None:
    SCENES[scene](place, tmp_path, record_property)


# --- clumsy hands and bad luck -----------------------------------------------------------------


def in_form(family: Family) -> dict[str, str]:
    """What stands in the fields of the family account."""
    labels = {"name": "account.name", "number": "account.number"}
    page = family.phone.page
    return {
        name: page.get_by_label(family.say(key), exact=True).input_value()
        for name, key in labels.items()
    }


def end_session_elsewhere(family: Family) -> None:
    """As if the session had ended on another phone."""
    ended = family.phone.page.evaluate(
        """async () => {
          const { access } = JSON.parse(sessionStorage["ecard.tokens"]);
          const headers = { Authorization: `Bearer ${access}` };
          return (await fetch("/api/v1/session", { method: "DELETE", headers })).status;
        }"""
    )
    assert ended == 204


def mistype(family: Family) -> None:
    """An empty field, an easy password, two that differ, a double tap."""
    held = family.phone
    family.tap("family.add", "link")
    family.tap("password.title")
    for first, second, key in (("", "", "six_digits"), ("123456", "123456", "easy")):
        held.write(family.say("password.new"), first)
        held.write(family.say("password.repeat"), second)
        family.tap("password.set")
        held.page.get_by_role("link", name=family.say(f"check.{key}")).first.wait_for()
    held.look("mistakes")
    held.write(family.say("password.new"), " ７３０ ５１８ ")
    assert not held.page.locator(".bad, .trouble").count(), "a mistake put right is still one"
    held.write(family.say("password.repeat"), PASSWORD)
    family.tap("password.set")
    held.write(family.say("password.label"), "111118")
    family.tap("continue")
    held.page.get_by_text("5").first.wait_for()  # tries left, in the service's own sentence
    held.write(family.say("password.label"), PASSWORD)
    held.named(family.say("continue")).dblclick()
    held.named(family.say("notice.read")).wait_for()
    held.page.go_back()
    family.heading("family.title")
    assert held.page.locator(".door").count() == 1, "a double tap opened two applications"
    held.page.locator(".door").click()
    family.tap("notice.read")


def lose_the_session(family: Family) -> None:
    """Reload, another language and a lost session: what was typed is there again."""
    held, number = family.phone, family.relative["number"]
    family.heading("account.title")
    held.choose(family.say("relation.child"))
    held.write(family.say("account.name"), THREE_SCRIPTS)
    held.write(family.say("account.number"), f" {number[:6]} {number[6:]} ".translate(FULL_WIDTH))
    typed = in_form(family)
    held.page.reload()
    assert in_form(family) == typed
    end_session_elsewhere(family)
    family.tap("continue")
    held.page.get_by_role("link", name=family.say("way.sign_in")).click()
    sign_in(family)
    family.heading("account.title")
    assert in_form(family) == typed
    there_and_back(family, "account.title")
    assert in_form(family) == typed
    held.write(family.say("account.name"), family.relative["name"])
    family.tap("continue")


def there_and_back(family: Family, key: str, **given: object) -> None:
    """One page back, whatever stands there, and forward again."""
    held = family.phone
    held.page.go_back()
    held.page.locator("h1", has_not_text=family.say(key, **given)).wait_for()
    held.page.go_forward()
    family.heading(key, **given)


def lose_the_network(family: Family, paper: Path) -> None:
    """Offline in the middle of an upload: it says so, and goes on by itself."""
    held = family.phone
    family.heading("need.kinship")
    there_and_back(family, "need.kinship")
    broken = iter(range(2))

    def break_off(route: Route) -> None:
        if next(broken, None) is None:
            route.continue_()
        else:
            route.abort("internetdisconnected")

    held.page.route("**/uploads/*?offset=*", break_off)
    held.give_file("#file-birth_certificate-any", paper)
    held.page.get_by_text(family.say("papers.waits")).wait_for()
    family.heading("need.face", name=family.relative["name"])


def have_no_camera(family: Family) -> None:
    """Each way in which a camera does not open, or goes, has a sentence and another way."""
    held = family.phone
    there_and_back(family, "need.face", name=family.relative["name"])
    for name, key in NO_CAMERA.items():
        held.page.evaluate(
            "name => { navigator.mediaDevices.getUserMedia = () =>"
            " Promise.reject(new DOMException('', name)); }",
            name,
        )
        family.tap("papers.camera")
        held.page.locator(".inset.warm", has_text=family.say(f"camera.{key}")).wait_for()
    held.look("no camera")
    held.page.reload()  # the camera is back
    family.tap("papers.camera")
    held.named(family.say("papers.take")).wait_for()
    held.page.evaluate("simulatedCamera.lose()")
    family.tap("papers.take")
    held.page.locator(".inset.warm", has_text=family.say("camera.taken")).wait_for()


def give_a_photo_of_40_mb(family: Family, place: Place, folder: Path) -> None:
    """It is made smaller here before it is sent."""
    large = folder / "large.jpg"
    large.write_bytes(heavy(photo_of(place, "sofia/emma"), 40 * 2**20))
    family.heading("need.face", name=family.relative["name"])
    family.phone.give_file("#file-face_photo-any", large)
    family.heading("papers.title")
    family.tap("papers.send")


def heavy(photo: bytes, size: int) -> bytes:
    """The same picture with comments in it until it has this size."""
    comment = b"\xff\xfe\xff\xff" + bytes(65533)
    return photo[:2] + comment * (size // len(comment)) + photo[2:]


def go_without_the_face(family: Family, place: Place, folder: Path) -> None:
    """No to the face; four digits in a video, which a person watches and approves."""
    held = family.phone
    held.named(family.say("consent.no")).wait_for()
    family.tap("consent.no")
    family.heading("ways.title")
    there_and_back(family, "ways.title")
    family.tap("ways.get_code")
    held.page.get_by_text(family.say("ways.code"), exact=True).wait_for()
    family.tap("ways.begin_video")
    family.heading("video.title")
    family.tap("video.open")
    family.tap("video.start")
    held.page.wait_for_timeout(VIDEO_MS)
    held.look("recording a video")
    family.tap("video.stop")
    held.named(family.say("video.send")).wait_for()
    held.look("a video before it is sent")
    family.tap("video.send")
    family.heading("done.wait_for_review.title")
    nothing = cast("Any", None)
    Play(place.address, folder / "phones.json", nothing, place.people).review(minor=True)
    family.tap("done.go")
    held.page.get_by_text(family.say("state.active"), exact=True).wait_for()


def test_clumsy_hands_and_bad_luck_end_in_a_sentence_and_lose_nothing(
    place: Place, tmp_path: Path
) -> None:
    paper = tmp_path / "paper.jpg"
    paper.write_bytes(specimens.paper("birth certificate", ["Mateo"]))
    camera = Camera(place.photo, place.person)
    with phone(place.browser, place.address, camera, place.looked_at) as held:
        family = family_of(place, held, "en", "sofia/emma")
        held.open()
        sign_in(family)
        go_to_family(family)
        mistype(family)
        lose_the_session(family)
        lose_the_network(family, paper)
        have_no_camera(family)
        give_a_photo_of_40_mb(family, place, tmp_path)
        go_without_the_face(family, place, tmp_path)
        family.tap("link.end", "link")
        family.tap("sure.end.yes")
        family.heading("family.title")
        held.page.locator("summary").click()
        held.page.get_by_text(family.say("state.ended"), exact=True).wait_for()
    unexpected = [one for one in held.troubles if "Failed to load resource" not in one]
    assert (held.violations, unexpected, held.elsewhere) == ({}, [], [])


@pytest.mark.alone
def test_the_first_page_stands_in_two_seconds_on_a_slow_phone(
    place: Place, record_property: Record
) -> None:
    seconds = [first_page_on_slow_4g(place) for _ in range(2)]
    record_property("seconds until the first page stands, slow 4G, the faster of 2", min(seconds))
    assert min(seconds) < SLOW_SECONDS


def first_page_on_slow_4g(place: Place) -> float:
    """Seconds; a processor four times slower, as phones are, and nothing kept from before."""
    with phone(place.browser, place.address) as held:
        tool = held.page.context.new_cdp_session(held.page)
        tool.send("Network.enable")
        tool.send("Network.emulateNetworkConditions", SLOW_4G)
        tool.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        began = time.monotonic()
        held.page.goto(f"{place.address}/app/", wait_until="commit")
        held.page.locator("form input").wait_for()
        return round(time.monotonic() - began, 2)


def test_every_part_of_the_app_loads(place: Place) -> None:
    parts = [path.relative_to(APP).as_posix() for path in sorted(APP.rglob("*.js"))]
    with phone(place.browser, place.address) as held:
        held.open()
        first = held.page.locator("link[href$='/main.js']").get_attribute("href") or ""
        wrong = held.page.evaluate(
            "async all => (await Promise.allSettled(all.map(one => import(one))))"
            ".map(one => String(one.reason ?? '')).filter(Boolean)",
            [first.replace("main.js", part) for part in parts],
        )
    assert not wrong


def test_the_browser_finds_the_same_numbers_right_as_the_service(
    place: Place, record_property: Record
) -> None:
    chance = random.Random(7)
    right = [one["number"] for one in place.people["relatives"].values()]
    numbers = right + [spoilt(number, chance) for number in right * 20]
    with phone(place.browser, place.address) as held:
        held.open()
        first = held.page.locator("link[href$='/main.js']").get_attribute("href") or ""
        module = first.replace("/main.js", "/numbers.js")
        says = held.page.evaluate(
            "async ([at, numbers]) => { const { isNumber } = await import(at);"
            " return numbers.map(one => isNumber(one, 'cn.ric')); }",
            [module, numbers],
        )
    assert says == [check(number, "cn.ric").valid for number in numbers]
    assert {True, False} == set(says)
    record_property("numbers", len(numbers))


def spoilt(number: str, chance: random.Random) -> str:
    """A number with one other character, or two that changed places."""
    at = chance.randrange(len(number) - 1)
    if chance.random() < 0.5:
        return number[:at] + chance.choice("0123456789X") + number[at + 1 :]
    return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
