"""The family account: what is refused by name, what gets one answer, and what is counted."""

import uuid
from dataclasses import replace
from datetime import date, timedelta
from typing import NoReturn

import pytest
import sqlalchemy as sa

from ecard.audit import AuditRow
from ecard.demo.phone import Answer, Phone
from ecard.errors import Unavailable
from ecard.family import service as family
from ecard.limits import LimitTry
from ecard.registry.port import RegistryUnavailable
from ecard.registry.sql import SqlRegistry
from tests.family.scene import (
    TODAY,
    alike,
    as_holder,
    begin,
    born,
    bring_to,
    change,
    free_number,
    grant,
    hold,
    invent,
    name,
    named,
    pair,
    sign_in,
)
from tests.support import Stage

# --- named: what was typed, and the holder's own links ------------------------------------------


def test_a_number_of_the_wrong_form_or_check_digit_is_named(stage: Stage) -> None:
    two = pair(stage)
    link_id = begin(stage, two.phone)
    for number in ("110101198003070011", "11010119800307", "abcdefghijkl", "１" * 18):
        answer = two.phone.give_family_account(link_id, "Anybody", number, "parent")
        assert (answer.status, answer.code) == (422, "number_not_valid")
        assert answer.body["fields"] == {"number": ["check_digit"]}


@pytest.mark.parametrize("written", ["   ", "…", "Ana\u202eanA", "Ana\x07", "123"])
def test_what_is_no_name_is_a_wrong_field_and_costs_no_try(stage: Stage, written: str) -> None:
    two = pair(stage)
    link_id = begin(stage, two.phone)
    answer = two.phone.give_family_account(link_id, written, two.relative.number, "parent")
    assert (answer.status, answer.code) == (422, "invalid_input")
    assert answer.body["fields"] == {"name": ["invalid"]}
    with stage.joined.db.read() as session:
        assert not session.query(LimitTry).filter_by(kind="number").count()


def test_the_holders_own_number_is_named_however_it_is_written(stage: Stage) -> None:
    two = pair(stage)
    link_id = begin(stage, two.phone)
    spaced = " ".join(two.holder.number)
    answer = two.phone.give_family_account(link_id, two.holder.name, spaced[:30], "sibling")
    assert answer.code == "number_not_valid"  # cut off
    own = two.phone.give_family_account(
        link_id, two.holder.name, f"{two.holder.number[:6]} {two.holder.number[6:]}", "sibling"
    )
    assert (own.status, own.code) == (422, "number_is_your_own")


def test_an_age_that_does_not_fit_the_relation_is_named(stage: Stage) -> None:
    two = pair(stage)
    answer = name(two.phone, begin(stage, two.phone), two.relative, "child")
    assert (answer.status, answer.code) == (422, "age_does_not_fit_relation")


def test_somebody_under_sixteen_is_a_child_or_a_ward(stage: Stage) -> None:
    two = pair(stage)
    answer = name(two.phone, begin(stage, two.phone), invent(stage, "niece", born(12)), "other")
    assert (answer.status, answer.code) == (422, "relation_needs_guardian")


def test_a_second_application_for_the_same_person_is_named(stage: Stage) -> None:
    two = pair(stage)
    named(stage, two.phone, two.relative, "parent")
    answer = name(two.phone, begin(stage, two.phone), two.relative, "parent")
    assert (answer.status, answer.code) == (409, "already_linked")


def test_what_is_named_is_told_before_the_number_counts_or_the_registry_is_asked(
    stage: Stage,
) -> None:
    two = pair(stage)
    link_id = begin(stage, two.phone)
    answers = {name(two.phone, link_id, two.relative, "child").code for _ in range(12)}
    assert answers == {"age_does_not_fit_relation"}
    assert name(two.phone, link_id, two.relative, "parent").ok


@pytest.mark.gate
@pytest.mark.parametrize(
    ("relation", "years", "cap", "group"),
    [
        ("parent", 80, 4, "parents"),
        ("child", 12, 3, "children"),
        ("spouse", 44, 1, "spouse"),
        ("sibling", 30, 3, "others"),  # the province allows three
    ],
)
def test_each_group_has_its_cap_and_it_is_named(
    stage: Stage, relation: str, years: int, cap: int, group: str
) -> None:
    two = pair(stage)
    for number in range(cap):
        hold(stage, two.holder, invent(stage, f"kin{number}", born(years)), relation)
    more = invent(stage, "one-too-many", born(years))
    answer = name(two.phone, begin(stage, two.phone), more, relation)
    assert (answer.status, answer.code) == (409, "cap_reached")
    assert answer.body["params"] == {"group": group, "cap": cap}


def test_eight_in_all_is_the_most(stage: Stage) -> None:
    two = pair(stage)
    kin = [("parent", 80)] * 4 + [("child", 12)] * 3 + [("spouse", 44)]
    for number, (relation, years) in enumerate(kin):
        hold(stage, two.holder, invent(stage, f"kin{number}", born(years)), relation)
    answer = name(two.phone, begin(stage, two.phone), invent(stage, "friend", born(40)), "other")
    assert answer.body["params"] == {"group": "all", "cap": 8}


def test_six_new_links_a_month_are_the_most_even_when_some_have_ended(stage: Stage) -> None:
    two = pair(stage)
    lately = stage.clock.time - timedelta(days=29)
    for number in range(6):
        kin = invent(stage, f"kin{number}", born(80 if number < 4 else 12))
        relation = "parent" if number < 4 else "child"
        hold(stage, two.holder, kin, relation, "ended", activated_at=lately)
    link_id = begin(stage, two.phone)
    answer = name(two.phone, link_id, two.relative, "parent")
    assert answer.body["params"] == {"group": "month", "cap": 6}
    stage.clock.advance(days=1)
    two.again()
    assert name(two.phone, link_id, two.relative, "parent").ok


@pytest.mark.gate
def test_an_ended_withdrawn_or_lapsed_link_gives_its_place_back(stage: Stage) -> None:
    two = pair(stage)
    for state in ("ended", "withdrawn", "expired", "rejected"):
        hold(stage, two.holder, invent(stage, state, born(44)), "spouse", state)
    lapsing = named(stage, two.phone, invent(stage, "first", born(44)), "spouse")
    answer = name(two.phone, begin(stage, two.phone), invent(stage, "second", born(43)), "spouse")
    assert answer.code == "cap_reached"
    stage.clock.advance(days=7)  # no sweep has run
    two.again()
    assert two.phone.must("GET", f"/links/{lapsing}")["state"] == "expired"
    assert name(two.phone, begin(stage, two.phone), invent(stage, "third", born(42)), "spouse").ok


# --- one answer for everything else -------------------------------------------------------------


def unknown(stage: Stage, phone: Phone, link_id: str) -> Answer:
    nobody = invent(stage, "template", born(73))
    free = free_number(stage, nobody.number)
    return phone.give_family_account(link_id, nobody.name, free, "parent")


@pytest.mark.gate
def test_unknown_misnamed_dead_suspended_expired_and_taken_are_answered_alike(stage: Stage) -> None:
    two = pair(stage)
    link_id = begin(stage, two.phone)
    dead = invent(stage, "dead", born(74), died_on=TODAY - timedelta(days=3))
    suspended = invent(stage, "suspended", born(75), card="suspended")
    expired = invent(stage, "expired", born(75))
    assert expired.card is not None
    lapsed = replace(expired.card, expires_on=TODAY - timedelta(days=1))
    expired = change(stage, expired, card=lapsed)
    taken = invent(stage, "taken", born(76))
    for other in ("one", "two"):
        hold(stage, invent(stage, other, born(45)), taken, "parent")
    answers = [
        unknown(stage, two.phone, link_id),
        two.phone.give_family_account(link_id, "Someone Else", two.relative.number, "parent"),
        name(two.phone, link_id, dead, "parent"),
        name(two.phone, link_id, suspended, "parent"),
        name(two.phone, link_id, expired, "parent"),
        name(two.phone, link_id, taken, "parent"),
    ]
    assert answers[0].code == "relative_not_confirmed"
    assert all(alike(answer) == alike(answers[0]) for answer in answers)
    lengths = {answer.headers["Content-Length"] for answer in answers}
    assert len(lengths) == 1
    link = two.phone.must("GET", f"/links/{link_id}")
    assert (link["state"], link["name"], link["number_masked"]) == ("noticed", None, None)


def test_who_asked_for_somebody_not_confirmed_is_on_record_and_for_whom_is_not(
    stage: Stage,
) -> None:
    two = pair(stage)
    link_id = begin(stage, two.phone)
    assert unknown(stage, two.phone, link_id).code == "relative_not_confirmed"
    with stage.joined.db.read() as session:
        row = session.query(AuditRow).order_by(AuditRow.seq.desc()).first()
    assert row is not None
    assert (row.action, row.outcome, str(row.object_id)) == (
        "link.family_account",
        "refused",
        link_id,
    )
    assert row.acting_for is None


def test_an_age_that_only_the_registry_knows_gets_the_one_answer(stage: Stage) -> None:
    two = pair(stage)
    younger = change(stage, two.relative, birth_date=born(30))
    answer = name(two.phone, begin(stage, two.phone), younger, "parent")
    assert answer.code == "relative_not_confirmed"


def test_unproven_applications_of_others_do_not_keep_a_parent_out(stage: Stage) -> None:
    two = pair(stage)
    for state in ("draft", "noticed", "submitted", "in_review", "rejected", "ended"):
        hold(stage, invent(stage, state, born(45)), two.relative, "parent", state)
    assert name(two.phone, begin(stage, two.phone), two.relative, "parent").ok


@pytest.mark.gate
def test_two_proven_holders_are_the_most(stage: Stage) -> None:
    two = pair(stage)
    link_id = begin(stage, two.phone)
    proven = ("evidence_accepted", "awaiting_face", "active", "suspended", "disputed")
    for number, state in enumerate(proven):
        relative = invent(stage, f"kin-{state}", born(71 + number))
        for other in ("one", "two"):
            hold(stage, invent(stage, f"{other}-{state}", born(45)), relative, "parent", state)
        answer = name(two.phone, link_id, relative, "parent")
        assert answer.code == "relative_not_confirmed", state


@pytest.mark.gate
def test_both_parents_can_hold_a_child(stage: Stage) -> None:
    child = invent(stage, "child", born(9), card="")
    for parent in ("one", "two"):
        phone = sign_in(stage, invent(stage, parent, born(40)))
        bring_to(stage, named(stage, phone, child, "child"), "active")
        assert phone.must("GET", "/links")["items"][0]["state"] == "active"


# --- counted ------------------------------------------------------------------------------------


@pytest.mark.gate
def test_one_number_is_tried_ten_times_an_hour_by_all_together(stage: Stage) -> None:
    two = pair(stage)
    others = [sign_in(stage, invent(stage, f"other{n}", born(45))) for n in range(2)]
    phones = [two.phone, *others]
    links = [begin(stage, phone) for phone in phones]
    for turn in range(10):
        answer = phones[turn % 3].give_family_account(
            links[turn % 3], "Wrong Name", two.relative.number, "parent"
        )
        assert answer.code == "relative_not_confirmed"
    refused = name(phones[1], links[1], two.relative, "parent")
    assert (refused.status, refused.code) == (429, "number_tried_too_often")
    assert 3590 <= int(refused.headers["Retry-After"]) <= 3601
    stage.clock.advance(minutes=59)
    two.again()
    assert name(two.phone, links[0], two.relative, "parent").code == "number_tried_too_often"
    stage.clock.advance(minutes=1)
    assert name(two.phone, links[0], two.relative, "parent").ok


class SilentOnNumbers(SqlRegistry):
    """A core system that answers about people, but not whose a number is."""

    def person_by_number(self, number: str) -> NoReturn:
        raise RegistryUnavailable("timeout")


def test_a_registry_that_does_not_answer_costs_neither_tries_nor_numbers(stage: Stage) -> None:
    two = pair(stage)
    link_id = uuid.UUID(begin(stage, two.phone))
    version = two.phone.must("GET", f"/links/{link_id}")["version"]
    call = as_holder(stage, two.phone)
    silent = SilentOnNumbers(stage.joined.db, call.dependencies.vault)
    call = replace(call, dependencies=replace(call.dependencies, registry=silent))
    with pytest.raises(Unavailable):
        family.give_family_account(
            call,
            link_id,
            name=two.relative.name,
            number=two.relative.number,
            relation="parent",
            scopes=["rights"],
            version=version,
        )
    with stage.joined.db.read() as session:
        kinds = sa.select(LimitTry.kind).where(LimitTry.kind.in_(("number", "distinct_number")))
        assert list(session.scalars(kinds)) == []


@pytest.mark.gate
def test_a_holder_tries_ten_different_numbers_a_day_and_repeats_are_free(stage: Stage) -> None:
    two = pair(stage)
    link_id = begin(stage, two.phone)
    kin = [invent(stage, f"kin{n}", born(70 + n)) for n in range(11)]
    for person in kin[:10]:
        two.phone.give_family_account(link_id, "Wrong Name", person.number, "parent")
    refused = name(two.phone, link_id, kin[10], "parent")
    assert (refused.status, refused.code) == (429, "too_many_numbers")
    assert name(two.phone, link_id, kin[0], "parent").ok


def test_the_sixth_application_of_a_day_is_refused_and_costs_no_grant(stage: Stage) -> None:
    two = pair(stage)
    for _ in range(5):
        two.phone.open_application(grant(stage, two.phone))
    spare = grant(stage, two.phone)
    refused = two.phone.send("POST", "/links", {"step_up_id": spare})
    assert (refused.status, refused.code) == (429, "too_many_applications")
    stage.clock.advance(minutes=14)
    assert two.phone.send("POST", "/links", {"step_up_id": spare}).code == "too_many_applications"


# --- who may apply ------------------------------------------------------------------------------


def test_somebody_under_sixteen_cannot_apply(stage: Stage) -> None:
    young = sign_in(stage, invent(stage, "young", TODAY.replace(year=TODAY.year - 16, day=19)))
    refused = young.send("POST", "/links", {"step_up_id": grant(stage, young)})
    assert (refused.status, refused.code) == (403, "holder_too_young")
    old_enough = sign_in(stage, invent(stage, "old-enough", date(TODAY.year - 16, 11, 18)))
    assert old_enough.open_application(grant(stage, old_enough))["state"] == "draft"


def test_with_a_suspended_card_nobody_applies_and_no_application_goes_on(stage: Stage) -> None:
    two = pair(stage)
    link_id = begin(stage, two.phone)
    ready = grant(stage, two.phone)
    two.phone.must("POST", "/card/state", {"state": "suspended"})
    refused = two.phone.send("POST", "/links", {"step_up_id": ready})
    assert (refused.status, refused.code) == (409, "card_not_usable")
    assert name(two.phone, link_id, two.relative, "parent").code == "card_not_usable"


def test_the_account_is_given_in_its_turn_and_with_the_version_that_was_read(stage: Stage) -> None:
    two = pair(stage)
    draft = two.phone.open_application(grant(stage, two.phone))
    assert name(two.phone, draft["id"], two.relative, "parent").code == "illegal_move"
    link_id = begin(stage, two.phone)
    body = {"name": two.relative.name, "number": two.relative.number, "relation": "parent"}
    path = f"/links/{link_id}/family-account"
    assert two.phone.send("PUT", path, body).code == "version_missing"
    assert two.phone.send("PUT", path, body, if_match='"99"').code == "version_changed"


def test_the_account_can_be_corrected_until_evidence_is_given(stage: Stage) -> None:
    two = pair(stage)
    link_id = named(stage, two.phone, invent(stage, "father", born(75)), "parent")
    assert name(two.phone, link_id, two.relative, "parent").ok
    shown = two.phone.must("GET", f"/links/{link_id}")
    assert shown["name"] == two.relative.name
    assert shown["number_masked"].endswith(two.relative.number[-4:])
    assert two.relative.number not in str(shown)
    bring_to(stage, link_id, "submitted")
    assert name(two.phone, link_id, two.relative, "parent").code == "illegal_move"


def test_a_consent_about_one_child_says_nothing_about_another(stage: Stage) -> None:
    mother = sign_in(stage, invent(stage, "mum", born(36)))
    first, second = (invent(stage, ref, born(9), card="") for ref in ("first", "second"))
    link_id = named(stage, mother, first, "child")
    assert mother.consent_as_guardian(link_id).ok
    assert mother.must("GET", f"/links/{link_id}/activation")["consent"] == "given"
    assert name(mother, link_id, second, "child").ok
    assert mother.must("GET", f"/links/{link_id}/activation")["consent"] == "missing"


@pytest.mark.parametrize("scopes", [[], ["everything"], ["rights", "everything"], "rights", [None]])
def test_a_scope_that_does_not_exist_is_refused(stage: Stage, scopes: object) -> None:
    two = pair(stage)
    link_id = begin(stage, two.phone)
    answer = two.phone.give_family_account(
        link_id, two.relative.name, two.relative.number, "parent", scopes=scopes
    )
    assert (answer.status, answer.code) == (422, "invalid_input")


def test_money_and_qr_are_asked_for_only_when_named(stage: Stage) -> None:
    two = pair(stage)
    link_id = named(stage, two.phone, two.relative, "parent")
    assert two.phone.must("GET", f"/links/{link_id}")["scopes"] == [
        "card_status",
        "certification",
        "rights",
    ]
