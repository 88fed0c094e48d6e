"""What a family's links come to, in a real browser: somebody turns 16, another guardian objects, a
last day is set, a payment stopped. The links stand already (tests/gates/kin.py).

What people then decide about it: tests/gates/test_family_decided.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ecard.demo import specimens
from tests.gates.app_steps import (
    PASSWORD,
    Family,
    Place,
    Record,
    capture_until_usable,
)
from tests.gates.kin import Kin, kin_of
from tests.gates.kin_steps import (
    at_hand,
    begin_to_confirm,
    confirm_by_video,
    give_order,
    go_to,
    set_password,
    written,
)

pytestmark = pytest.mark.gate

RIGHT_TO_LEFT = "آدا بنت علي"


@pytest.fixture(scope="module")
def kin(place: Place) -> Iterator[Kin]:
    with kin_of(place) as found:
        yield found


def test_at_sixteen_the_password_alone_confirms_where_there_is_no_portrait(
    place: Place, kin: Kin
) -> None:
    mother = kin.person("zahra", RIGHT_TO_LEFT, kin.aged(40))
    teo = kin.person("teo", "Teo Ashdown", kin.turned(3))
    link = kin.link(mother, teo, "child")
    with at_hand(place, mother) as hers:
        go_to(hers, f"/link/{link}")
        hers.phone.sees(teo.name)
        hers.tap("of_age.what_now", "link")
        hers.heading("of_age.now_of", name=teo.name)
        with at_hand(place, teo, "/of-age") as his:
            his.heading("of_age.now")
            apart = his.phone.page.locator("bdi").first.inner_text()
            assert apart == RIGHT_TO_LEFT
            set_password(his)
            go_to(his, f"/on-me/{link}/confirm")
            his.heading("of_age.go_on")
            his.phone.page.get_by_label(his.say("scope.rights")).uncheck(force=True)
            his.phone.write(his.say("password.label"), PASSWORD)
            his.tap("continue")
            his.heading("done.finished.title")
            give_it_a_last_day(his, kin)
        go_to(hers, f"/link/{link}")
        day = written(kin, 40)
        hers.phone.page.get_by_text(day).wait_for()
        hers.phone.look("a last day, as its holder sees it")
        hers.phone.page.locator(".door", has_text=hers.say("changes.title")).click()
        hers.heading("changes.title")
        for key in ("confirmed_by_relative", "end_date_set", "end_date_removed"):
            hers.phone.page.get_by_text(hers.say(f"changes.{key}")).first.wait_for()


def test_a_picture_kept_for_later_is_let_go_without_the_rest(place: Place, kin: Kin) -> None:
    mother = kin.person("ines", "Inés Ashdown", kin.aged(70))
    link = kin.link(kin.person("olivia", "Olivia Ashdown", kin.aged(40)), mother, "parent")
    kin.keeps_portrait(link)
    with at_hand(place, mother) as hers:
        go_to(hers, "/data/face")
        hers.heading("data.face")
        kept = hers.phone.page.get_by_role("heading", name=hers.say("data.portrait"))
        kept.wait_for()
        hers.phone.look("a picture kept for later")
        hers.tap("data.portrait_go")
        kept.wait_for(state="detached")


def give_it_a_last_day(family: Family, kin: Kin) -> None:
    """Set, put off, taken away, and set again."""
    held = family.phone
    family.tap("on_me.title", "link")
    for days, door in ((30, "last_day.set"), (40, "last_day.change")):
        family.heading("on_me.title")
        family.tap(door, "link")
        held.page.get_by_label(family.say("link.ends_on")).wait_for()
        held.look(door)
        held.write(family.say("link.ends_on"), (kin.today + timedelta(days=days)).isoformat())
        family.tap("save")
        held.page.get_by_text(written(kin, days)).wait_for()
    family.tap("last_day.change", "link")
    family.tap("last_day.none")
    family.tap("last_day.set", "link")
    held.write(family.say("link.ends_on"), kin.days_ago(9).date().isoformat())
    family.tap("save")
    held.page.locator(".trouble").wait_for()
    held.look("a last day that is over")
    held.write(family.say("link.ends_on"), (kin.today + timedelta(days=40)).isoformat())
    family.tap("save")
    family.heading("on_me.title")


def test_at_sixteen_the_own_face_confirms_and_another_link_is_taken_over(
    place: Place, kin: Kin, record_property: Record
) -> None:
    mother = kin.person("mona", "Mona Ashdown", kin.aged(40))
    father = kin.person("omar", "Omar Ashdown", kin.aged(42))
    una = kin.person("una", "Una Ashdown", kin.turned(3))
    kin.portrait(una, place.photo)
    links = [kin.link(one, una, "child") for one in (mother, father)]
    with at_hand(place, una, "/of-age") as hers:
        held = hers.phone
        hers.heading("on_me.title")
        set_password(hers)
        begin_to_confirm(hers, links[1])
        confirm_by_video(hers)
        begin_to_confirm(hers, links[0])
        hers.tap("consent.yes")
        capture_until_usable(hers, "face.title", record_property)
        hers.heading("of_age.last")
        held.tap(hers.say("of_age.last_yes", name=mother.name))
        hers.heading("done.finished.title")
        go_to(hers, f"/on-me/{links[1]}/of-age")
        held.page.locator(f"[href='#/on-me/{links[1]}/take-over']").click()
        hers.heading("of_age.sure", name=father.name)
        hers.tap("of_age.sure_yes")
        hers.heading("my.title")
        go_to(hers, "/on-me")
        held.page.get_by_text(mother.name).wait_for()
        assert not held.page.get_by_text(father.name).count()


def test_before_sixteen_both_sides_see_what_will_be(place: Place, kin: Kin) -> None:
    mother = kin.person("mia", "Mia Ashdown", kin.aged(40))
    iris = kin.person("iris", "Iris Ashdown", kin.turned(-40))
    link = kin.link(mother, iris, "child")
    with at_hand(place, mother) as hers:
        go_to(hers, f"/link/{link}/of-age")
        hers.heading("of_age.of", name=iris.name)
    with at_hand(place, iris) as hers:
        go_to(hers, "/on-me")
        hers.heading("on_me.title")
        hers.tap("of_age.door", "link")
        hers.heading("of_age.before")


def test_another_guardian_objects_and_both_give_a_court_order(
    place: Place, kin: Kin, tmp_path: Path
) -> None:
    mother = kin.person("rosa", "Rosa Ashdown", kin.aged(40))
    father = kin.person("luis", "Luis Ashdown", kin.aged(42))
    child = kin.person("ben", "Ben Ashdown", kin.aged(9))
    kin.link(mother, child, "child")
    link = kin.link(father, child, "child", activated_at=kin.days_ago(1))
    kin.tell_guardians(link)
    order = tmp_path / "order.jpg"
    order.write_bytes(specimens.paper("court order", ["Care: the mother"]))
    with at_hand(place, mother, "/other-guardians") as hers:
        hers.phone.keyboard = True
        hers.heading("guarded.title")
        read_in_the_mailbox(hers)
        go_to(hers, "/messages")
        hers.heading("messages.title")
        hers.tap("guarded.title", "link")
        hers.tap("guarded.object", "link")
        hers.heading("guarded.sure", name=father.name, child=child.name)
        hers.tap("guarded.sure_yes")
        hers.heading("guarded.done")
        give_order(hers, order)
        hers.tap("back", "link")
        hers.heading("guarded.title")
        hers.phone.page.get_by_text(hers.say("guarded.held")).wait_for()
        hers.phone.look("an objection that waits")
    with at_hand(place, father) as his:
        go_to(his, f"/link/{link}")
        his.phone.page.get_by_text(his.say("standing.disputed")).wait_for()
        his.phone.look("a link in dispute")
        give_order(his, order)


def read_in_the_mailbox(family: Family) -> None:
    """The message, with a way to what it is about."""
    go_to(family, "/mailbox")
    family.heading("mailbox.title")
    family.phone.write(family.say("mailbox.address"), family.holder["phone"])
    family.tap("mailbox.show")
    way = family.phone.named(family.say("guarded.title"), "link")
    way.wait_for()
    assert way.get_attribute("href") == "/other-guardians"
    family.phone.look("a message that leads on")


def test_a_payment_that_stopped_is_brought_back_and_days_are_those_of_the_card(
    place: Place, kin: Kin
) -> None:
    eve = kin.person("eve", "Eve Ashdown", kin.aged(71))
    kin.pension(eve, 420)
    with at_hand(place, eve) as hers:
        held = hers.phone
        go_to(hers, "/proof")
        hers.heading("proof.own")
        hers.tap("proof.restore", "link")
        hers.heading("proof.restore")
        hers.tap("ways.get_code")
        held.page.get_by_text(hers.say("ways.code"), exact=True).wait_for()
        go_to(hers, "/data/correct")
        held.choose(hers.say("field.name"))
        held.write(hers.say("data.should"), "Eva Ashdown")
        hers.tap("data.ask")
        hers.heading("data.asked")
        shown = held.page.locator(".facts dd").first.inner_text()
        go_to(hers, "/messages")
        hers.heading("messages.title")
        assert shown in held.page.locator("main").inner_text()
    finn = kin.person("finn", "Finn Ashdown", kin.aged(72))
    kin.pension(finn, 700)
    with at_hand(place, finn) as his:
        go_to(his, "/proof")
        his.phone.page.get_by_text(his.say("proof.only_closed")).wait_for()
        his.phone.look("a payment that is closed")
