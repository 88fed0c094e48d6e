"""Under legal hold nothing is destroyed; after the release everything that lapsed is."""

import uuid

import pytest
import sqlalchemy as sa

from ecard.audit import AuditRow
from ecard.documents import service as documents
from ecard.errors import InvalidInput, NotFound
from ecard.files import StoredFile
from ecard.jobs import SWEEPS
from tests.documents.applications import Application, apply
from tests.support import Stage


@pytest.fixture
def application(stage: Stage) -> Application:
    """An application with its evidence given, which nobody decides."""
    application = apply(stage, "lucia", "mateo", "child")
    assert application.give("birth_certificate", "face_photo").status == 201
    return application


def sweep(stage: Stage) -> None:
    for one in SWEEPS:
        one.run(stage.joined.call())


def standing(stage: Stage) -> list[bool]:
    """Whether each file that ever was can still be read."""
    with stage.joined.db.read() as session:
        return [row.wrapped_key is not None for row in session.scalars(sa.select(StoredFile))]


def test_what_is_held_outlives_every_date_and_goes_after_the_release(
    stage: Stage, application: Application
) -> None:
    call, link_id = stage.joined.call(), uuid.UUID(application.link_id)
    assert documents.hold(call, link_id, "court/2026-118") == len(standing(stage)) == 3
    stage.clock.advance(days=400)
    sweep(stage)
    assert standing(stage) == [True] * 3
    assert documents.hold(call, link_id, None) == 3
    sweep(stage)
    assert standing(stage) == [False] * 3
    with stage.joined.db.read() as session:
        assert all(session.scalars(sa.select(StoredFile.receipt)))
        actions = list(session.scalars(sa.select(AuditRow.action).filter_by(object_id=link_id)))
    assert {"link.held", "link.released"} <= set(actions)


@pytest.mark.gate
def test_without_a_hold_the_same_files_are_gone(stage: Stage, application: Application) -> None:
    assert application.link_id
    stage.clock.advance(days=400)
    sweep(stage)
    assert standing(stage) == [False] * 3


def test_a_hold_names_a_reference_and_a_link_that_has_documents(
    stage: Stage, application: Application
) -> None:
    call, link_id = stage.joined.call(), uuid.UUID(application.link_id)
    for reference in ("", "Mr. Somebody", "x" * 61):
        with pytest.raises(InvalidInput):
            documents.hold(call, link_id, reference)
    with pytest.raises(NotFound):
        documents.hold(call, uuid.uuid4(), "court/2026-118")
