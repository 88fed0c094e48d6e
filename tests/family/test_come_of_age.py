"""From the 16th birthday on the young person confirms a link, takes over, or ends it."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ecard.audit import AuditRow
from ecard.cards.grants import add_grant
from ecard.cards.models import CardPasswordReset
from ecard.demo.phone import Answer, Capture, Phone
from ecard.family import service as family
from ecard.registry.port import RegistryPerson
from ecard.registry.sql import store_portrait
from tests.biometrics.pictures import astronaut, jpeg
from tests.faces import ASTRONAUT, frames
from tests.family.scene import (
    as_holder,
    born,
    changes,
    hold,
    invent,
    kinds,
    sign_in,
    texts,
)
from tests.support import Stage

BIRTHDAY = datetime(2026, 11, 21, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
CHOSEN = ["certification", "qr"]


@dataclass
class Family:
    """A mother, and her child on the 16th birthday, each with a phone."""

    stage: Stage
    mother: RegistryPerson
    child: RegistryPerson
    link_id: str
    phones: dict[str, Phone] = field(default_factory=dict)

    def mothers(self) -> Phone:
        return self._phone(self.mother)

    def childs(self) -> Phone:
        return self._phone(self.child)

    def _phone(self, person: RegistryPerson) -> Phone:
        self.phones[person.ref] = sign_in(self.stage, person, self.phones.get(person.ref))
        return self.phones[person.ref]

    def confirm(self, phone: Phone, **more: Any) -> Answer:
        """With the grant that the right e-card password opens (tests/cards prove that)."""
        given = add_grant(as_holder(self.stage, phone), "confirm_link")
        body = {"scopes": CHOSEN, "step_up_id": str(given.id), **more}
        return phone.send("POST", f"/links-on-me/{self.link_id}/confirmation", body)

    def at(self, when: datetime) -> None:
        self.stage.clock.time = when

    def seen(self, phone: Phone, side: str = "links") -> dict[str, Any]:
        (link,) = phone.must("GET", f"/{side}")["items"]
        return dict(link)


@pytest.fixture
def kin(stage: Stage) -> Family:
    mother = invent(stage, "mum", born(40))
    child = invent(stage, "child", date(2010, 11, 21))
    link_id = hold(stage, mother, child, "child", acts_until=BIRTHDAY)
    stage.clock.time = BIRTHDAY
    return Family(stage, mother, child, link_id)


def test_confirmed_the_link_acts_on_in_the_scopes_that_the_young_person_chose(kin: Family) -> None:
    child, mother = kin.childs(), kin.mothers()
    before = kin.seen(mother)
    assert (before["may_act"], before["may_read"]) == (False, True)
    assert kin.seen(child, "links-on-me")["next"] == "confirm_link"
    answer = kin.confirm(child)
    assert (answer.status, answer.body["scopes"], answer.body["next"]) == (200, CHOSEN, None)
    link = kin.seen(mother)
    assert (link["may_act"], link["acts_until"], link["scopes"]) == (True, None, CHOSEN)
    assert link["confirmed_at"] is not None
    assert "link_confirmed" in kinds(kin.stage, kin.mother)
    (said,) = texts(kin.stage, kin.child, "link_confirmed_relative")
    assert "#nm_" in said
    for side in (mother, child):  # both read in the link's history that it was confirmed
        line = side.must("GET", f"/links/{kin.link_id}/changes")["items"][0]
        assert (line["from_state"], line["to_state"]) == ("active", "active")
        assert line["reason"] == "confirmed_by_relative"
        assert (line["actor_kind"], line["channel"]) == ("holder", "app")
    kin.at(BIRTHDAY + timedelta(days=400))
    assert family.sweep(kin.stage.joined.call()) == 0
    assert kin.seen(kin.mothers())["state"] == "active"
    assert kin.confirm(kin.childs()).code == "confirmed_already"


@pytest.mark.gate
def test_before_the_birthday_and_after_the_thirty_days_nothing_is_confirmed(kin: Family) -> None:
    kin.at(BIRTHDAY - timedelta(seconds=20))
    child = kin.childs()
    assert kin.confirm(child).code == "not_of_age_yet"
    assert child.send("POST", f"/links-on-me/{kin.link_id}/takeover").code == "not_of_age_yet"
    kin.at(BIRTHDAY + timedelta(days=30))
    child = kin.childs()
    for answer in (
        kin.confirm(child),
        child.send("POST", f"/links-on-me/{kin.link_id}/takeover"),
    ):
        assert (answer.code, answer.body["params"]["state"]) == ("link_not_active", "ended")
    assert kin.seen(child, "links-on-me")["reason"] == "age_milestone"


def test_unconfirmed_it_ends_after_thirty_days_at_the_read_and_by_the_sweep(kin: Family) -> None:
    call = kin.stage.joined.call()
    kin.at(BIRTHDAY + timedelta(days=30, seconds=-1))
    assert family.sweep(call) == 0
    kin.at(BIRTHDAY + timedelta(days=30))
    shown = kin.seen(kin.mothers())
    ended = datetime.fromisoformat(shown["ended_at"])
    assert (shown["state"], shown["reason"]) == ("ended", "age_milestone")
    assert ended == BIRTHDAY + timedelta(days=30)
    assert (family.sweep(call), family.sweep(call)) == (1, 0)
    last = changes(kin.stage, kin.link_id)[-1]
    assert (last.to_state, last.reason, last.actor_kind) == ("ended", "age_milestone", "system")
    assert "link_ended" in kinds(kin.stage, kin.mother)
    assert "link_ended_relative" in kinds(kin.stage, kin.child)


@pytest.mark.gate
@pytest.mark.parametrize("state", ["suspended", "disputed"])
def test_what_is_held_ends_then_too_and_is_not_confirmed_before(stage: Stage, state: str) -> None:
    mother, child = invent(stage, "mum", born(40)), invent(stage, "child", date(2010, 11, 21))
    link_id = hold(stage, mother, child, "child", state, acts_until=BIRTHDAY)
    stage.clock.time = BIRTHDAY
    kin = Family(stage, mother, child, link_id)
    answer = kin.confirm(kin.childs())
    assert (answer.code, answer.body["params"]["state"]) == ("link_not_active", state)
    kin.at(BIRTHDAY + timedelta(days=30))
    assert kin.seen(kin.mothers())["state"] == "ended"
    assert family.sweep(stage.joined.call()) == 1


@pytest.mark.gate
def test_taken_over_the_link_is_over_for_the_holder_on_the_next_request(kin: Family) -> None:
    child, mother = kin.childs(), kin.mothers()
    answer = child.send("POST", f"/links-on-me/{kin.link_id}/takeover")
    assert (answer.status, answer.body["state"], answer.body["reason"]) == (
        200,
        "ended",
        "taken_over",
    )
    assert (kin.seen(mother)["state"], kin.seen(mother)["may_read"]) == ("ended", False)
    again = child.send("POST", f"/links-on-me/{kin.link_id}/takeover")
    assert (again.code, again.body["params"]["state"]) == ("link_not_active", "ended")


@pytest.mark.gate
def test_without_a_grant_of_the_own_card_or_by_somebody_else_nothing_is_confirmed(
    kin: Family,
) -> None:
    child = kin.childs()
    path = f"/links-on-me/{kin.link_id}/confirmation"
    body = {"scopes": CHOSEN, "step_up_id": str(uuid.uuid4())}
    assert child.send("POST", path, body).code == "step_up_needed"
    given = add_grant(as_holder(kin.stage, child), "give_scope")
    assert child.send("POST", path, body | {"step_up_id": str(given.id)}).code == "step_up_needed"
    assert kin.confirm(kin.mothers()).status == 404
    assert kin.seen(child, "links-on-me")["confirmed_at"] is None


def test_whoever_has_a_portrait_in_the_registry_shows_their_face(kin: Family) -> None:
    give_portrait(kin)
    child = kin.childs()
    assert kin.confirm(child).code == "reset_face_needed"
    proof = begin(kin, child)
    assert kin.confirm(child, face_proof_id=proof["id"]).code == "reset_face_needed"
    path = f"/card/password/resets/{proof['id']}"
    assert child.send("POST", path, {"new_password": "518037"}).status == 404
    with kin.stage.joined.db.write() as session:
        row = session.get_one(CardPasswordReset, uuid.UUID(proof["id"]))
        row.face_matched_at = kin.stage.clock()
        session.commit()
    assert child.send("POST", path, {"new_password": "518037"}).status == 404
    assert kin.confirm(child, face_proof_id=proof["id"]).status == 200


@pytest.mark.gate
def test_the_own_face_at_the_camera_confirms(kin: Family) -> None:
    give_portrait(kin)
    child = kin.childs()
    proof = begin(kin, child)
    capture = Capture.for_password_reset(child, proof["id"])
    drawn = capture.draw()
    seen = capture.send_form(capture.form(drawn, capture.record(drawn, frames(ASTRONAUT)))).body
    assert (seen["outcome"], seen["next"]) == ("match", "confirm_link")
    assert kin.confirm(child, face_proof_id=proof["id"]).status == 200


def give_portrait(kin: Family) -> None:
    with kin.stage.joined.db.write() as session:
        vault = kin.stage.joined.dependencies.vault
        store_portrait(session, vault, kin.child.ref, jpeg(astronaut()))
        session.commit()


def begin(kin: Family, child: Phone) -> dict[str, Any]:
    notice = child.must("GET", f"/links-on-me/{kin.link_id}/face-notice")
    body = {"notice_id": notice["id"], "text_sha256": notice["text_sha256"]}
    return dict(child.must("POST", f"/links-on-me/{kin.link_id}/face-proof", body))


def test_a_clerk_who_saw_the_young_person_confirms_it_without_a_camera(kin: Family) -> None:
    give_portrait(kin)
    path = f"/staff/links/{kin.link_id}/confirmation"
    body = {"number": kin.child.number, "identity_document": "id_card", "scopes": ["rights"]}
    wrong = kin.stage.desk("clerk-north").send("POST", path, body | {"number": kin.mother.number})
    assert wrong.status == 404
    assert kin.stage.desk("safeguarding").send("POST", path, body).code == "not_allowed"
    clerk, who = kin.stage.desk("clerk-north"), {"number": kin.child.number}
    listed = {"identity_document": "id_card", **who}
    (seen,) = clerk.must("POST", "/staff/links-on-person/list", listed)["items"]
    assert seen["next"] == "confirm_link"
    assert clerk.send("POST", path, body).status == 204
    (seen,) = clerk.must("POST", "/staff/links-on-person/list", listed)["items"]
    assert seen["next"] is None
    link = kin.seen(kin.mothers())
    assert (link["may_act"], link["scopes"]) == (True, ["rights"])
    with kin.stage.joined.db.read() as session:
        (row,) = session.query(AuditRow).filter_by(action="link.confirmed")
        assert (row.actor_kind, row.reason) == ("staff", "id_card")


@pytest.mark.gate
def test_the_birthday_is_that_of_the_young_persons_own_place(stage: Stage) -> None:
    """A mother in one time zone, a child whose card is managed in another."""
    from ecard.agencies.models import Region

    with stage.joined.db.write() as session:
        region = session.query(Region).filter_by(code="south-harbour").one()
        region.time_zone = "Europe/Madrid"
        session.commit()
    mother = invent(stage, "mum", born(40))
    child = invent(stage, "child", date(2012, 2, 29), card="", region="south-harbour")
    from tests.family.scene import bring_to, named

    phone = sign_in(stage, mother)
    link_id = named(stage, phone, child, "child")
    bring_to(stage, link_id, "active")
    until = datetime.fromisoformat(phone.must("GET", f"/links/{link_id}")["acts_until"])
    assert until == datetime(2028, 2, 29, tzinfo=ZoneInfo("Europe/Madrid"))


@pytest.mark.gate
def test_of_a_grown_child_nobody_is_a_guardian_any_more(kin: Family) -> None:
    father = invent(kin.stage, "dad", born(41))
    second = hold(kin.stage, father, kin.child, "child", acts_until=BIRTHDAY)
    mother = kin.mothers()
    assert mother.must("GET", "/guarded-links")["items"] == []
    assert mother.send("POST", f"/guarded-links/{second}/objection").status == 404
