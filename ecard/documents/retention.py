"""How long documents and reference photos are kept: dates set, and what is past them destroyed."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files, limits
from ecard.call import Call
from ecard.documents import policy as rules
from ecard.documents import resuming, tried
from ecard.documents.models import (
    Document,
    DocumentMark,
    DocumentPage,
    DocumentReading,
    ReferencePhoto,
)
from ecard.documents.policy import Standing
from ecard.documents.references import shown_person
from ecard.documents.uploading import destroy_pages, pages_of, unclaimed_life
from ecard.family import service as family
from ecard.messages import service as messages
from ecard.notices import service as notices
from ecard.persons import service as persons
from ecard.review import service as review
from ecard.sweeping import in_batches

if TYPE_CHECKING:
    from ecard.family.models import Link


SWEEP_BATCH = 200
MONTH_SECONDS = 31 * 24 * 3600
"""Longer than a reminder comes before; a counted one is kept as long (`tries_kept_days`)."""


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
    removed += resuming.sweep(call)
    tried.sweep(call)
    for link_id in sorted(link_id for link_id in links if link_id is not None):
        removed += _sweep_link(call, link_id)
    files.erase(call)
    _forget_marks(call)
    return removed


def _sweep_unclaimed(call: Call) -> int:
    with call.db.write() as session:
        query = sa.select(Document).where(
            Document.link_id.is_(None),
            Document.removed_at.is_(None),
            Document.uploaded_at <= call.now - unclaimed_life(call),
        )
        lapsed = list(session.scalars(query.limit(SWEEP_BATCH).with_for_update(skip_locked=True)))
        for document in lapsed:
            destroy_pages(session, call, document, "unclaimed")
            audit.record(
                session, call, "document.removed", "document", document.id, reason="unclaimed"
            )
        session.commit()
    return len(lapsed)


def _sweep_link(call: Call, link_id: uuid.UUID) -> int:
    with call.db.write() as session:
        link = family.lock_link(session, link_id)
        removed = settle(session, call, link)
        _remind(session, call, link)
        session.commit()
    return removed


def settle(session: Session, call: Call, link: Link) -> int:
    """Set the dates that follow from how far the application on a locked link is, and destroy what
    is past them; returns how many. Not committed; then call ``files.erase``."""
    pending = review.is_pending(session, link.id)
    how_far = rules.standing(link.state, case_pending=pending)
    claimed = sa.select(Document).where(Document.link_id == link.id, Document.removed_at.is_(None))
    removed = sum(
        _settle_one(session, call, link, document, how_far) for document in session.scalars(claimed)
    )
    return removed + _settle_photos(session, call, link)


def _forget_marks(call: Call) -> None:
    """What recognises a document again goes when its link has been over for a while, and at once
    where none claimed it; while pages are there (a legal hold) it stays."""
    of_no_link = Document.link_id.is_(None) | Document.link_id.in_(family.long_over(call))
    gone = sa.select(Document.id).where(Document.removed_at.is_not(None), of_no_link)
    in_batches(call, sa.delete(DocumentMark), DocumentMark.document_id.in_(gone))
    in_batches(call, sa.delete(DocumentReading), DocumentReading.document_id.in_(gone))
    pages = sa.select(DocumentPage.file_id).where(DocumentPage.document_id.in_(gone))
    files.forget_fingerprints(call, pages)


def _settle_one(
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
        review_until=review.undecided_until(session, call, link),
    )
    for page in pages_of(session, document.id):
        files.keep_until(session, page.file_id, until)
    if until > call.now:
        return False
    destroy_pages(session, call, document, "lapsed")
    audit.record(session, call, "document.removed", "document", document.id, reason="lapsed")
    return True


def _settle_photos(session: Session, call: Call, link: Link) -> int:
    """Kept by its own consent until it lapses or the link ends; without it, with the document."""
    consent = notices.consent(session, link.id, notices.PORTRAIT_KEPT)
    agreed = consent.person_id if consent is not None and consent.decision == "given" else None
    removed = 0
    for photo in session.scalars(sa.select(ReferencePhoto).filter_by(link_id=link.id)):
        if files.is_destroyed(session, photo.file_id):
            continue
        shown = shown_person(link, guardian=photo.subject == "guardian")
        until = _photo_until(session, call, link, photo, kept=agreed == shown)
        files.keep_until(session, photo.file_id, until)
        if until <= call.now:
            files.destroy(session, call, photo.file_id, "lapsed")
            removed += 1
    return removed


def _remind(session: Session, call: Call, link: Link) -> None:
    """Tell both sides once, some days before, that the kept photo lapses."""
    soon = call.now + timedelta(days=call.settings.reference_reminder_days)
    lapsing = sa.select(ReferencePhoto).filter_by(link_id=link.id)
    for photo in session.scalars(lapsing.where(ReferencePhoto.lapses_at <= soon)):
        if link.state != "active" or files.is_destroyed(session, photo.file_id):
            continue
        if limits.spend(
            session, "reference_lapses", photo.id,
            limit=1, window_seconds=MONTH_SECONDS, now=call.now,
        ):  # fmt: skip
            continue
        shown = persons.particulars(session, call, shown_person(link, guardian=False))
        for side in (link.holder_id, shown.person_id):
            messages.notify(
                session, call, side, "reference_lapses", name=shown.name, until=photo.lapses_at
            )


def _photo_until(
    session: Session, call: Call, link: Link, photo: ReferencePhoto, *, kept: bool
) -> datetime:
    if link.state == "ended" or photo.lapses_at <= call.now:
        return call.now
    if kept and link.state in rules.STANDING_STATES:
        return photo.lapses_at
    if photo.document_id is None:
        return call.now
    document = session.get_one(Document, photo.document_id)
    pages = [files.kept_until(session, page.file_id) for page in pages_of(session, document.id)]
    dates = [moment for moment in pages if moment is not None]
    gone = document.removed_at is not None
    return call.now if gone or not dates else min(photo.lapses_at, *dates)
