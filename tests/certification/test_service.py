"""Proof of life for a relative: counter, visit, appeal, stop, restoring, death; told to all."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from ecard.certification import service
from ecard.demo.phone import Phone
from ecard.errors import Unavailable
from ecard.registry.port import Payment, RegistryUnavailable
from ecard.registry.sql import SqlRegistry
from tests.certification.scene import (
    ABOVE,
    DUE,
    LAST_PAID,
    NORTH,
    NORTH_2,
    WHY,
    Home,
    at_home,
)
from tests.family.scene import alike, born, change, hold, invent, move, sign_in


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with at_home(tmp_path) as found:
        yield found


def test_at_the_counter_the_helper_is_recorded_and_the_receipt_names_the_next_day(
    home: Home,
) -> None:
    answer = home.at_counter()
    assert answer.ok, answer.body
    assert (answer.body["route"], answer.body["helped"]) == ("counter", True)
    said = json.loads(answer.body["receipt"])
    assert (said["certified_on"], said["next_due_on"]) == ("2026-11-18", ["2027-11-18"])
    call = home.stage.joined.call()
    assert service.is_genuine(call, answer.body["receipt"])
    assert not service.is_genuine(call, answer.body["receipt"].replace("2027", "2028"))
    view = home.read()
    assert view["benefits"][0]["due_on"] == "2027-11-18"
    assert [one["id"] for one in view["receipts"]] == [answer.body["id"]]
    mother = sign_in(home.stage, home.mother)
    done = [one["action"] for one in mother.must("GET", "/acts-on-me")["items"]]
    assert sorted(done) == [
        "certification.at_counter",
        "certification.code_issued",
        "certification.read",
    ]  # all at one moment of a clock that stands


def test_a_code_counts_once_and_only_in_its_region(home: Home) -> None:
    body = {"code": home.send("counter-code").body["code"], "identity_document": "passport"}
    path = "/staff/certification/counter"
    south, north = home.stage.desk("clerk-south"), home.stage.desk("clerk-north")
    assert south.send("POST", path, body).code == "counter_code_wrong"
    assert north.send("POST", path, body).ok
    assert north.send("POST", path, body).code == "counter_code_used"


def test_the_payment_stops_on_its_day_and_a_proof_restores_it_with_what_is_owed(
    home: Home,
) -> None:
    home.on(LAST_PAID)
    assert (home.state(), home.look()) == ("in_grace", True)
    home.on(LAST_PAID + timedelta(days=1))
    assert (home.state(), home.look()) == ("stopped", False)
    assert any("payment has stopped" in text for text in home.told(home.mother))
    assert any("payment has stopped" in text for text in home.told(home.daughter))
    home.on(LAST_PAID + timedelta(days=11))
    assert home.at_counter().ok
    assert (home.state(), home.look()) == ("certified", True)
    assert any("goes on again" in text for text in home.told(home.mother))


def test_a_visit_keeps_it_paid_until_somebody_decides(home: Home) -> None:
    home.on(LAST_PAID)
    assert home.send("visit", WHY).ok
    assert home.send("visit", WHY).code == "certification_case_open"
    home.on(LAST_PAID + timedelta(days=4))
    assert (home.state(), home.look()) == ("held", True)
    assert home.decide(NORTH, accepted=True).ok
    assert home.state() == "certified"
    assert home.read()["benefits"][0]["shown_on"] == LAST_PAID.isoformat()
    assert home.read()["receipts"][0]["route"] == "visit"


def test_a_refusal_is_appealed_once_before_another_one_level_up(home: Home) -> None:
    assert home.send("visit", WHY).ok
    assert home.read()["appeal_until"] is None  # a person decides already
    assert home.decide(NORTH, accepted=False).ok
    assert home.read()["appeal_until"] is not None
    assert home.send("appeal", WHY).ok
    with pytest.raises(ValueError, match="unpack"):
        home.decide(NORTH_2, accepted=True)
    assert home.decide(ABOVE, accepted=False).ok
    assert home.send("appeal", WHY).code == "no_stop_or_refusal_to_appeal"
    assert home.state() == "certified"


def test_an_appeal_against_a_stop_pays_at_once_and_stops_again_when_refused(home: Home) -> None:
    home.on(LAST_PAID + timedelta(days=3))
    assert not home.look()
    until = LAST_PAID + timedelta(days=1 + 14)
    assert home.read()["appeal_until"] == until.isoformat()
    assert home.send("appeal", WHY).ok
    assert home.read()["appeal_until"] is None
    assert (home.state(), home.look()) == ("held", True)
    assert home.decide(ABOVE, accepted=False).ok
    assert home.look()
    home.on(LAST_PAID + timedelta(days=4))
    assert (home.state(), home.look()) == ("stopped", False)
    assert home.read()["appeal_until"] is None
    assert home.send("appeal", WHY).code == "no_stop_or_refusal_to_appeal"


def test_a_window_leaves_three_proofs_to_a_person(home: Home) -> None:
    for _ in range(3):
        assert home.send("visit", WHY).ok
        assert home.decide(NORTH, accepted=False).ok
    assert home.send("visit", WHY).code == "too_many_certification_reviews"
    assert home.at_counter().ok


def test_what_is_closed_only_the_agency_takes_up_again(home: Home) -> None:
    home.on(LAST_PAID + timedelta(days=92))
    assert (home.state(), home.look()) == ("closed", False)
    assert home.send("counter-code").code == "benefit_closed"
    desk = home.stage.desk(NORTH)
    body = {"number": home.mother.number, "kind": "old_age"}
    assert desk.send("POST", "/staff/certification/reinstatements", body).status == 204
    assert (home.state(), home.look()) == ("certified", True)
    again = desk.send("POST", "/staff/certification/reinstatements", body)
    assert again.code == "benefit_not_closed"


def test_a_death_ends_the_payment_and_its_revocation_restores_it(home: Home) -> None:
    change(home.stage, home.mother, died_on=date(2026, 11, 16))
    assert not home.look()
    assert home.send("counter-code").code == "relative_not_confirmed"
    home.on(date(2027, 6, 1))
    change(home.stage, home.mother, died_on=None)
    assert home.look()
    assert home.read()["benefits"][0]["shown_on"] == "2027-06-01"


def test_reminders_come_once_60_30_and_7_days_before_to_both_sides(home: Home) -> None:
    counts = []
    for left in (13, 12, 7, 6, 0):
        home.on(DUE - timedelta(days=left))
        home.look()
        counts.append(sum("next proof of life is due by" in t for t in home.told(home.mother)))
    assert counts == [1, 1, 2, 2, 2]
    assert sum("is due by" in text for text in home.told(home.daughter)) == 2


@pytest.mark.parametrize("what", ["counter-code", "visit", "appeal"])
def test_anothers_link_answers_like_none_whatever_is_asked(home: Home, what: str) -> None:
    stranger = sign_in(home.stage, invent(home.stage, "zoe", born(50)))
    body = None if what == "counter-code" else WHY
    theirs, nobodys = (
        stranger.send("POST", f"/links/{link}/certification/{what}", body)
        for link in (home.link_id, uuid.uuid4())
    )
    assert theirs.status == 404
    assert alike(theirs) == alike(nobodys)


def test_whoever_only_reads_asks_for_nothing(home: Home) -> None:
    from ecard.family import service as family

    with home.stage.joined.db.write() as session:
        link = family.lock_link(session, uuid.UUID(home.link_id))
        link.acts_from = home.stage.clock.time + timedelta(hours=24)
        session.commit()
    assert home.read()["benefits"]
    assert home.send("counter-code").code == "acting_not_allowed_now"


def test_a_person_without_a_benefit_has_nothing_to_prove(home: Home) -> None:
    refused = home.phone.send("POST", "/certification/counter-code")
    assert (refused.status, refused.code) == (409, "no_benefit_to_certify")
    assert home.phone.must("GET", "/certification")["benefits"] == []


def test_the_sweep_looks_at_everybody_and_may_run_twice(home: Home) -> None:
    home.on(LAST_PAID + timedelta(days=1))
    call = home.stage.joined.call()
    assert service.sweep(call) == service.sweep(call) >= 6
    assert sum("payment has stopped" in text for text in home.told(home.mother)) == 1


class DeafRegistry(SqlRegistry):
    """It answers, and takes no word about a payment while ``deaf``."""

    deaf = False
    heard: Payment | None = None

    def tell_payment(self, payment: Payment) -> None:
        if self.deaf:
            raise RegistryUnavailable("deaf")
        self.heard = payment
        super().tell_payment(payment)


def test_what_is_owed_is_told_until_the_registry_has_heard_it(home: Home) -> None:
    joined = home.stage.joined
    registry = DeafRegistry(joined.db, joined.dependencies.vault)
    home.stage.joined = replace(
        joined, dependencies=replace(joined.dependencies, registry=registry)
    )
    home.stage.app.extensions["ecard"] = home.stage.joined
    home.on(LAST_PAID + timedelta(days=3))
    assert not home.look()
    assert home.send("appeal", WHY).ok
    assert home.look()  # the appeal pays; three days are unpaid
    assert home.decide(ABOVE, accepted=True).ok
    registry.deaf = True
    with pytest.raises(Unavailable):
        home.look()
    registry.deaf = False
    assert home.look()
    unpaid = (LAST_PAID + timedelta(days=1), LAST_PAID + timedelta(days=2))
    assert registry.heard is not None
    assert registry.heard.owed == (unpaid,)
    restored = [text for text in home.told(home.mother) if "goes on again" in text]
    assert len(restored) == 1


def test_of_a_link_in_dispute_another_holder_sees_neither_receipt_nor_case(home: Home) -> None:
    son = invent(home.stage, "ivo", born(38))
    theirs, sons = hold(home.stage, son, home.mother, "parent"), sign_in(home.stage, son)
    assert home.at_counter().ok
    assert home.send("visit", WHY).ok

    def seen(phone: Phone, path: str) -> tuple[int, int]:
        found = phone.must("GET", path)
        assert found["benefits"][0]["due_on"] == "2027-11-18"
        return len(found["receipts"]), len(found["cases"])

    path = f"/links/{theirs}/certification"
    assert seen(sons, path) == (1, 1)
    move(home.stage, home.link_id, "disputed", "objected_by_guardian")
    assert seen(sons, path) == (0, 0)
    assert seen(sign_in(home.stage, home.mother), "/certification") == (1, 1)
    move(home.stage, home.link_id, "active", "dispute_settled")
    assert seen(sons, path) == (1, 1)
