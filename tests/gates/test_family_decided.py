"""What people decide about families' links and payments, in a real browser, on both screens, in
three languages: what the family reads while somebody looks, what was decided and why, and what came
of the appeal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from ecard.demo import specimens
from ecard.demo.player import Play
from tests.gates import staff_steps as steps
from tests.gates.app_steps import Family, Place
from tests.gates.kin import Kin, kin_of
from tests.gates.kin_steps import (
    at_hand,
    begin_to_confirm,
    confirm_by_video,
    film,
    give_order,
    go_to,
    set_password,
    written,
)
from tests.gates.staff_steps import House, decide, desk, first_case, open_by_two

if TYPE_CHECKING:
    from ecard.registry.port import RegistryPerson

pytestmark = pytest.mark.gate

GROUNDS = "Please look at it once more, it is all there."


@pytest.fixture(scope="module")
def kin(place: Place) -> Iterator[Kin]:
    with kin_of(place) as found:
        yield found


@pytest.fixture(scope="module")
def house(place: Place) -> House:
    nothing = cast("Any", None)
    play = Play(place.address, place.folder / "phones.json", nothing, place.people)
    return House(play, place.people, place.browser, "en")


def says(family: Family, key: str, **given: object) -> None:
    """These words are on the page."""
    family.phone.page.get_by_text(family.say(key, **given), exact=True).first.wait_for()


def opened(family: Family, path: str, key: str, **given: object) -> None:
    """A page, fetched anew, and looked at as it is now."""
    family.phone.open(path)
    family.phone.page.reload()
    family.phone.page.get_by_role(
        "heading", name=family.say(key, **given), exact=True, level=1
    ).wait_for()


def decided(house: House, who: str, second: str, outcome: str, reason: str) -> None:
    """The newest case of a desk, opened by two."""
    with desk(house, who) as at:
        first_case(at)
        open_by_two(house, at, second)
        decide(at, outcome, reason)


def appeal(family: Family, name: str) -> None:
    """Too short first, which is said at its field; then sent."""
    held = family.phone
    held.write(family.say("rejected.why"), "No.")
    family.tap("rejected.send")
    held.page.locator(".field.bad").wait_for()
    held.write(family.say("rejected.why"), GROUNDS)
    held.look(name)
    family.tap("rejected.send")
    held.page.locator("form").wait_for(state="detached")


def test_a_video_at_sixteen_is_refused_appealed_and_accepted_by_another_person(
    place: Place, kin: Kin, house: House
) -> None:
    mother = kin.person("nina", "Nina Ashdown", kin.aged(40))
    teo = kin.person("theo", "Theo Ashdown", kin.turned(3))
    kin.portrait(teo, place.photo)
    link = kin.link(mother, teo, "child")
    with at_hand(place, mother) as hers, at_hand(place, teo) as his:
        set_password(his)
        begin_to_confirm(his, link)
        confirm_by_video(his)
        says(his, "of_age.sent_lead", name=mother.name, day=written(kin, 30))
        opened(his, f"/on-me/{link}/of-age", "done.wait_for_review.title")
        says(his, "of_age.as_it_is")
        his.phone.look("come of age, and a person looks at the video")
        opened(hers, f"/link/{link}/of-age", "of_age.now_of", name=teo.name)
        says(hers, "of_age.video_waits")
        hers.phone.look("a child come of age, whose video a person looks at")
        decided(house, "reviewer-north", "reviewer-north-2", "rejected", "person_differs")
        opened(his, f"/on-me/{link}/of-age", "of_age.now")
        for key in ("of_age.video_refused", "decided.reason.person_differs"):
            says(his, key)
        his.phone.page.get_by_text(steps.EXPLAINED).wait_for()
        opened(hers, f"/link/{link}/of-age", "of_age.now_of", name=teo.name)
        says(hers, "decided.reason.person_differs")
        hers.phone.look("a child come of age, whose video was refused")
        opened(his, f"/on-me/{link}/of-age", "of_age.now")
        appeal(his, "a video that was refused")
        opened(his, f"/on-me/{link}/of-age", "done.wait_for_review.title")
        his.phone.look("the appeal about a video")
        one_video_only(his, link)
        decided(house, "reviewer-province", "reviewer-ministry", "approved", "agreement_confirmed")
        opened(his, "/on-me", "on_me.title")
        says(his, "link.confirmed")
        his.phone.look("come of age, and it goes on")
        opened_link(hers, link, teo)
        says(hers, "link.confirmed")
        hers.phone.look("a link that somebody come of age confirmed")


def one_video_only(family: Family, link: str) -> None:
    """The other ways are still there."""
    opened(family, f"/on-me/{link}/confirm/ways", "ways.title")
    says(family, "of_age.video_once")
    assert not family.phone.page.locator("[href$='/confirm/video']").count()
    family.phone.look("ways without a face, the video used")


def opened_link(family: Family, link: str, relative: RegistryPerson) -> None:
    family.phone.open(f"/link/{link}")
    family.phone.page.reload()
    family.phone.page.get_by_role("heading", name=relative.name, exact=True, level=1).wait_for()


Dispute = tuple[Family, Family, str, "RegistryPerson", "RegistryPerson"]
"""Her phone and his, the link that she objects to, he, and the child."""


@contextmanager
def disputed(
    place: Place, kin: Kin, child: str, tmp_path: Path, language: str
) -> Iterator[Dispute]:
    """The mother objects to the father's new link, and gives a court order."""
    mother = kin.person(f"mum-{child}", f"Mum {child} Ashdown", kin.aged(40))
    father = kin.person(f"dad-{child}", f"Dad {child} Ashdown", kin.aged(42))
    theirs = kin.person(child, f"{child} Ashdown", kin.aged(9))
    kin.link(mother, theirs, "child")
    link = kin.link(father, theirs, "child", activated_at=kin.days_ago(1))
    order = tmp_path / "order.jpg"
    order.write_bytes(specimens.paper("court order", ["Care: the mother"]))
    phones = [at_hand(place, one, language=language) for one in (mother, father)]
    with phones[0] as hers, phones[1] as his:
        go_to(hers, f"/guarded/{link}/object")
        hers.tap("guarded.sure_yes")
        hers.heading("guarded.done")
        give_order(hers, order)
        yield hers, his, link, father, theirs


def test_an_objection_in_vain_is_appealed_and_then_the_link_ends(
    place: Place, kin: Kin, house: House, tmp_path: Path
) -> None:
    with disputed(place, kin, "Amal", tmp_path, "es") as (hers, his, link, father, child):
        opened_link(his, link, child)
        his.phone.look("a link in dispute, and until when a person answers")
        decided(house, "safeguarding-lakes", "reviewer-north", "approved", "order_allows_it")
        opened(hers, "/guarded", "guarded.title")
        says(hers, "guarded.goes_on", name=father.name)
        says(hers, "decided.reason.order_allows_it")
        appeal(hers, "an objection in vain")
        opened(hers, "/guarded", "guarded.title")
        says(hers, "guarded.held")
        hers.phone.look("the appeal about an objection")
        opened_link(his, link, child)
        his.phone.look("a link in dispute again")
        decided(house, "safeguarding", "reviewer-province", "rejected", "relation_changed")
        opened_link(his, link, child)
        for key in ("family.dispute_ended", "decided.reason.relation_changed", "decided.final"):
            says(his, key)
        assert not his.phone.page.locator("form").count()
        his.phone.look("a link that a dispute ended, finally")


def test_whose_link_a_dispute_ended_appeals(
    place: Place, kin: Kin, house: House, tmp_path: Path
) -> None:
    with disputed(place, kin, "Badr", tmp_path, "zh-Hans") as (hers, his, link, father, child):
        decided(house, "safeguarding-lakes", "reviewer-north", "rejected", "no_legal_basis")
        opened(hers, "/guarded", "guarded.title")
        hers.phone.look("an objection that was right")
        opened_link(his, link, child)
        says(his, "decided.reason.no_legal_basis")
        appeal(his, "a link that a dispute ended")
        opened_link(his, link, child)
        decided(house, "safeguarding", "reviewer-province", "approved", "objection_unfounded")
        opened_link(his, link, child)
        says(his, "link.active", name=child.name)
        opened(hers, "/guarded", "guarded.title")
        for key in ("guarded.goes_on", "decided.final"):
            says(hers, key, **({"name": father.name} if "goes_on" in key else {}))
        hers.phone.look("an objection in vain, finally")


def test_a_payment_that_stopped_is_paid_again_in_each_of_three_ways(
    place: Place, kin: Kin, house: House
) -> None:
    people = {name: kin.person(name, f"{name} Ashdown", kin.aged(71)) for name in WAYS}
    for name, (days, way, language) in WAYS.items():
        kin.pension(people[name], days)
        with at_hand(place, people[name], language=language) as family:
            go_to(family, "/proof")
            family.heading("proof.own")
            way(family, house, people[name])
            opened(family, "/proof", "proof.own")
            says(family, "proof.state.certified")
            family.phone.look(f"paid again: {name}")


def by_appeal(family: Family, house: House, _person: RegistryPerson) -> None:
    """Paid while another person looks; then in order."""
    held = family.phone
    held.look("a payment that stopped")
    family.tap("proof.appeal_begin", "link")
    family.heading("proof.appeal.title")
    held.write(family.say("proof.appeal.why"), GROUNDS)
    family.tap("proof.appeal.send")
    family.heading("proof.own")
    for key in ("proof.state.held", "proof.case.stop_appeal", "proof.asked"):
        says(family, key)
    assert not held.named(family.say("proof.appeal_begin"), "link").count()
    held.look("paid while an appeal is open")
    with desk(house, "reviewer-province") as at:
        steps.proof_decided(at, "accepted", "reason_accepted")


def at_counter(family: Family, house: House, _person: RegistryPerson) -> None:
    """A code, and a clerk who sees the person."""
    family.tap("proof.restore", "link")
    family.tap("ways.get_code")
    code = family.phone.page.locator(".inset.good .big").inner_text()
    with desk(house, "clerk-north") as at:
        steps.task(at, "proof", code=code, identity_document="id_card")
        at.done("a payment restored at a counter")


def taken_up(family: Family, house: House, person: RegistryPerson) -> None:
    """Closed: an office takes it up again."""
    says(family, "proof.only_closed")
    with desk(house, "reviewer-north") as at:
        steps.task(at, "benefit", room="proofs", kind="old_age", there=True, number=person.number)
        at.done("a closed benefit taken up again")


Way = Callable[[Family, House, "RegistryPerson"], None]
WAYS: dict[str, tuple[int, Way, str]] = {
    "Ines": (388, by_appeal, "es"), "Juan": (420, at_counter, "zh-Hans"),
    "Kemal": (700, taken_up, "en"),
}  # fmt: skip
"""Paid since so many days ago without a proof of life, what helps, and their language."""


def test_a_childs_proof_of_life_is_opened_by_two_and_accepted(
    place: Place, kin: Kin, house: House
) -> None:
    mother = kin.person("lena", "Lena Ashdown", kin.aged(40))
    child = kin.person("mara", "Mara Ashdown", kin.aged(9))
    link = kin.link(mother, child, "child")
    kin.pension(child, 370, "survivors")
    with at_hand(place, mother) as hers:
        go_to(hers, f"/link/{link}/proof/visit")
        hers.heading("proof.visit.title")
        hers.phone.write(hers.say("proof.visit.why"), "She is ill and cannot come.")
        hers.tap("proof.visit.send")
        hers.heading("proof.of", name=child.name)
        says(hers, "proof.asked")
        hers.phone.look("a visit that was asked for")
        with desk(house, "reviewer-north") as at:
            at.go("/proofs")
            at.heading("rooms.proofs")
            at.first_row()
            open_by_two(house, at, room="/proofs")
            steps.proof_decided(at, "accepted", "seen_in_person")
        opened(hers, f"/link/{link}/proof", "proof.of", name=child.name)
        says(hers, "proof.state.certified")


def test_a_child_is_added_by_video_and_figures_count_the_cases(
    place: Place, kin: Kin, house: House
) -> None:
    father = kin.person("igor", "Igor Ashdown", kin.aged(40))
    child = kin.person("vera", "Vera Ashdown", kin.aged(9))
    link = kin.link(father, child, "child", state="awaiting_face")
    with at_hand(place, father) as his:
        go_to(his, f"/link/{link}/ways")
        his.heading("ways.title")
        his.tap("ways.begin_video")
        film(his)
        his.heading("done.wait_for_review.title")
        opened(his, f"/link/{link}", "waiting.title")
        his.phone.look("an application that a person looks at")
        decided(house, "reviewer-north", "reviewer-north-2", "approved", "digits_confirmed")
        opened_link(his, link, child)
        says(his, "link.active", name=child.name)
    kin.cases(9)
    with desk(house, "auditor") as at:
        at.heading("rooms.figures")
        at.sees("td", "9")
        at.phone.look("figures with numbers")
