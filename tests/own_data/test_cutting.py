"""Every link on a person is listed and cut in one place, with a phone or at a counter."""

import uuid

from ecard.demo.phone import Answer, Phone
from ecard.registry.port import RegistryPerson
from tests.family.scene import born, hold, invent, kinds, sign_in
from tests.support import Stage


class Elder:
    """Somebody of 80 on whom two people hold links, and a third did."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.person = invent(stage, "elder", born(80))
        self.holders = [invent(stage, ref, born(50)) for ref in ("anna", "bruno", "carla")]
        states = ("active", "suspended", "ended")
        self.links = [
            hold(stage, one, self.person, "parent", state)
            for one, state in zip(self.holders, states, strict=True)
        ]

    def at_counter(self, verb: str, desk: str = "clerk-north", **more: object) -> Answer:
        body = {"number": self.person.number, "identity_document": "id_card"} | more
        path = f"/staff/links-on-person/{verb}"
        return self.stage.desk(desk).send("POST", path, body)


def states(phone: Phone) -> list[str]:
    return [link["state"] for link in phone.must("GET", "/links")["items"]]


def acting(stage: Stage, holder: RegistryPerson, link_id: str) -> Answer:
    """The holder tries to use the link."""
    return sign_in(stage, holder).send("GET", f"/links/{link_id}/rights")


def test_a_person_ends_every_link_at_once_and_the_next_request_is_refused(stage: Stage) -> None:
    elder = Elder(stage)
    anna = sign_in(stage, elder.holders[0])
    assert anna.send("GET", f"/links/{elder.links[0]}/rights").ok
    phone = sign_in(stage, elder.person)
    cut = phone.must("POST", "/links-on-me/end")["items"]
    assert {link["id"] for link in cut} == set(elder.links[:2])
    assert {link["state"] for link in cut} == {"ended"}
    assert anna.send("GET", f"/links/{elder.links[0]}/rights").code == "link_not_active"
    assert phone.must("POST", "/links-on-me/end")["items"] == []
    for holder in elder.holders[:2]:
        assert "link_ended" in kinds(stage, holder)


def test_a_clerk_lists_them_for_a_person_without_a_phone_and_the_look_is_in_the_history(
    stage: Stage,
) -> None:
    elder = Elder(stage)
    listed = elder.at_counter("list").body["items"]
    assert {link["id"] for link in listed} == set(elder.links[:2])
    assert {link["name"] for link in listed} == {one.name for one in elder.holders[:2]}
    history = sign_in(stage, elder.person).must("GET", "/acts-on-me")["items"]
    assert [act["action"] for act in history] == ["links.read_at_counter"]
    assert history[0]["actor_kind"] == "staff"


def test_a_clerk_cuts_one_or_all_of_them(stage: Stage) -> None:
    elder = Elder(stage)
    one = elder.at_counter("end", link_ids=[elder.links[0]]).body["items"]
    assert [link["id"] for link in one] == [elder.links[0]]
    assert acting(stage, elder.holders[0], elder.links[0]).code == "link_not_active"
    assert states(sign_in(stage, elder.holders[1])) == ["suspended"]
    rest = elder.at_counter("end").body["items"]
    assert [link["id"] for link in rest] == [elder.links[1]]


def test_a_link_that_is_not_on_the_person_cuts_nothing(stage: Stage) -> None:
    elder = Elder(stage)
    wrong = [elder.links[0], str(uuid.uuid4())]
    assert elder.at_counter("end", link_ids=wrong).status == 404
    assert states(sign_in(stage, elder.holders[0])) == ["active"]


def test_only_a_clerk_of_the_persons_region_does_it(stage: Stage) -> None:
    elder = Elder(stage)
    assert elder.at_counter("list", "clerk-south").status == 404
    assert elder.at_counter("end", "clerk-south").status == 404
    assert elder.at_counter("list", "reviewer-north").status == 403
    assert states(sign_in(stage, elder.holders[0])) == ["active"]
