"""Encrypted files: put, read, destroy. A key per file, wrapped by the key of its person.

Order of a put: blob on disk (fsync, rename, fsync) → row; of a destruction: key → blob → receipt.
A crash between the two leaves an orphan that the sweep finds, never a row without its blob.

``destroy`` runs in the caller's transaction and takes the key away: from its commit on nobody can
read the file. ``erase``, called after that commit, removes the blob and signs the receipt; what it
could not finish the sweep finishes.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecard import audit
from ecard.call import Call
from ecard.db import Base, Code, Id, Index
from ecard.errors import Busy, Refusal, StorageFull, Unavailable
from ecard.sweeping import in_batches
from ecard.vault import KeyDestroyed
from uploads import errors as upload_errors
from uploads.encryption import decrypt_blob, encrypt_blob
from uploads.retention import DeletionReceipt
from uploads.scanning import refuse_infected

PLACE = "stored_files.content"

log = structlog.get_logger()


class StoredFile(Base):
    """One encrypted blob. Its key is wrapped by the key of the person it belongs to."""

    __tablename__ = "stored_files"
    id: Mapped[Id]
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    purpose: Mapped[Code] = mapped_column(index=True)
    """document, reference_photo, review_frame, digits_video, rights_certificate or card_photo."""
    media_type: Mapped[Code]
    size: Mapped[int]
    """Bytes of the plain content."""
    fingerprint: Mapped[Index] = mapped_column(index=True)
    """HMAC of the plain content: recognises the same picture again."""
    location: Mapped[str | None] = mapped_column(sa.String(200), unique=True)
    """Name in the file store; None once the blob is gone."""
    wrapped_key: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    """None once destroyed: the key goes first, then the blob."""
    created_at: Mapped[datetime]
    destroy_after: Mapped[datetime | None] = mapped_column(index=True)
    held_as: Mapped[str | None] = mapped_column(sa.String(64))
    """Reference of the legal hold under which nothing destroys it; None without one."""
    destroyed_at: Mapped[datetime | None]
    destroy_reason: Mapped[str | None] = mapped_column(sa.String(64))
    receipt: Mapped[str | None] = mapped_column(sa.Text)
    """The signed receipt of destruction."""


FACES = ("reference_photo", "review_frame", "digits_video", "card_photo")
"""Purposes of files that are kept to compare a face with, or for somebody to look at one."""


def people_with_faces(session: Session) -> int:
    """Of how many people a face is kept at present, in all regions."""
    query = sa.select(sa.func.count(sa.distinct(StoredFile.owner_id)))
    found = session.scalar(
        query.where(StoredFile.purpose.in_(FACES), StoredFile.destroyed_at.is_(None))
    )
    return found or 0


# --- refusals ---------------------------------------------------------------------------------


class FileDestroyed(Refusal):
    """The file was destroyed on time; its receipt remains."""

    code = "file_destroyed"
    status = 410
    next = "read_case"


class UploadRefusal(Refusal):
    """The parent of what is refused for the file's own sake."""

    status = 422


class FileEmpty(UploadRefusal):
    """No bytes came."""

    code = upload_errors.FileEmpty.code


class FileTooLarge(UploadRefusal):
    """More bytes than the limit."""

    code = upload_errors.FileTooLarge.code
    status = 413


class FileTypeNotAllowed(UploadRefusal):
    """The content is of no type that is taken here, whatever its name says."""

    code = upload_errors.FileTypeNotAllowed.code
    status = 415


class PictureTooLarge(UploadRefusal):
    """More pixels, or a longer side, than the limit."""

    code = upload_errors.PictureTooLarge.code


class PictureUnreadable(UploadRefusal):
    """Damaged, truncated or not really a picture."""

    code = upload_errors.PictureUnreadable.code


class PictureAnimated(UploadRefusal):
    """More than one picture played after another; which one is meant cannot be told."""

    code = upload_errors.PictureAnimated.code
    next = "upload_document"


class PdfPassword(UploadRefusal):
    """The PDF asks for a password."""

    code = upload_errors.PdfPassword.code
    next = "upload_document"


class PdfTooManyPages(UploadRefusal):
    """The PDF has more pages than the limit."""

    code = upload_errors.PdfTooManyPages.code
    next = "upload_document"


class PdfScript(UploadRefusal):
    """The PDF carries a program, or starts one."""

    code = upload_errors.PdfScript.code
    next = "upload_document"


class PdfAttachment(UploadRefusal):
    """The PDF carries other files."""

    code = upload_errors.PdfAttachment.code
    next = "upload_document"


class VideoTooLong(UploadRefusal):
    """The video is longer than the limit."""

    code = upload_errors.VideoTooLong.code


class VideoUnreadable(UploadRefusal):
    """The video is damaged or has no picture in it."""

    code = upload_errors.VideoUnreadable.code


class FileInfected(UploadRefusal):
    """The scanner found something in it; what, is not told to the sender."""

    code = upload_errors.FileInfected.code
    next = "upload_document"


class ProcessingLimit(UploadRefusal):
    """Decoding it took more time or memory than allowed."""

    code = upload_errors.ProcessingLimit.code


PICTURE_REFUSALS: tuple[type[UploadRefusal], ...] = (
    FileEmpty,
    FileTooLarge,
    FileTypeNotAllowed,
    PictureTooLarge,
    PictureUnreadable,
    PictureAnimated,
    PdfPassword,
    PdfTooManyPages,
    PdfScript,
    PdfAttachment,
    FileInfected,
    ProcessingLimit,
)
VIDEO_REFUSALS: tuple[type[UploadRefusal], ...] = (
    FileEmpty,
    FileTooLarge,
    FileTypeNotAllowed,
    PictureTooLarge,
    VideoTooLong,
    VideoUnreadable,
    FileInfected,
    ProcessingLimit,
)
_BY_CODE = {kind.code: kind for kind in (*PICTURE_REFUSALS, *VIDEO_REFUSALS)}


@contextmanager
def refusing() -> Iterator[None]:
    """The errors of ``uploads`` as refusals with the same codes, its faults as a 503 or 507."""
    try:
        yield
    except upload_errors.UploadRefused as refused:
        raise _BY_CODE[refused.code] from refused
    except upload_errors.SandboxBusy as busy:
        raise Busy(retry_after=busy.retry_after_seconds) from busy
    except upload_errors.StoreFull as full:
        log.error("store_full")
        raise StorageFull from full
    except (
        upload_errors.SandboxFault,
        upload_errors.StoreFault,
        upload_errors.ScannerFault,
    ) as fault:
        log.error("upload_fault", error=type(fault).__name__)
        raise Unavailable from fault


def scan(call: Call, content: bytes) -> None:
    """Ask the scanner about an untrusted file; raises FileInfected, or Unavailable: fail closed."""
    with refusing():
        refuse_infected(call.dependencies.scanner, content)


# --- put, read, destroy -----------------------------------------------------------------------


def put(
    session: Session,
    call: Call,
    *,
    owner_id: uuid.UUID,
    purpose: str,
    media_type: str,
    content: bytes,
    destroy_after: datetime | None,
) -> StoredFile:
    """Encrypt and keep ``content``; the blob is durable before the row is. Raises Unavailable."""
    file_id = uuid.uuid4()
    key, wrapped = call.dependencies.vault.new_file_key(session, owner_id, file_id)
    with refusing():
        location = call.dependencies.file_store.put(encrypt_blob(key, content, _place(file_id)))
    row = StoredFile(
        id=file_id,
        owner_id=owner_id,
        purpose=purpose,
        media_type=media_type,
        size=len(content),
        fingerprint=fingerprint(call, content),
        location=location,
        wrapped_key=wrapped,
        created_at=call.now,
        destroy_after=destroy_after,
    )
    session.add(row)
    session.flush()
    return row


def read(session: Session, call: Call, file_id: uuid.UUID) -> bytes:
    """The plain content. Raises FileDestroyed, Unavailable; DecryptionFailed is a fault."""
    row = session.get_one(StoredFile, file_id)
    if row.wrapped_key is None or row.location is None:
        raise FileDestroyed
    try:
        key = call.dependencies.vault.file_key(session, row.owner_id, file_id, row.wrapped_key)
    except KeyDestroyed as gone:
        raise FileDestroyed from gone
    with refusing():
        blob = call.dependencies.file_store.get(row.location)
    return decrypt_blob(key, blob, _place(file_id))


def media_type(session: Session, file_id: uuid.UUID) -> str:
    """What kind of file it is."""
    return session.get_one(StoredFile, file_id).media_type


def hand_over(
    session: Session,
    call: Call,
    file_id: uuid.UUID,
    owner_id: uuid.UUID,
    *,
    purpose: str | None = None,
) -> None:
    """Put a file under another person's key: it is them whom it shows. The blob stays as it is.

    From the caller's commit on the former owner's key opens it no more, and destroying the new
    owner's destroys it. ``purpose``: what it is for from now on.
    """
    row = session.get_one(StoredFile, file_id, with_for_update=True)
    row.purpose = purpose or row.purpose
    if row.owner_id == owner_id:
        return
    if row.wrapped_key is None:
        raise FileDestroyed
    vault = call.dependencies.vault
    try:
        key = vault.file_key(session, row.owner_id, file_id, row.wrapped_key)
    except KeyDestroyed as gone:
        raise FileDestroyed from gone
    row.wrapped_key = vault.wrap_file_key(session, owner_id, file_id, key)
    row.owner_id = owner_id
    session.flush()


def shows(session: Session, file_id: uuid.UUID, person_id: uuid.UUID) -> bool:
    """Whether a file that is still there lies under this person's key: it is them whom it shows."""
    row = session.get_one(StoredFile, file_id)
    return row.owner_id == person_id and row.destroyed_at is None


def readable(session: Session, owner_id: uuid.UUID, purposes: Iterable[str]) -> list[uuid.UUID]:
    """Files of these kinds that show a person and are still there."""
    query = sa.select(StoredFile.id).where(
        StoredFile.owner_id == owner_id,
        StoredFile.purpose.in_(list(purposes)),
        StoredFile.destroyed_at.is_(None),
    )
    return list(session.scalars(query.order_by(StoredFile.id)))


def keep_until(session: Session, file_id: uuid.UUID, moment: datetime | None) -> None:
    """Set the time from which the sweep destroys a file; one that is destroyed stays so."""
    row = session.get_one(StoredFile, file_id, with_for_update=True)
    if row.destroyed_at is None:
        row.destroy_after = moment


def kept_until(session: Session, file_id: uuid.UUID) -> datetime | None:
    """The time from which the sweep destroys it; None: no time is set."""
    return session.get_one(StoredFile, file_id).destroy_after


def is_destroyed(session: Session, file_id: uuid.UUID) -> bool:
    """Whether its key is gone."""
    return session.get_one(StoredFile, file_id).destroyed_at is not None


def destroy(session: Session, call: Call, file_id: uuid.UUID, reason: str) -> None:
    """Destroy the key; from the caller's commit on the content is gone. Then call ``erase``.

    A file under legal hold stays, and is destroyed by the first sweep after its release.
    """
    row = session.get_one(StoredFile, file_id, with_for_update=True)
    if row.held_as is not None:
        row.destroy_after = call.now
    elif row.destroyed_at is None:
        row.wrapped_key = None
        row.destroyed_at, row.destroy_reason = call.now, reason
        if row.purpose != "document":  # a document is known again while its link lasts
            row.fingerprint = ""
        audit.record(session, call, "file.destroyed", "file", file_id, reason=reason)


@dataclass(frozen=True, slots=True)
class Destruction:
    """How far the destruction of a file is."""

    file_id: uuid.UUID
    what: str
    destroyed_at: datetime | None
    reason: str | None
    receipt: str | None
    """Signed once the blob is gone too."""
    held: bool
    """A legal hold keeps it: it goes once that is released."""


def destruction(session: Session, file_id: uuid.UUID) -> Destruction:
    """How far the destruction of a file is, and its receipt."""
    row = session.get_one(StoredFile, file_id)
    return Destruction(
        file_id=file_id,
        what=row.purpose,
        destroyed_at=row.destroyed_at,
        reason=row.destroy_reason,
        receipt=row.receipt,
        held=row.held_as is not None,
    )


def forget_fingerprint(session: Session, file_id: uuid.UUID) -> None:
    """Forget by what a destroyed file would be recognised again; a held one stays known."""
    row = session.get_one(StoredFile, file_id, with_for_update=True)
    if row.destroyed_at is not None:
        row.fingerprint = ""


def hold(session: Session, call: Call, file_id: uuid.UUID, reference: str | None) -> None:
    """Keep a file whatever its dates say, as ``reference`` asks for; None releases it."""
    row = session.get_one(StoredFile, file_id, with_for_update=True)
    if row.destroyed_at is None and row.held_as != reference:
        row.held_as = reference
        action = "file.held" if reference else "file.released"
        audit.record(session, call, action, "file", file_id, reason=reference)


def erase(call: Call) -> int:
    """Remove the blobs whose keys are gone and sign their receipts; how many. Never raises."""
    waiting = sa.and_(StoredFile.destroyed_at.is_not(None), StoredFile.receipt.is_(None))
    with call.db.read() as session:
        some = sa.select(StoredFile.id).where(waiting).limit(call.settings.sweep_rows)
        ids = list(session.scalars(some))
    return sum(_erase(call, file_id) for file_id in ids)


def erase_these(call: Call, file_ids: Iterable[uuid.UUID]) -> None:
    """The same for these files only, whatever else waits."""
    for file_id in file_ids:
        _erase(call, file_id)


def _erase(call: Call, file_id: uuid.UUID) -> bool:
    with call.db.write() as session:
        row = session.get_one(StoredFile, file_id, with_for_update=True)
        if row.receipt is not None or row.destroyed_at is None:
            return False
        if row.location is not None:
            try:
                call.dependencies.file_store.delete(row.location)
            except upload_errors.StoreFault as fault:
                log.error("erase_failed", file_id=str(file_id), retryable=fault.retryable)
                return False
        row.location, row.receipt = None, _receipt(call, row, row.destroyed_at)
        session.commit()
    return True


def _receipt(call: Call, row: StoredFile, destroyed_at: datetime) -> str:
    key = call.dependencies.vault.receipt_key
    reason = row.destroy_reason or "lapsed"
    return DeletionReceipt.create(key, row.id, row.purpose, destroyed_at, reason).to_json()


def forget_fingerprints(call: Call, which: sa.Select[uuid.UUID]) -> None:
    """Forget by what files would be recognised again."""
    change = sa.update(StoredFile).values(fingerprint="")
    in_batches(call, change, StoredFile.fingerprint != "", StoredFile.id.in_(which))


def fingerprint(call: Call, content: bytes) -> str:
    """Recognises the same bytes again; useless without the index key."""
    return call.dependencies.vault.index("picture", hashlib.sha256(content).hexdigest())


def _place(file_id: uuid.UUID) -> str:
    return f"{PLACE}|{file_id}"


# --- sweep ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did, and what it found that it cannot repair."""

    lapsed: int
    """Files destroyed because their time had come."""
    erased: int
    """Blobs removed whose key was gone."""
    orphans: int
    """Blobs removed that no row speaks of."""
    missing: tuple[uuid.UUID, ...]
    """Rows whose blob is not there: only a backup brings those back."""


def sweep(call: Call) -> Swept:
    """Destroy what lapsed, finish broken destructions, remove orphans, report missing blobs."""
    call = call.as_system()
    with refusing():
        call.dependencies.file_store.sweep(call.now.timestamp())
        lapsed = _destroy_lapsed(call)
        swept = Swept(lapsed, _erase_all(call), _remove_orphans(call), _missing(call))
    for file_id in swept.missing:
        log.error("blob_missing", file_id=str(file_id))
    return swept


def _destroy_lapsed(call: Call) -> int:
    """All of them, a batch at a time: what lapsed must not wait for a quiet day."""
    destroyed = 0
    while (batch := _destroy_batch(call)) > 0:
        destroyed += batch
    return destroyed


def _erase_all(call: Call) -> int:
    """Until a batch leaves something behind: that the store refused, and the next sweep tries."""
    erased = 0
    while (batch := erase(call)) > 0:
        erased += batch
    return erased


def _destroy_batch(call: Call) -> int:
    """Files that a decision holds just now are left to it: the sweep waits for nobody's lock."""
    lapsed = sa.and_(
        StoredFile.destroy_after <= call.now,
        StoredFile.destroyed_at.is_(None),
        StoredFile.held_as.is_(None),
    )
    some = sa.select(StoredFile.id).where(lapsed).limit(call.settings.sweep_rows)
    with call.db.write() as session:
        ids = list(session.scalars(some.with_for_update(skip_locked=True)))
        for file_id in ids:
            destroy(session, call, file_id, "lapsed")
        session.commit()
    return len(ids)


def _remove_orphans(call: Call) -> int:
    """A blob this old without a row belongs to a transaction that never committed."""
    store = call.dependencies.file_store
    before = (call.now - timedelta(seconds=call.settings.orphan_seconds)).timestamp()
    old = [entry.name for entry in store.entries() if entry.stored_at < before]
    orphans = sorted(set(old) - _known(call))
    for name in orphans:
        store.delete(name)
    return len(orphans)


def _known(call: Call) -> set[str]:
    query = sa.select(StoredFile.location).where(StoredFile.location.is_not(None))
    with call.db.read() as session:
        return {name for name in session.scalars(query) if name is not None}


def _missing(call: Call) -> tuple[uuid.UUID, ...]:
    """Rows first, then the store: a blob is there before its row, so no put is mistaken."""
    query = sa.select(StoredFile.id, StoredFile.location).where(StoredFile.destroyed_at.is_(None))
    with call.db.read() as session:
        rows = {location: file_id for file_id, location in session.execute(query)}
    there = {entry.name for entry in call.dependencies.file_store.entries()}
    lost = [file_id for location, file_id in rows.items() if location not in there]
    with call.db.read() as session:
        return tuple(sorted(i for i in lost if not is_destroyed(session, i)))
