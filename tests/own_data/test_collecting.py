"""A person sees what is kept about them, by category, and nothing that their side may not see."""

import re
import uuid
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ecard import tables
from ecard.acts.models import Act
from ecard.demo.phone import Phone
from ecard.own_data.policy import CATEGORIES
from tests.activation.test_counter import code_of, redeem
from tests.documents.applications import apply
from tests.family.scene import born, change, hold, invent, move, person_id, sign_in
from tests.family.test_scopes import Tie
from tests.own_data.test_withdrawing import child
from tests.support import Stage

PAGE = Path(__file__).parents[2] / "docs" / "own_data.md"
NO_CATEGORY = {
    "appeals.by_person_id": "the case says that it was appealed, and how it was decided",
    "benefit_watches.person_id": "what the registry was told of the proofs that are shown",
    "capture_prints.holder_id": "fingerprints of frames: seven days, nobody can be known by them",
    "capture_prints.subject_id": "the same",
    "certification_codes.asked_by": "a code is kept as a hash; asking for it stands in history",
    "certification_codes.person_id": "the same",
    "certifications.helper_id": "the person's proof says that somebody helped; the helper has acts",
    "card_applications.opened_by": "the person's application; whoever asked has the act in history",
    "transfers.opened_by": "the person's transfer; whoever asked has the act in history",
    "certification_captures.opened_by": "the person's try; the helper has the act in history",
    "certification_cases.opened_by": "the person's case; whoever asked has the act in history",
    "data_corrections.asked_by": "the person's correction; the guardian has the act in history",
    "document_marks.person_id": "keyed marks by which a document is known again",
    "face_withdrawals.actor_id": "the person's withdrawal; the guardian lists their own",
    "not_me_tokens.person_id": "hashes of one-use addresses, 240 hours",
    "partial_uploads.holder_id": "a file that is still being sent, one day",
    "qr_codes.shown_by_id": "qr_uses; an unused code is forgotten after a day",
    "recorded_deaths.person_id": "what the registry said",
    "reinstatements.person_id": "in history",
    "relationships.holder_id": "the link says it",
    "relationships.relative_id": "the link says it",
    "rights_certificates.asked_by": "rights_certificates",
    "stored_files.owner_id": "documents, reference_photos, cases",
    "tried_pictures.holder_id": "keyed marks of pictures that were refused, 30 days",
}
"""Columns that name a person, beside those that a category is read by, and why they have none."""
READ_BY = {
    *("accounts.person_id", "acknowledgements.person_id", "acts.relative_id"),
    *("card_passwords.person_id", "card_password_resets.person_id"),
    *("card_state_changes.person_id", "certifications.person_id"),
    *("certification_cases.person_id", "consents.person_id", "data_corrections.person_id"),
    *("certification_captures.person_id", "card_applications.person_id", "transfers.person_id"),
    *("documents.holder_id", "face_withdrawals.person_id", "links.holder_id"),
    *("links.relative_id", "messages.person_id", "qr_codes.shown_for_id"),
    "rights_certificates.person_id",
}


def categories(data: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Category → its items."""
    return {one["name"]: one["items"] for one in data["categories"]}


def mine(phone: Phone) -> dict[str, list[dict[str, Any]]]:
    return categories(phone.must("GET", "/my-data"))


def test_every_table_that_names_a_person_is_shown_or_says_why_not() -> None:
    named = {
        f"{table.name}.{column.name}"
        for table in tables.metadata().tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.target_fullname == "persons.id"
    }
    known = set(NO_CATEGORY) | READ_BY
    assert named == known, sorted(named ^ known)


def test_the_page_names_every_category_with_its_facts() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.*?) \|", PAGE.read_text("utf-8"), re.MULTILINE))
    told = {name: tuple(re.findall(r"`([a-z_0-9]+)`", facts)) for name, facts in rows.items()}
    assert told == CATEGORIES


def test_a_holder_sees_each_category_in_their_language(stage: Stage) -> None:
    step = child(stage)
    assert redeem(stage.desk("clerk-north"), code_of(step)).ok
    data = step.phone.must("GET", "/my-data")
    assert [one["name"] for one in data["categories"]] == list(CATEGORIES)
    assert data["particulars"]["source"] == "registry"
    assert data["particulars"]["name"] == "Lucía Prado Rey"
    assert re.search(r"[•*]", data["particulars"]["number"])
    assert data["contact"]["phone"] == "+447700900101"
    assert data["card"]["state"] == "normal"
    found = categories(data)
    for name, items in found.items():
        for item in items:
            assert set(item["facts"]) <= set(CATEGORIES[name]), name
    assert [item["facts"]["name"] for item in found["devices"]] == ["Demo phone"]
    (link,) = found["links_held"]
    assert (link["facts"]["relation"], link["facts"]["state"]) == ("child", "active")
    assert found["messages"][0]["facts"]["text"]
    step.phone.language = "zh-Hans"
    again = step.phone.must("GET", "/my-data")
    assert all(re.search(r"[\u4e00-\u9fff]", one["says"]) for one in again["categories"])


@pytest.mark.gate
def test_the_guardian_sees_the_childs_and_the_look_stands_in_the_history(stage: Stage) -> None:
    step = child(stage)
    path = f"/links/{step.link_id}/data"
    assert step.phone.send("GET", path).code == "link_not_active"
    assert redeem(stage.desk("clerk-north"), code_of(step)).ok
    found = categories(step.phone.must("GET", path))
    assert [item["facts"]["decision"] for item in found["consents"]] == ["given"]
    assert found["consents"][0]["facts"]["in_force"] is True
    assert len(found["consents"][0]["facts"]["text_sha256"]) == 64
    assert found["messages"] == found["devices"] == []
    assert found["history"][0]["facts"]["action"] == "own_data.read"
    assert step.phone.must("GET", f"/links/{step.link_id}/acts")["items"][0]["action"] == (
        "own_data.read"
    )
    stranger = stage.signed_in("tomas", None)
    assert stranger.send("GET", path).status == 404


def test_captures_are_shown_with_outcome_and_time_and_no_score(stage: Stage) -> None:
    step = child(stage)
    step.open("own")
    step.tried("review", 1)
    assert redeem(stage.desk("clerk-north"), code_of(step)).ok
    data = step.phone.must("GET", f"/links/{step.link_id}/data")
    (capture,) = categories(data)["captures"]
    assert capture["facts"] == {"outcome": "match", "link_id": step.link_id}


@pytest.mark.gate
def test_documents_and_photos_say_until_when_and_why(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    assert application.give("birth_certificate", "face_photo").ok
    found = mine(application.phone)
    assert {item["facts"]["kept_because"] for item in found["documents"]} == {"evidence"}
    assert all(item["kept_until"] for item in found["documents"])
    assert found["reference_photos"] == []  # it shows the child


@pytest.mark.parametrize(("relation", "age", "may"), [
    ("child", 13, True), ("child", 14, False), ("child", 15, False), ("ward", 15, False),
    ("ward", 40, True), ("ward", 13, True), ("parent", 70, False),
])  # fmt: skip
def test_who_sees_whose_data_goes_by_age_and_guardianship(
    stage: Stage, relation: str, age: int, may: bool
) -> None:
    holder, relative = invent(stage, "holder", born(71 if age == 40 else 45)), None
    relative = invent(stage, "relative", born(age))
    link_id = hold(stage, holder, relative, relation)
    answer = sign_in(stage, holder).send("GET", f"/links/{link_id}/data")
    assert answer.ok if may else answer.code == "not_their_guardian"


def test_a_guardian_is_shown_nothing_of_the_other_guardian(stage: Stage) -> None:
    tie = Tie(stage, "child", 9)
    other = invent(stage, "other", born(43))
    other_link = hold(stage, other, tie.relative, "child")
    note(stage, other_link, person_id(stage, tie.relative), person_id(stage, other))
    data = tie.holders.must("GET", f"/links/{tie.link_id}/data")
    assert other_link not in str(data)
    assert other.name not in str(data)


def test_in_a_dispute_nobody_sees_place_or_time_of_the_others_use(stage: Stage) -> None:
    tie = Tie(stage, "parent", 70)
    note(stage, tie.link_id, person_id(stage, tie.relative), person_id(stage, tie.holder))
    relative = tie.relatives()
    assert len(mine(relative)["history"]) == 1
    holders = sign_in(stage, tie.holder, tie.holders)
    holders.must("POST", f"/links/{tie.link_id}/rights/certificates")
    assert len(mine(relative)["rights_certificates"]) == 1
    move(stage, tie.link_id, "disputed", "objected_by_guardian")
    for category, of_holder in (("history", 2), ("rights_certificates", 1)):
        assert mine(relative)[category] == []
        assert len(mine(holders)[category]) == of_holder


def test_a_safeguarding_reason_stays_hidden_from_the_holder(stage: Stage) -> None:
    tie = Tie(stage, "parent", 70)
    move(stage, tie.link_id, "suspended", "safeguarding")
    (held,) = mine(tie.holders)["links_held"]
    assert held["facts"]["reason"] == "not_disclosed"
    (on_me,) = mine(tie.relatives())["links_on_me"]
    assert on_me["facts"]["reason"] == "safeguarding"


def note(stage: Stage, link_id: str, relative: uuid.UUID, actor: uuid.UUID) -> None:
    """A holder did something on a link."""
    with stage.joined.db.write() as session:
        session.execute(
            sa.insert(Act).values(
                id=uuid.uuid4(),
                at=stage.clock.time,
                actor_kind="holder",
                actor_id=actor,
                relative_id=relative,
                link_id=uuid.UUID(link_id),
                scope="rights",
                action="rights.read",
                channel="app",
            )
        )
        session.commit()


def test_a_link_that_a_death_has_ended_is_shown_ended_before_any_look(stage: Stage) -> None:
    daughter, father = invent(stage, "daughter", born(40)), invent(stage, "father", born(70))
    hold(stage, daughter, father, "parent")
    change(stage, daughter, died_on=date(2026, 11, 17))
    (link,) = categories(sign_in(stage, father).must("GET", "/my-data"))["links_on_me"]
    assert (link["facts"]["state"], link["facts"]["reason"]) == ("ended", "person_died")


@pytest.mark.parametrize("state", ["suspended", "lost", "cancelled"])
def test_with_a_stopped_card_a_guardian_reads_and_corrects_nothing(
    stage: Stage, state: str
) -> None:
    tie = Tie(stage, "child", 9)
    path = f"/links/{tie.link_id}/data"
    assert tie.holders.send("GET", path).ok
    assert tie.holder.card is not None
    stage.joined.dependencies.registry.change_card_state(tie.holder.card.number, state)
    wanted = {"field": "name", "wanted": "Maya Ashdown"}
    for answer in (
        tie.holders.send("GET", path),
        tie.holders.send("POST", f"{path}/file", {"format": "json", "step_up_id": tie.link_id}),
        tie.holders.send("POST", f"{path}/corrections", wanted),
    ):
        assert (answer.status, answer.code) == (409, "card_not_usable")


def test_of_a_child_who_died_nothing_is_read_any_more(stage: Stage) -> None:
    tie = Tie(stage, "child", 9)
    change(stage, tie.relative, died_on=stage.clock().date())
    answer = tie.holders.send("GET", f"/links/{tie.link_id}/data")
    assert (answer.status, answer.code) == (422, "relative_not_confirmed")
