"""Documents: uploaded unclaimed, claimed as evidence by one link, destroyed when their time comes.

Slow work (rebuilding a picture, finding a face, asking the registry) is done with no database
session open. Evidence is taken whole or not at all: whatever refuses it leaves the documents
unclaimed and the application where it was.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from biometrics.errors import UndecodableImage
from biometrics.types import Portrait, PortraitQuality
from biometrics.verifier import FaceVerifier
from ecard import audit, files, limits
from ecard.call import Call
from ecard.captures import place
from ecard.documents import policy as rules
from ecard.documents.errors import (
    DocumentClaimed,
    EvidenceIncomplete,
    EvidenceNotExpected,
    EvidenceNotNeeded,
    EvidenceTriesSpent,
    FacePhotoUnusable,
    PortraitNotFound,
    PortraitTooSmall,
    ReferenceLapsed,
    UploadsSpent,
)
from ecard.documents.models import Document, DocumentPage, ReferencePhoto
from ecard.documents.policy import DocumentKind, FaceSource, Standing
from ecard.errors import Busy, Conflict, NotFound, Unavailable
from ecard.family import service as family
from ecard.notices import service as notices
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.policy.service import Policy
from ecard.registry.port import RegistryUnavailable
from ecard.review import service as review
from uploads.retention import RetentionRules
from uploads.sanitising import clean_picture
from uploads.types import DOCUMENT_TYPES, PICTURE_TYPES, CleanPicture, PictureLimits

if TYPE_CHECKING:
    from ecard.family.models import Link

JPEG = "image/jpeg"
UNCLAIMED = timedelta(days=RetentionRules().unclaimed_days)
"""How long an upload waits to be claimed."""
EVIDENCE_STATE = "noticed"
"""The link's state in which its evidence is taken (with the family account given)."""
UPLOADED, SUBMITTED = "document_bytes", "evidence"
SWEEP_BATCH = 200


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document as its holder sees it; the picture itself is not sent back."""

    id: uuid.UUID
    kind: str
    pages: int
    uploaded_at: datetime
    lapses_at: datetime
    """When it is destroyed unless an application claims it before."""


@dataclass(frozen=True, slots=True)
class NeedView:
    """One thing that must be shown, and the sets of documents any of which shows it."""

    name: str
    any_of: list[list[str]]


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """What an application calls for, what it has, and how often it may still be tried."""

    link_id: uuid.UUID
    state: str
    needs: list[NeedView]
    documents: list[str]
    """Kinds of the documents that were claimed."""
    warnings: list[str]
    tries_left: int


# --- uploading --------------------------------------------------------------------------------


def upload(call: Call, kind: str, content: bytes) -> DocumentView:
    """Rebuild and keep one document, unclaimed. Raises UploadsSpent and the refusals of files."""
    document_kind = DocumentKind(kind)
    if len(content) > call.settings.document_bytes:
        raise files.FileTooLarge  # before it counts against the day: the phone can shrink it
    reserved = _reserve_bytes(call, len(content))
    try:
        clean = _rebuilt(call, document_kind, content)
    except (Busy, Unavailable):
        _give_back(call, reserved)
        raise
    with call.db.write() as session:
        document = _keep(session, call, document_kind, clean)
        audit.record(session, call, "document.uploaded", "document", document.id, reason=kind)
        session.commit()
    return _view(document)


def _reserve_bytes(call: Call, size: int) -> uuid.UUID:
    """Count the bytes before they are decoded, so that parallel uploads cannot pass together."""
    window = timedelta(seconds=rules.UPLOAD_WINDOW_SECONDS)
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


def _give_back(call: Call, try_id: uuid.UUID) -> None:
    with call.db.write() as session:
        session.execute(sa.delete(limits.LimitTry).where(limits.LimitTry.id == try_id))
        session.commit()


def _seconds_until(call: Call, moment: datetime) -> int:
    return max(1, int((moment - call.now).total_seconds()) + 1)


def _rebuilt(call: Call, kind: DocumentKind, content: bytes) -> CleanPicture:
    allowed = PICTURE_TYPES if kind is DocumentKind.FACE_PHOTO else DOCUMENT_TYPES
    bounds = PictureLimits(max_bytes=call.settings.document_bytes)
    with files.refusing():
        return clean_picture(content, files.sandbox(), bounds, allowed)


def _keep(session: Session, call: Call, kind: DocumentKind, clean: CleanPicture) -> Document:
    document = Document(
        id=uuid.uuid4(),
        holder_id=call.holder.person_id,
        kind=kind.value,
        pages=len(clean.pages),
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
            destroy_after=document.uploaded_at + UNCLAIMED,
        )
        session.add(
            DocumentPage(id=uuid.uuid4(), document_id=document.id, number=number, file_id=kept.id)
        )
    return document


def _view(document: Document) -> DocumentView:
    return DocumentView(
        id=document.id,
        kind=document.kind,
        pages=document.pages,
        uploaded_at=document.uploaded_at,
        lapses_at=document.uploaded_at + UNCLAIMED,
    )


def list_unclaimed(call: Call, *, cursor: str | None, limit: int) -> Page:
    """The holder's unclaimed documents, newest first."""
    query = sa.select(Document).where(
        Document.holder_id == call.holder.person_id,
        Document.link_id.is_(None),
        Document.removed_at.is_(None),
        Document.uploaded_at > call.now - UNCLAIMED,
    )
    with call.db.read() as session:
        page = read_page(
            session, query, Document.uploaded_at, Document.id, cursor=cursor, limit=limit
        )
    return Page([_view(document) for document in page.items], page.next_cursor)


def remove(call: Call, document_id: uuid.UUID) -> None:
    """Destroy an unclaimed document at once. Raises NotFound, DocumentClaimed."""
    with call.db.write() as session:
        (document,) = _own(session, call, [document_id], lock=True)
        _remove(session, call, document, "requested_by_holder")
        audit.record(session, call, "document.removed", "document", document.id)
        session.commit()
    files.erase(call)


def _own(session: Session, call: Call, ids: Sequence[uuid.UUID], *, lock: bool) -> list[Document]:
    """The holder's unclaimed documents in the order asked for; locked in the order of their ids."""
    query = sa.select(Document).where(Document.id.in_(ids)).order_by(Document.id)
    rows = session.scalars(query.with_for_update() if lock else query)
    found = {row.id: row for row in rows if _is_there(call, row)}
    if len(found) < len(set(ids)):
        raise NotFound
    if any(row.link_id is not None for row in found.values()):
        raise DocumentClaimed
    return [found[document_id] for document_id in ids]


def _is_there(call: Call, row: Document) -> bool:
    lapsed = row.link_id is None and row.uploaded_at + UNCLAIMED <= call.now
    return row.holder_id == call.holder.person_id and row.removed_at is None and not lapsed


def _remove(session: Session, call: Call, document: Document, reason: str) -> None:
    document.removed_at = call.now
    for page in _pages(session, document.id):
        files.destroy(session, call, page.file_id, reason)


def _pages(session: Session, document_id: uuid.UUID) -> list[DocumentPage]:
    query = sa.select(DocumentPage).filter_by(document_id=document_id)
    return list(session.scalars(query.order_by(DocumentPage.number)))


# --- evidence ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Application:
    """What must be known to judge evidence, read before any slow work."""

    link_version: int
    relation: str
    age: int
    policy: Policy
    source: FaceSource
    holder_ref: str
    relative_ref: str
    face_pages: tuple[tuple[uuid.UUID, bytes], ...]
    """Document and page (JPEG) of what may carry the face, the most legible first."""


@dataclass(frozen=True, slots=True)
class _Reference:
    """The picture to compare live faces with, and the document it comes from."""

    document_id: uuid.UUID
    jpeg: bytes
    eye_distance_px: float | None
    warnings: tuple[str, ...] = ()


def requirements(call: Call, link_id: uuid.UUID) -> EvidenceView:
    """What the application calls for, and what it has."""
    with call.db.read() as session:
        link = family.own_link(session, call, link_id)
        if link.relative_id is None or link.relation is None:
            raise EvidenceNotExpected(state=link.state)
        return _evidence_view(session, call, link, ())


def submit(call: Call, link_id: uuid.UUID, document_ids: Sequence[uuid.UUID]) -> EvidenceView:
    """Claim documents as evidence: accepted where the registry confirms it, else a person looks.

    Raises the refusals of this feature; each leaves the documents unclaimed. A try is spent only
    once a place to judge faces is held and the registry has answered.
    """
    document_ids = list(dict.fromkeys(document_ids))  # one named twice is still one
    application = _read_application(call, link_id, document_ids)
    reasons = _ask_registry(call, application)
    with place(call.dependencies.judging, call.settings.judging_wait_seconds):
        _spend_try(call)
        reference = _find_reference(call.dependencies.verifier(), application)
    with call.db.write() as session:
        link = family.own_link(session, call, link_id, lock=True)
        if link.version != application.link_version:
            raise Conflict  # another relative was named meanwhile: what was judged is not of them
        _expect_evidence(call, link)
        _claim(session, call, link, document_ids)
        photo = _keep_reference(session, call, link, application, reference)
        family.evidence_given(session, call, link)
        _go_on(session, call, link, photo, reasons, reference.warnings)
        audit.record(
            session, call, "evidence.submitted", "link", link.id, acting_for=link.relative_id
        )
        session.commit()
        return _evidence_view(session, call, link, reference.warnings)


def _expect_evidence(call: Call, link: Link) -> tuple[uuid.UUID, str]:
    """The relative and the relation of an application whose next step is its evidence."""
    family.still_open(call, link)
    if link.state != EVIDENCE_STATE or link.relative_id is None or link.relation is None:
        raise EvidenceNotExpected(state=link.state)
    return link.relative_id, link.relation


def _read_application(
    call: Call, link_id: uuid.UUID, document_ids: Sequence[uuid.UUID]
) -> _Application:
    with call.db.read() as session:
        link = family.own_link(session, call, link_id)
        relative_id, relation = _expect_evidence(call, link)
        documents = _own(session, call, document_ids, lock=False)
        _refuse_wrong_kinds(session, call, link, documents)
        source = _source(session, call, link)
        holder = persons.particulars(session, call, link.holder_id)
        relative = persons.particulars(session, call, relative_id)
        return _Application(
            link_version=link.version,
            relation=relation,
            age=family.relative_age(session, call, link),
            policy=family.policy_of(session, call, link),
            source=source,
            holder_ref=holder.registry_ref,
            relative_ref=relative.registry_ref,
            face_pages=_face_pages(session, call, documents, source),
        )


def _source(session: Session, call: Call, link: Link) -> FaceSource:
    return rules.face_source(
        age=family.relative_age(session, call, link),
        adult_age=family.policy_of(session, call, link).adult_age,
        guardian_face=link.face_subject == "guardian",
    )


def _needs(session: Session, call: Call, link: Link) -> tuple[rules.Need, ...]:
    return rules.needs(
        relation=link.relation or "",
        age=family.relative_age(session, call, link),
        adult_age=family.policy_of(session, call, link).adult_age,
        source=_source(session, call, link),
    )


def _refuse_wrong_kinds(
    session: Session, call: Call, link: Link, documents: Sequence[Document]
) -> None:
    kinds = [DocumentKind(document.kind) for document in documents]
    findings = rules.examine(_needs(session, call, link), kinds)
    if findings.missing:
        raise EvidenceIncomplete(fields=findings.missing)
    surplus = {kind: ["not_needed"] for kind in findings.not_needed}
    surplus |= {kind: ["repeated"] for kind in findings.repeated}
    if surplus:
        raise EvidenceNotNeeded(fields=surplus)


def _face_pages(
    session: Session, call: Call, documents: Sequence[Document], source: FaceSource
) -> tuple[tuple[uuid.UUID, bytes], ...]:
    order = [kind.value for kind in rules.face_kinds(source)]
    carriers = sorted(
        (document for document in documents if document.kind in order),
        key=lambda document: order.index(document.kind),
    )
    return tuple(
        (document.id, files.read(session, call, page.file_id))
        for document in carriers
        for page in _pages(session, document.id)
    )


def _ask_registry(call: Call, application: _Application) -> tuple[str, ...]:
    """Why a person has to look; empty where the registry confirms what the papers say."""
    registry = call.dependencies.registry
    try:
        known = registry.kinships(application.holder_ref, application.relative_ref)
        portrait = registry.portrait(application.relative_ref)
    except RegistryUnavailable as error:
        raise Unavailable from error
    return rules.reasons_for_a_person(
        relation=application.relation,
        age=application.age,
        adult_age=application.policy.adult_age,
        kinship_confirmed=application.relation in known,
        registry_portrait=portrait is not None,
    )


def _spend_try(call: Call) -> None:
    """Count one try of this holder: a fresh application brings no fresh ones."""
    with call.db.write() as session:
        wait = limits.spend(
            session,
            SUBMITTED,
            call.holder.person_id,
            limit=call.settings.document_tries,
            window_seconds=rules.EVIDENCE_WINDOW_SECONDS,
            now=call.now,
        )
        session.commit()
    if wait is not None:
        raise EvidenceTriesSpent(retry_after=wait, tries_left=0)


def _tries_left(session: Session, call: Call, holder_id: uuid.UUID) -> int:
    since = call.now - timedelta(seconds=rules.EVIDENCE_WINDOW_SECONDS)
    spent = len(limits.tries(session, SUBMITTED, holder_id, since))
    return max(0, call.settings.document_tries - spent)


# --- the reference photo ----------------------------------------------------------------------


def _find_reference(verifier: FaceVerifier, application: _Application) -> _Reference:
    """The picture to compare with. Raises PortraitNotFound, PortraitTooSmall, FacePhotoUnusable."""
    if application.source is FaceSource.FACE_PHOTO:
        return _check_face_photo(verifier, *application.face_pages[0])
    found = []
    for document_id, page in application.face_pages:
        portrait = _portrait(verifier, page)
        if portrait is not None and portrait.quality is PortraitQuality.GOOD:
            return _reference(document_id, portrait)
        if portrait is not None:
            found.append((document_id, portrait))
    if not found:
        raise PortraitNotFound
    document_id, best = max(found, key=lambda item: item[1].eye_distance_px)
    if best.quality is PortraitQuality.REFUSE:
        raise PortraitTooSmall(eye_distance_px=round(best.eye_distance_px))
    return _reference(document_id, best)


def _portrait(verifier: FaceVerifier, page: bytes) -> Portrait | None:
    try:
        return verifier.find_portrait(page)
    except UndecodableImage as error:
        raise files.PictureUnreadable from error


def _reference(document_id: uuid.UUID, portrait: Portrait) -> _Reference:
    small = portrait.quality is PortraitQuality.WARN
    warnings = ("portrait_small",) if small else ()
    return _Reference(document_id, portrait.jpeg, portrait.eye_distance_px, warnings)


def _check_face_photo(verifier: FaceVerifier, document_id: uuid.UUID, photo: bytes) -> _Reference:
    try:
        check = verifier.check_reference(photo)
    except UndecodableImage as error:
        raise files.PictureUnreadable from error
    if not check.usable:
        reason = check.reason.value if check.reason else "no_face"
        raise FacePhotoUnusable(fields={"face_photo": [reason]}, reason=reason)
    return _Reference(document_id, photo, check.eye_distance_px)


def _keep_reference(
    session: Session,
    call: Call,
    link: Link,
    application: _Application,
    reference: _Reference,
) -> ReferencePhoto:
    policy, source = application.policy, application.source
    months = rules.reference_months(
        source,
        application.age,
        portrait=policy.portrait_months,
        child=policy.reference_months_child,
        small_child=policy.reference_months_small_child,
    )
    kept = files.put(
        session,
        call,
        owner_id=link.holder_id,
        purpose="reference_photo",
        media_type=JPEG,
        content=reference.jpeg,
        destroy_after=_first_date(call, link),
    )
    photo = ReferencePhoto(
        id=uuid.uuid4(),
        link_id=link.id,
        subject="guardian" if source is FaceSource.GUARDIAN_PORTRAIT else "relative",
        source="face_photo" if source is FaceSource.FACE_PHOTO else "portrait",
        document_id=reference.document_id,
        file_id=kept.id,
        eye_distance_px=reference.eye_distance_px,
        created_at=call.now,
        lapses_at=rules.add_months(call.now, months),
    )
    session.add(photo)
    session.flush()
    return photo


def _first_date(call: Call, link: Link) -> datetime:
    return rules.document_lapses(
        Standing.UNDER_WAY,
        now=call.now,
        application_lapses=link.lapses_at,
        settled_at=None,
        decided_days=0,
    )


# --- claiming and going on --------------------------------------------------------------------


def _claim(session: Session, call: Call, link: Link, document_ids: Sequence[uuid.UUID]) -> None:
    documents = _own(session, call, document_ids, lock=True)
    _refuse_wrong_kinds(session, call, link, documents)
    for document in documents:
        document.link_id, document.claimed_at = link.id, call.now
        for page in _pages(session, document.id):
            files.keep_until(session, page.file_id, _first_date(call, link))
    session.flush()


def _go_on(
    session: Session,
    call: Call,
    link: Link,
    photo: ReferencePhoto,
    reasons: tuple[str, ...],
    warnings: tuple[str, ...],
) -> None:
    if not reasons:
        family.evidence_accepted(session, call, link, "evidence_confirmed")
        return
    review.open_case(
        session,
        call,
        link,
        kind="evidence",
        reasons=[*reasons, *warnings],
        facts={"eye_distance_px": round(photo.eye_distance_px or 0)},
        files=case_files(session, link.id),
    )


def _evidence_view(
    session: Session, call: Call, link: Link, warnings: Sequence[str]
) -> EvidenceView:
    claimed = sa.select(Document.kind).filter_by(link_id=link.id).order_by(Document.kind)
    return EvidenceView(
        link_id=link.id,
        state=link.state,
        needs=[
            NeedView(need.name, [sorted(way) for way in need.any_of])
            for need in _needs(session, call, link)
        ],
        documents=list(session.scalars(claimed)),
        warnings=list(warnings),
        tries_left=_tries_left(session, call, link.holder_id),
    )


# --- for other features -----------------------------------------------------------------------


def case_files(session: Session, link_id: uuid.UUID) -> list[tuple[str, uuid.UUID]]:
    """What a reviewer of this link looks at: (role, file) of reference photo and document pages.

    The role of a page is the document's kind. What was destroyed is left out.
    """
    photos = (
        sa.select(ReferencePhoto).filter_by(link_id=link_id).order_by(ReferencePhoto.created_at)
    )
    found = [("reference_photo", photo.file_id) for photo in session.scalars(photos)]
    documents = sa.select(Document).filter_by(link_id=link_id).order_by(Document.kind, Document.id)
    for document in session.scalars(documents):
        found += [(document.kind, page.file_id) for page in _pages(session, document.id)]
    return [(role, file_id) for role, file_id in found if not files.is_destroyed(session, file_id)]


def reference(session: Session, call: Call, link: Link) -> tuple[ReferencePhoto, bytes]:
    """The link's reference photo and its JPEG. Raises ReferenceLapsed when there is none now."""
    query = sa.select(ReferencePhoto).filter_by(link_id=link.id)
    photo = session.scalar(query.order_by(ReferencePhoto.created_at.desc()).limit(1))
    if photo is None or photo.lapses_at <= call.now:
        raise ReferenceLapsed
    try:
        return photo, files.read(session, call, photo.file_id)
    except files.FileDestroyed as gone:
        raise ReferenceLapsed from gone


def note_registry_match(session: Session, photo_id: uuid.UUID, outcome: str) -> None:
    """Keep how the photo compared with the registry's portrait: match, no_match or unusable."""
    session.get_one(ReferencePhoto, photo_id, with_for_update=True).registry_match = outcome


# --- sweep ------------------------------------------------------------------------------------


def sweep(call: Call) -> int:
    """Destroy unclaimed and lapsed documents and photos; returns how many. Run before files'."""
    call = call.as_system()
    removed = 0
    while (batch := _sweep_unclaimed(call)) > 0:
        removed += batch
    with call.db.read() as session:
        claimed = sa.select(Document.link_id).where(Document.removed_at.is_(None)).distinct()
        photos = sa.select(ReferencePhoto.link_id).join(
            files.StoredFile, files.StoredFile.id == ReferencePhoto.file_id
        )
        alive = photos.where(files.StoredFile.destroyed_at.is_(None)).distinct()
        links = {*session.scalars(claimed), *session.scalars(alive)} - {None}
    for link_id in sorted(link_id for link_id in links if link_id is not None):
        removed += _sweep_link(call, link_id)
    files.erase(call)
    return removed


def _sweep_unclaimed(call: Call) -> int:
    with call.db.write() as session:
        query = sa.select(Document).where(
            Document.link_id.is_(None),
            Document.removed_at.is_(None),
            Document.uploaded_at <= call.now - UNCLAIMED,
        )
        lapsed = list(session.scalars(query.limit(SWEEP_BATCH).with_for_update()))
        for document in lapsed:
            _remove(session, call, document, "unclaimed")
            audit.record(
                session, call, "document.removed", "document", document.id, reason="unclaimed"
            )
        session.commit()
    return len(lapsed)


def _sweep_link(call: Call, link_id: uuid.UUID) -> int:
    """Set the dates that follow from how far the application is, and remove what is past them."""
    with call.db.write() as session:
        link = family.lock_link(session, link_id)
        pending = review.is_pending(session, link_id)
        how_far = rules.standing(link.state, case_pending=pending)
        removed = sum(
            _settle(session, call, link, document, how_far)
            for document in session.scalars(
                sa.select(Document).where(
                    Document.link_id == link_id, Document.removed_at.is_(None)
                )
            )
        )
        removed += _settle_photos(session, call, link)
        session.commit()
    return removed


def _settle(
    session: Session, call: Call, link: Link, document: Document, how_far: Standing
) -> bool:
    if how_far is Standing.UNDER_WAY:
        document.settled_at = None
    else:
        document.settled_at = document.settled_at or call.now
    until = rules.document_lapses(
        how_far,
        now=call.now,
        application_lapses=link.lapses_at,
        settled_at=document.settled_at,
        decided_days=family.policy_of(session, call, link).decided_document_days,
    )
    for page in _pages(session, document.id):
        files.keep_until(session, page.file_id, until)
    if until > call.now:
        return False
    _remove(session, call, document, "lapsed")
    audit.record(session, call, "document.removed", "document", document.id, reason="lapsed")
    return True


def _settle_photos(session: Session, call: Call, link: Link) -> int:
    """Kept by its own consent until it lapses or the link ends; without it, with the document."""
    consent = notices.consent(session, link.id, "portrait_kept")
    kept = consent is not None and consent.decision == "given"
    removed = 0
    for photo in session.scalars(sa.select(ReferencePhoto).filter_by(link_id=link.id)):
        if files.is_destroyed(session, photo.file_id):
            continue
        until = _photo_until(session, call, link, photo, kept=kept)
        files.keep_until(session, photo.file_id, until)
        if until <= call.now:
            files.destroy(session, call, photo.file_id, "lapsed")
            removed += 1
    return removed


def _photo_until(
    session: Session, call: Call, link: Link, photo: ReferencePhoto, *, kept: bool
) -> datetime:
    if link.state == "ended" or photo.lapses_at <= call.now:
        return call.now
    if kept and link.state in rules.STANDING_STATES:
        return photo.lapses_at
    document = session.get_one(Document, photo.document_id)
    pages = [files.kept_until(session, page.file_id) for page in _pages(session, document.id)]
    dates = [moment for moment in pages if moment is not None]
    gone = document.removed_at is not None
    return call.now if gone or not dates else min(photo.lapses_at, *dates)
