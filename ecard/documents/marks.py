"""What recognises a document again when it is given for somebody else: keyed marks, never a value.

Of numbers each that was read, the card's and the person's own; of pictures with a face groups of
signs of how they look, so that one that was cut or compressed anew is still the same one. (Other
papers are printed on one form and look alike; identical files are recognised of every kind.)
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from ecard.call import Call
from ecard.documents.models import Document, DocumentMark, DocumentPage
from ecard.documents.tried import FACE_PHOTO, WITH_PORTRAIT, marks_of
from ecard.files import StoredFile
from uploads.documents.types import Field, FieldName, Status
from uploads.fingerprint import ALIKE_FROM, groups

NUMBER, LOOK = "number", "look"
_PURPOSE = "document_number"
_NUMBERS = (FieldName.DOCUMENT_NUMBER, FieldName.PERSONAL_NUMBER)
_READ = (Status.CONFIRMED, Status.DOUBTFUL)
"""A doubtful number is mostly right: its mark only ever asks a person."""


def note_numbers(session: Session, call: Call, document: Document, fields: Iterable[Field]) -> None:
    """Keep marks of the numbers that were read."""
    index = call.dependencies.vault.index
    numbers = {one.value for one in fields if one.name in _NUMBERS and one.status in _READ}
    for number in numbers - {""}:
        session.add(_row(document, NUMBER, index(_PURPOSE, number)))


def note_look(session: Session, call: Call, document: Document, look: bytes | None) -> None:
    """Keep marks of how a picture with a face looks."""
    if document.kind not in WITH_PORTRAIT | FACE_PHOTO:
        return
    for mark in groups(marks_of(call, look) or b""):
        session.add(_row(document, LOOK, mark.hex()))


def _row(document: Document, kind: str, mark: str) -> DocumentMark:
    return DocumentMark(id=uuid.uuid4(), document_id=document.id, kind=kind, mark=mark)


def settle(session: Session, document: Document, person_id: uuid.UUID) -> None:
    """The document is claimed, and about this person."""
    change = sa.update(DocumentMark).filter_by(document_id=document.id)
    session.execute(change.values(person_id=person_id))


def forget(session: Session, document_ids: Iterable[uuid.UUID]) -> None:
    """Forget the marks of documents."""
    gone = sa.delete(DocumentMark).where(DocumentMark.document_id.in_(list(document_ids)))
    session.execute(gone, execution_options={"synchronize_session": False})


def reused(session: Session, document: Document) -> tuple[str, ...]:
    """`number_reused`, `picture_reused`: where a claimed document about another person has the same
    number, or is the same picture or looks like it."""
    found = {
        "number_reused": [_alike(document.id, NUMBER, least=1)],
        "picture_reused": [_same_file(document.id), _alike(document.id, LOOK, least=ALIKE_FROM)],
    }
    return tuple(
        name
        for name, queries in found.items()
        if any(session.scalar(query.limit(1)) is not None for query in queries)
    )


def _alike(document_id: uuid.UUID, kind: str, *, least: int) -> sa.Select[uuid.UUID]:
    """Documents about others that have at least so many marks in common."""
    own, other = DocumentMark, aliased(DocumentMark)
    return (
        sa.select(other.document_id)
        .join(own, own.mark == other.mark)
        .where(
            own.document_id == document_id,
            own.kind == kind,
            other.kind == kind,
            other.person_id != own.person_id,
        )
        .group_by(other.document_id)
        .having(sa.func.count() >= least)
    )


def _same_file(document_id: uuid.UUID) -> sa.Select[uuid.UUID]:
    """A claimed file belongs to the person whom it is about."""
    own, other, page = StoredFile, aliased(StoredFile), aliased(DocumentPage)
    return (
        sa.select(other.id)
        .join(own, own.fingerprint == other.fingerprint)
        .join(DocumentPage, DocumentPage.file_id == own.id)
        .join(page, page.file_id == other.id)
        .join(Document, Document.id == page.document_id)
        .where(
            DocumentPage.document_id == document_id,
            own.fingerprint != "",
            other.owner_id != own.owner_id,
            Document.claimed_at.is_not(None),
        )
    )
