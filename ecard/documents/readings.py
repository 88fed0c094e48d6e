"""What documents say: read when their holder asks, or at the latest with the evidence; kept sealed
until the application claims them, as marks afterwards.

Reading takes seconds, so no upload waits for it and no database session is open meanwhile. Where
no reader is joined nothing is read, and people look at what the registry does not confirm.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from ecard import files
from ecard.call import Call
from ecard.documents import marks
from ecard.documents.checking import Shown
from ecard.documents.models import Document, DocumentReading
from ecard.documents.policy import DocumentKind
from ecard.documents.uploading import own_document, own_unclaimed, pages_of
from ecard.errors import Busy
from ecard.family import service as family
from ecard.locale import sentence
from uploads.documents.pages import PageReader, turned_page
from uploads.documents.reading import Reading, read_page
from uploads.documents.types import DocumentFormat, Field, FieldName, Status
from uploads.errors import ReadingFault, SandboxBusy, UploadRefused

log = structlog.get_logger()

PLACE = "document_readings.said"
CHECKED_KINDS = frozenset(
    {
        DocumentKind.ID_CARD_FRONT,
        DocumentKind.ID_CARD_BACK,
        DocumentKind.PASSPORT,
        DocumentKind.GUARDIAN_ID_FRONT,
        DocumentKind.GUARDIAN_ID_BACK,
        DocumentKind.GUARDIAN_PASSPORT,
    }
)
"""Kinds of which a machine knows what they should say; the rest is read for a person's eyes."""
FOR_A_PERSON = "for_a_person"


@dataclass(frozen=True, slots=True)
class HintView:
    """One thing that could be better in a picture."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadingView:
    """How far a document is, for its holder. What it says is not sent back."""

    id: uuid.UUID
    kind: str
    status: str
    """Unclaimed: waiting, read, for_a_person or unread; claimed: with_a_person, accepted,
    refused or given_up, as its application is."""
    format: str | None
    read_fields: list[str]
    """Names of what could be read."""
    hints: list[HintView]


def look_at(call: Call, document_id: uuid.UUID) -> ReadingView:
    """How far one of the holder's documents is, while it is kept. Raises NotFound."""
    with call.db.read() as session:
        return _view(session, call, own_document(session, call, document_id))


def read_now(call: Call, document_id: uuid.UUID) -> ReadingView:
    """Read one document, unless it was; raises NotFound, DocumentClaimed, Busy."""
    _ensure_read(call, [document_id], most=1)
    return look_at(call, document_id)


def read_evidence(call: Call, ids: Sequence[uuid.UUID]) -> None:
    """Read what a machine checks, then some of the papers for a person's eyes, which nobody waits
    for where every reader is at work; raises Busy for the former."""
    with call.db.read() as session:
        rows = own_unclaimed(session, call, ids, lock=False)
        checked = [row.id for row in rows if row.kind in CHECKED_KINDS]
        papers = [row.id for row in rows if row.kind not in CHECKED_KINDS]
    _ensure_read(call, checked, most=len(checked))
    with suppress(Busy):
        _ensure_read(call, papers, most=call.settings.papers_read_max)


def _ensure_read(call: Call, ids: Sequence[uuid.UUID], *, most: int) -> None:
    """Read those of the documents that were not; raises Busy where every reader is at work."""
    reader = call.dependencies.reader
    if reader is None:
        return
    with call.db.read() as session:
        rows = own_unclaimed(session, call, ids, lock=False)
        wanted = [row for row in rows if _is_to_be_read(session, row)][:most]
        pages = [(row.id, _first_page(session, call, row)) for row in wanted]
    for document_id, page in pages:
        _keep(call, document_id, _read(call, reader, page))


def _is_to_be_read(session: Session, row: Document) -> bool:
    unread = session.get(DocumentReading, row.id) is None
    return unread and row.kind != DocumentKind.FACE_PHOTO


def _first_page(session: Session, call: Call, row: Document) -> bytes:
    """What is read here stands on the first page; the others are for a person."""
    return files.read(session, call, pages_of(session, row.id)[0].file_id)


def _read(call: Call, reader: PageReader, page: bytes) -> Reading | None:
    try:
        return read_page(reader.read(page), call.now.date())
    except SandboxBusy as busy:
        raise Busy(retry_after=busy.retry_after_seconds) from busy
    except ReadingFault:
        log.error("reading_failed")
        return None  # it would fail again: a person will look at it
    except UploadRefused:
        return None  # it took too much time or memory: a person will look at it


def _keep(call: Call, document_id: uuid.UUID, reading: Reading | None) -> None:
    with call.db.write() as session:
        (document,) = own_unclaimed(session, call, [document_id], lock=True)
        if session.get(DocumentReading, document.id) is None:
            session.add(_row(session, call, document, reading))
            marks.note_numbers(session, call, document, reading.fields if reading else ())
        session.commit()


def _row(
    session: Session, call: Call, document: Document, reading: Reading | None
) -> DocumentReading:
    vault = call.dependencies.vault
    fields = reading.fields if reading else ()
    said = {
        "fields": [asdict(one) for one in fields],
        "cut_off": bool(reading and reading.zone and reading.zone.truncated),
        "lines": list(reading.text) if reading and document.kind not in CHECKED_KINDS else [],
        "several": bool(reading and reading.several),
        "barcodes": [one.kind for one in reading.barcodes] if reading else [],
    }
    return DocumentReading(
        document_id=document.id,
        read_at=call.now,
        format=reading.format if reading else None,
        turned=reading.turned if reading else 0,
        hints=[hint.value for hint in reading.hints] if reading else [],
        said=vault.seal(session, document.holder_id, PLACE, document.id, json.dumps(said)),
    )


# --- what was read -------------------------------------------------------------------------------


def shown(session: Session, call: Call, documents: Iterable[Document]) -> list[Shown]:
    """What those of the documents say that were read."""
    found = [(one, session.get(DocumentReading, one.id)) for one in documents]
    return [_shown(session, call, one, row) for one, row in found if row is not None and row.said]


def _shown(session: Session, call: Call, document: Document, row: DocumentReading) -> Shown:
    said = json.loads(
        call.dependencies.vault.open(
            session, document.holder_id, PLACE, document.id, row.said or b""
        )
    )
    fields = [
        Field(**{**one, "name": FieldName(one["name"]), "status": Status(one["status"])})
        for one in said["fields"]
    ]
    return Shown(
        kind=document.kind,
        format=DocumentFormat(row.format) if row.format else None,
        fields=tuple(fields),
        cut_off=said["cut_off"],
        lines=tuple(said["lines"]),
        barcodes=tuple(said.get("barcodes", ())),
        several=said.get("several", False),
    )


def upright(
    call: Call, pages: Sequence[tuple[uuid.UUID, bytes]]
) -> tuple[tuple[uuid.UUID, bytes], ...]:
    """Pages of documents as their text lies: a face is looked for the way up that it is printed."""
    with call.db.read() as session:
        rows = {one: session.get(DocumentReading, one) for one, _ in pages}
        turned = {one: row.turned for one, row in rows.items() if row is not None}
    return tuple((one, turned_page(page, turned.get(one, 0))) for one, page in pages)


def settle(session: Session, document: Document, person_id: uuid.UUID) -> None:
    """Of a claimed document only marks stay, with the person whom it is about."""
    change = sa.update(DocumentReading).filter_by(document_id=document.id)
    session.execute(change.values(said=None))
    marks.settle(session, document, person_id)


# --- for the holder ------------------------------------------------------------------------------


def _view(session: Session, call: Call, document: Document) -> ReadingView:
    row = session.get(DocumentReading, document.id)
    fields = _shown(session, call, document, row).fields if row and row.said else ()
    return ReadingView(
        id=document.id,
        kind=document.kind,
        status=_decided(session, call, document) or _status(call, document, row),
        format=row.format if row else None,
        read_fields=sorted({one.name.value for one in fields if one.status is not Status.UNREAD}),
        hints=[
            HintView(hint, sentence(f"hint_{hint}", call.language))
            for hint in (row.hints if row else [])
        ],
    )


def _decided(session: Session, call: Call, document: Document) -> str | None:
    """What became of the evidence that a claimed document belongs to."""
    if document.link_id is None:
        return None
    link = family.own_link(session, call, document.link_id)
    return WITHOUT_EVIDENCE.get(family.view(session, call, link).state, "accepted")


WITHOUT_EVIDENCE = {
    "submitted": "with_a_person",
    "in_review": "with_a_person",
    "rejected": "refused",
    "withdrawn": "given_up",
    "expired": "given_up",
}
"""States of a link in which its evidence is not, or not yet, accepted."""


def _status(call: Call, document: Document, row: DocumentReading | None) -> str:
    is_checked = document.kind in CHECKED_KINDS and call.dependencies.reader is not None
    if row is None:
        return "waiting" if is_checked else FOR_A_PERSON
    if row.format is None:
        return "unread" if is_checked else FOR_A_PERSON
    return "read"
