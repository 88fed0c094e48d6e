"""What staff do in their console, step by step; the gates put the steps together."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecard.demo import specimens
from ecard.demo.phone import Phone as Holder
from ecard.demo.player import Play
from tests.gates.browsing import Speaker, phone

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WEB = Path(__file__).parents[2] / "ecard" / "web"
DESK = {"width": 1280, "height": 800}
WAIT_MS = 20_000
EXPLAINED = "Seen, and compared with the documents."
SPOKEN = {"en": "en-GB", "es": "es-ES", "zh-Hans": "zh-CN"}
PORTRAITS = [specimens.open_photo(one) for one in specimens.public_portraits()]
STATUS = re.compile(r"status of (\d+)")
"""What a browser writes to its console about a refusal."""


@dataclass
class House:
    """A running server, its people, and a browser for all desks, in a language."""

    play: Play
    people: dict[str, Any]
    browser: Browser
    language: str
    looked_at: list[str] = field(default_factory=list)

    def number(self, kin: str) -> str:
        """The social security number of somebody's relative."""
        return str(self.people["relatives"][kin]["number"])

    def card(self, holder: str) -> str:
        return str(self.people["holders"][holder]["card_number"])


def words_in(language: str) -> dict[str, str]:
    """The console's words, and those of the app that it shares."""
    words: dict[str, str] = {}
    for folder in ("app", "staff"):
        text = (WEB / folder / "strings" / f"{language}.json").read_text(encoding="utf-8")
        words |= json.loads(text)
    return words


@dataclass
class Desk(Speaker):
    """A member of staff before a screen, in a language."""

    def pick(self, key: str, value: str) -> None:
        self.phone.page.get_by_label(self.say(key), exact=True).select_option(value)

    def go(self, path: str) -> None:
        """To a page by its address, as a tap on a link does."""
        self.phone.page.evaluate("path => { location.hash = path; }", path)

    def fill(self, **values: str | bool) -> None:
        """Fields by their name: a text, a word of a select, True for a box."""
        for name, value in values.items():
            one = self.phone.page.locator(f"[name='{name}']").first
            if value is True:
                one.check(force=True)
            elif one.evaluate("one => one.tagName") == "SELECT":
                one.select_option(str(value))
            else:
                one.fill(str(value))

    def choose(self, name: str, value: str) -> None:
        """One of a few, by its value."""
        self.phone.page.locator(f"[name^='{name}'][value='{value}']").first.check(force=True)

    def sees(self, selector: str, words: str = "") -> None:
        found = self.phone.page.locator(selector)
        (found.filter(has_text=words) if words else found).first.wait_for()

    def done(self, name: str) -> None:
        """It went well, and is looked at."""
        self.sees(".banner.good")
        self.phone.look(name)

    def refused(self, name: str, words: str) -> None:
        """The service said no: in words, with what was typed still there."""
        self.sees(".trouble[role=alert]", words)
        self.phone.look(name)

    def first_row(self, words: str = "") -> None:
        """Open the newest one of a list."""
        self.phone.page.locator("tr", has_text=words).locator(".row-door").first.click()
        self.phone.page.locator("a.back").wait_for()


@contextmanager
def desk(
    house: House, user_name: str, language: str = "", *, refusals: Collection[int] = (403,)
) -> Iterator[Desk]:
    """Signed in; nothing may have gone wrong by the end, other than what was to be refused."""
    language = language or house.language
    with phone(
        house.browser, house.play.address, looked_at=house.looked_at, locale=SPOKEN[language]
    ) as held:
        held.home, held.size = "/staff/", DESK
        held.page.set_default_timeout(WAIT_MS)
        held.page.set_viewport_size(DESK)  # type: ignore[arg-type]
        at = Desk(held, words_in(language))
        held.open()
        at.heading("staff.sign_in")
        held.write(at.say("staff.user_name"), user_name)
        held.write(at.say("staff.password"), house.people["staff"][user_name])
        held.page.keyboard.press("Enter")
        held.page.locator(".menu nav").wait_for()
        yield at
    found = [STATUS.search(one) for one in held.troubles]
    troubles = [
        said
        for said, status in zip(held.troubles, found, strict=True)
        if status is None or int(status[1]) not in refusals
    ]
    wrong = (held.violations, troubles, held.elsewhere)
    assert wrong == ({}, [], []), wrong


def applied(house: House, holder: str, kin: str, papers: dict[str, bytes]) -> tuple[Holder, str]:
    """The papers are given; the next step is a person's, or the face."""
    theirs = house.play.sign_in(holder)
    link_id = house.play.begin(theirs, house.people["relatives"][f"{holder}/{kin}"])
    given = [theirs.upload(kind, picture) for kind, picture in papers.items()]
    assert theirs.give_evidence(link_id, given).ok
    return theirs, link_id


def before_the_face(house: House, holder: str, kin: str) -> tuple[Holder, str]:
    """A child's papers are accepted; a picture that was seen before is a person's to look at."""
    theirs, link_id = applied(house, holder, kin, papers_of_child(1))
    if theirs.must("GET", f"/links/{link_id}")["state"] == "in_review":
        house.play.review(minor=True)
    return theirs, link_id


def papers_of_child(portrait: int = 0) -> dict[str, bytes]:
    """A birth certificate, and a photo of the face."""
    return {
        "birth_certificate": specimens.paper("birth certificate", ["Child"]),
        "face_photo": specimens.face_photo(PORTRAITS[portrait]),
    }


def papers_of_mother() -> dict[str, bytes]:
    """Both sides of a card that no machine can read."""
    return {
        "id_card_front": specimens.identity_card_front(PORTRAITS[0], ["Elena"]),
        "id_card_back": specimens.identity_card_back(["Valid"]),
    }


# --- a case about a link --------------------------------------------------------------------------


def first_case(at: Desk) -> None:
    """The newest one of the list."""
    at.heading("rooms.cases")
    at.phone.page.locator(".row-door").first.click()


def decide(at: Desk, outcome: str, reason: str) -> None:
    """With a reason and words, and what becomes of it."""
    page = at.phone.page
    page.locator(".picture").last.locator("img, video").wait_for()
    kind, *marks = page.locator("h1, .case-head .badge").all_inner_texts()
    at.phone.look(f"a case to decide: {kind.rsplit(' ', 1)[0]} {marks}")
    at.choose("outcome", outcome)
    at.pick("decide.reason", reason)
    at.phone.write(at.say("decide.explanation"), EXPLAINED)
    at.tap("decide.submit")
    at.heading("decide.done")


def open_by_two(
    house: House, at: Desk, second: str = "reviewer-north-2", *, room: str = "/cases"
) -> None:
    """One asks, another one agrees, on record."""
    page = at.phone.page
    page.get_by_role("button", name=at.say("opening.ask"), exact=True).wait_for()
    at.phone.look("a minor's case, shut")
    at.tap("opening.ask")
    with desk(house, second) as other:
        other.heading("rooms.cases")
        if room == "/cases":
            other.tap("cases.view.approval", "link")
        else:
            other.go(room)
            other.heading(f"rooms.{room[1:]}")
        other.phone.page.locator("td a").first.click()
        other.phone.named(other.say("approval.yes")).wait_for()
        other.phone.look(f"approval: {room}")
        other.tap("approval.yes")
        other.phone.page.locator(".inset.good").wait_for()
    at.tap("opening.look")


# --- the counter ---------------------------------------------------------------------------------


def task(at: Desk, name: str, *, room: str = "counter", **values: str | bool) -> None:
    """A task of a desk, from its page to the answer."""
    at.go(f"/{room}/{name}")
    at.heading(f"counter.{name}")
    at.fill(**values)
    at.tap(f"counter.{name}.submit")


SAW = {"identity_document": "passport"}


def last_step(at: Desk, child: Holder, link_id: str) -> None:
    """Nothing filled in: each mistake at its field. A wrong code: it stays there to be corrected.
    The right one: the link is active."""
    task(at, "code")
    at.sees(".field.bad, fieldset.bad")
    assert at.phone.page.locator(".trouble li").count() == len(("code", "paper", "there"))
    at.phone.look("a counter's task, not filled in")
    task(at, "code", code="AAAAA-BBBBB", there=True, **SAW)
    at.refused("a wrong code", "9")
    assert at.phone.page.locator("[name=code]").input_value() == "AAAAA-BBBBB"
    code = child.must("POST", f"/links/{link_id}/counter-code")["code"]
    at.fill(code=code)
    at.tap("counter.code.submit")
    at.done("code")
    assert child.must("GET", f"/links/{link_id}")["state"] == "active"


def cards_at_counter(at: Desk, house: House) -> None:
    """Codes on paper; a card suspended, refused for renewal, led to its state; renewed, issued."""
    victor = {"card_number": house.card("victor"), **SAW}
    for name in ("reset", "recovery"):
        task(at, name, card_number=house.card("lucia"), **SAW)
        at.done(name)
    task(at, "card_state", state="suspended", **victor)
    at.done("card_state")
    task(at, "renewal", **victor)
    at.refused("no renewal", at.say("said.card_not_usable"))
    at.tap("on.read_card", "link")
    task(at, "card_state", state="normal", **victor)
    at.sees(".banner.good")
    task(at, "renewal", card_number="900000000167", **SAW)
    at.done("renewal")
    task(at, "issue", number="110101190001010005", **SAW)
    at.refused("nobody of that number", at.say("said.counter.not_found"))
    at.fill(number=house.number("lucia/nora"))
    at.tap("counter.issue.submit")
    at.done("issue")


def qr_at_counter(at: Desk, shown_by: Holder) -> None:
    """Something that is no code, then one: used up."""
    task(at, "qr", text="no code", operation="identify")
    at.refused("no QR code", "")
    at.fill(text=shown_by.must("POST", "/card/qr-codes", {"operation": "identify"})["text"])
    at.tap("counter.qr.submit")
    at.done("qr")


def face_at_counter(at: Desk, house: House) -> None:
    """A guardian takes the consent back; the pictures go, and there is a receipt."""
    father, link_id = applied(house, "qiang", "xiaoming", papers_of_child(1))
    assert father.consent_as_guardian(link_id).ok
    task(at, "face", number=house.number("qiang/xiaoming"), **SAW)
    at.refused("a child's consent", "14")
    at.fill(guardian_number=house.number("fang/qiang"))
    at.tap("counter.face.submit")
    at.done("face")
    receipt = at.phone.named(at.say("proof.keep"))
    look = at.phone.named(at.say("withdrawn.look"))
    while not receipt.count():
        look.click()
        at.phone.page.wait_for_timeout(200)
    with at.phone.page.expect_download():
        receipt.click()


def links_at_counter(at: Desk, house: House) -> None:
    """What there is on a person: a last day by a court order that two clerks saw, then cut, once it
    is meant."""
    task(at, "links", number=house.number("lucia/mateo"), **SAW)
    at.sees(".list-table")
    at.phone.look("links")
    at.tap("links.last_day")
    at.fill(ends_on="2027-05-31", seen="passport")
    at.tap("links.last_day_submit")
    at.refused("a last day without an order", at.say("said.end_date_needs_order"))
    at.fill(seen="court_order")
    at.tap("links.last_day_submit")
    at.sees(".field.bad")
    at.phone.look("an order, not filled in")
    at.fill(court="Family court of the Harbour", file_number="12/2026")
    at.tap("links.last_day_submit")
    at.sees(".inset.good", at.say("orders.recorded"))
    order_confirmed(house)
    at.go("/counter/orders")
    at.sees(".empty")
    task(at, "links", number=house.number("lucia/mateo"), **SAW)
    at.sees(".list-table", "2027")
    for answer in ("list.stay", "links.cut"):
        at.tap("links.cut")
        at.sees("dialog[open]")
        at.phone.look("is it meant?")
        at.phone.page.locator("dialog").get_by_role("button", name=at.say(answer)).click()
        at.phone.page.locator("dialog").wait_for(state="detached")
    at.sees(".inset.good", at.say("links.done"))


def order_confirmed(house: House) -> None:
    """By a colleague, who looks at what was recorded."""
    with desk(house, "clerk-north-2") as other:
        other.go("/counter/orders")
        other.heading("counter.orders")
        other.sees(".facts", "12/2026")
        other.phone.page.locator("summary").first.click()
        other.choose("outcome", "rejected")
        other.phone.look("a court order to confirm")
        other.choose("outcome", "confirmed")
        other.tap("decide.submit")
        other.done("a court order confirmed")


# --- offices --------------------------------------------------------------------------------------


def card_made(at: Desk, house: House, applicant: Holder) -> None:
    """From entered to handed over; somebody else is quicker once, and the lost card stands in the
    way once: each is said, with the way on."""
    assert applicant.must("POST", "/card/state", {"state": "lost"})["state"] == "lost"
    photo = applicant.upload("face_photo", specimens.face_photo(PORTRAITS[0]))
    applicant.must("POST", "/card-applications", {"photo_id": photo})
    at.go("/cards")
    at.heading("rooms.cards")
    at.first_row()
    at.tap("agency_cards.photo")
    at.sees(".picture img")
    at.choose("to", "failed")
    at.tap("agency_cards.move")
    at.sees(".field.bad")
    at.phone.look("a card application, its reason missing")
    here = at.phone.page.evaluate("location.hash").removeprefix("#")
    _quicker(house, here)
    at.choose("to", "in_production")
    at.tap("agency_cards.move")
    at.refused("changed meanwhile", at.say("on.read_again"))
    at.tap("on.read_again")
    for state in ("at_bank", "ready"):
        at.choose("to", state)
        at.tap("agency_cards.move")
    hand_over(at, house, here)


def _quicker(house: House, page: str) -> None:
    path = f"/staff/card-applications/{page.split('/')[-1]}"
    other = house.play.desk("clerk-north")
    version = other.must("GET", path)["version"]
    other.must("POST", f"{path}/moves", {"to": "in_production"}, if_match=f'"{version}"')


def hand_over(at: Desk, house: House, page: str) -> None:
    """The person came for it: the old card is cancelled first."""
    at.sees("h2", at.say("agency_cards.collect"))
    at.phone.look("a card to hand over")
    at.fill(**SAW)
    at.tap("agency_cards.collect")
    at.refused("another card", at.say("on.change_card_state"))
    at.tap("on.change_card_state", "link")
    task(at, "card_state", card_number=house.card("andres"), state="cancelled", **SAW)
    at.sees(".banner.good")
    at.go(page)
    at.sees("h2", at.say("agency_cards.collect"))
    at.fill(**SAW)
    at.tap("agency_cards.collect")
    at.done("a card handed over")


def transferred(north: Desk, south: Desk, person: Holder) -> None:
    """Accepted in the south, passed on in the north, taken in in the south."""
    person.must("POST", "/transfers", {"region": "south-harbour"})
    for turn, (at, stage) in enumerate(
        [(south, "old_agency"), (north, "new_agency"), (south, "completed")]
    ):
        at.go("/messages" if turn else "/transfers")
        at.go("/transfers")
        at.heading("rooms.transfers")
        at.first_row()
        at.phone.look("a transfer")
        at.choose("outcome", "accepted")
        at.tap("decide.submit")
        at.done("a transfer passed on")
        at.sees(".facts", at.say(f"stage.{stage}"))
    south.tap("rooms.messages", "link")
    south.heading("rooms.messages")
    south.phone.page.locator("td a, th a").last.click()
    south.sees("h1")
    passed_on(north)


def passed_on(at: Desk) -> None:
    """The message is still there; the transfer is another office's, and that is what it says."""
    at.go("/messages")
    at.heading("rooms.messages")
    at.phone.page.locator("td a, th a").first.click()
    at.heading("elsewhere.title")
    at.sees(".lead", at.say("said.transfers.not_found"))
    at.tap("case.back", "link")
    at.heading("rooms.transfers")


def corrected(at: Desk, person: Holder) -> None:
    """Asked for, refused with words."""
    wanted = "Andrés Sol Vega-Montenegro de la Cruz y Santamaría"
    person.must("POST", "/my-data/corrections", {"field": "name", "wanted": wanted})
    at.go("/corrections")
    at.heading("rooms.corrections")
    at.phone.page.locator("summary").first.click()
    at.choose("outcome", "refused")
    at.phone.page.locator("details[open] select").select_option("not_proven")
    at.phone.page.locator("details[open] textarea").fill("Please bring your birth certificate.")
    at.phone.look("a correction")
    at.tap("decide.submit")
    at.done("a correction answered")


# --- reviewers of proofs of life, safeguarding, auditors ------------------------------------------


def proof_decided(at: Desk, outcome: str, reason: str, words: str = "") -> None:
    """A case about a proof of life."""
    at.go("/proofs")
    at.heading("rooms.proofs")
    at.first_row(words)
    at.choose("outcome", outcome)
    at.fill(reason=reason)
    at.phone.look(f"a proof of life to decide: {words}")
    at.tap("decide.submit")
    at.heading("decide.done")


def stopped(at: Desk, link_id: str) -> None:
    """Stopped, refused a second time, and let go on."""
    at.go("/stops")
    at.heading("rooms.stops")
    for action in ("suspend", "suspend", "resume"):
        at.fill(link=link_id)
        at.choose("action", action)
        at.tap("stops.submit")
        at.sees(".banner.good, .trouble")
        at.phone.look(f"a link: {at.phone.page.locator('.banner, .trouble h2').inner_text()}")
        if at.phone.page.locator(".banner").count():
            at.tap("stops.another")
            at.sees("form")


def audited(at: Desk, link_id: str) -> None:
    """Figures that name nobody; then what is on record about a link, and about who acted."""
    at.heading("rooms.figures")
    at.sees(".list-table")
    at.go("/audit")
    at.heading("rooms.audit")
    at.tap("audit.search")
    at.sees(".field.bad")
    at.fill(by="object", subject=link_id)
    at.tap("audit.search")
    at.sees(".list-table")
    at.phone.look("audit, found")
    at.phone.page.locator("td a").last.click()
    at.sees(".list-table")
    at.go("/audit/case/00000000-0000-4000-8000-000000000000")
    at.sees(".empty")
    at.phone.look("audit, nothing found")
