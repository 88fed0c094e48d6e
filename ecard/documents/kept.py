"""What is kept of documents and reference photos: which, until when, and why."""

from __future__ import annotations

import uuid
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.documents.models import Document, DocumentPage, ReferencePhoto
from ecard.files import StoredFile
from ecard.kept import Categories, Kept, Whose, category, kept


def kept_about(session: Session, _call: Call, whose: Whose, most: int | None) -> Categories:
    """Documents that the person uploaded or that are about them, and pictures of their face."""
    photos = (
        sa.select(ReferencePhoto)
        .join(StoredFile, StoredFile.id == ReferencePhoto.file_id)
        .where(StoredFile.owner_id == whose.person_id, whose.on(ReferencePhoto.link_id))
    )
    document, photo = partial(_document, session, whose), partial(_photo, session)
    at, table = ReferencePhoto.created_at, ReferencePhoto
    return {
        "documents": category(
            session, _documents(whose), Document.uploaded_at, Document.id, document, most
        ),
        "reference_photos": category(session, photos, at, table.id, photo, most),
    }


def _documents(whose: Whose) -> sa.Select[Document]:
    about = (
        sa.select(DocumentPage.document_id)
        .join(StoredFile, StoredFile.id == DocumentPage.file_id)
        .where(StoredFile.owner_id == whose.person_id)
    )
    uploaded = sa.and_(Document.holder_id == whose.person_id, whose.themselves)
    theirs = sa.or_(Document.id.in_(about), uploaded)
    return sa.select(Document).where(theirs, whose.on(Document.link_id))


def _document(session: Session, whose: Whose, row: Document) -> Kept:
    pages = sa.select(DocumentPage.file_id).filter_by(document_id=row.id)
    file = session.scalar(sa.select(StoredFile).where(StoredFile.id.in_(pages)).limit(1))
    return kept(
        row.id,
        row.uploaded_at,
        file.destroy_after if file is not None and file.destroyed_at is None else None,
        kind=row.kind,
        pages=row.pages,
        uploaded_by_me=row.holder_id == whose.person_id,
        link_id=row.link_id,
        kept_because=_why(file, "evidence" if row.link_id is not None else "unclaimed"),
        destroyed_at=row.removed_at,
    )


def _photo(session: Session, row: ReferencePhoto) -> Kept:
    file = session.get_one(StoredFile, row.file_id)
    return kept(
        row.id,
        row.created_at,
        file.destroy_after if file.destroyed_at is None else None,
        source=row.source,
        link_id=row.link_id,
        lapses_at=row.lapses_at,
        kept_because=_why(file, "face_check"),
        destroyed_at=file.destroyed_at,
        reason=file.destroy_reason,
        receipt=file.receipt,
    )


def _why(file: StoredFile | None, otherwise: str) -> str | None:
    if file is None or file.destroyed_at is not None:
        return None
    return "legal_hold" if file.held_as is not None else otherwise


def own_pictures(session: Session, whose: Whose) -> list[tuple[str, uuid.UUID]]:
    """Pictures of the person that can still be read: (what it is, file)."""
    readable = (StoredFile.owner_id == whose.person_id, StoredFile.destroyed_at.is_(None))
    photos = (
        sa.select(ReferencePhoto.file_id)
        .join(StoredFile, StoredFile.id == ReferencePhoto.file_id)
        .where(whose.on(ReferencePhoto.link_id), *readable)
        .order_by(ReferencePhoto.created_at)
    )
    pages = (
        sa.select(Document.kind, StoredFile.id)
        .join(DocumentPage, DocumentPage.document_id == Document.id)
        .join(StoredFile, StoredFile.id == DocumentPage.file_id)
        .where(whose.on(Document.link_id), Document.removed_at.is_(None), *readable)
        .order_by(Document.uploaded_at, DocumentPage.number, StoredFile.id)
    )
    found = [("reference_photo", file_id) for file_id in session.scalars(photos)]
    return found + [(kind, file_id) for kind, file_id in session.execute(pages)]
