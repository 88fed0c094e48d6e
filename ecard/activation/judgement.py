"""The relative's capture: reserve the try, judge it with no database session open, settle it.

What costs a person nothing is refused before the try is reserved; what breaks on our side gives it
back; a process that dies in the middle leaves it spent. Frames stay in memory, but for those of a
case that a person has to decide.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from biometrics.errors import BiometricsError, ReferenceUnusable, UndecodableImage
from biometrics.types import Outcome, Verification
from ecard import audit, captures, files
from ecard.activation import policy as rules
from ecard.activation import sessions
from ecard.activation.errors import (
    AcceptanceMissing,
    CaptureInProgress,
    CaptureResent,
    CaptureSessionEnded,
    ConsentMissing,
    FaceDeclined,
    FaceRouteClosed,
    TooManyMismatches,
)
from ecard.activation.facts import Facts, facts
from ecard.activation.frames import without_metadata
from ecard.activation.models import Attempt, CaptureSession
from ecard.call import Call
from ecard.documents import service as documents
from ecard.errors import Refusal, Unavailable
from ecard.family import service as family
from ecard.family.errors import IllegalMove
from ecard.persons import service as persons
from ecard.registry.port import RegistryUnavailable
from ecard.review import service as review

if TYPE_CHECKING:
    from ecard.family.models import Link

AWAITING_FACE = "awaiting_face"
JPEG = "image/jpeg"


@dataclass(frozen=True, slots=True)
class CaptureAnswer:
    """What the client is told: an outcome and the way on; never a score."""

    outcome: str
    reason: str | None
    tries_left: int
    wait_seconds: int
    unusable_left: int
    next: str
    routes: list[str]


@dataclass(frozen=True, slots=True)
class _Question:
    """What a capture is judged against, read before the try is reserved."""

    reference: bytes
    photo_id: uuid.UUID
    subject_ref: str
    """The subject's name in the registry."""
    subject_age: int
    subject: str
    adult: bool
    from_document: bool
    """The reference was cut from a document; a face photo is only what the holder sent."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """What was seen, and what follows from it."""

    seen: Verification
    verdict: rules.Verdict
    registry_portrait: str


def take_capture(call: Call, session_id: uuid.UUID, frames: Sequence[bytes]) -> CaptureAnswer:
    """Judge one capture of the session. Raises what ``_refuse`` raises, and Busy or Unavailable.

    Exactly these frames judged before are refused without spending a try (``capture_resent``).
    """
    digest = _digest(call, frames)
    question = _read_question(call, session_id, digest)
    portrait = _registry_portrait(call, question.subject_ref)
    attempt_id = uuid.uuid4()
    try:
        seen = captures.judge(
            call,
            frames,
            question.reference,
            question.subject_age,
            reserve=lambda: _reserve(call, session_id, attempt_id, digest),
        )
        judged = _judge_further(call, question, seen, portrait)
        return _settle(call, session_id, attempt_id, question, judged, frames)
    except Exception as error:  # boundary: whatever broke is not the person's; the try goes back
        _give_back(call, attempt_id)
        if isinstance(error, BiometricsError):
            raise Unavailable from error
        raise


# --- before the try ----------------------------------------------------------------------------


def _digest(call: Call, frames: Sequence[bytes]) -> str:
    """HMAC over the frames, each hashed on its own so that no two splits look the same."""
    parts = "".join(hashlib.sha256(frame).hexdigest() for frame in frames)
    return call.dependencies.vault.index("capture", parts)


def _read_question(call: Call, session_id: uuid.UUID, digest: str) -> _Question:
    with call.db.read() as session:
        link, opened = sessions.of_guest(session, call, session_id)
        known = _refuse(session, call, link, opened, digest)
        photo, reference = documents.reference(session, call, link)
        return _Question(
            reference=reference,
            photo_id=photo.id,
            subject_ref=persons.particulars(session, call, known.subject_id).registry_ref,
            subject_age=known.subject_age,
            subject=link.face_subject,
            adult=known.adult,
            from_document=photo.source == "portrait",
        )


def _refuse(session: Session, call: Call, link: Link, opened: CaptureSession, digest: str) -> Facts:
    """Everything that forbids a capture now; asked once early and again under the lock."""
    known = facts(session, call, link)
    if known.must_accept and link.state in rules.ANSWERING:
        raise AcceptanceMissing
    if link.state != AWAITING_FACE:
        raise IllegalMove(state=link.state)
    without_consent = _without_consent(known)
    if without_consent is not None:
        raise without_consent
    if known.allowed.shut:
        raise FaceRouteClosed
    _refuse_in_progress(session, call, opened.id)
    if known.allowed.wait_seconds:
        raise TooManyMismatches(
            retry_after=known.allowed.wait_seconds,
            wait_seconds=known.allowed.wait_seconds,
            tries_left=known.allowed.tries_left,
        )
    _refuse_resent(session, link, digest)
    return known


def _without_consent(known: Facts) -> Refusal | None:
    if known.consent == "missing":
        by_guardian = known.consent_by == "guardian"
        return ConsentMissing(next="guardian_consents" if by_guardian else "give_consent")
    return FaceDeclined() if known.consent == "declined" else None


def _refuse_in_progress(session: Session, call: Call, session_id: uuid.UUID) -> None:
    """One at a time: the session ends with the first outcome, so a second one must wait for it."""
    alive = call.now - timedelta(seconds=rules.JUDGING_LEASE_SECONDS)
    query = sa.select(Attempt.id).where(
        Attempt.capture_session_id == session_id,
        Attempt.settled_at.is_(None),
        Attempt.reserved_at > alive,
    )
    if session.scalar(query.limit(1)) is not None:
        raise CaptureInProgress(retry_after=2)


def _refuse_resent(session: Session, link: Link, digest: str) -> None:
    """A recording that is sent again is no new look at a person; after an outage it may be.

    All applications of this holder for this relative count: what matched in one that was ended
    must not open the next.
    """
    query = sa.select(Attempt.id).where(
        Attempt.link_id.in_(family.of_same_pair(session, link)),
        Attempt.capture_digest == digest,
        Attempt.outcome.is_distinct_from(rules.OUTAGE),
    )
    if session.scalar(query.limit(1)) is not None:
        raise CaptureResent


def _registry_portrait(call: Call, subject_ref: str) -> bytes | None:
    try:
        return call.dependencies.registry.portrait(subject_ref)
    except RegistryUnavailable as error:
        raise Unavailable from error


def _reserve(call: Call, session_id: uuid.UUID, attempt_id: uuid.UUID, digest: str) -> None:
    """Spend the try, committed, before anything is compared."""
    with call.db.write() as session:
        link, opened = sessions.of_guest(session, call, session_id)
        known = _refuse(session, call, link, opened, digest)
        session.add(
            Attempt(
                id=attempt_id,
                link_id=link.id,
                capture_session_id=opened.id,
                reserved_at=call.now,
                capture_digest=digest,
            )
        )
        audit.record(
            session,
            call,
            "face.reserved",
            "attempt",
            attempt_id,
            acting_for=known.relative_id,
        )
        session.commit()


# --- judging -----------------------------------------------------------------------------------


def _judge_further(
    call: Call, question: _Question, seen: Verification, portrait: bytes | None
) -> _Judged:
    """On a match the uploaded photo must show the person of the registry's portrait too."""
    against = "none"
    if seen.outcome is Outcome.MATCH and portrait is not None:
        against = _compare_photos(call, question, portrait)
    verdict = rules.verdict(
        seen.outcome.value,
        accepted=seen.accepted,
        adult=question.adult,
        subject=question.subject,
        from_document=question.from_document,
        registry_portrait=against,
    )
    return _Judged(seen, verdict, against)


def _compare_photos(call: Call, question: _Question, portrait: bytes) -> str:
    settings, dependencies = call.settings, call.dependencies
    with captures.place(dependencies.judging, settings.judging_wait_seconds):
        try:
            seen = dependencies.verifier().compare_photos(
                question.reference, portrait, age=question.subject_age
            )
        except (ReferenceUnusable, UndecodableImage):
            return "unusable"
    if seen.outcome is not Outcome.MATCH:
        return "differs"
    return "match" if seen.accepted or not question.adult else "uncertain"


# --- after the try -----------------------------------------------------------------------------


def _give_back(call: Call, attempt_id: uuid.UUID) -> None:
    """Settle a try as an outage of ours: it counts for nothing, and the same frames may come."""
    with call.db.write() as session:
        attempt = session.get(Attempt, attempt_id, with_for_update=True)
        if attempt is None or attempt.settled_at is not None:
            return
        attempt.settled_at, attempt.outcome = call.now, rules.OUTAGE
        audit.record(session, call, "face.settled", "attempt", attempt_id, outcome=rules.OUTAGE)
        session.commit()


def _settle(
    call: Call,
    session_id: uuid.UUID,
    attempt_id: uuid.UUID,
    question: _Question,
    judged: _Judged,
    frames: Sequence[bytes],
) -> CaptureAnswer:
    """Write down the outcome and let it have its effect; one transaction."""
    with call.db.write() as session:
        link, opened = sessions.locked(session, call.guest.link_id, session_id)
        _write_outcome(session, call, attempt_id, judged)
        documents.note_registry_match(session, question.photo_id, judged.registry_portrait)
        late = opened.ended_at is not None or link.state != AWAITING_FACE
        refused = None if late else _without_consent(facts(session, call, link))
        if not late and refused is None:  # declined while it was judged: it opens nothing either
            refused = _effect(session, call, link, opened, attempt_id, judged, frames)
        known = facts(session, call, link)
        if known.allowed.shut and link.face_shut_at is None:
            link.face_shut_at = call.now
        _record(session, call, attempt_id, judged, known)
        session.commit()
        if late:  # cancelled, replaced or withdrawn while it was judged: it opens nothing
            raise CaptureSessionEnded(outcome=opened.end_outcome or "ended")
        if refused is not None:
            raise refused
        return _answer(call, judged, known, opened)


def _write_outcome(session: Session, call: Call, attempt_id: uuid.UUID, judged: _Judged) -> None:
    attempt = session.get_one(Attempt, attempt_id, with_for_update=True, populate_existing=True)
    attempt.settled_at = call.now
    attempt.outcome = judged.verdict.outcome
    attempt.reason = _reason(judged)
    attempt.engine = judged.seen.engine
    attempt.operating_point = judged.seen.operating_point
    session.flush()


def _reason(judged: _Judged) -> str | None:
    if judged.verdict.reasons:
        return judged.verdict.reasons[0]
    return judged.seen.reason.value if judged.seen.reason else None


def _effect(
    session: Session,
    call: Call,
    link: Link,
    opened: CaptureSession,
    attempt_id: uuid.UUID,
    judged: _Judged,
    frames: Sequence[bytes],
) -> Refusal | None:
    """What the outcome does to session and link; a refusal to activate is handed back."""
    outcome = judged.verdict.outcome
    if outcome == rules.UNUSABLE:
        opened.unusable += 1
        if opened.unusable >= call.settings.unusable_max:
            sessions.end(opened, call.now, "too_many_unusable")
        return None
    sessions.end(opened, call.now, outcome)
    if judged.verdict.needs_person:
        _open_case(session, call, link, attempt_id, judged, frames)
    elif outcome == rules.MATCH:
        return _activate(session, call, link)
    return None


def _activate(session: Session, call: Call, link: Link) -> Refusal | None:
    try:
        with session.begin_nested():
            family.activate(session, call, link, "face_matched")
    except Refusal as refusal:  # the outcome is kept all the same
        return refusal
    return None


def _open_case(
    session: Session,
    call: Call,
    link: Link,
    attempt_id: uuid.UUID,
    judged: _Judged,
    frames: Sequence[bytes],
) -> None:
    """A person decides: only now frames leave memory, encrypted, and for a limited time."""
    owner = link.relative_id if link.face_subject == "relative" else link.holder_id
    days = family.policy_of(session, call, link).case_file_days
    kept = [
        files.put(
            session,
            call,
            owner_id=owner or link.holder_id,
            purpose="review_frame",
            media_type=JPEG,
            content=without_metadata(frame),
            destroy_after=call.now + timedelta(days=days),
        )
        for frame in frames
    ]
    review.open_case(
        session,
        call,
        link,
        kind="face",
        reasons=list(judged.verdict.reasons),
        facts=_machine_facts(judged),
        attempt_id=attempt_id,
        files=[("frame", row.id) for row in kept] + documents.case_files(session, link.id),
    )


def _machine_facts(judged: _Judged) -> dict[str, object]:
    """For the reviewer: what the machine saw. No embedding, no distance."""
    seen = judged.seen
    return {
        "engine": seen.engine,
        "operating_point": seen.operating_point,
        "outcome": seen.outcome.value,
        "zone": seen.zone.value if seen.zone else None,
        "best_frame": seen.best_frame,
        "registry_portrait": judged.registry_portrait,
        "quality": [
            {
                "name": fact.name,
                "value": round(fact.value, 3),
                "unit": fact.unit,
                "passed": fact.passed,
            }
            for fact in seen.facts
        ],
    }


def _record(
    session: Session, call: Call, attempt_id: uuid.UUID, judged: _Judged, known: Facts
) -> None:
    audit.record(
        session,
        call,
        "face.settled",
        "attempt",
        attempt_id,
        outcome=judged.verdict.outcome,
        reason=_reason(judged),
        acting_for=known.relative_id,
    )


def _answer(call: Call, judged: _Judged, known: Facts, opened: CaptureSession) -> CaptureAnswer:
    return CaptureAnswer(
        outcome=rules.shown_outcome(judged.verdict.outcome),
        reason=judged.seen.reason.value if judged.seen.reason else None,
        tries_left=known.allowed.tries_left,
        wait_seconds=known.allowed.wait_seconds,
        unusable_left=max(0, call.settings.unusable_max - opened.unusable),
        next=_next(known, opened),
        routes=list(rules.FACELESS_ROUTES),
    )


def _next(known: Facts, opened: CaptureSession) -> str:
    """After an ended session another one is opened before a capture can be sent."""
    if opened.ended_at is not None and known.next in ("send_capture", "wait"):
        return "open_capture_session"
    return known.next
