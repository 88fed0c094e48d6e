"""A relative's rights on a link with the scope: asked at every call, written down for both."""

import uuid
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ecard.demo.phone import Answer, Phone
from ecard.family import service
from ecard.registry.insurance import store_balance, store_benefit, store_contribution
from ecard.registry.port import Balance, Benefit, Contribution, RegistryPerson
from tests.family.scene import alike, born, change, hold, invent, move, sign_in
from tests.support import Stage


class Family:
    """A daughter who acts for her mother, and both their phones."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.daughter, self.mother = invent(stage, "ada", born(40)), invent(stage, "eve", born(72))
        _insure(stage, self.mother)
        self.link_id = hold(stage, self.daughter, self.mother, "parent")
        self.phone = sign_in(stage, self.daughter)

    def read(self) -> Answer:
        return self.phone.send("GET", f"/links/{self.link_id}/rights")


def _insure(stage: Stage, person: RegistryPerson) -> None:
    vault = stage.joined.dependencies.vault
    with stage.joined.db.write() as session:
        paid_in = Contribution(2012, "pension", (1, 2, 3, 7, 8), 120_000)
        store_contribution(session, vault, person.ref, paid_in)
        store_balance(session, vault, person.ref, Balance("medical", 4_210, date(2026, 11, 1)))
        drawn = Benefit("b-eve", "old_age", date(2013, 1, 1), None, 91_250)
        store_benefit(session, vault, person.ref, drawn)
        session.commit()


@pytest.fixture
def family(stage: Stage) -> Family:
    return Family(stage)


def acts(phone: Phone, path: str) -> list[tuple[str, str | None, str]]:
    found = phone.must("GET", path)["items"]
    return [(one["action"], one["actor"], one["scope"]) for one in found]


def test_the_holder_reads_a_relatives_rights_and_both_sides_read_who_did(family: Family) -> None:
    body = family.read().body
    assert body["contributions"] == [
        {"year": 2012, "kind": "pension", "months": [1, 2, 3, 7, 8], "cents": 120_000}
    ]
    assert [(one["first"], one["last"]) for one in body["gaps"]] == [
        ("2012-04-01", "2012-06-01"),
        ("2012-09-01", "2012-12-01"),
    ]
    assert (body["balances"][0]["cents"], body["benefits"][0]["since"]) == (4_210, "2013-01-01")
    line = ("rights.read", family.daughter.name, "rights")
    assert acts(family.phone, f"/links/{family.link_id}/acts") == [line]
    mother = sign_in(family.stage, family.mother)
    assert acts(mother, f"/links/{family.link_id}/acts") == [line]
    assert acts(mother, "/acts-on-me") == [line]


def test_a_person_reads_their_own_rights(family: Family) -> None:
    mother = sign_in(family.stage, family.mother)
    assert mother.must("GET", "/rights")["balances"][0]["kind"] == "medical"
    assert acts(mother, "/acts-on-me") == [("rights.read", family.mother.name, "rights")]


def test_an_ended_link_is_refused_on_the_very_next_request(family: Family) -> None:
    assert family.read().ok
    move(family.stage, family.link_id, "ended", "requested_by_relative")
    refused = family.read()
    assert (refused.status, refused.code) == (409, "link_not_active")


@pytest.mark.parametrize("state", ["suspended", "disputed"])
def test_a_link_that_does_not_stand_opens_nothing(family: Family, state: str) -> None:
    reason = {"suspended": "safeguarding", "disputed": "objected_by_guardian"}[state]
    move(family.stage, family.link_id, state, reason)
    assert (family.read().code, "safeguarding" in str(family.read().body)) == (
        "link_not_active",
        False,
    )


def test_in_a_dispute_each_side_reads_only_what_they_did_themselves(family: Family) -> None:
    assert family.read().ok
    mother = sign_in(family.stage, family.mother)
    mother.must("GET", "/rights")
    move(family.stage, family.link_id, "disputed", "objected_by_guardian")
    on_link, on_me = f"/links/{family.link_id}/acts", "/acts-on-me"
    done = ("rights.read", family.daughter.name, "rights")
    own = ("rights.read", family.mother.name, "rights")
    assert (acts(family.phone, on_link), acts(mother, on_link)) == ([done], [])
    assert acts(mother, on_me) == [own]
    move(family.stage, family.link_id, "suspended", "safeguarding")  # a stop ends no dispute
    assert (acts(mother, on_link), acts(mother, on_me)) == ([], [own])
    move(family.stage, family.link_id, "disputed", "safeguarding_lifted")
    move(family.stage, family.link_id, "active", "dispute_settled")
    assert (acts(mother, on_link), acts(mother, on_me)) == ([done], [own, done])


def test_no_side_ends_a_disputed_link_to_read_what_the_other_did(family: Family) -> None:
    mother = sign_in(family.stage, family.mother)
    mother.must("GET", "/rights")
    assert family.read().ok
    move(family.stage, family.link_id, "disputed", "objected_by_guardian")
    assert mother.send("POST", f"/links-on-me/{family.link_id}/end").ok
    assert acts(mother, f"/links/{family.link_id}/acts") == []


@pytest.mark.parametrize("reason", ["safeguarding", "end_date_reached", "age_milestone"])
def test_what_ends_a_disputed_link_without_a_decision_shows_nothing(
    family: Family, reason: str
) -> None:
    assert family.read().ok
    move(family.stage, family.link_id, "disputed", "objected_by_guardian")
    move(family.stage, family.link_id, "ended", reason)
    mother = sign_in(family.stage, family.mother)
    assert acts(mother, f"/links/{family.link_id}/acts") == []
    assert len(acts(family.phone, f"/links/{family.link_id}/acts")) == 1


def test_a_dispute_that_was_decided_hides_nothing_any_more(family: Family) -> None:
    assert family.read().ok
    move(family.stage, family.link_id, "disputed", "objected_by_guardian")
    move(family.stage, family.link_id, "ended", "no_legal_basis")
    mother = sign_in(family.stage, family.mother)
    assert len(acts(mother, f"/links/{family.link_id}/acts")) == 1


def test_a_link_that_only_reads_has_no_certificate_made_out(family: Family) -> None:
    with family.stage.joined.db.write() as session:
        link = service.lock_link(session, uuid.UUID(family.link_id))
        link.acts_from = family.stage.clock() + timedelta(hours=1)
        session.commit()
    assert family.read().ok
    refused = family.phone.send("POST", f"/links/{family.link_id}/rights/certificates")
    assert refused.code == "acting_not_allowed_now"


def test_a_scope_that_is_off_opens_nothing(stage: Stage) -> None:
    family = Family(stage)
    with stage.joined.db.write() as session:
        service.lock_link(session, uuid.UUID(family.link_id)).scopes = ["certification"]
        session.commit()
    assert (family.read().status, family.read().code) == (403, "scope_off")


def test_anothers_link_answers_like_one_that_does_not_exist(family: Family) -> None:
    stranger = sign_in(family.stage, invent(family.stage, "zoe", born(50)))
    for path in ("rights", "acts"):
        theirs = stranger.send("GET", f"/links/{family.link_id}/{path}")
        nobodys = stranger.send("GET", f"/links/{uuid.uuid4()}/{path}")
        assert theirs.status == 404
        assert alike(theirs) == alike(nobodys)


@pytest.mark.parametrize("whose", ["daughter", "mother"])
def test_a_card_that_is_not_usable_stops_it_at_the_next_call(family: Family, whose: str) -> None:
    person = getattr(family, whose)
    change(family.stage, person, card=replace(person.card, state="cancelled"))
    expected = {"daughter": "card_not_usable", "mother": "relative_not_confirmed"}[whose]
    assert family.read().code == expected


def test_nothing_is_read_of_somebody_who_died(family: Family) -> None:
    change(family.stage, family.mother, died_on=date(2026, 11, 17))
    assert family.read().code == "relative_not_confirmed"
    assert family.phone.must("GET", f"/links/{family.link_id}/acts")["items"] == []


def test_the_history_comes_ten_to_a_page(family: Family) -> None:
    for _ in range(11):
        family.stage.clock.advance(seconds=1)
        assert family.read().ok
    path = f"/links/{family.link_id}/acts"
    first: dict[str, Any] = family.phone.must("GET", path)
    second = family.phone.must("GET", f"{path}?cursor={first['next_cursor']}")
    assert (len(first["items"]), len(second["items"])) == (10, 1)
    assert second["next_cursor"] is None
