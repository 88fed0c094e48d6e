"""Whose key a picture lies under: the person's whom it shows, so that it is erased with them."""

import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import files
from ecard.call import Call
from ecard.documents import service as documents
from ecard.documents.models import Document, DocumentPage, ReferencePhoto
from ecard.files import StoredFile
from ecard.persons import service as persons
from tests.documents.applications import Application, apply
from tests.support import Stage


def owners(stage: Stage) -> dict[str, set[uuid.UUID]]:
    """Kind of document, or reference_photo → whose keys the files lie under."""
    found: dict[str, set[uuid.UUID]] = {}
    pages = sa.select(Document.kind, StoredFile.owner_id).join(
        DocumentPage, DocumentPage.document_id == Document.id
    )
    photos = sa.select(sa.literal("reference_photo"), StoredFile.owner_id).join(ReferencePhoto)
    with stage.joined.db.read() as session:
        rows = list(session.execute(pages.join(StoredFile))) + list(session.execute(photos))
    for kind, owner in rows:
        found.setdefault(kind, set()).add(owner)
    return found


def person(stage: Stage, ref: str) -> uuid.UUID:
    """Our id of a demo person."""
    with stage.joined.db.write() as session:
        return persons.ensure(session, stage.joined.call(), stage.demo.persons[ref]).id


def erase(stage: Stage, ref: str) -> None:
    """Destroy a person's key, as their erasure does."""
    who = person(stage, ref)
    with stage.joined.db.write() as session:
        stage.joined.dependencies.vault.destroy_person_key(session, who, stage.clock())
        session.commit()


def readable(stage: Stage, application: Application) -> set[str]:
    """Roles of the application's files that can still be read."""
    call = stage.joined.call()
    with stage.joined.db.read() as session:
        found = documents.case_files(session, uuid.UUID(application.link_id))
        return {role for role, file_id in found if _opens(session, call, file_id)}


def _opens(session: Session, call: Call, file_id: uuid.UUID) -> bool:
    try:
        return bool(files.read(session, call, file_id))
    except files.FileDestroyed:
        return False


def test_an_unclaimed_document_lies_under_its_holders_key(stage: Stage) -> None:
    application = apply(stage, "tomas", "elena", "parent")
    application.upload("id_card_front")
    assert owners(stage) == {"id_card_front": {person(stage, "tomas")}}


@pytest.mark.gate
@pytest.mark.parametrize(
    ("holder", "relative", "relation", "kinds"),
    [
        ("tomas", "elena", "parent", ("id_card_front", "id_card_back")),
        ("lucia", "mateo", "child", ("birth_certificate", "face_photo")),
    ],
)
def test_claimed_pictures_lie_under_the_relatives_key_at_every_age(
    stage: Stage, holder: str, relative: str, relation: str, kinds: tuple[str, ...]
) -> None:
    application = apply(stage, holder, relative, relation)
    assert application.give(*kinds).status == 201
    theirs = {person(stage, relative)}
    assert owners(stage) == dict.fromkeys((*kinds, "reference_photo"), theirs)


@pytest.mark.gate
def test_a_guardians_own_papers_and_portrait_stay_under_the_guardians_key(stage: Stage) -> None:
    application = apply(stage, "lucia", "nora", "child")
    kinds = ("household_page", "face_photo", "guardian_id_front", "guardian_id_back")
    assert application.give(*kinds).status == 201
    mother, child = {person(stage, "lucia")}, {person(stage, "nora")}
    assert owners(stage) == {
        "household_page": child,
        "face_photo": child,
        "guardian_id_front": mother,
        "guardian_id_back": mother,
        "reference_photo": mother,
    }


def test_erasing_the_relative_destroys_every_picture_of_them(stage: Stage) -> None:
    application = apply(stage, "tomas", "elena", "parent")
    assert application.give("id_card_front", "id_card_back").status == 201
    assert readable(stage, application) == {"id_card_front", "id_card_back", "reference_photo"}
    erase(stage, "elena")
    assert readable(stage, application) == set()


@pytest.mark.gate
def test_erasing_the_holder_leaves_the_relatives_pictures(stage: Stage) -> None:
    application = apply(stage, "tomas", "elena", "parent")
    assert application.give("id_card_front", "id_card_back").status == 201
    erase(stage, "tomas")
    assert readable(stage, application) == {"id_card_front", "id_card_back", "reference_photo"}


def test_refused_evidence_changes_no_owner(stage: Stage) -> None:
    application = apply(stage, "tomas", "elena", "parent")
    assert application.give("id_card_front").code == "evidence_incomplete"
    assert owners(stage) == {"id_card_front": {person(stage, "tomas")}}
