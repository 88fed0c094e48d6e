"""The e-card is shown on one phone: a new one takes it over, the old one has it no more."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecard.demo.phone import Answer, Phone
from ecard.family import service as family
from tests.accounts.scene import PASSWORD, Scene, at_once, set_scene
from tests.accounts.test_recoveries import approve, begin, complete
from tests.family.scene import hold

OPERATION = "identify"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Lucía, who may show Elena's e-card."""
    with set_scene(tmp_path) as found:
        people = found.demo.persons
        link_id = hold(found, people["lucia"], people["elena"], "parent")
        with found.joined.db.write() as session:
            family.lock_link(session, uuid.UUID(link_id)).scopes = ["qr"]
            session.commit()
        yield found


def second_phone(scene: Scene, old: Phone) -> Phone:
    """Another phone of Lucía's, let in from the old one."""
    new, opened = begin(scene)
    assert approve(old, opened).ok
    assert complete(new, opened).ok
    return new


def show(phone: Phone, **more: str) -> Answer:
    return phone.send("POST", "/card/qr-codes", {"operation": OPERATION, **more})


def bind(phone: Phone, **more: Any) -> Answer:
    """With the e-card password."""
    body = more or {"step_up_id": phone.step_up(PASSWORD, "bind_card")}
    return phone.send("POST", "/card/phone", body)


def scan(scene: Scene, text: str) -> Answer:
    body = {"text": text, "operation": OPERATION}
    return scene.desk("clerk-north").send("POST", "/staff/qr-codes/use", body)


def told(scene: Scene, ref: str) -> list[str]:
    """What was said to somebody about the move."""
    return [kind for kind in scene.kinds_sent_to_phone(phone_of(scene, ref)) if "moved" in kind]


def phone_of(scene: Scene, ref: str) -> str:
    return str(scene.demo.persons[ref].contact.phone)


def showing(phone: Phone) -> list[bool]:
    """Of the account's phones, the oldest first: whether it shows the e-card."""
    return [one["shows_card"] for one in phone.must("GET", "/devices")["items"]]


def test_another_phone_shows_it_only_once_it_was_moved_there_with_the_card_password(
    scene: Scene,
) -> None:
    old = scene.signed_in("lucia")
    new = second_phone(scene, old)
    assert showing(new) == [True, False]
    refused = show(new)
    assert (refused.status, refused.code, refused.body["next"]) == (
        409,
        "card_on_another_phone",
        "bind_card",
    )
    assert bind(new, step_up_id="00000000-0000-0000-0000-000000000007").code == "step_up_needed"
    assert show(old).ok
    assert bind(new).body["on_this_phone"] is True
    assert show(new).ok
    assert showing(new) == [False, True]
    assert old.must("GET", "/card")["on_this_phone"] is False


def test_moved_away_the_old_phone_and_what_it_showed_are_refused_at_the_very_next_call(
    scene: Scene,
) -> None:
    old = scene.signed_in("lucia")
    new = second_phone(scene, old)
    shown = show(old).body["text"]
    assert bind(new).ok
    assert show(old).code == "card_on_another_phone"
    assert scan(scene, shown).code == "qr_revoked"
    assert scan(scene, show(new).body["text"]).ok


def test_the_holder_and_whose_card_they_show_are_told_once_of_each_move(scene: Scene) -> None:
    old = scene.signed_in("lucia")
    new = second_phone(scene, old)
    assert told(scene, "lucia") == told(scene, "elena") == []
    assert bind(new).ok
    assert bind(new, step_up_id="00000000-0000-0000-0000-000000000007").ok  # it is here already
    assert told(scene, "elena") == ["card_moved_relative"]
    assert set(told(scene, "lucia")) == {"card_moved"}


@pytest.mark.gate
def test_a_recovered_phone_shows_it_after_the_delay_and_not_before(scene: Scene) -> None:
    old = scene.signed_in("lucia", password=None)
    shown = show(old).body["text"]
    new, opened = begin(scene)
    assert complete(new, opened).code == "recovery_not_ready"
    assert scan(scene, shown).ok
    scene.clock.advance(days=1)
    assert complete(new, opened).ok
    assert (showing(new), show(new).ok, show(old).code) == ([True], True, "not_signed_in")
    assert told(scene, "elena") == ["card_moved_relative"]


@pytest.mark.gate
def test_a_phone_that_is_put_out_shows_nothing_and_no_other_does_by_itself(scene: Scene) -> None:
    old = scene.signed_in("lucia")
    new = second_phone(scene, old)
    shown = show(old).body["text"]
    stolen = next(one for one in new.must("GET", "/devices")["items"] if not one["current"])
    assert new.send("DELETE", f"/devices/{stolen['id']}").ok
    assert scan(scene, shown).code == "qr_revoked"
    assert show(new).code == "card_on_another_phone"
    assert bind(new).ok
    assert show(new).ok


@pytest.mark.gate
def test_of_two_phones_that_take_it_at_once_one_shows_it(scene: Scene) -> None:
    old = scene.signed_in("lucia")
    phones = [second_phone(scene, old), second_phone(scene, old)]
    grants = [phone.step_up(PASSWORD, "bind_card") for phone in phones]
    assert at_once(2, lambda n: str(bind(phones[n], step_up_id=grants[n]).status)) == ["200"] * 2
    assert sorted(showing(old)) == [False, False, True]
