"""A death ends the links of whoever died; taken back, it reopens them."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NoReturn

import pytest

from ecard.errors import Unavailable
from ecard.family import service as family
from ecard.family.models import Link
from ecard.registry.port import RegistryPerson, RegistryUnavailable
from tests.family.scene import (
    Pair,
    as_holder,
    born,
    change,
    changes,
    hold,
    invent,
    kinds,
    move,
    pair,
    sign_in,
)
from tests.support import Stage

DIED = date(2026, 11, 17)


class Silent:
    """A registry that does not answer."""

    def died(self, _refs: Collection[str]) -> NoReturn:
        raise RegistryUnavailable


@dataclass
class Counting:
    """A registry in which nobody died, and how often it was asked."""

    asked: list[int] = field(default_factory=list)

    def died(self, refs: Collection[str]) -> frozenset[str]:
        self.asked.append(len(refs))
        return frozenset()


@pytest.fixture
def two(stage: Stage) -> Pair:
    return pair(stage)


def look(two: Pair) -> int:
    return family.look_for_deaths(two.stage.joined.call())


def state(two: Pair, link_id: str) -> tuple[str, str]:
    last = changes(two.stage, link_id)[-1]
    return last.to_state, last.reason


def state_of(two: Pair, link_id: str) -> str:
    with two.stage.joined.db.read() as session:
        return session.get_one(Link, uuid.UUID(link_id)).state


def dies(two: Pair, person: RegistryPerson) -> None:
    change(two.stage, person, died_on=DIED)
    assert look(two) == 1


def lives(two: Pair, person: RegistryPerson) -> int:
    change(two.stage, person, died_on=None)
    return look(two)


def test_a_death_ends_the_link_once_on_record_and_both_sides_are_told(two: Pair) -> None:
    link_id = two.active()
    assert look(two) == 0
    dies(two, two.relative)
    assert look(two) == 0
    seen = two.phone.must("GET", f"/links/{link_id}")
    assert (seen["state"], seen["reason"]) == ("ended", "person_died")
    assert (seen["may_act"], seen["may_read"]) == (False, False)
    last = changes(two.stage, link_id)[-1]
    assert (last.actor_kind, last.channel) == ("system", "system")
    assert "link_ended" in kinds(two.stage, two.holder)
    assert "link_ended_relative" in kinds(two.stage, two.relative)


def test_who_reads_before_any_look_reads_it_ended_and_nothing_is_moved(two: Pair) -> None:
    link_id = two.active()
    other = hold(two.stage, two.holder, invent(two.stage, "aunt", born(60)), "other")
    change(two.stage, two.relative, died_on=DIED)
    seen = two.phone.must("GET", f"/links/{link_id}")
    assert (seen["state"], seen["reason"], seen["ended_at"]) == ("ended", "person_died", None)
    assert (seen["may_act"], seen["may_read"], seen["next"]) == (False, False, None)
    states = {one["id"]: one["state"] for one in two.phone.must("GET", "/links")["items"]}
    assert states == {link_id: "ended", other: "active"}
    assert state_of(two, link_id) == "active"
    change(two.stage, two.relative, died_on=None)
    assert two.phone.must("GET", f"/links/{link_id}")["state"] == "active"


def test_the_relative_reads_at_once_that_their_holders_death_ended_it(two: Pair) -> None:
    two.active()
    change(two.stage, two.holder, died_on=DIED)
    (seen,) = sign_in(two.stage, two.relative).must("GET", "/links-on-me")["items"]
    assert (seen["state"], seen["reason"], seen["may_read"]) == ("ended", "person_died", False)


def test_where_the_registry_does_not_answer_the_links_are_read_as_they_stand(two: Pair) -> None:
    link_id = two.active()
    call = as_holder(two.stage, two.phone)
    silent = replace(call.dependencies, registry=Silent())  # type: ignore[arg-type]
    call = replace(call, dependencies=silent)
    assert family.read_link(call, uuid.UUID(link_id)).state == "active"


def test_a_list_of_links_asks_the_registry_once_for_all_of_them(two: Pair) -> None:
    two.active()
    hold(two.stage, two.holder, invent(two.stage, "father", born(72)), "parent")
    call, registry = as_holder(two.stage, two.phone), Counting()
    call = replace(call, dependencies=replace(call.dependencies, registry=registry))  # type: ignore[arg-type]
    assert len(family.list_links(call, cursor=None, limit=10).items) == 2
    assert registry.asked == [3]


def test_taken_back_the_link_is_as_it_was_and_both_sides_are_told(two: Pair) -> None:
    link_id = two.active()
    before = two.phone.must("GET", f"/links/{link_id}")
    dies(two, two.relative)
    assert lives(two, two.relative) == 1
    after = two.phone.must("GET", f"/links/{link_id}")
    assert (after["state"], after["reason"], after["ended_at"]) == ("active", "death_revoked", None)
    for what in ("scopes", "acts_from", "acts_until", "name", "number_masked", "may_act"):
        assert after[what] == before[what]
    assert kinds(two.stage, two.holder).count("link_active") == 2


@pytest.mark.gate
def test_a_holders_death_ends_it_too_and_both_must_live_again(two: Pair) -> None:
    link_id = two.active()
    dies(two, two.holder)
    change(two.stage, two.relative, died_on=DIED)
    assert lives(two, two.holder) == 0
    assert lives(two, two.relative) == 1
    assert state(two, link_id) == ("active", "death_revoked")


@pytest.mark.parametrize("held", ["suspended", pytest.param("disputed", marks=pytest.mark.gate)])
def test_what_is_held_stays_held_until_it_is_settled(two: Pair, held: str) -> None:
    link_id = hold(two.stage, two.holder, two.relative, "parent", held)
    change(two.stage, two.relative, died_on=DIED)
    assert look(two) == 0
    reason = {"suspended": "safeguarding_lifted", "disputed": "dispute_settled"}[held]
    move(two.stage, link_id, "active", reason)
    assert look(two) == 1
    assert state(two, link_id) == ("ended", "person_died")


@pytest.mark.gate
def test_what_ended_for_another_reason_stays_ended(two: Pair) -> None:
    link_id = two.active()
    change(two.stage, two.relative, died_on=DIED)
    two.phone.must("POST", f"/links/{link_id}/end")
    assert look(two) == 0
    assert lives(two, two.relative) == 0
    assert state(two, link_id) == ("ended", "requested_by_holder")


@pytest.mark.gate
def test_after_the_typed_name_was_forgotten_the_registrys_stands_in_its_place(two: Pair) -> None:
    link_id = two.active()
    dies(two, two.relative)
    two.stage.clock.advance(days=31)
    assert family.forget_typed(two.stage.joined.call()) == 1
    assert lives(two, two.relative) == 1
    two.again()
    seen = two.phone.must("GET", f"/links/{link_id}")
    assert (seen["name"], seen["state"]) == (two.relative.name, "active")


@pytest.mark.gate
def test_a_link_that_was_applied_for_anew_meanwhile_goes_its_own_way(two: Pair) -> None:
    ended = two.active()
    dies(two, two.relative)
    change(two.stage, two.relative, died_on=None)
    anew = two.active()
    assert look(two) == 0
    assert (state(two, ended)[0], state(two, anew)[0]) == ("ended", "active")


def test_many_links_are_looked_at_a_few_at_a_time(two: Pair) -> None:
    holders = [invent(two.stage, ref, born(45)) for ref in ("son", "brother", "cousin")]
    links = [hold(two.stage, one, two.relative, "parent") for one in holders]
    change(two.stage, two.relative, died_on=DIED)
    assert family.look_for_deaths(two.stage.joined.call(), most=1) == 1
    two.stage.work_off()
    assert {state_of(two, link_id) for link_id in links} == {"ended"}


@pytest.mark.gate
def test_links_of_everybody_else_are_left_alone(two: Pair) -> None:
    other = hold(two.stage, invent(two.stage, "son", born(45)), two.holder, "other")
    link_id = two.active()
    dies(two, two.relative)
    assert state(two, link_id)[0] == "ended"
    assert changes(two.stage, other)[-1].to_state == "submitted"  # nothing moved it since


def test_a_registry_that_does_not_answer_moves_nothing(two: Pair) -> None:
    link_id = two.active()
    call = two.stage.joined.call()
    silent = replace(call, dependencies=replace(call.dependencies, registry=Silent()))  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        family.look_for_deaths(silent)
    assert state(two, link_id)[0] == "active"
