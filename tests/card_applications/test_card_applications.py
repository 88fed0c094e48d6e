"""A card for a relative: applied for with a photo, made, collected, failed, unclaimed; told."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image, ImageEnhance

from ecard.card_applications import service
from ecard.card_applications.models import CardApplication
from ecard.demo.phone import Answer, Phone
from ecard.family import service as family
from ecard.files import StoredFile
from ecard.registry.port import RegistryCard, RegistryUnavailable
from ecard.registry.sql import SqlRegistry
from tests.documents.applications import specimen
from tests.family.scene import (
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

A_YEAR = 800 * 86_400
NORTH, SOUTH = "clerk-north", "clerk-south"
SAW = {"identity_document": "id_card"}
ON = ("in_production", "at_bank", "ready")


class Home:
    """A daughter, her mother who holds no card, and a link between them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.daughter = invent(stage, "ada", born(40))
        self.mother = invent(stage, "eve", born(72), card="")
        self.link_id = hold(stage, self.daughter, self.mother, "parent")
        self.scopes(["card_status"])
        self.phone, self.desk = sign_in(stage, self.daughter), stage.desk(NORTH)

    def scopes(self, scopes: list[str]) -> None:
        with self.stage.joined.db.write() as session:
            family.lock_link(session, uuid.UUID(self.link_id)).scopes = scopes
            session.commit()

    def photo(self, picture: bytes | None = None, phone: Phone | None = None) -> str:
        return str((phone or self.phone).upload("face_photo", picture or specimen("face_photo")))

    def apply(self, photo_id: str | None = None, phone: Phone | None = None) -> Answer:
        photo_id = photo_id or self.photo()
        path = f"/links/{self.link_id}/card-applications"
        return (phone or self.phone).send("POST", path, {"photo_id": photo_id})

    def entered(self) -> str:
        answer = self.apply()
        assert answer.status == 201, answer.body
        return str(answer.body["id"])

    def read(self, application_id: str) -> dict[str, Any]:
        path = f"/links/{self.link_id}/card-applications/{application_id}"
        return dict(self.phone.must("GET", path))

    def row(self, application_id: str) -> CardApplication:
        with self.stage.joined.db.read() as session:
            return session.get_one(CardApplication, uuid.UUID(application_id))

    def go(self, application_id: str, *states: str, reason: str | None = None) -> None:
        for state in states:
            answer = self.ask(application_id, state, reason)
            assert answer.ok, answer.body

    def ask(self, application_id: str, to: str, reason: str | None = None) -> Answer:
        version = self.row(application_id).version
        return moved(self.desk, application_id, to, version, reason)

    def collect(self, application_id: str, desk: Phone | None = None) -> Answer:
        return collected(desk or self.desk, application_id, self.row(application_id).version)

    def cards(self) -> list[str]:
        known = self.stage.joined.dependencies.registry.person(self.mother.ref)
        assert known is not None
        return [known.card.state] if known.card is not None else []

    def photo_file(self, application_id: str) -> StoredFile:
        with self.stage.joined.db.read() as session:
            return session.get_one(StoredFile, self.row(application_id).photo_id)

    def with_registry(self, registry: SqlRegistry) -> None:
        joined = self.stage.joined
        dependencies = replace(joined.dependencies, registry=registry)
        self.stage.joined = replace(joined, dependencies=dependencies)
        self.stage.app.extensions["ecard"] = self.stage.joined


def moved(
    desk: Phone, application_id: str, to: str, version: int, reason: str | None = None
) -> Answer:
    body = {"to": to, **({"reason": reason} if reason else {})}
    path = f"/staff/card-applications/{application_id}/moves"
    return desk.send("POST", path, body, if_match=f'"{version}"')


def collected(desk: Phone, application_id: str, version: int) -> Answer:
    path = f"/staff/card-applications/{application_id}/collection"
    return desk.send("POST", path, SAW, if_match=f'"{version}"')


@cache
def dark_photo() -> bytes:
    """A face photo in which hardly anything can be seen."""
    out = BytesIO()
    face = Image.open(BytesIO(specimen("face_photo")))
    ImageEnhance.Brightness(face).enhance(0.1).save(out, "JPEG", quality=95)
    return out.getvalue()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Months pass here, and signing in each time is not what is tested."""
    with set_stage(
        tmp_path, access_seconds=A_YEAR, session_seconds=A_YEAR, staff_seconds=A_YEAR,
        staff_idle_seconds=A_YEAR,
    ) as stage:  # fmt: skip
        yield Home(stage)


def test_from_the_photo_to_the_card_in_the_hand_and_both_sides_are_told(home: Home) -> None:
    application_id = home.entered()
    assert home.photo_file(application_id).owner_id == person_id(home.stage, home.mother)
    home.go(application_id, *ON)
    assert home.read(application_id)["collect_by"] == "2027-11-18"
    answer = home.collect(application_id)
    assert answer.ok, answer.body
    assert (answer.body["state"], answer.body["expires_on"]) == ("collected", "2036-11-18")
    assert home.cards() == ["normal"]
    file = home.photo_file(application_id)
    assert file.receipt is not None
    assert (file.wrapped_key, file.location, file.fingerprint) == (None, None, "")
    found = home.read(application_id)
    assert [one["state"] for one in found["progress"]] == ["entered", *ON, "collected"]
    told = [f"card_application_{state}" for state in ("entered", *ON, "collected")]
    assert sorted(kinds(home.stage, home.daughter)) == sorted(told)
    assert sorted(kinds(home.stage, home.mother)) == sorted([*told, "card_state_changed"])


def test_both_sides_read_the_same_and_who_looked_at_the_photo(home: Home) -> None:
    application_id = home.entered()
    path = f"/staff/card-applications/{application_id}"
    assert home.desk.must("GET", path)["person"] == home.mother.name
    photo = home.desk.send("GET", f"{path}/photo")
    assert photo.body.startswith(b"\xff\xd8")
    mine = home.phone.must("GET", f"/links/{home.link_id}/card-applications")["items"]
    change(home.stage, home.mother, card=RegistryCard("900012345678", "eve", "lost", None))
    mother = sign_in(home.stage, holder_of(home))
    assert mother.must("GET", "/card-applications")["items"] == mine
    assert mother.must("GET", f"/card-applications/{application_id}") == mine[0]
    done = {one["action"] for one in mother.must("GET", "/acts-on-me")["items"]}
    assert done == {f"card_application.{what}" for what in ("entered", "read", "photo_read")}


def holder_of(home: Home) -> Any:
    known = home.stage.joined.dependencies.registry.person(home.mother.ref)
    assert known is not None
    return known


@pytest.mark.gate
def test_a_photo_that_shows_nobody_clearly_is_refused_for_a_reason(home: Home) -> None:
    dark = home.photo(dark_photo())
    refused = home.apply(dark)
    assert (refused.status, refused.code) == (422, "face_photo_unusable")
    assert refused.body["params"]["reason"] == "dark"
    assert home.apply(dark).code == "picture_tried_before"
    assert {item["id"] for item in home.phone.must("GET", "/documents")["items"]} == {dark}
    paper = home.phone.upload("id_card_back", specimen("id_card_back"))
    assert home.apply(str(paper)).code == "not_found"
    stranger = sign_in(home.stage, invent(home.stage, "zoe", born(50)))
    assert home.apply(home.photo(phone=stranger)).code == "not_found"
    assert home.phone.must("GET", f"/links/{home.link_id}/card-applications")["items"] == []


@pytest.mark.gate
def test_a_photo_that_was_given_is_no_document_any_more(home: Home) -> None:
    photo_id = home.photo()
    assert home.apply(photo_id).ok
    assert home.phone.must("GET", "/documents")["items"] == []
    assert home.apply(photo_id).code == "card_application_open"
    home.stage.clock.advance(days=3)
    from ecard import files
    from ecard.documents import service as documents

    documents.sweep(home.stage.joined.call())
    files.sweep(home.stage.joined.call())
    with home.stage.joined.db.read() as session:
        row = session.scalars(sa.select(CardApplication)).one()
        assert files.read(session, home.stage.joined.call(), row.photo_id)


@pytest.mark.gate
def test_who_holds_a_card_that_works_needs_none(home: Home) -> None:
    card = RegistryCard("900012345678", "eve", "normal", date(2036, 1, 1))
    change(home.stage, home.mother, card=card)
    photo_id = home.photo()
    assert home.apply(photo_id).code == "card_held_already"
    registry = home.stage.joined.dependencies.registry
    registry.change_card_state(card.number, "lost")
    answer = home.apply(photo_id)
    assert answer.ok, answer.body
    home.go(answer.body["id"], *ON)
    refused = home.collect(answer.body["id"])
    assert (refused.status, refused.code) == (409, "card_held_already")
    registry.change_card_state(card.number, "cancelled")
    assert home.collect(answer.body["id"]).ok
    assert home.cards() == ["normal"]


@pytest.mark.gate
def test_a_person_applies_for_themselves_when_their_card_is_lost(home: Home) -> None:
    assert home.daughter.card is not None
    registry = home.stage.joined.dependencies.registry
    photo_id = home.photo()
    body = {"photo_id": photo_id}
    assert home.phone.send("POST", "/card-applications", body).code == "card_held_already"
    registry.change_card_state(home.daughter.card.number, "lost")
    answer = home.phone.send("POST", "/card-applications", body)
    assert answer.ok, answer.body
    assert answer.body["progress"][0]["reason"] == "requested_by_person"
    assert home.apply().code == "card_not_usable"  # for others their card has to work


@pytest.mark.gate
def test_what_failed_names_its_reason_and_a_new_try_follows_at_once(home: Home) -> None:
    application_id = home.entered()
    assert home.apply().code == "card_application_open"
    assert home.ask(application_id, "failed", "bank_refused").code == "reason_does_not_fit"
    bare = home.ask(application_id, "failed")
    assert bare.body["fields"] == {"reason": ["needed_for_a_failure"]}
    home.go(application_id, "failed", reason="photo_not_fit")
    assert home.read(application_id)["reason"] == "photo_not_fit"
    assert home.photo_file(application_id).destroyed_at is not None
    gone = home.desk.send("GET", f"/staff/card-applications/{application_id}/photo")
    assert (gone.status, gone.code) == (410, "file_destroyed")
    assert home.apply().ok


@pytest.mark.gate
def test_no_state_is_skipped(home: Home) -> None:
    application_id = home.entered()
    for to in ("at_bank", "ready"):
        refused = home.ask(application_id, to)
        assert (refused.status, refused.code) == (409, "card_application_illegal_move")
    assert home.collect(application_id).code == "card_application_illegal_move"


def test_another_regions_clerk_finds_nothing(home: Home) -> None:
    application_id, south = home.entered(), home.stage.desk(SOUTH)
    for theirs, nobodys in zip(
        tried(south, application_id), tried(south, str(uuid.uuid4())), strict=True
    ):
        assert theirs.status == 404
        assert alike(theirs) == alike(nobodys)
    assert south.must("GET", "/staff/card-applications")["items"] == []
    (item,) = home.desk.must("GET", "/staff/card-applications?state=entered")["items"]
    assert (item["id"], "person" in item) == (application_id, False)
    assert item["region_name"] == "North Harbour"
    reviewer = home.stage.desk("reviewer-north")
    assert moved(reviewer, application_id, "in_production", 1).code == "not_allowed"


def tried(desk: Phone, application_id: str) -> list[Answer]:
    path = f"/staff/card-applications/{application_id}"
    return [
        desk.send("GET", path),
        desk.send("GET", f"{path}/photo"),
        moved(desk, application_id, "in_production", 1),
        collected(desk, application_id, 1),
    ]


@pytest.mark.gate
def test_a_card_unclaimed_for_a_year_is_over_by_reading_and_by_the_sweep_alike(home: Home) -> None:
    application_id = home.entered()
    home.go(application_id, *ON)
    home.stage.clock.advance(days=365)  # its last day
    call = home.stage.joined.call()
    assert service.sweep(call) == 0
    assert home.read(application_id)["state"] == "ready"
    home.stage.clock.advance(days=1)
    assert home.read(application_id)["state"] == "unclaimed"
    assert home.desk.must("GET", "/staff/card-applications")["items"] == []
    assert home.collect(application_id).code == "card_application_illegal_move"
    assert home.row(application_id).state == "ready"
    assert (service.sweep(call), service.sweep(call)) == (1, 0)
    found = home.read(application_id)
    assert (found["state"], found["reason"]) == ("unclaimed", "not_collected")
    assert home.photo_file(application_id).receipt is not None
    assert "card_application_unclaimed" in kinds(home.stage, home.mother)
    assert home.apply().ok


class BreakingRegistry(SqlRegistry):
    """Issues the card, and is then not heard."""

    breaks = True

    def issue_card(self, ref: str, expires_on: date, *, order: str | None = None) -> RegistryCard:
        card = super().issue_card(ref, expires_on, order=order)
        if self.breaks:
            raise RegistryUnavailable("lost on the way")
        return card


@pytest.mark.gate
def test_a_collection_that_broke_off_is_finished_with_the_same_card(home: Home) -> None:
    application_id = home.entered()
    home.go(application_id, *ON)
    joined = home.stage.joined
    registry = BreakingRegistry(joined.db, joined.dependencies.vault)
    home.with_registry(registry)
    assert home.collect(application_id).status == 503
    assert home.ask(application_id, "failed", "card_defective").code == "card_being_handed_over"
    registry.breaks = False
    answer = home.collect(application_id)
    assert answer.ok, answer.body
    assert holder_of(home).card.number == answer.body["card_number"]
    assert kinds(home.stage, home.mother).count("card_state_changed") == 1


@pytest.mark.gate
def test_of_parallel_moves_and_collections_exactly_one_counts(home: Home) -> None:
    photos = [home.photo() for _ in range(3)]
    assert codes(at_once([partial(home.apply, one) for one in photos])) == {
        "done": 1,
        "card_application_open": 2,
    }
    (item,) = home.desk.must("GET", "/staff/card-applications")["items"]
    application_id = item["id"]
    on = [partial(moved, home.desk, application_id, "in_production", 1)] * 3
    assert codes(at_once(on)) == {"done": 1, "version_changed": 2}
    home.go(application_id, "at_bank", "ready")
    version = home.row(application_id).version
    hand = [partial(collected, home.desk, application_id, version)] * 3
    fail = [partial(moved, home.desk, application_id, "failed", version, "card_lost")] * 3
    answers = at_once([*hand, *fail])
    assert sum(answer.ok for answer in answers) == 1
    state = home.read(application_id)["state"]
    assert (state == "collected") == (home.cards() == ["normal"])


STOPPED = {
    "disputed": "objected_by_guardian",
    "suspended": "safeguarding",
    "ended": "requested_by_relative",
}


def test_on_a_link_that_does_not_stand_nothing_is_applied_for(home: Home) -> None:
    photo_id = home.photo()
    for state, reason in STOPPED.items():
        move(home.stage, home.link_id, state, reason)
        refused = home.apply(photo_id)
        assert (refused.status, refused.code) == (409, "link_not_active"), state
    assert {item["id"] for item in home.phone.must("GET", "/documents")["items"]} == {photo_id}


@pytest.mark.gate
def test_scope_window_card_and_ownership_are_asked_at_each_call(home: Home) -> None:
    photo_id = home.photo()
    home.scopes(["rights"])
    assert home.apply(photo_id).code == "scope_off"
    home.scopes(["card_status"])
    with home.stage.joined.db.write() as session:
        link = family.lock_link(session, uuid.UUID(home.link_id))
        link.acts_from = home.stage.clock.time + timedelta(hours=24)
        session.commit()
    assert home.apply(photo_id).code == "acting_not_allowed_now"
    assert home.phone.must("GET", f"/links/{home.link_id}/card-applications")["items"] == []
    assert home.daughter.card is not None
    registry = home.stage.joined.dependencies.registry
    registry.change_card_state(home.daughter.card.number, "cancelled")
    path = f"/links/{home.link_id}/card-applications"
    assert home.phone.send("GET", path).code == "card_not_usable"
    stranger = sign_in(home.stage, invent(home.stage, "zoe", born(50)))
    theirs = home.apply(photo_id, stranger)
    home.link_id = str(uuid.uuid4())
    assert theirs.status == 404
    assert alike(theirs) == alike(home.apply(photo_id, stranger))


@pytest.mark.gate
def test_the_dead_get_no_card(home: Home) -> None:
    application_id = home.entered()
    home.go(application_id, *ON)
    change(home.stage, home.mother, died_on=date(2026, 11, 18))
    assert home.collect(application_id).code == "not_found"
    assert home.apply().code == "relative_not_confirmed"
    home.go(application_id, "failed", reason="person_died")
    assert home.cards() == []
