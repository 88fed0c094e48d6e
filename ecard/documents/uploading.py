"""A holder's documents before an application claims them: uploaded, listed, removed.

Rebuilding a picture is done with no database session open.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files, limits
from ecard.call import Call
from ecard.documents import marks, tried
from ecard.documents.errors import (
    DocumentClaimed,
    PictureTriedBefore,
    UploadsOpen,
    UploadsSpent,
)
from ecard.documents.models import Document, DocumentPage, DocumentReading
from ecard.documents.policy import DocumentKind
from ecard.errors import Busy, NotFound, Refusal, StorageFull, Unavailable
from ecard.pages import Page, read_page
from uploads.sanitising import clean_picture
from uploads.types import DOCUMENT_TYPES, PICTURE_TYPES, CleanPicture, PictureLimits

JPEG = "image/jpeg"
UPLOADED, SUBMITTED = "document_bytes", "evidence"
COST_NOTHING = (Busy, Unavailable, StorageFull, PictureTriedBefore, UploadsOpen)
"""Refusals after which the bytes of a file do not count: faults of ours, and what is known."""


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document as its holder sees it; the picture itself is not sent back."""

    id: uuid.UUID
    kind: str
    pages: int
    """How many are kept."""
    pages_in_file: int
    """How many a PDF has; of more than are kept a person sees only the first."""
    uploaded_at: datetime
    lapses_at: datetime
    """When it is destroyed unless an application claims it before."""


def upload(call: Call, kind: str, content: bytes) -> DocumentView:
    """Rebuild and keep one document, unclaimed.

    Raises UploadsSpent, PictureTriedBefore and the refusals of files.
    """
    document_kind = DocumentKind(kind)
    if len(content) > call.settings.document_bytes:
        raise files.FileTooLarge  # before it counts against the day: the phone can shrink it
    tried.refuse_same_bytes(call, document_kind, content)
    with counted(call, len(content)):
        return take(call, document_kind, content)


def take(
    call: Call,
    kind: DocumentKind,
    content: bytes,
    also: Callable[[Session], None] = lambda _: None,
) -> DocumentView:
    """A file whose bytes are counted becomes a document; `also` is done in the same transaction."""
    try:
        clean = _rebuilt(call, kind, content)
    except files.UploadRefusal as refusal:
        tried.note_refusal(call, kind, content, refusal)
        raise
    tried.refuse_same_look(call, kind, clean)
    with call.db.write() as session:
        document = _keep(session, call, kind, clean)
        tried.note_kept(session, call, document, content, clean)
        marks.note_look(session, call, document, clean.look)
        also(session)
        audit.record(session, call, "document.uploaded", "document", document.id, reason=kind.value)
        session.commit()
    return _view(call, document)


@contextmanager
def counted(call: Call, size: int) -> Iterator[uuid.UUID]:
    """Count the bytes of a file, by the row that is named; only a file that is kept, or refused for
    what it is, costs them in the end."""
    reserved = _reserve_bytes(call, size)
    try:
        yield reserved
    except BaseException as error:  # boundary: whatever of ours breaks costs the holder nothing
        if not isinstance(error, Refusal) or isinstance(error, COST_NOTHING):
            back = partial(limits.return_tries, call.db, reserved)
            call.dependencies.owed.write(back, after=error)
        raise


def _reserve_bytes(call: Call, size: int) -> uuid.UUID:
    """Count the bytes before they are decoded, so that parallel uploads cannot pass together."""
    window = timedelta(seconds=call.settings.document_bytes_window_seconds)
    holder_id, try_id = call.holder.person_id, uuid.uuid4()
    with call.db.write() as session:
        limits.lock(session, UPLOADED, holder_id)
        spent = limits.tries(session, UPLOADED, holder_id, call.now - window)
        if sum(int(item.detail) for item in spent) + size > call.settings.document_bytes_a_day:
            first = spent[0].at if spent else call.now
            raise UploadsSpent(retry_after=_seconds_until(call, first + window))
        session.add(
            limits.LimitTry(
                id=try_id, kind=UPLOADED, subject=str(holder_id), detail=str(size), at=call.now
            )
        )
        session.commit()
    return try_id


def _seconds_until(call: Call, moment: datetime) -> int:
    return max(1, int((moment - call.now).total_seconds()) + 1)


def unclaimed_life(call: Call) -> timedelta:
    """How long an upload waits to be claimed."""
    return timedelta(seconds=call.settings.unclaimed_document_seconds)


def _rebuilt(call: Call, kind: DocumentKind, content: bytes) -> CleanPicture:
    allowed = PICTURE_TYPES if kind is DocumentKind.FACE_PHOTO else DOCUMENT_TYPES
    bounds = PictureLimits(max_bytes=call.settings.document_bytes)
    files.scan(call, content)
    with files.refusing():
        return clean_picture(content, call.dependencies.decoder, bounds, allowed)


def _keep(session: Session, call: Call, kind: DocumentKind, clean: CleanPicture) -> Document:
    document = Document(
        id=uuid.uuid4(),
        holder_id=call.holder.person_id,
        kind=kind.value,
        pages=len(clean.pages),
        pages_in_file=clean.pages_in_file,
        uploaded_at=call.now,
    )
    session.add(document)
    session.flush()
    for number, page in enumerate(clean.pages, start=1):
        kept = files.put(
            session,
            call,
            owner_id=document.holder_id,
            purpose="document",
            media_type=JPEG,
            content=page,
            destroy_after=document.uploaded_at + unclaimed_life(call),
        )
        session.add(
            DocumentPage(id=uuid.uuid4(), document_id=document.id, number=number, file_id=kept.id)
        )
    return document


def _view(call: Call, document: Document) -> DocumentView:
    return DocumentView(
        id=document.id,
        kind=document.kind,
        pages=document.pages,
        pages_in_file=document.pages_in_file,
        uploaded_at=document.uploaded_at,
        lapses_at=document.uploaded_at + unclaimed_life(call),
    )


def list_unclaimed(call: Call, *, cursor: str | None, limit: int) -> Page:
    """The holder's unclaimed documents, newest first."""
    with call.db.read() as session:
        page = read_page(
            session, unclaimed(call), Document.uploaded_at, Document.id, cursor=cursor, limit=limit
        )
    return Page([_view(call, document) for document in page.items], page.next_cursor)


def unclaimed(call: Call) -> sa.Select[Document]:
    """The holder's documents that may still be claimed."""
    return sa.select(Document).where(
        Document.holder_id == call.holder.person_id,
        Document.link_id.is_(None),
        Document.removed_at.is_(None),
        Document.uploaded_at > call.now - unclaimed_life(call),
    )


def remove(call: Call, document_id: uuid.UUID) -> None:
    """Destroy an unclaimed document at once. Raises NotFound, DocumentClaimed."""
    with call.db.write() as session:
        (document,) = own_unclaimed(session, call, [document_id], lock=True)
        destroy_pages(session, call, document, "requested_by_holder")
        audit.record(session, call, "document.removed", "document", document.id)
        session.commit()
    files.erase(call)


def own_unclaimed(
    session: Session, call: Call, ids: Sequence[uuid.UUID], *, lock: bool
) -> list[Document]:
    """The holder's unclaimed documents in the order asked for; locked in the order of their ids."""
    query = sa.select(Document).where(Document.id.in_(ids)).order_by(Document.id)
    rows = session.scalars(query.with_for_update() if lock else query)
    found = {row.id: row for row in rows if _is_there(call, row)}
    if len(found) < len(set(ids)):
        raise NotFound
    if any(row.link_id is not None for row in found.values()):
        raise DocumentClaimed
    return [found[document_id] for document_id in ids]


def own_document(session: Session, call: Call, document_id: uuid.UUID) -> Document:
    """One of the holder's documents, claimed or not, while it is kept; raises NotFound."""
    row = session.get(Document, document_id)
    if row is None or not _is_there(call, row):
        raise NotFound
    return row


def _is_there(call: Call, row: Document) -> bool:
    lapsed = row.link_id is None and row.uploaded_at + unclaimed_life(call) <= call.now
    return row.holder_id == call.holder.person_id and row.removed_at is None and not lapsed


def destroy_pages(session: Session, call: Call, document: Document, reason: str) -> None:
    document.removed_at = call.now
    said = sa.update(DocumentReading).filter_by(document_id=document.id)
    session.execute(said.values(said=None))
    if document.claimed_at is None:
        marks.forget(session, [document.id])
    for page in pages_of(session, document.id):
        files.destroy(session, call, page.file_id, reason)


def pages_of(session: Session, document_id: uuid.UUID) -> list[DocumentPage]:
    query = sa.select(DocumentPage).filter_by(document_id=document_id)
    return list(session.scalars(query.order_by(DocumentPage.number)))
