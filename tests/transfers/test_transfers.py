"""A transfer for a relative: asked for, moved by the agencies, withdrawn, told to all, once."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ecard.demo.phone import Answer, Phone
from ecard.family import service as family
from ecard.persons import service as persons
from ecard.registry.insurance import store_arrears, store_benefit
from ecard.registry.models import RegistryTransferRow
from ecard.registry.port import (
    Arrears,
    Benefit,
    RegistryPerson,
    RegistryUnavailable,
    TransferResult,
)
from ecard.registry.sql import SqlRegistry
from ecard.transfers import service
from ecard.transfers.models import Transfer
from tests.family.scene import (
    TODAY,
    alike,
    born,
    change,
    hold,
    invent,
    kinds,
    move,
    person_id,
    sign_in,
)
from tests.security.parallel import at_once, codes
from tests.support import Stage
from tests.support import stage as set_stage

A_YEAR = 366 * 86_400
NORTH, SOUTH, ABOVE = "clerk-north", "clerk-south", "reviewer-province"


class Home:
    """A daughter in the north, and her mother whose social security goes to the south."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.daughter, self.mother = invent(stage, "ada", born(40)), invent(stage, "eve", born(58))
        self.link_id = hold(stage, self.daughter, self.mother, "parent")
        self.scopes(["transfer"])
        self.phone = sign_in(stage, self.daughter)

    def scopes(self, scopes: list[str]) -> None:
        with self.stage.joined.db.write() as session:
            family.lock_link(session, uuid.UUID(self.link_id)).scopes = scopes
            session.commit()

    def ask(self, region: str = "south-harbour", phone: Phone | None = None) -> Answer:
        path = f"/links/{self.link_id}/transfers"
        return (phone or self.phone).send("POST", path, {"region": region})

    def open(self) -> str:
        answer = self.ask()
        assert answer.status == 201, answer.body
        return str(answer.body["id"])

    def read(self, transfer_id: str) -> dict[str, Any]:
        return dict(self.phone.must("GET", f"/links/{self.link_id}/transfers/{transfer_id}"))

    def withdraw(self, transfer_id: str, version: int | None = None) -> Answer:
        at = version or self.read(transfer_id)["version"]
        path = f"/links/{self.link_id}/transfers/{transfer_id}/withdrawal"
        return self.phone.send("POST", path, if_match=f'"{at}"')

    def decide(self, who: str, transfer_id: str, reason: str | None = None) -> Answer:
        version = self.version(transfer_id)
        return decision(self.stage.desk(who), transfer_id, version, reason)

    def version(self, transfer_id: str) -> int:
        with self.stage.joined.db.read() as session:
            return session.get_one(Transfer, uuid.UUID(transfer_id)).version

    def pass_on(self, transfer_id: str, *who: str) -> None:
        for clerk in who:
            answer = self.decide(clerk, transfer_id)
            assert answer.ok, answer.body

    def told_registry(self) -> list[tuple[str, str]]:
        """What the core system was told: outcome and where to."""
        query = sa.select(RegistryTransferRow).order_by(RegistryTransferRow.decided_on)
        with self.stage.joined.db.read() as session:
            return [(row.outcome, row.to_region) for row in session.scalars(query)]

    def region(self) -> str:
        known = self.stage.joined.dependencies.registry.person(self.mother.ref)
        assert known is not None
        return known.region_code

    def owes(self, cents: int) -> None:
        with self.stage.joined.db.write() as session:
            vault = self.stage.joined.dependencies.vault
            store_arrears(session, vault, self.mother.ref, Arrears("pension", cents))
            session.commit()

    def desk_messages(self, who: str) -> list[str]:
        self.stage.work_off()
        items = self.stage.desk(who).must("GET", "/staff/messages")["items"]
        return [one["kind"] for one in items]


def decision(desk: Phone, transfer_id: str, version: int, reason: str | None = None) -> Answer:
    body = {"accepted": reason is None, **({"reason": reason} if reason else {})}
    path = f"/staff/transfers/{transfer_id}/decision"
    return desk.send("POST", path, body, if_match=f'"{version}"')


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Weeks pass here, and signing in each time is not what is tested."""
    with set_stage(tmp_path, access_seconds=A_YEAR, session_seconds=A_YEAR) as stage:
        yield Home(stage)


def test_three_agencies_turns_move_it_and_the_registry_hears_of_it_once(home: Home) -> None:
    transfer_id = home.open()
    assert home.read(transfer_id)["stage_ends_on"] == "2026-12-09"  # 15 working days
    home.pass_on(transfer_id, SOUTH, NORTH, SOUTH)
    assert home.told_registry() == []
    home.stage.work_off()
    service.sweep(home.stage.joined.call())
    assert home.told_registry() == [("completed", "south-harbour")]
    assert home.region() == "south-harbour"
    found = home.read(transfer_id)
    assert (found["state"], found["recorded"], found["late"]) == ("completed", True, False)
    assert [one["reason"] for one in found["progress"]] == [
        "requested_by_holder",
        "accepted",
        "released",
        "taken_over",
    ]
    told = ["transfer_completed", "transfer_released", "transfer_accepted", "transfer_opened"]
    for side in (home.daughter, home.mother):
        assert sorted(kinds(home.stage, side)) == sorted(told)
    with home.stage.joined.db.read() as session:
        mine = persons.particulars(
            session, home.stage.joined.call(), person_id(home.stage, home.mother)
        )
    assert mine.number == home.mother.number


def test_both_sides_read_the_same_progress_and_who_did_what(home: Home) -> None:
    transfer_id = home.open()
    home.pass_on(transfer_id, SOUTH)
    mother = sign_in(home.stage, home.mother)
    (own,) = mother.must("GET", "/transfers")["items"]
    (theirs,) = home.phone.must("GET", f"/links/{home.link_id}/transfers")["items"]
    assert own == theirs
    assert own["state"] == "old_agency"
    assert mother.must("GET", f"/transfers/{transfer_id}") == own
    done = {one["action"] for one in mother.must("GET", "/acts-on-me")["items"]}
    assert done == {"transfer.opened", "transfer.accepted", "transfer.read"}


def test_a_person_asks_for_themselves_and_draws_back_whoever_asked(home: Home) -> None:
    mother = sign_in(home.stage, home.mother)
    mine = mother.must("POST", "/transfers", {"region": "south-harbour"})
    path = f"/transfers/{mine['id']}/withdrawal"
    assert mother.send("POST", path, if_match='"1"').body["state"] == "withdrawn"
    home.stage.work_off()
    transfer_id = home.open()
    assert home.mother.card is not None
    registry = home.stage.joined.dependencies.registry
    registry.change_card_state(home.mother.card.number, "lost")
    answer = mother.send("POST", f"/transfers/{transfer_id}/withdrawal", if_match='"1"')
    assert answer.body["progress"][-1]["reason"] == "requested_by_person"


def test_what_stands_in_the_way_is_named_each_by_its_code(home: Home) -> None:
    assert home.ask("north-harbour").code == "transfer_same_region"
    assert home.ask("nowhere").code == "unknown_region"
    assert home.ask("demo").code == "transfer_region_without_agency"
    home.owes(12_50)
    refused = home.ask()
    assert (refused.status, refused.code) == (409, "transfer_arrears")
    home.owes(0)
    with home.stage.joined.db.write() as session:
        pension = Benefit("b-eve", "old_age", date(2026, 1, 1), None, 90_000)
        store_benefit(session, home.stage.joined.dependencies.vault, home.mother.ref, pension)
        session.commit()
    assert home.ask().code == "transfer_drawing_pension"
    assert home.phone.must("GET", f"/links/{home.link_id}/transfers")["items"] == []


def test_a_second_one_waits_until_the_first_is_over_and_recorded(home: Home) -> None:
    transfer_id = home.open()
    assert home.ask().code == "transfer_open_already"
    assert home.withdraw(transfer_id).ok
    assert home.ask().code == "transfer_open_already"
    home.stage.work_off()
    assert home.ask().ok


def test_only_the_agency_whose_turn_it_is_finds_it(home: Home) -> None:
    transfer_id = home.open()
    turns = [(SOUTH, NORTH), (NORTH, SOUTH), (SOUTH, NORTH)]
    for turn, other in turns:
        desk = home.stage.desk(other)
        for theirs, nobodys in zip(
            tried(desk, transfer_id, home.version(transfer_id)),
            tried(desk, str(uuid.uuid4()), 1),
            strict=True,
        ):
            assert theirs.status == 404
            assert alike(theirs) == alike(nobodys)
        assert desk.must("GET", "/staff/transfers")["items"] == []
        mine = home.stage.desk(turn)
        (item,) = mine.must("GET", "/staff/transfers?late=false")["items"]
        assert "person" not in item
        assert (item["from_name"], item["to_name"]) == ("North Harbour", "South Harbour")
        assert mine.must("GET", f"/staff/transfers/{transfer_id}")["person"] == home.mother.name
        home.pass_on(transfer_id, turn)
    assert home.decide(SOUTH, transfer_id).code == "transfer_illegal_move"
    assert home.decide(ABOVE, transfer_id).code == "not_allowed"


def tried(desk: Phone, transfer_id: str, version: int) -> list[Answer]:
    read = desk.send("GET", f"/staff/transfers/{transfer_id}")
    return [read, decision(desk, transfer_id, version)]


def test_a_refusal_names_a_reason_of_its_stage_and_changes_nothing(home: Home) -> None:
    transfer_id = home.open()
    assert home.decide(SOUTH, transfer_id, "records_incomplete").code == "reason_does_not_fit"
    desk, path = home.stage.desk(SOUTH), f"/staff/transfers/{transfer_id}/decision"
    bare = desk.send("POST", path, {"accepted": False}, if_match='"1"')
    assert bare.body["fields"] == {"reason": ["needed_for_a_refusal"]}
    assert home.decide(SOUTH, transfer_id, "no_tie_to_region").ok
    home.stage.work_off()
    assert home.told_registry() == [("refused", "south-harbour")]
    assert home.region() == "north-harbour"
    assert home.read(transfer_id)["reason"] == "no_tie_to_region"
    assert "transfer_refused" in kinds(home.stage, home.mother)


def test_what_came_in_the_way_meanwhile_stops_the_agency_not_the_refusal(home: Home) -> None:
    transfer_id = home.open()
    home.owes(1)
    assert home.decide(SOUTH, transfer_id).code == "transfer_arrears"
    home.owes(0)
    change(home.stage, home.mother, died_on=TODAY)
    assert home.decide(SOUTH, transfer_id).code == "transfer_person_died"
    change(home.stage, home.mother, died_on=None, region_code="south-harbour")
    assert home.decide(SOUTH, transfer_id).code == "transfer_region_moved"
    assert home.decide(SOUTH, transfer_id, "not_entitled").ok


@pytest.mark.gate
def test_withdrawing_ends_it_and_tells_an_agency_that_had_begun_to_stop(home: Home) -> None:
    first = home.open()
    assert home.read(first)["withdrawal"] == "ends_at_once"
    assert home.withdraw(first).body["state"] == "withdrawn"
    assert sorted(home.desk_messages(SOUTH)) == ["transfer_arrived", "transfer_withdrawn"]
    second = home.open()
    home.pass_on(second, SOUTH)
    assert home.read(second)["withdrawal"] == "old_agency_stops"
    assert home.withdraw(second, version=1).code == "version_changed"
    assert home.withdraw(second).ok
    assert sorted(home.desk_messages(NORTH)) == ["transfer_arrived", "transfer_withdrawn"]
    assert home.withdraw(second).code == "transfer_illegal_move"
    assert home.told_registry() == [("withdrawn", "south-harbour")] * 2


def test_once_the_old_agency_has_finished_nobody_withdraws(home: Home) -> None:
    transfer_id = home.open()
    home.pass_on(transfer_id, SOUTH, NORTH)
    assert home.read(transfer_id)["withdrawal"] is None
    answer = home.withdraw(transfer_id)
    assert (answer.status, answer.code) == (409, "transfer_past_withdrawal")


@pytest.mark.gate
def test_a_late_agency_is_reminded_once_a_deadline_and_then_the_level_above(home: Home) -> None:
    transfer_id, call = home.open(), home.stage.joined.call()
    south = home.stage.desk(SOUTH)
    last = date.fromisoformat(home.read(transfer_id)["stage_ends_on"])
    seen = []
    for days in (0, 1, 2, 8, 9):
        home.stage.clock.advance(days=days - (seen[-1][0] if seen else 0))
        if not seen:
            home.stage.clock.advance(days=(last - TODAY).days)
        service.sweep(call), service.sweep(call)
        late = home.read(transfer_id)["late"]
        (item,) = south_items(home)
        seen.append((days, late, item["escalated"], len(late_messages(home, SOUTH))))
    assert seen == [
        (0, False, False, 0),
        (1, True, False, 1),
        (2, True, False, 1),
        (8, True, True, 2),
        (9, True, True, 2),
    ]
    assert late_messages(home, ABOVE) == ["transfer_escalated"]
    assert south.token


def south_items(home: Home) -> list[dict[str, Any]]:
    return list(home.stage.desk(SOUTH).must("GET", "/staff/transfers")["items"])


def late_messages(home: Home, who: str) -> list[str]:
    return [kind for kind in home.desk_messages(who) if kind != "transfer_arrived"]


def test_a_sweep_that_was_down_for_long_tells_of_both_deadlines(home: Home) -> None:
    home.open()
    home.stage.clock.advance(days=40)
    assert service.sweep(home.stage.joined.call()) == 2
    assert late_messages(home, SOUTH) == ["transfer_late"] * 2
    assert late_messages(home, ABOVE) == ["transfer_escalated"]


class DeafRegistry(SqlRegistry):
    """Hears of no transfer until it is let."""

    hears = False
    heard = 0

    def tell_transfer(self, result: TransferResult) -> None:
        if not self.hears:
            raise RegistryUnavailable("deaf")
        super().tell_transfer(result)
        self.heard += 1


@pytest.mark.gate
def test_a_registry_that_does_not_hear_is_told_again_until_it_does(home: Home) -> None:
    joined = home.stage.joined
    deaf = DeafRegistry(joined.db, joined.dependencies.vault)
    home.stage.joined = replace(joined, dependencies=replace(joined.dependencies, registry=deaf))
    transfer_id = home.open()
    home.pass_on(transfer_id, SOUTH, NORTH, SOUTH)
    home.stage.work_off()
    service.sweep(home.stage.joined.call())
    assert (home.region(), home.read(transfer_id)["recorded"]) == ("north-harbour", False)
    deaf.hears = True
    service.sweep(home.stage.joined.call())
    home.stage.clock.advance(hours=1)
    home.stage.work_off()
    assert (home.region(), deaf.heard) == ("south-harbour", 1)
    deaf.tell_transfer(TransferResult(transfer_id, "eve", "a", "north-harbour", "completed", TODAY))
    assert home.region() == "south-harbour"


@pytest.mark.gate
def test_of_parallel_asks_and_of_parallel_decisions_exactly_one_counts(home: Home) -> None:
    assert codes(at_once([home.ask] * 6)) == {"done": 1, "transfer_open_already": 5}
    (item,) = south_items(home)
    desks = [home.stage.desk(SOUTH) for _ in range(6)]
    decisions = [partial(decision, desk, item["id"], 1) for desk in desks[:3]]
    refusals = [partial(decision, desk, item["id"], 1, "not_entitled") for desk in desks[3:]]
    answers = at_once([*decisions, *refusals])
    assert sum(answer.ok for answer in answers) == 1
    assert {answer.code for answer in answers if not answer.ok} <= {"version_changed", "not_found"}
    assert len(home.read(item["id"])["progress"]) == 2


def test_of_a_withdrawal_and_a_decision_at_one_moment_exactly_one_counts(home: Home) -> None:
    transfer_id, desk = home.open(), home.stage.desk(SOUTH)
    both = [partial(home.withdraw, transfer_id, 1), partial(decision, desk, transfer_id, 1)]
    answers = at_once(both * 3)
    found = codes(answers)
    assert found.pop("done") == 1
    assert set(found) <= {"version_changed", "not_found"}  # passed on, it is not south's any more
    assert len(home.read(transfer_id)["progress"]) == 2


STOPPED = {
    "disputed": "objected_by_guardian",
    "suspended": "safeguarding",
    "ended": "requested_by_relative",
}


def test_a_link_that_does_not_stand_moves_nothing(home: Home) -> None:
    transfer_id = home.open()
    for state, reason in STOPPED.items():
        move(home.stage, home.link_id, state, reason)
        for answer in (home.ask(), home.withdraw(transfer_id, version=1)):
            assert (answer.status, answer.code) == (409, "link_not_active"), state
    mother = sign_in(home.stage, home.mother)
    assert mother.must("GET", f"/transfers/{transfer_id}")["state"] == "accepting"


def test_what_was_asked_for_on_a_disputed_link_another_holder_does_not_see(home: Home) -> None:
    transfer_id, other = home.open(), invent(home.stage, "ivo", born(38))
    theirs = hold(home.stage, other, home.mother, "parent")
    with home.stage.joined.db.write() as session:
        family.lock_link(session, uuid.UUID(theirs)).scopes = ["transfer"]
        session.commit()
    phone, mother = sign_in(home.stage, other), sign_in(home.stage, home.mother)
    path = f"/links/{theirs}/transfers"
    assert phone.must("GET", f"{path}/{transfer_id}")["state"] == "accepting"
    move(home.stage, home.link_id, "disputed", STOPPED["disputed"])
    assert phone.must("GET", path)["items"] == []
    assert phone.send("GET", f"{path}/{transfer_id}").code == "not_found"
    gone = phone.send("POST", f"{path}/{transfer_id}/withdrawal", if_match='"1"')
    assert gone.code == "not_found"
    withdrawn = mother.send("POST", f"/transfers/{transfer_id}/withdrawal", if_match='"1"')
    assert withdrawn.body["state"] == "withdrawn"


def test_a_scope_that_is_off_and_anothers_link_each_have_their_answer(home: Home) -> None:
    transfer_id = home.open()
    home.scopes(["rights", "certification"])
    for answer in (home.ask(), home.withdraw(transfer_id, version=1)):
        assert (answer.status, answer.code) == (403, "scope_off")
    stranger = sign_in(home.stage, invent(home.stage, "zoe", born(50)))
    theirs = home.ask(phone=stranger)
    home.link_id = str(uuid.uuid4())
    assert theirs.status == 404
    assert alike(theirs) == alike(home.ask(phone=stranger))


def test_a_stopped_card_of_either_side_moves_nothing(home: Home) -> None:
    registry = home.stage.joined.dependencies.registry
    for person, code in ((home.daughter, "card_not_usable"), (home.mother, NOT_CONFIRMED)):
        set_card(registry, person, "cancelled")
        assert home.ask().code == code
        set_card(registry, person, "normal")
    assert home.ask().ok


NOT_CONFIRMED = "relative_not_confirmed"


def set_card(registry: Any, person: RegistryPerson, state: str) -> None:
    assert person.card is not None
    registry.change_card_state(person.card.number, state)


def test_whoever_works_there_decides_nothing_about_themselves(home: Home) -> None:
    from ecard.agencies.models import StaffMember

    transfer_id, call = home.open(), home.stage.joined.call()
    with home.stage.joined.db.write() as session:
        clerk = session.scalars(sa.select(StaffMember).filter_by(user_name=SOUTH)).one()
        clerk.person_number_index = persons.number_index(call, home.daughter.number)
        session.commit()
    assert home.decide(SOUTH, transfer_id).code == "conflict_of_interest"


def test_a_deadline_counts_working_days_of_the_region(home: Home) -> None:
    home.stage.clock.advance(days=2)  # a Friday
    transfer_id = home.open()
    assert home.read(transfer_id)["stage_ends_on"] == "2026-12-11"
    home.stage.clock.advance(days=1)
    home.pass_on(transfer_id, SOUTH)  # on a Saturday: Monday is the first day that counts
    assert home.read(transfer_id)["stage_ends_on"] == "2026-12-11"
