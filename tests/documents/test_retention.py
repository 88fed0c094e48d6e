"""How long documents and reference photos stay, and that nothing of them stays longer."""

import uuid

import pytest
import sqlalchemy as sa

from ecard import files
from ecard.call import Call
from ecard.documents import service as documents
from ecard.documents.errors import ReferenceLapsed
from ecard.documents.models import Document, ReferencePhoto
from ecard.family.models import Link
from ecard.files import StoredFile
from ecard.notices.models import Consent, Notice
from tests.documents.applications import Application, apply, sign_in_again, specimen
from tests.support import Stage

CHILD_PAPERS = ("birth_certificate", "face_photo")


def given(stage: Stage) -> Application:
    """A child's application whose evidence was accepted."""
    application = apply(stage, "lucia", "mateo", "child")
    assert application.give(*CHILD_PAPERS).status == 201
    return application


def system(stage: Stage) -> Call:
    return stage.joined.call()


def sweep(stage: Stage) -> int:
    return documents.sweep(system(stage))


def settle(stage: Stage, application: Application, state: str) -> None:
    """Put the link into a state, as later steps would."""
    with stage.joined.db.write() as session:
        link = session.get_one(Link, uuid.UUID(application.link_id))
        link.state = state
        session.commit()


def living(stage: Stage) -> dict[str, int]:
    """Files that can still be read, by purpose; receipts for all that cannot."""
    with stage.joined.db.read() as session:
        rows = list(session.scalars(sa.select(StoredFile)))
    assert all(row.receipt and row.location is None for row in rows if row.destroyed_at)
    alive = [row.purpose for row in rows if row.destroyed_at is None]
    assert len(list(stage.joined.dependencies.file_store.entries())) == len(alive)
    return {purpose: alive.count(purpose) for purpose in sorted(set(alive))}


def consent_to_keep(stage: Stage, application: Application) -> None:
    with stage.joined.db.write() as session:
        notice = session.scalars(sa.select(Notice).filter_by(kind="face_processing")).first()
        assert notice is not None
        link = session.get_one(Link, uuid.UUID(application.link_id))
        session.add(
            Consent(
                id=uuid.uuid4(),
                person_id=link.relative_id,
                link_id=link.id,
                number=1,
                kind="portrait_kept",
                decision="given",
                given_by="guardian",
                actor_kind="holder",
                notice_id=notice.id,
                version=notice.version,
                text_sha256=notice.text_sha256,
                language=notice.language,
                at=stage.clock(),
            )
        )
        session.commit()


ALL = {"document": 2, "reference_photo": 1}


def test_an_unclaimed_document_goes_after_a_day_with_a_receipt(stage: Stage) -> None:
    phone = stage.signed_in("lucia", password=None)
    phone.upload("passport", specimen("passport"))
    stage.clock.advance(hours=23, minutes=59)
    assert (sweep(stage), living(stage)) == (0, {"document": 1})
    stage.clock.advance(minutes=1)
    assert (sweep(stage), living(stage)) == (1, {})


@pytest.mark.gate
def test_a_lapsed_document_cannot_be_claimed_even_before_the_sweep(stage: Stage) -> None:
    application = apply(stage, "lucia", "mateo", "child")
    ids = application.upload(*CHILD_PAPERS)
    stage.clock.advance(days=1)
    sign_in_again(stage, "lucia", application.phone)
    assert application.phone.give_evidence(application.link_id, ids).status == 404


def test_evidence_stays_while_the_application_is_under_way(stage: Stage) -> None:
    given(stage)
    stage.clock.advance(days=6, hours=23)
    files.sweep(system(stage))
    assert (sweep(stage), living(stage)) == (0, ALL)


@pytest.mark.gate
def test_the_evidence_of_a_withdrawn_application_goes_at_once(stage: Stage) -> None:
    application = given(stage)
    application.phone.must("POST", f"/links/{application.link_id}/withdrawal")
    assert (sweep(stage), living(stage)) == (3, {})


@pytest.mark.gate
def test_decided_documents_go_after_thirty_days_and_the_photo_with_them(stage: Stage) -> None:
    settle(stage, given(stage), "active")
    assert (sweep(stage), living(stage)) == (0, ALL)
    stage.clock.advance(days=29, hours=23)
    assert (sweep(stage), living(stage)) == (0, ALL)
    stage.clock.advance(hours=1)
    assert (sweep(stage), living(stage)) == (3, {})


@pytest.mark.gate
def test_a_photo_kept_by_its_own_consent_outlives_the_document_until_it_lapses(
    stage: Stage,
) -> None:
    application = given(stage)
    settle(stage, application, "active")
    consent_to_keep(stage, application)
    sweep(stage)
    stage.clock.advance(days=31)
    assert (sweep(stage), living(stage)) == (2, {"reference_photo": 1})
    stage.clock.advance(days=365 * 2)
    assert (sweep(stage), living(stage)) == (1, {})


@pytest.mark.gate
def test_a_kept_photo_goes_when_the_link_ends(stage: Stage) -> None:
    application = given(stage)
    consent_to_keep(stage, application)
    settle(stage, application, "ended")
    sweep(stage)
    assert living(stage) == {"document": 2}


@pytest.mark.gate
def test_the_general_sweep_and_this_one_agree_on_the_dates(stage: Stage) -> None:
    settle(stage, given(stage), "active")
    sweep(stage)
    stage.clock.advance(days=30)
    assert files.sweep(system(stage)).lapsed == 3
    assert living(stage) == {}
    assert sweep(stage) == 2  # the documents' rows learn of it
    with stage.joined.db.read() as session:
        assert all(row.removed_at for row in session.scalars(sa.select(Document)))


@pytest.mark.gate
def test_a_lapsed_reference_photo_is_not_compared_with(stage: Stage) -> None:
    application = given(stage)
    call = system(stage)
    with stage.joined.db.read() as session:
        link = session.get_one(Link, uuid.UUID(application.link_id))
        photo, content = documents.reference(session, call, link)
        assert content.startswith(b"\xff\xd8\xff")
        assert (photo.subject, photo.source) == ("relative", "face_photo")
    stage.clock.advance(days=2 * 365 + 2)
    with stage.joined.db.read() as session:
        link = session.get_one(Link, uuid.UUID(application.link_id))
        with pytest.raises(ReferenceLapsed):
            documents.reference(session, call, link)


@pytest.mark.gate
def test_a_childs_photo_lapses_after_two_years_of_the_calendar(stage: Stage) -> None:
    given(stage)
    with stage.joined.db.read() as session:
        photo = session.scalars(sa.select(ReferencePhoto)).one()
    start = stage.clock()
    assert photo.lapses_at == start.replace(year=start.year + 2)
