"""A guardian's objection: settled by safeguarding staff, with a court order on file and reasons."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from ecard import files
from ecard.demo.phone import Answer, Phone
from ecard.documents import service as documents
from ecard.documents.models import DocumentPage
from ecard.registry.port import RegistryPerson
from ecard.review import service as review
from ecard.review.models import Case
from tests.documents.applications import specimen
from tests.family.scene import born, bring_to, changes, hold, invent, named, sign_in, texts
from tests.review.cases import Desk
from tests.support import Stage

LAKES, MINISTRY, SECOND = "safeguarding-lakes", "safeguarding", "reviewer-north"
WORDS = "The court has given both parents the care of the child."
GROUNDS = "The order was changed last month; the new one is uploaded."


@dataclass
class Dispute:
    """A mother's objection to the father's new link on their child."""

    stage: Stage
    mother: RegistryPerson
    father: RegistryPerson
    child: RegistryPerson
    link_id: str
    phones: dict[str, Phone]

    def phone(self, who: str) -> Phone:
        person = {"mother": self.mother, "father": self.father}[who]
        self.phones[who] = sign_in(self.stage, person, self.phones.get(who))
        return self.phones[who]

    def order(self, who: str = "father", kind: str = "court_order") -> Answer:
        phone = self.phone(who)
        given = {"document_ids": [phone.upload(kind, specimen(kind))]}
        return phone.send("POST", f"/disputes/{self.link_id}/order", given)

    def desk(self, user: str = LAKES) -> Desk:
        """Somebody at the desk, for whom a second person has approved to open the case."""
        with self.stage.joined.db.read() as session:
            case = session.scalars(sa.select(Case).filter_by(link_id=uuid.UUID(self.link_id))).one()
        desk = Desk(self.stage.desk(user), str(case.id))
        second = SECOND if case.level == 1 else "reviewer-province"
        if desk.ask().body["approved_at"] is None:
            assert Desk(self.stage.desk(second), desk.case_id).approve().status == 201
        return desk

    def link(self) -> dict[str, Any]:
        return dict(self.phone("father").must("GET", f"/links/{self.link_id}"))

    def who_may_appeal(self) -> list[str]:
        path = f"/links/{self.link_id}/decisions"
        read = {who: self.phone(who).must("GET", path)["items"] for who in ("mother", "father")}
        return [who for who, (decision,) in read.items() if decision["may_appeal"]]

    def appeal(self, who: str) -> Answer:
        path = f"/links/{self.link_id}/appeal"
        return self.phone(who).send("POST", path, {"grounds": GROUNDS})


@pytest.fixture
def dispute(stage: Stage) -> Dispute:
    mother, father = invent(stage, "mum", born(36)), invent(stage, "dad", born(38))
    child = invent(stage, "child", born(9), card="")
    hold(stage, mother, child, "child")
    his = sign_in(stage, father)
    link_id = named(stage, his, child, "child")
    bring_to(stage, link_id, "active")
    found = Dispute(stage, mother, father, child, link_id, {"father": his})
    answer = found.phone("mother").send("POST", f"/guarded-links/{link_id}/objection")
    assert answer.status == 201, answer.body
    return found


def test_without_a_court_order_nothing_is_settled(dispute: Dispute) -> None:
    answer = dispute.desk().decide("approved", "order_allows_it", WORDS)
    assert (answer.status, answer.code) == (409, "court_order_missing")
    assert dispute.link()["state"] == "disputed"
    wrong = dispute.order(kind="birth_certificate")
    assert (wrong.status, wrong.code) == (422, "evidence_not_needed")


@pytest.mark.gate
def test_with_an_order_on_file_the_link_goes_on_and_all_sides_read_why(dispute: Dispute) -> None:
    answer = dispute.order("mother")
    assert (answer.status, answer.body["pages"]) == (201, 1), answer.body
    desk = dispute.desk()
    case = desk.read().body
    assert [one["role"] for one in case["files"]] == ["court_order"]
    assert (case["objector"]["name"], case["kind"]) == (dispute.mother.name, "dispute")
    assert desk.file(1).status == 200
    assert desk.decide("approved", "order_allows_it", WORDS).status == 201
    link = dispute.link()
    assert (link["state"], link["reason"], link["may_act"]) == ("active", "dispute_settled", True)
    for person in (dispute.mother, dispute.father, dispute.child):
        (said,) = texts(dispute.stage, person, "dispute_review_approved")
        assert WORDS in said
    assert dispute.who_may_appeal() == ["mother"]
    again = dispute.phone("mother").send("POST", f"/guarded-links/{dispute.link_id}/objection")
    assert (again.status, again.code) == (409, "objected_already")


@pytest.mark.gate
@pytest.mark.parametrize("reason", ["relation_changed", "no_legal_basis"])
def test_or_it_ends_for_the_reason_decided(dispute: Dispute, reason: str) -> None:
    dispute.order("mother")
    desk = dispute.desk()
    assert desk.decide("rejected", "misuse", WORDS).code == "reason_does_not_fit"
    assert desk.decide("rejected", reason, WORDS).status == 201
    link = dispute.link()
    assert (link["state"], link["reason"]) == ("ended", reason)
    assert desk.decide("approved", "order_allows_it", WORDS).code == "case_not_open"
    assert dispute.who_may_appeal() == ["father"]


@pytest.mark.gate
def test_only_safeguarding_staff_settle_it(dispute: Dispute) -> None:
    dispute.order()
    for user in ("reviewer-north", "reviewer-province"):
        desk = Desk(dispute.stage.desk(user), dispute.desk().case_id)
        assert desk.decide("approved", "order_allows_it", WORDS, version=2).code == "not_allowed"


@pytest.mark.gate
def test_nobody_else_puts_an_order_on_file(dispute: Dispute) -> None:
    stranger = sign_in(dispute.stage, invent(dispute.stage, "stranger", born(50)))
    given = {"document_ids": [stranger.upload("court_order", specimen("court_order"))]}
    path = f"/disputes/{dispute.link_id}/order"
    assert stranger.send("POST", path, given).status == 404
    assert dispute.order().status == 201
    assert dispute.desk().decide("rejected", "no_legal_basis", WORDS).status == 201
    assert dispute.order().status == 404  # nothing waits any more


@pytest.mark.gate
def test_an_appeal_brings_it_back_into_dispute_and_somebody_above_decides(
    dispute: Dispute,
) -> None:
    dispute.order("mother")
    assert dispute.desk().decide("rejected", "no_legal_basis", WORDS).status == 201
    assert dispute.appeal("mother").code == "nothing_to_appeal"
    assert dispute.appeal("father").status == 201
    assert dispute.link()["state"] == "disputed"
    assert dispute.order("father").status == 201
    above = dispute.desk(MINISTRY)
    assert len(above.read().body["files"]) == 2
    assert above.decide("approved", "order_allows_it", WORDS).status == 201
    assert dispute.link()["state"] == "active"
    assert dispute.appeal("mother").code == "appealed_already"
    assert texts(dispute.stage, dispute.father, "dispute_appeal_approved")


@pytest.mark.gate
def test_whoever_settled_it_does_not_decide_the_appeal(dispute: Dispute) -> None:
    dispute.order("mother")
    assert dispute.desk(MINISTRY).decide("approved", "order_allows_it", WORDS).status == 201
    assert dispute.appeal("father").code == "nothing_to_appeal"
    assert dispute.appeal("mother").status == 201
    desk = Desk(dispute.stage.desk(MINISTRY), dispute.desk(MINISTRY).case_id)
    assert desk.decide("approved", "order_allows_it", WORDS).code == "second_person_needed"
    other = dispute.desk(LAKES)
    assert other.decide("rejected", "relation_changed", WORDS).status == 201
    assert dispute.link()["reason"] == "relation_changed"


@pytest.mark.gate
def test_an_appeal_comes_too_late_after_fourteen_days_also_where_a_clock_goes_back(
    dispute: Dispute,
) -> None:
    dispute.order("mother")
    assert dispute.desk().decide("rejected", "no_legal_basis", WORDS).status == 201
    dispute.stage.clock.advance(days=-2)
    assert dispute.appeal("father").status == 201
    times = [change.at for change in changes(dispute.stage, dispute.link_id)]
    assert times == sorted(set(times))


@pytest.mark.gate
def test_after_fourteen_days_it_is_final(dispute: Dispute) -> None:
    dispute.order("mother")
    assert dispute.desk().decide("rejected", "no_legal_basis", WORDS).status == 201
    dispute.stage.clock.advance(days=14)
    assert dispute.appeal("father").code == "appeal_too_late"
    assert review.sweep(dispute.stage.joined.call()) == 1


@pytest.mark.gate
def test_the_order_is_kept_while_it_is_needed_and_thirty_days_after(dispute: Dispute) -> None:
    dispute.order("mother")
    call = dispute.stage.joined.call()
    for days, kept in [(6, True), (6, True), (31, False)]:
        if not kept:
            assert dispute.desk().decide("rejected", "no_legal_basis", WORDS).status == 201
            dispute.stage.clock.advance(days=15)
            review.sweep(call)
            documents.sweep(call)
        dispute.stage.clock.advance(days=days)
        documents.sweep(call)
        with dispute.stage.joined.db.read() as session:
            (page,) = session.scalars(sa.select(DocumentPage))
            assert files.is_destroyed(session, page.file_id) != kept, days


@pytest.mark.gate
def test_two_ends_at_once_are_one_end(dispute: Dispute) -> None:
    father, desk = dispute.phone("father"), dispute.stage.desk(MINISTRY)
    ends = [
        partial(father.send, "POST", f"/links/{dispute.link_id}/end"),
        partial(desk.send, "POST", f"/staff/links/{dispute.link_id}/action", {"action": "end"}),
    ]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda end: end(), ends))
    assert sorted(answer.ok for answer in answers) == [False, True]
    assert {answer.code for answer in answers} == {"", "illegal_move"}
    moves = [change.to_state for change in changes(dispute.stage, dispute.link_id)]
    assert moves.count("ended") == 1
    assert review.sweep(dispute.stage.joined.call()) == 1  # nothing is left to settle
    assert dispute.order().status == 404
