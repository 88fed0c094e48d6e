"""Evidence: documents claimed by one application, whole or not at all.

Slow work (finding a face, asking the registry) is done with no database session open. Whatever
refuses evidence leaves the documents unclaimed and the application where it was.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from biometrics.errors import BiometricsError
from ecard import audit, files, limits
from ecard.call import Call
from ecard.captures import place
from ecard.documents import examining, marks, readings
from ecard.documents import policy as rules
from ecard.documents.errors import (
    EvidenceIncomplete,
    EvidenceNotExpected,
    EvidenceNotNeeded,
    EvidenceTriesSpent,
)
from ecard.documents.models import Document, ReferencePhoto
from ecard.documents.policy import DocumentKind, FaceSource
from ecard.documents.references import (
    Application,
    Found,
    find_reference,
    first_date,
    keep_reference,
    shown_person,
)
from ecard.documents.uploading import SUBMITTED, own_unclaimed, pages_of, unclaimed
from ecard.errors import Conflict, InvalidInput, Unavailable
from ecard.family import service as family
from ecard.persons import service as persons
from ecard.registry.port import RegistryUnavailable
from ecard.review import service as review

if TYPE_CHECKING:
    from ecard.family.models import Link


WARNINGS = frozenset({"portrait_small"})
"""What a reviewer is told, but is no reason to need one."""
EVIDENCE_STATE = "noticed"
"""The link's state in which its evidence is taken (with the family account given)."""


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
    missing: dict[str, list[str]]
    """Need → for each way to meet it what is neither claimed nor uploaded yet."""
    documents: list[str]
    """Kinds of the documents that were claimed."""
    warnings: list[str]
    tries_left: int


def requirements(call: Call, link_id: uuid.UUID) -> EvidenceView:
    """What the application calls for, and what it has."""
    with call.db.read() as session:
        link = family.own_link(session, call, link_id)
        if link.relative_id is None or link.relation is None:
            raise EvidenceNotExpected(state=link.state)
        return _evidence_view(session, call, link, ())


def submit(
    call: Call,
    link_id: uuid.UUID,
    document_ids: Sequence[uuid.UUID],
    *,
    ask_person: bool = False,
) -> EvidenceView:
    """Claim documents as evidence: accepted where the registry confirms it, else a person looks.

    Raises the refusals of this feature; each leaves the documents unclaimed. A try is spent only
    once the documents are read, a place to judge faces is held and the registry has answered.
    ``ask_person``: what does not agree goes to a person and is not refused.
    """
    document_ids = list(dict.fromkeys(document_ids))  # one named twice is still one
    if len(document_ids) > call.settings.documents_max:
        raise InvalidInput(fields={"document_ids": ["too_many"]})
    application = _read_application(call, link_id, document_ids)
    family.refuse_unless_standing(call, link_id)
    readings.read_evidence(call, document_ids)
    face_pages = readings.upright(call, application.face_pages)
    application = replace(application, face_pages=face_pages)
    examined = examining.examine(call, link_id, document_ids)
    reasons = _ask_registry(call, application, examined) + examined.reasons
    with place(call.dependencies.judging, call.settings.judging_wait_seconds):
        spent = _spend_try(call)
        examining.refuse(examined, ask_person=ask_person)
        reference = _find_reference(call, application, spent)
    with _costs_nothing_unkept(call, spent), call.db.write() as session:
        link = family.own_link(session, call, link_id, lock=True)
        if link.version != application.link_version:
            raise Conflict  # another relative was named meanwhile: what was judged is not of them
        _expect_evidence(session, call, link)
        _claim(session, call, link, document_ids)
        photo = keep_reference(session, call, link, application, reference)
        family.evidence_given(session, call, link)
        facts = {"between_eyes_px": round(photo.eye_distance_px or 0), "read": examined.named}
        _go_on(session, call, link, facts, (*reasons, *reference.warnings))
        audit.record(
            session, call, "evidence.submitted", "link", link.id, acting_for=link.relative_id
        )
        session.commit()
        return _evidence_view(session, call, link, reference.warnings)


def _expect_evidence(session: Session, call: Call, link: Link) -> tuple[uuid.UUID, str]:
    """The relative and the relation of an application whose next step is its evidence."""
    family.still_open(session, call, link)
    if link.state != EVIDENCE_STATE or link.relative_id is None or link.relation is None:
        raise EvidenceNotExpected(state=link.state)
    return link.relative_id, link.relation


def _read_application(
    call: Call, link_id: uuid.UUID, document_ids: Sequence[uuid.UUID]
) -> Application:
    with call.db.read() as session:
        link = family.own_link(session, call, link_id)
        relative_id, relation = _expect_evidence(session, call, link)
        documents = own_unclaimed(session, call, document_ids, lock=False)
        _refuse_wrong_kinds(session, call, link, documents)
        source = _source(session, call, link)
        holder = persons.particulars(session, call, link.holder_id)
        relative = persons.particulars(session, call, relative_id)
        return Application(
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
        for page in pages_of(session, document.id)
    )


# --- the registry and the tries ---------------------------------------------------------------


def _ask_registry(
    call: Call, application: Application, examined: examining.Examined
) -> tuple[str, ...]:
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
        read_and_agreed=examined.agreed
        and rules.reading_suffices(
            application.policy.read_documents_suffice, number_read=examined.number_read
        ),
    )


def _find_reference(call: Call, application: Application, spent: uuid.UUID) -> Found:
    """As `find_reference`; an engine that fails is our outage, and the try goes back."""
    try:
        return find_reference(call.dependencies.verifier(), application)
    except BiometricsError as error:
        _give_back(call, spent, error)
        raise Unavailable from error


@contextmanager
def _costs_nothing_unkept(call: Call, spent: uuid.UUID) -> Iterator[None]:
    """What was good enough and still could not be kept costs no try, where that is our fault."""
    try:
        yield
    except SQLAlchemyError as error:
        _give_back(call, spent, error)
        raise


def _give_back(call: Call, spent: uuid.UUID, after: Exception) -> None:
    call.dependencies.owed.write(partial(limits.return_tries, call.db, spent), after=after)


def _spend_try(call: Call) -> uuid.UUID:
    """Count one try of this holder, and name it: a fresh application brings no fresh ones."""
    spent = uuid.uuid4()
    with call.db.write() as session:
        wait = limits.spend(
            session,
            SUBMITTED,
            call.holder.person_id,
            limit=call.settings.document_tries,
            window_seconds=call.settings.document_tries_window_seconds,
            now=call.now,
            try_id=spent,
        )
        session.commit()
    if wait is not None:
        raise EvidenceTriesSpent(retry_after=wait, tries_left=0)
    return spent


def _tries_left(session: Session, call: Call, holder_id: uuid.UUID) -> int:
    since = call.now - timedelta(seconds=call.settings.document_tries_window_seconds)
    spent = len(limits.tries(session, SUBMITTED, holder_id, since))
    return max(0, call.settings.document_tries - spent)


# --- claiming and going on --------------------------------------------------------------------


def _claim(session: Session, call: Call, link: Link, document_ids: Sequence[uuid.UUID]) -> None:
    documents = own_unclaimed(session, call, document_ids, lock=True)
    _refuse_wrong_kinds(session, call, link, documents)
    for document in documents:
        claim(session, call, link, document)


def claim(session: Session, call: Call, link: Link, document: Document) -> None:
    """Tie a locked document to a link: its pages go under the key of whom it is about."""
    document.link_id, document.claimed_at = link.id, call.now
    shown = shown_person(link, guardian=rules.shows_guardian(DocumentKind(document.kind)))
    for page in pages_of(session, document.id):
        files.hand_over(session, call, page.file_id, shown)
        files.keep_until(session, page.file_id, first_date(call, link))
    readings.settle(session, document, shown)
    session.flush()


def _reused(session: Session, link: Link) -> tuple[str, ...]:
    """What flags documents that were somebody else's before; never named to the holder."""
    claimed = session.scalars(sa.select(Document).filter_by(link_id=link.id))
    return tuple(sorted({flag for one in claimed for flag in marks.reused(session, one)}))


def _go_on(
    session: Session,
    call: Call,
    link: Link,
    facts: dict[str, Any],
    reasons: tuple[str, ...],
) -> None:
    reasons += _reused(session, link)
    if not set(reasons) - WARNINGS:
        family.evidence_accepted(session, call, link, "evidence_confirmed")
        return
    review.open_case(
        session,
        call,
        link,
        kind="evidence",
        reasons=reasons,
        facts=facts,
        files=case_files(session, link.id),
    )


def _evidence_view(
    session: Session, call: Call, link: Link, warnings: Sequence[str]
) -> EvidenceView:
    claimed = sa.select(Document.kind).filter_by(link_id=link.id).order_by(Document.kind)
    needs, documents = _needs(session, call, link), list(session.scalars(claimed))
    there = [*documents, *session.scalars(unclaimed(call).with_only_columns(Document.kind))]
    return EvidenceView(
        link_id=link.id,
        state=link.state,
        needs=[NeedView(need.name, [sorted(way) for way in need.any_of]) for need in needs],
        missing=rules.examine(needs, map(DocumentKind, there)).missing,
        documents=documents,
        warnings=list(warnings),
        tries_left=_tries_left(session, call, link.holder_id),
    )


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
        found += [(document.kind, page.file_id) for page in pages_of(session, document.id)]
    return [(role, file_id) for role, file_id in found if not files.is_destroyed(session, file_id)]
