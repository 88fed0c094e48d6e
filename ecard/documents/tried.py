"""A picture that was refused is recognised when it comes again, before anything is spent on it.

Only what would be refused again for the picture's own sake counts: a fault of ours, or a file that
took too long to read, may well pass the next time. The same picture at a higher resolution is
another one: it may show what the smaller one did not.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import files
from ecard.call import Call
from ecard.documents.errors import (
    FacePhotoUnusable,
    PictureTriedBefore,
    PortraitNotFound,
    PortraitTooSmall,
)
from ecard.documents.models import Document, TriedPicture
from ecard.documents.policy import DocumentKind, FaceSource, face_kinds
from ecard.errors import Refusal
from ecard.sweeping import in_batches
from uploads.fingerprint import look_alike, look_marks
from uploads.types import CleanPicture

LARGER_FROM = 1.05
"""So many times the side of the refused one, and it is looked at again."""
BYTES, LOOK = "sent_bytes", "picture_look"
AT_THE_DOOR = (
    files.PictureTooLarge,
    files.PictureUnreadable,
    files.PictureAnimated,
    files.PdfPassword,
    files.PdfTooManyPages,
    files.PdfScript,
    files.PdfAttachment,
    files.FileInfected,
)
OF_THE_FACE = (PortraitNotFound, PortraitTooSmall, FacePhotoUnusable)
FACE_PHOTO = frozenset({DocumentKind.FACE_PHOTO.value})
WITH_PORTRAIT = (
    frozenset(kind.value for source in FaceSource for kind in face_kinds(source)) - FACE_PHOTO
)


def bytes_mark(call: Call, content: bytes) -> str:
    """A keyed mark of a file as it came."""
    return call.dependencies.vault.index(BYTES, hashlib.sha256(content).hexdigest())


def marks_of(call: Call, look: bytes | None) -> bytes | None:
    """Keyed marks of how a picture looks."""
    return look_marks(partial(call.dependencies.vault.index, LOOK), look) if look else None


def refuse_same_bytes(call: Call, kind: DocumentKind, content: bytes) -> None:
    """Raise PictureTriedBefore where this holder's very file was refused as this kind."""
    query = _refused(call, kind).where(TriedPicture.bytes_mark == bytes_mark(call, content))
    with call.db.read() as session:
        known = session.scalar(query.limit(1))
    if known is not None:
        raise PictureTriedBefore(reason=known.refused)


def refuse_same_look(call: Call, kind: DocumentKind, clean: CleanPicture) -> None:
    """Raise PictureTriedBefore for one that was refused and comes no larger and compressed anew."""
    marks = marks_of(call, clean.look)
    if marks is None:
        return
    no_smaller = TriedPicture.side_px * LARGER_FROM > max(clean.width, clean.height)
    with call.db.read() as session:
        for known in session.scalars(_refused(call, kind).where(no_smaller)):
            if known.look_marks and look_alike(known.look_marks, marks):
                raise PictureTriedBefore(reason=known.refused)


def _refused(call: Call, kind: DocumentKind) -> sa.Select[TriedPicture]:
    since = call.now - timedelta(days=call.settings.tried_pictures_kept_days)
    return sa.select(TriedPicture).where(
        TriedPicture.holder_id == call.holder.person_id,
        TriedPicture.kind == kind.value,
        TriedPicture.refused.is_not(None),
        TriedPicture.at > since,
    )


def note_refusal(call: Call, kind: DocumentKind, content: bytes, refusal: Refusal) -> None:
    """Remember a file that was refused at the door."""
    if not isinstance(refusal, AT_THE_DOOR):
        return
    with call.db.write() as session:
        session.add(_row(call, kind, bytes_mark(call, content), refused=refusal.code))
        session.commit()


def note_kept(
    session: Session, call: Call, document: Document, content: bytes, clean: CleanPicture
) -> None:
    """Remember a file that was kept: evidence may yet find it unusable."""
    row = _row(call, DocumentKind(document.kind), bytes_mark(call, content))
    row.document_id, row.look_marks = document.id, marks_of(call, clean.look)
    row.side_px = max(clean.width, clean.height)
    session.add(row)


def _row(call: Call, kind: DocumentKind, mark: str, *, refused: str | None = None) -> TriedPicture:
    return TriedPicture(
        id=uuid.uuid4(),
        holder_id=call.holder.person_id,
        kind=kind.value,
        bytes_mark=mark,
        refused=refused,
        at=call.now,
    )


def refuse_known(call: Call, document_ids: Sequence[uuid.UUID]) -> None:
    """Raise PictureTriedBefore where a document's face was found unusable before."""
    query = sa.select(TriedPicture.refused).where(
        TriedPicture.document_id.in_(document_ids),
        TriedPicture.holder_id == call.holder.person_id,
        TriedPicture.refused.is_not(None),
    )
    with call.db.read() as session:
        reason = session.scalar(query.limit(1))
    if reason is not None:
        raise PictureTriedBefore(reason=reason)


def note_unusable(call: Call, document_ids: Sequence[uuid.UUID], refusal: Refusal) -> None:
    """Remember that the documents that should show a face do not show one that can be used."""
    kinds = FACE_PHOTO if isinstance(refusal, FacePhotoUnusable) else WITH_PORTRAIT
    change = sa.update(TriedPicture).where(
        TriedPicture.document_id.in_(document_ids),
        TriedPicture.holder_id == call.holder.person_id,
        TriedPicture.kind.in_(kinds),
    )
    with call.db.write() as session:
        session.execute(change.values(refused=refusal.code))
        session.commit()


def sweep(call: Call) -> int:
    """Forget pictures sent long ago; returns how many."""
    before = call.now - timedelta(days=call.settings.tried_pictures_kept_days)
    return in_batches(call, sa.delete(TriedPicture), TriedPicture.at <= before)
