"""Pictures of a person's face that are kept to be compared: destroyed when consent is taken back.

Reference photos, also kept portraits, and face photos as they were uploaded. Identity documents
stay: they are evidence of who somebody is, kept for as long as `retention.py` says, and no face on
them is compared any more.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files
from ecard.call import Call
from ecard.documents import marks
from ecard.documents.models import Document, ReferencePhoto, TriedPicture
from ecard.documents.policy import DocumentKind
from ecard.documents.references import shown_person
from ecard.documents.uploading import destroy_pages, pages_of

if TYPE_CHECKING:
    from ecard.family.models import Link


def let_go_of_faces(
    session: Session, call: Call, link: Link, person_id: uuid.UUID, reason: str
) -> list[uuid.UUID]:
    """Destroy what a locked link keeps of a person's face; which files. Not committed.

    A file under legal hold stays until that is released, and is among those that are named.
    """
    let_go = [photo.file_id for photo in _photos(session, link, person_id)]
    for file_id in let_go:
        files.destroy(session, call, file_id, reason)
    if person_id == link.relative_id:
        for document in session.scalars(_face_photos(link)):
            let_go += _let_go_of(session, call, document, reason)
    return let_go


def _photos(session: Session, link: Link, person_id: uuid.UUID) -> list[ReferencePhoto]:
    query = sa.select(ReferencePhoto).filter_by(link_id=link.id)
    return [
        photo
        for photo in session.scalars(query.order_by(ReferencePhoto.created_at))
        if shown_person(link, guardian=photo.subject == "guardian") == person_id
        and not files.is_destroyed(session, photo.file_id)
    ]


def _face_photos(link: Link) -> sa.Select[Document]:
    kind = DocumentKind.FACE_PHOTO.value
    return sa.select(Document).filter_by(link_id=link.id, kind=kind, removed_at=None)


def _let_go_of(session: Session, call: Call, document: Document, reason: str) -> list[uuid.UUID]:
    """Destroy a face photo with all by which it would be known again."""
    pages = [page.file_id for page in pages_of(session, document.id)]
    destroy_pages(session, call, document, reason)
    audit.record(session, call, "document.removed", "document", document.id, reason=reason)
    session.execute(sa.delete(TriedPicture).filter_by(document_id=document.id))
    if all(files.is_destroyed(session, file_id) for file_id in pages):
        marks.forget(session, [document.id])
        for file_id in pages:
            files.forget_fingerprint(session, file_id)
    return pages
