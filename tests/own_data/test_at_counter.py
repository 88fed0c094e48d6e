"""Whoever has no phone takes consent to the face back before a clerk: the same happens as in the
app, and the receipt is printed for them."""

import pytest
import sqlalchemy as sa

from ecard.audit import AuditRow
from ecard.demo.phone import Answer
from ecard.jobs import SWEEPS
from ecard.own_data.models import FaceWithdrawal
from tests.activation.steps import LastStep, last_step
from tests.activation.test_counter import code_of, redeem
from tests.own_data.test_withdrawing import FACES, SHUT, blobs, child, readable, shut
from tests.support import Stage


def number_of(stage: Stage, ref: str) -> str:
    return stage.demo.persons[ref].number


def at_counter(
    stage: Stage, ref: str, guardian: str | None = None, desk: str = "clerk-north"
) -> Answer:
    """A clerk writes it down, a moment later."""
    stage.clock.advance(seconds=1)
    body = {"number": number_of(stage, ref), "identity_document": "id_card"}
    more = {"guardian_number": number_of(stage, guardian)} if guardian else {}
    return stage.desk(desk).send("POST", "/staff/face-withdrawals", body | more)


def elena(stage: Stage) -> LastStep:
    """An adult who consented to the face on a phone handed to her."""
    step = last_step(stage)
    step.hand_over()
    step.take_back()
    return step


def test_the_next_request_is_refused_and_the_receipt_is_printed_at_the_counter(
    stage: Stage,
) -> None:
    step = elena(stage)
    before = blobs(stage)
    answer = at_counter(stage, "elena")
    assert (answer.status, answer.body["given_by"]) == (201, "person"), answer.body
    assert answer.body["link_ids"] == [step.link_id]
    assert readable(stage, *FACES) == 0
    assert shut(step.open("handed_over").ask()) == SHUT
    stage.work_off()
    assert blobs(stage) < before
    desk = stage.desk("clerk-north")
    done = desk.must("GET", f"/staff/face-withdrawals/{answer.body['id']}")
    assert (done["state"], bool(done["receipt"])) == ("destroyed", True)
    assert {one["kind"] for one in stage.mailbox(phone_of(stage, "tomas"))} >= {"face_withdrawn"}


def phone_of(stage: Stage, ref: str) -> str:
    return str(stage.demo.persons[ref].contact.phone)


def test_the_clerk_stands_in_the_record_and_in_the_history(stage: Stage) -> None:
    elena(stage)
    withdrawn = at_counter(stage, "elena").body["id"]
    stage.clock.advance(seconds=1)
    stage.desk("clerk-north").must("GET", f"/staff/face-withdrawals/{withdrawn}")
    with stage.joined.db.read() as session:
        row = session.scalars(sa.select(FaceWithdrawal)).one()
        query = sa.select(AuditRow).where(AuditRow.object_id == row.id).order_by(AuditRow.seq)
        recorded = [(one.action, one.actor_id, one.reason) for one in session.scalars(query)]
        assert (row.channel, row.actor_id, row.device_id) == ("counter", row.person_id, None)
    assert recorded == [
        ("face_withdrawal.at_counter", row.staff_id, "id_card"),
        ("face_withdrawal.read_at_counter", row.staff_id, None),
    ]
    acts = stage.signed_in("elena", None).must("GET", "/acts-on-me")["items"]
    assert [(one["action"], one["actor_kind"]) for one in acts] == [
        ("own_data.withdrawal_read", "staff"),
        ("own_data.face_withdrawn", "staff"),
    ]


def test_a_childs_guardian_does_it_there_too_and_the_link_goes_on(stage: Stage) -> None:
    step = child(stage)
    alone = at_counter(stage, "mateo")
    assert (alone.status, alone.code) == (403, "guardian_decides")
    answer = at_counter(stage, "mateo", guardian="lucia")
    assert (answer.status, answer.body["given_by"]) == (201, "guardian"), answer.body
    assert shut(step.open("own").ask()) == SHUT
    assert redeem(stage.desk("clerk-north"), code_of(step)).ok
    assert step.link()["state"] == "active"
    mine = step.phone.must("GET", "/my-data/face-withdrawals")["items"]
    assert [one["id"] for one in mine] == [answer.body["id"]]


@pytest.mark.gate
def test_whoever_is_not_their_guardian_takes_nothing_back_at_a_counter(stage: Stage) -> None:
    child(stage)
    answer = at_counter(stage, "mateo", guardian="tomas")
    assert (answer.status, answer.code) == (403, "not_their_guardian")
    elena(stage)
    answer = at_counter(stage, "elena", guardian="tomas")
    assert (answer.status, answer.code) == (403, "not_their_guardian")
    assert at_counter(stage, "victor").code == "no_face_consent"


def test_only_a_clerk_of_the_persons_region_writes_it_down_and_reads_it(stage: Stage) -> None:
    elena(stage)
    assert at_counter(stage, "elena", desk="clerk-south").status == 404
    assert at_counter(stage, "elena", desk="reviewer-north").status == 403
    withdrawn = at_counter(stage, "elena").body["id"]
    path = f"/staff/face-withdrawals/{withdrawn}"
    assert stage.desk("clerk-south").send("GET", path).status == 404
    assert stage.desk("reviewer-north").send("GET", path).status == 403


def test_what_was_taken_back_in_the_app_is_not_read_at_a_counter(stage: Stage) -> None:
    step = child(stage)
    stage.clock.advance(seconds=1)
    withdrawn = step.post("/face-withdrawals").body["id"]
    path = f"/staff/face-withdrawals/{withdrawn}"
    assert stage.desk("clerk-north").send("GET", path).status == 404


@pytest.mark.gate
def test_the_sweep_goes_on_with_what_an_outage_kept(stage: Stage) -> None:
    elena(stage)
    withdrawn = at_counter(stage, "elena").body["id"]
    for sweep in SWEEPS:
        sweep.run(stage.joined.call())
    path = f"/staff/face-withdrawals/{withdrawn}"
    assert stage.desk("clerk-north").must("GET", path)["state"] == "destroyed"
