"""A child's other guardian: told of a new link, may object in time, and then it is held."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from ecard.demo.phone import Phone
from ecard.registry.port import RegistryPerson
from ecard.review import service as review
from tests.family.scene import (
    born,
    bring_to,
    changes,
    give_last_day,
    hold,
    invent,
    kinds,
    named,
    sign_in,
    texts,
)
from tests.support import Stage


@dataclass
class Parents:
    """A mother whose link on her child stands, and a father who then opens his."""

    stage: Stage
    mother: RegistryPerson
    father: RegistryPerson
    child: RegistryPerson
    mothers_phone: Phone
    fathers_phone: Phone
    link_id: str
    """The father's, open since now."""

    def object(self, phone: Phone | None = None) -> tuple[int, str]:
        """The mother, or somebody else, objects."""
        answer = (phone or self.mothers_phone).send(
            "POST", f"/guarded-links/{self.link_id}/objection"
        )
        return answer.status, answer.code


@pytest.fixture
def parents(stage: Stage) -> Parents:
    mother, father = invent(stage, "mum", born(36)), invent(stage, "dad", born(38))
    child = invent(stage, "child", born(9), card="")
    phones = []
    for one in (mother, father):
        phones.append(sign_in(stage, one))
        link_id = named(stage, phones[-1], child, "child")
        bring_to(stage, link_id, "active")
    return Parents(stage, mother, father, child, phones[0], phones[1], link_id)


def test_the_other_guardian_is_told_of_a_new_link_and_the_first_is_told_of_none(
    parents: Parents,
) -> None:
    assert "other_guardian" in kinds(parents.stage, parents.mother)
    assert "other_guardian" not in kinds(parents.stage, parents.father)
    (told,) = texts(parents.stage, parents.mother, "other_guardian")
    assert parents.father.name in told
    assert "/other-guardians" in told
    assert parents.father.number not in told


@pytest.mark.parametrize("trusted", [True, False])
def test_a_guardian_who_was_stopped_hears_of_no_other_and_holds_up_none(
    stage: Stage, trusted: bool
) -> None:
    mother, father = invent(stage, "mum", born(36)), invent(stage, "dad", born(38))
    child = invent(stage, "child", born(9), card="")
    hold(stage, mother, child, "child", "active" if trusted else "suspended")
    hers = sign_in(stage, mother)
    second = named(stage, sign_in(stage, father), child, "child")
    bring_to(stage, second, "active")
    assert ("other_guardian" in kinds(stage, mother)) == trusted
    assert bool(hers.must("GET", "/guarded-links")["items"]) == trusted
    objection = hers.send("POST", f"/guarded-links/{second}/objection")
    assert objection.status == (201 if trusted else 404)


def test_a_guardian_whose_last_day_is_over_hears_of_no_other_before_any_sweep(
    stage: Stage,
) -> None:
    mother, father = invent(stage, "mum", born(36)), invent(stage, "dad", born(38))
    child = invent(stage, "child", born(9), card="")
    hers = hold(stage, mother, child, "child")
    give_last_day(stage, hers, stage.clock.time.date() - timedelta(days=3))
    second = named(stage, sign_in(stage, father), child, "child")
    bring_to(stage, second, "active")
    assert not texts(stage, mother, "other_guardian")


def test_the_other_guardian_sees_the_new_link_and_until_when_they_may_object(
    parents: Parents,
) -> None:
    (seen,) = parents.mothers_phone.must("GET", "/guarded-links")["items"]
    assert (seen["id"], seen["may_object"], seen["objected"]) == (parents.link_id, True, False)
    assert (seen["child"], seen["holder"]) == (parents.child.name, parents.father.name)
    days = datetime.fromisoformat(seen["object_until"]) - parents.stage.clock()
    assert 6.9 < days.total_seconds() / 86400 <= 7
    assert "number" not in str(seen)


def test_an_objection_holds_the_link_and_both_sides_are_told(parents: Parents) -> None:
    assert parents.object() == (201, "")
    link = parents.fathers_phone.must("GET", f"/links/{parents.link_id}")
    assert (link["state"], link["may_act"], link["may_read"]) == ("disputed", False, False)
    last = changes(parents.stage, parents.link_id)[-1]
    assert (last.to_state, last.reason) == ("disputed", "objected_by_guardian")
    assert "link_disputed" in kinds(parents.stage, parents.father)
    assert parents.object() == (409, "illegal_move")
    (seen,) = parents.mothers_phone.must("GET", "/guarded-links")["items"]
    assert (seen["state"], seen["may_object"], seen["objected"]) == ("disputed", False, True)


def test_an_objection_is_in_time_for_seven_days_and_not_a_second_more(parents: Parents) -> None:
    parents.stage.clock.advance(days=7, seconds=-8)
    sign_in(parents.stage, parents.mother, parents.mothers_phone)  # six seconds
    parents.stage.clock.advance(seconds=2)
    assert parents.object() == (409, "objection_too_late")
    (seen,) = parents.mothers_phone.must("GET", "/guarded-links")["items"]
    assert not seen["may_object"]


def test_an_objection_in_the_last_second_counts(parents: Parents) -> None:
    parents.stage.clock.advance(days=7, seconds=-8)
    sign_in(parents.stage, parents.mother, parents.mothers_phone)
    assert parents.object() == (201, "")


def test_to_everybody_else_the_link_does_not_exist(stage: Stage, parents: Parents) -> None:
    stranger = sign_in(stage, invent(stage, "stranger", born(40)))
    assert parents.object(stranger)[0] == 404
    assert stranger.must("GET", "/guarded-links")["items"] == []
    assert parents.object(parents.fathers_phone)[0] == 404  # it is his own


def test_who_is_no_guardian_any_more_may_not_object(parents: Parents) -> None:
    (mine,) = parents.mothers_phone.must("GET", "/links")["items"]
    parents.mothers_phone.must("POST", f"/links/{mine['id']}/end")
    assert parents.object()[0] == 404
    assert parents.mothers_phone.must("GET", "/guarded-links")["items"] == []


@pytest.mark.gate
def test_of_an_elders_links_no_other_holder_is_told(stage: Stage) -> None:
    elder = invent(stage, "elder", born(72))
    sons = [invent(stage, "son", born(45)), invent(stage, "brother", born(43))]
    for son in sons:
        link_id = named(stage, sign_in(stage, son), elder, "parent")
        bring_to(stage, link_id, "active")
    assert "other_guardian" not in kinds(stage, sons[0])


def test_an_objection_is_not_lifted_by_hand_nor_by_a_stop_in_between(parents: Parents) -> None:
    parents.object()
    desk = parents.stage.desk("safeguarding")
    path = f"/staff/links/{parents.link_id}/action"
    assert desk.send("POST", path, {"action": "resume"}).code == "dispute_not_settled"
    desk.must("POST", path, {"action": "suspend"})
    review.sweep(parents.stage.joined.call())
    desk.must("POST", path, {"action": "resume"})
    link = parents.fathers_phone.must("GET", f"/links/{parents.link_id}")
    assert (link["state"], link["reason"]) == ("disputed", "not_disclosed")
