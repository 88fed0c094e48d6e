"""The staff console in a real browser: what a machine did not decide, decided by people; each task
of a counter and an office, once, to its end; every page in three languages.

A child's case is opened by two and approved; a mother's is rejected, appealed, approved one level
up, and a counter takes the last step. Every page on the way is asked about by axe, in light and in
dark with large text on the smallest screen; nothing may be written to the console or asked of
another host.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from ecard.demo.phone import Phone as Holder
from ecard.demo.player import Play
from tests.gates import staff_steps as steps
from tests.gates.browsing import chromium
from tests.gates.staff_steps import House, applied, decide, desk, first_case, open_by_two, words_in
from tests.operations.test_run import running

pytestmark = pytest.mark.gate

LANGUAGES = list(steps.SPOKEN) if os.environ.get("ECARD_FULL") else ["en"]
PAGES = {
    "reviewer-north": {
        "/cases": "rooms.cases", "/cases/overdue": "rooms.cases", "/cases/approval": "rooms.cases",
        "/cases/decided": "rooms.cases", "/proofs": "rooms.proofs",
        "/proofs/benefit": "counter.benefit",
    },
    "clerk-north": {
        "/counter": "rooms.counter", "/cards": "rooms.cards", "/transfers": "rooms.transfers",
        "/corrections": "rooms.corrections", "/messages": "rooms.messages",
        **{f"/counter/{name}": f"counter.{name}" for name in (
            "code", "links", "orders", "proof", "reset", "recovery", "card_state", "renewal",
            "issue", "qr", "face",
        )},
    },
    "safeguarding": {"/stops": "rooms.stops"},
    "auditor": {"/figures": "rooms.figures", "/figures/92": "rooms.figures",
                "/audit": "rooms.audit"},
}  # fmt: skip
"""What each role can open by its address alone, and the heading there."""


@pytest.fixture(scope="module", params=LANGUAGES)
def house(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("served")
    with chromium() as browser, running(folder / "var", folder / "errors.log") as server:
        people = json.loads((folder / "var" / "demo-people.json").read_text(encoding="utf-8"))
        nothing = cast("Any", None)
        address = f"http://127.0.0.1:{server.port}"
        play = Play(address, folder / "phones.json", nothing, people)
        yield House(play, people, browser, request.param)


def at_the_counter(house: House, theirs: Holder, link_id: str) -> None:
    """The last step without a face: a code, the person, their document."""
    code = theirs.must("POST", f"/links/{link_id}/counter-code")["code"]
    with desk(house, "clerk-north") as clerk:
        clerk.heading("rooms.counter")
        clerk.phone.page.locator(".door[href='#/counter/code']").click()
        clerk.heading("counter.code")
        clerk.phone.write(clerk.say("desk.code"), code)
        clerk.pick("desk.paper", "passport")
        clerk.phone.choose(clerk.say("desk.there.present"))
        clerk.phone.choose(clerk.say("desk.agrees.accepted"))
        clerk.phone.choose(clerk.say("scope.rights"))
        clerk.tap("counter.code.submit")
        clerk.phone.page.locator(".banner.good").wait_for()
        clerk.phone.look("counter done")


def test_what_a_machine_did_not_decide_is_decided_by_people(house: House) -> None:
    mothers = applied(house, "tomas", "elena", steps.papers_of_mother())
    childs = applied(house, "sofia", "diego", steps.papers_of_child())
    with desk(house, "reviewer-north") as reviewer:
        first_case(reviewer)
        open_by_two(house, reviewer)
        decide(reviewer, "approved", "documents_confirmed")
        reviewer.tap("case.back", "link")
        first_case(reviewer)
        decide(reviewer, "rejected", "document_not_legible")
    theirs, link_id = mothers
    theirs.must("POST", f"/links/{link_id}/appeal", {"grounds": "It can be read very well."})
    with desk(house, "reviewer-province") as above:
        first_case(above)
        decide(above, "approved", "documents_confirmed")
    at_the_counter(house, theirs, link_id)
    assert theirs.must("GET", f"/links/{link_id}")["state"] == "active"
    assert childs[0].must("GET", f"/links/{childs[1]}")["state"] != "in_review"


REFUSALS = (401, 403, 404, 409, 412, 422)
"""What the walks below provoke; whatever else a console says is a trouble."""


def test_each_task_of_a_counter_is_done_once(house: House) -> None:
    lucia, link_id = steps.before_the_face(house, "lucia", "mateo")
    proof = house.play.sign_in("hugo").must("POST", "/certification/counter-code")["code"]
    with desk(house, "clerk-north", refusals=REFUSALS) as clerk:
        steps.last_step(clerk, lucia, link_id)
        steps.task(clerk, "proof", code=proof, identity_document="id_card")
        clerk.done("proof")
        steps.qr_at_counter(clerk, lucia)
        steps.cards_at_counter(clerk, house)
        steps.face_at_counter(clerk, house)
        steps.links_at_counter(clerk, house)
    assert lucia.must("GET", f"/links/{link_id}")["state"] == "ended"


def test_what_offices_do_step_by_step_is_done_to_its_end(house: House) -> None:
    victor, andres = house.play.sign_in("victor"), house.play.sign_in("andres")
    with (
        desk(house, "clerk-north", refusals=REFUSALS) as north,
        desk(house, "clerk-south", refusals=REFUSALS) as south,
    ):
        steps.card_made(north, house, andres)
        steps.transferred(north, south, victor)
        steps.corrected(north, andres)


def test_a_proof_of_life_is_refused_appealed_and_accepted_above(house: House) -> None:
    hugo = house.play.sign_in("hugo")
    hugo.must("POST", "/certification/visit", {"grounds": "I cannot walk any more."})
    with desk(house, "reviewer-north", refusals=REFUSALS) as reviewer:
        steps.proof_decided(reviewer, "refused", "not_met")
        benefit: dict[str, str | bool] = {"kind": "old_age", "there": True}
        benefit["number"] = house.number("tomas/elena")
        steps.task(reviewer, "benefit", room="proofs", **benefit)
        reviewer.refused("a benefit that is paid", "")
    hugo.must("POST", "/certification/appeal", {"grounds": "I was at home, and nobody rang."})
    with desk(house, "reviewer-province") as above:
        steps.proof_decided(above, "accepted", "reason_accepted")


def test_a_link_is_stopped_for_safety_and_all_of_it_is_on_record(house: House) -> None:
    fang, link_id = steps.before_the_face(house, "fang", "xiaoyu")
    code = fang.must("POST", f"/links/{link_id}/counter-code")["code"]
    given = {"code": code, "identity_document": "passport", "relative_present": True}
    house.play.desk("clerk-north").must("POST", "/staff/counter-codes/redeem", given)
    with desk(house, "safeguarding", refusals=REFUSALS) as at:
        steps.stopped(at, link_id)
    assert fang.must("GET", f"/links/{link_id}")["state"] == "active"
    with desk(house, "auditor") as auditor:
        steps.audited(auditor, link_id)


def test_every_page_opens_in_every_language(
    house: House, record_property: Callable[[str, object], None]
) -> None:
    """Axe looked at all of them in one language; here a missing word would be an error."""
    for user_name, pages in PAGES.items():
        with desk(house, user_name) as at:
            for language in steps.SPOKEN:
                at.phone.page.locator(".looks select").first.select_option(language)
                at.phone.page.locator(f"html[lang='{language}']").wait_for()
                for path, key in pages.items():
                    at.go(path)
                    heading = words_in(language)[key]
                    at.phone.page.get_by_role("heading", name=heading, exact=True).wait_for()
    record_property("pages asked about", len(house.looked_at))
