"""Frames exist only as long as a person may have to look at them."""

import uuid

import sqlalchemy as sa

from ecard import files
from ecard.files import StoredFile
from ecard.review import service as review
from ecard.review.models import Case
from tests.review.cases import ABOVE, FIRST, Application, adults_case, at_desk, face_case
from tests.support import Stage
from uploads.retention import DeletionReceipt


def frames(stage: Stage) -> list[StoredFile]:
    with stage.joined.db.read() as session:
        return list(session.scalars(sa.select(StoredFile).filter_by(purpose="review_frame")))


def destroyed(stage: Stage, reason: str) -> bool:
    """Whether every frame is gone for this reason, with blob and with a sound receipt."""
    key = stage.joined.dependencies.vault.receipt_key
    rows = frames(stage)
    receipts = [DeletionReceipt.from_json(row.receipt) for row in rows if row.receipt]
    assert all(receipt.verify(key) and receipt.reason == reason for receipt in receipts)
    assert all(row.wrapped_key is None and row.location is None for row in rows)
    return len(rows) == len(receipts) == 2


def kept(stage: Stage) -> bool:
    return all(row.wrapped_key and not row.destroyed_at for row in frames(stage))


def sweep(stage: Stage) -> int:
    return review.sweep(stage.joined.call())


def case_state(stage: Stage) -> str:
    with stage.joined.db.read() as session:
        return session.scalars(sa.select(Case)).one().state


def test_frames_are_kept_encrypted_for_the_reviewer_and_go_with_the_approval(
    stage: Stage,
) -> None:
    face_case(stage)
    assert kept(stage)
    for path in stage.joined.settings.files_folder.rglob("*"):
        assert not path.is_file() or b"JFIF" not in path.read_bytes()
    desk = at_desk(stage, FIRST)
    assert desk.file(1).body.startswith(b"\xff\xd8\xff")
    assert desk.decide("approved", "face_confirmed").status == 201
    assert destroyed(stage, "decided")
    gone = desk.file(1)
    assert (gone.status, gone.body["code"]) == (410, "file_destroyed")
    assert desk.file(3).status == 200  # the reference photo has dates of its own


def test_frames_stay_after_a_rejection_until_nobody_can_appeal(stage: Stage) -> None:
    face_case(stage)
    assert at_desk(stage, FIRST).reject("person_differs").status == 201
    stage.clock.advance(days=13, hours=23)
    assert (sweep(stage), kept(stage), case_state(stage)) == (0, True, "decided")
    stage.clock.advance(hours=1)
    assert (sweep(stage), case_state(stage)) == (1, "closed")
    assert destroyed(stage, "not_appealed")


def test_frames_go_with_the_appeals_decision(stage: Stage) -> None:
    application = face_case(stage)
    at_desk(stage, FIRST).reject("person_differs")
    application.appeal()
    stage.clock.advance(days=15)
    assert (sweep(stage), kept(stage)) == (0, True)
    assert at_desk(stage, ABOVE).reject("person_differs").status == 201
    assert destroyed(stage, "decided")
    assert case_state(stage) == "closed"


def test_no_frame_is_kept_longer_than_thirty_days_decided_or_not(stage: Stage) -> None:
    face_case(stage)
    stage.clock.advance(days=29, hours=23)
    sweep(stage)
    files.sweep(stage.joined.call())
    assert kept(stage)
    stage.clock.advance(hours=1)
    assert sweep(stage) == 0
    assert destroyed(stage, "kept_longest")
    assert case_state(stage) == "open"  # people still owe a decision


def test_the_general_sweep_knows_the_thirty_days_too(stage: Stage) -> None:
    face_case(stage)
    stage.clock.advance(days=30)
    files.sweep(stage.joined.call())
    assert destroyed(stage, "lapsed")


def test_frames_go_when_the_application_is_given_up(stage: Stage) -> None:
    application: Application = face_case(stage)
    application.phone.must("POST", f"/links/{application.link_id}/withdrawal")
    assert (sweep(stage), case_state(stage)) == (1, "closed")
    assert destroyed(stage, "overtaken")


def test_documents_of_a_case_outlive_the_application_they_came_with(stage: Stage) -> None:
    adults_case(stage)
    stage.clock.advance(days=29)
    files.sweep(stage.joined.call())
    with stage.joined.db.read() as session:
        assert all(row.wrapped_key for row in session.scalars(sa.select(StoredFile)))


def test_a_case_is_pending_until_its_last_word(stage: Stage) -> None:
    application = face_case(stage)
    link_id = uuid.UUID(application.link_id)

    def pending() -> bool:
        with stage.joined.db.read() as session:
            return review.is_pending(session, link_id)

    assert pending()
    at_desk(stage, FIRST).reject("person_differs")
    assert pending()
    stage.clock.advance(days=14)
    sweep(stage)
    assert not pending()
