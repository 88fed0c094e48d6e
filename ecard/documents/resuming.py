"""An upload that may break off: begun, sent in pieces, taken up where it stopped, finished.

A piece is kept only whole: its checksum stands in the request, and it begins where the last one
ended. Pieces lie encrypted like every other file and are swept when their upload lapses. The bytes
of the whole file count against the day from the beginning, so that pieces cannot fill the disk.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import files, limits
from ecard.call import Call
from ecard.documents import tried, uploading
from ecard.documents.errors import (
    PictureTriedBefore,
    UploadIncomplete,
    UploadInWork,
    UploadOffset,
    UploadsOpen,
)
from ecard.documents.models import PartialUpload, PartialUploadPiece
from ecard.documents.policy import DocumentKind
from ecard.documents.uploading import COST_NOTHING, DocumentView
from ecard.errors import InvalidInput, NotFound, Refusal

OPEN, PIECE = "open_uploads", "application/octet-stream"


@dataclass(frozen=True, slots=True)
class PartialUploadView:
    """How far an upload in pieces is."""

    id: uuid.UUID
    kind: str
    size: int
    received: int
    """Where the next piece begins."""
    piece_bytes: int
    """The most that a piece may have."""
    lapses_at: datetime


def begin(call: Call, kind: str, size: int) -> PartialUploadView:
    """Announce a file of ``size`` bytes. Raises FileTooLarge, UploadsOpen, UploadsSpent."""
    if size > call.settings.document_bytes:
        raise files.FileTooLarge
    with call.db.read() as session:
        _refuse_more(session, call)
    with uploading.counted(call, size) as counted_as, call.db.write() as session:
        limits.lock(session, OPEN, call.holder.person_id)
        _refuse_more(session, call)
        upload = PartialUpload(
            id=uuid.uuid4(),
            holder_id=call.holder.person_id,
            kind=DocumentKind(kind).value,
            size=size,
            received=0,
            counted_as=counted_as,
            begun_at=call.now,
            lapses_at=call.now + timedelta(seconds=call.settings.partial_upload_seconds),
        )
        session.add(upload)
        session.commit()
    return _view(call, upload)


def _refuse_more(session: Session, call: Call) -> None:
    open_now = session.scalar(sa.select(sa.func.count()).select_from(_own(call).subquery())) or 0
    if open_now >= call.settings.uploads_open_max:
        raise UploadsOpen(open=open_now)


def list_open(call: Call) -> list[PartialUploadView]:
    """The holder's unfinished uploads, oldest first."""
    with call.db.read() as session:
        rows = session.scalars(_own(call).order_by(PartialUpload.begun_at, PartialUpload.id))
        return [_view(call, row) for row in rows]


def status(call: Call, upload_id: uuid.UUID) -> PartialUploadView:
    """How far one of them is. Raises NotFound."""
    with call.db.read() as session:
        return _view(call, _find(session, call, upload_id))


def add_piece(call: Call, upload_id: uuid.UUID, offset: int, content: bytes) -> PartialUploadView:
    """Keep the next piece. Raises NotFound, UploadOffset, UploadInWork, InvalidInput.

    Of two that come at once the first is kept; the other hears where the upload is now.
    """
    with call.db.write() as session:
        upload = _find(session, call, upload_id, lock=True)
        if _is_held(call, upload):
            raise UploadInWork(retry_after=2)
        if offset != upload.received:
            raise UploadOffset(received=upload.received)
        _check_length(call, upload, len(content))
        kept = files.put(
            session,
            call,
            owner_id=upload.holder_id,
            purpose="upload_piece",
            media_type=PIECE,
            content=content,
            destroy_after=upload.lapses_at,
        )
        session.add(
            PartialUploadPiece(
                id=uuid.uuid4(), upload_id=upload.id, number=_next(session, upload), file_id=kept.id
            )
        )
        upload.received += len(content)
        session.commit()
        return _view(call, upload)


def _check_length(call: Call, upload: PartialUpload, length: int) -> None:
    left = upload.size - upload.received
    if length > min(left, call.settings.upload_piece_bytes):
        raise InvalidInput(fields={"body": ["too_long"]})
    if length == 0 or length < min(left, call.settings.upload_piece_least_bytes):
        raise InvalidInput(fields={"body": ["too_short"]})


def _next(session: Session, upload: PartialUpload) -> int:
    query = sa.select(sa.func.count()).select_from(PartialUploadPiece)
    return 1 + (session.scalar(query.filter_by(upload_id=upload.id)) or 0)


def finish(call: Call, upload_id: uuid.UUID) -> DocumentView:
    """The pieces become a document, as if they had come in one; the upload is over.

    Raises NotFound, UploadIncomplete, UploadInWork, PictureTriedBefore and the refusals of files.
    After a fault of ours it stays, to be finished later; after any other refusal it is gone.
    """
    upload = _hold(call, upload_id)
    kind = DocumentKind(upload.kind)
    try:
        content = _joined(call, upload)
        tried.refuse_same_bytes(call, kind, content)
        return uploading.take(call, kind, content, lambda session: _end(session, call, upload_id))
    except Refusal as refusal:
        _settle(call, upload, refusal)
        raise
    finally:
        files.erase(call)


def _hold(call: Call, upload_id: uuid.UUID) -> PartialUpload:
    """Take it for one request; another one that comes meanwhile is told so."""
    with call.db.write() as session:
        upload = _find(session, call, upload_id, lock=True)
        if _is_held(call, upload):
            raise UploadInWork(retry_after=2)
        if upload.received < upload.size:
            raise UploadIncomplete(received=upload.received, size=upload.size)
        upload.finishing_until = call.now + timedelta(seconds=call.settings.finishing_seconds)
        session.commit()
    return upload


def _is_held(call: Call, upload: PartialUpload) -> bool:
    return upload.finishing_until is not None and upload.finishing_until > call.now


def _joined(call: Call, upload: PartialUpload) -> bytes:
    with call.db.read() as session:
        pieces = _pieces(session, upload.id)
        return b"".join(files.read(session, call, piece.file_id) for piece in pieces)


def _settle(call: Call, upload: PartialUpload, refusal: Refusal) -> None:
    """What is left of an upload that made no document."""
    with call.db.write() as session:
        if isinstance(refusal, PictureTriedBefore):
            limits.give_back(session, upload.counted_as)
        if isinstance(refusal, COST_NOTHING) and not isinstance(refusal, PictureTriedBefore):
            session.get_one(PartialUpload, upload.id).finishing_until = None
        else:
            _end(session, call, upload.id)
        session.commit()


def cancel(call: Call, upload_id: uuid.UUID) -> None:
    """Give an upload up; its pieces are destroyed at once. Raises NotFound, UploadInWork."""
    with call.db.write() as session:
        upload = _find(session, call, upload_id, lock=True)
        if _is_held(call, upload):
            raise UploadInWork(retry_after=2)
        _end(session, call, upload.id)
        session.commit()
    files.erase(call)


def _end(session: Session, call: Call, upload_id: uuid.UUID, reason: str = "upload_over") -> None:
    for piece in _pieces(session, upload_id):
        files.destroy(session, call, piece.file_id, reason)
        session.delete(piece)
    session.flush()
    session.execute(sa.delete(PartialUpload).where(PartialUpload.id == upload_id))


def _pieces(session: Session, upload_id: uuid.UUID) -> list[PartialUploadPiece]:
    query = sa.select(PartialUploadPiece).filter_by(upload_id=upload_id)
    return list(session.scalars(query.order_by(PartialUploadPiece.number)))


def _own(call: Call) -> sa.Select[PartialUpload]:
    return sa.select(PartialUpload).where(
        PartialUpload.holder_id == call.holder.person_id, PartialUpload.lapses_at > call.now
    )


def _find(
    session: Session, call: Call, upload_id: uuid.UUID, *, lock: bool = False
) -> PartialUpload:
    """An upload of this holder; another's looks as if it did not exist."""
    query = _own(call).where(PartialUpload.id == upload_id)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound
    return found


def _view(call: Call, upload: PartialUpload) -> PartialUploadView:
    return PartialUploadView(
        id=upload.id,
        kind=upload.kind,
        size=upload.size,
        received=upload.received,
        piece_bytes=call.settings.upload_piece_bytes,
        lapses_at=upload.lapses_at,
    )


def sweep(call: Call) -> int:
    """End the uploads that lapsed; returns how many."""
    lapsed = sa.select(PartialUpload.id).where(PartialUpload.lapses_at <= call.now)
    ended = 0
    while True:
        with call.db.write() as session:
            some = lapsed.limit(call.settings.sweep_rows).with_for_update(skip_locked=True)
            ids = list(session.scalars(some))
            for upload_id in ids:
                _end(session, call, upload_id, "unclaimed")
            session.commit()
        if not ids:
            return ended
        ended += len(ids)
