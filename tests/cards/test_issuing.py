"""An e-card is issued at a counter; renewed by its holder in its last days, by a clerk later."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from ecard.cards.grants import add_grant
from ecard.demo.phone import Answer, Phone
from ecard.registry.port import RegistryPerson
from tests.family.scene import TODAY, as_holder, born, change, invent, sign_in
from tests.security.parallel import at_once, codes
from tests.support import Stage

SAW = {"identity_document": "id_card"}


def issue(desk: Phone, person: RegistryPerson) -> Answer:
    return desk.send("POST", "/staff/cards", {"number": person.number, **SAW})


def known(stage: Stage, person: RegistryPerson) -> RegistryPerson:
    found = stage.joined.dependencies.registry.person(person.ref)
    assert found is not None
    return found


def ends(stage: Stage, person: RegistryPerson, in_days: int) -> RegistryPerson:
    """The person's card ends so many days from now."""
    assert person.card is not None
    return change(
        stage, person, card=replace(person.card, expires_on=TODAY + timedelta(days=in_days))
    )


def grant(stage: Stage, phone: Phone) -> str:
    return str(add_grant(as_holder(stage, phone), "renew_card").id)


def test_a_clerk_issues_a_card_with_which_its_holder_signs_in(stage: Stage) -> None:
    person = invent(stage, "newcomer", born(30), card="")
    answer = issue(stage.desk("clerk-north"), person)
    assert answer.status == 201
    assert answer.body["expires_on"] == "2036-11-18"
    issued = known(stage, person)
    assert issued.card is not None
    assert issued.card.number == answer.body["card_number"]
    card = sign_in(stage, issued).must("GET", "/card")
    assert (card["state"], card["usable"], card["password"]) == ("normal", True, "not_set")


def test_nobody_gets_a_second_card_until_the_first_is_cancelled(stage: Stage) -> None:
    person, desk = invent(stage, "holder", born(30)), stage.desk("clerk-north")
    assert person.card is not None
    registry = stage.joined.dependencies.registry
    for state in ("normal", "suspended", "lost"):
        registry.change_card_state(person.card.number, state)
        answer = issue(desk, person)
        assert (answer.status, answer.code) == (409, "card_held_already")
    registry.change_card_state(person.card.number, "cancelled")
    assert issue(desk, person).ok
    fresh = known(stage, person).card
    assert fresh is not None
    assert (fresh.state, fresh.number != person.card.number) == ("normal", True)


def test_of_many_that_issue_at_once_one_does(stage: Stage) -> None:
    person, desk = invent(stage, "newcomer", born(30), card=""), stage.desk("clerk-north")
    answers = at_once([partial(issue, desk, person)] * 8)
    assert codes(answers) == {"done": 1, "card_held_already": 7}


def test_a_card_is_issued_to_the_living_of_the_own_region_by_clerks(stage: Stage) -> None:
    person = invent(stage, "newcomer", born(30), card="")
    dead = invent(stage, "departed", born(70, 4), card="", died_on=TODAY)
    desk = stage.desk("clerk-north")
    for user, whom, found in (
        ("clerk-south", person, (404, "not_found")),
        ("reviewer-north", person, (403, "not_allowed")),
        ("clerk-north", dead, (404, "not_found")),
    ):
        answer = issue(stage.desk(user), whom)
        assert (answer.status, answer.code) == found
    unknown = desk.send("POST", "/staff/cards", {"number": "110101199001011237", **SAW})
    assert (unknown.status, unknown.code) == (404, "not_found")


def renew(phone: Phone, **body: Any) -> Answer:
    return phone.send("POST", "/card/renewal", body)


def test_a_holder_renews_in_the_last_days_with_the_password_and_loses_no_day(stage: Stage) -> None:
    person = ends(stage, invent(stage, "holder", born(30)), 91)
    phone = sign_in(stage, person)
    early = renew(phone, step_up_id=grant(stage, phone))
    assert (early.status, early.code) == (409, "renewal_refused")
    assert early.body["params"] == {"renewable_from": (TODAY + timedelta(days=1)).isoformat()}
    ends(stage, person, 90)
    assert renew(phone).code == "step_up_needed"
    assert renew(phone, step_up_id=grant(stage, phone)).body["expires_on"] == "2037-02-16"
    again = renew(phone, step_up_id=grant(stage, phone))
    assert (again.status, again.code) == (409, "renewal_refused")


def test_an_expired_or_stopped_card_is_not_renewed_in_the_app(stage: Stage) -> None:
    person = ends(stage, invent(stage, "holder", born(30)), -1)
    phone = sign_in(stage, person)
    assert renew(phone).code == "card_not_usable"
    ends(stage, person, 10)
    assert person.card is not None
    stage.joined.dependencies.registry.change_card_state(person.card.number, "suspended")
    assert renew(phone).code == "card_not_usable"


def test_a_clerk_renews_an_expired_card_but_no_stopped_one(stage: Stage) -> None:
    person = ends(stage, invent(stage, "holder", born(30)), -1)
    desk = stage.desk("clerk-north")
    assert person.card is not None
    body = {"card_number": person.card.number, **SAW}
    done = desk.must("POST", "/staff/cards/renewal", body)
    assert (done["state"], done["expires_on"]) == ("normal", "2036-11-18")
    assert desk.send("POST", "/staff/cards/renewal", body).code == "renewal_refused"
    stage.joined.dependencies.registry.change_card_state(person.card.number, "lost")
    assert desk.send("POST", "/staff/cards/renewal", body).code == "card_not_usable"
    other = stage.desk("clerk-south").send("POST", "/staff/cards/renewal", body)
    assert (other.status, other.code) == (404, "not_found")
