"""After a capture was judged: its outcome written down, and what follows from it; one transaction.

Frames stay in memory, but for those of a case that a person has to decide.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from biometrics.types import Verification
from ecard import audit, face_tries, kept_frames
from ecard.activation import policy as rules
from ecard.activation import sessions
from ecard.activation.errors import (
    CaptureSessionEnded,
)
from ecard.activation.facts import Facts, facts
from ecard.activation.models import Attempt, CaptureSession
from ecard.activation.reserving import AWAITING_FACE, Capture, Question, why_no_consent
from ecard.call import Call
from ecard.documents import service as documents
from ecard.errors import Refusal
from ecard.family import service as family
from ecard.review import service as review

if TYPE_CHECKING:
    from ecard.family.models import Link


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
class Judged:
    """What was seen, and what follows from it."""

    seen: Verification
    verdict: rules.Verdict
    registry_portrait: str


def settle(
    call: Call,
    capture: Capture,
    question: Question,
    judged: Judged,
    frames: Sequence[bytes],
) -> CaptureAnswer:
    """Write down the outcome and let it have its effect; one transaction."""
    attempt_id = capture.attempt_id
    with call.db.write() as session:
        link, opened = sessions.locked(session, call.guest.link_id, capture.session_id)
        _write_outcome(session, call, attempt_id, judged)
        documents.note_registry_match(session, question.photo_id, judged.registry_portrait)
        late = opened.ended_at is not None or link.state != AWAITING_FACE
        refused = None if late else why_no_consent(facts(session, call, link))
        if not late and refused is None:  # declined while it was judged: it opens nothing either
            refused = _effect(session, call, link, opened, attempt_id, judged, frames)
        known = facts(session, call, link)
        if known.allowed.shut and link.face_shut_at is None:
            link.face_shut_at = call.now
        _record(session, call, attempt_id, judged, known)
        session.commit()
        if late:  # cancelled, replaced or withdrawn while it was judged: it opens nothing
            refused = CaptureSessionEnded(outcome=opened.end_outcome or "ended")
        if refused is not None:
            refused.spent = True
            raise refused
        return _answer(call, judged, known, opened)


def _write_outcome(session: Session, call: Call, attempt_id: uuid.UUID, judged: Judged) -> None:
    attempt = session.get_one(Attempt, attempt_id, with_for_update=True, populate_existing=True)
    face_tries.settle(attempt, call, judged.verdict.outcome, _reason(judged), judged.seen)
    session.flush()


def _reason(judged: Judged) -> str | None:
    return judged.verdict.kept_reason(judged.seen.reason)


def _effect(
    session: Session,
    call: Call,
    link: Link,
    opened: CaptureSession,
    attempt_id: uuid.UUID,
    judged: Judged,
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
    judged: Judged,
    frames: Sequence[bytes],
) -> None:
    """A person decides: only now frames leave memory, encrypted, and for a limited time."""
    owner = link.relative_id if link.face_subject == "relative" else link.holder_id
    days = family.policy_of(session, call, link).case_file_days
    until = call.now + timedelta(days=days)
    kept = kept_frames.keep(session, call, owner or link.holder_id, frames, until)
    review.open_case(
        session,
        call,
        link,
        kind="face",
        reasons=list(judged.verdict.reasons),
        facts=kept_frames.machine_facts(judged.seen)
        | {"registry_portrait": judged.registry_portrait},
        attempt_id=attempt_id,
        files=[("frame", file_id) for file_id in kept] + documents.case_files(session, link.id),
    )


def _record(
    session: Session, call: Call, attempt_id: uuid.UUID, judged: Judged, known: Facts
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


def _answer(call: Call, judged: Judged, known: Facts, opened: CaptureSession) -> CaptureAnswer:
    return CaptureAnswer(
        outcome=rules.shown_outcome(judged.verdict.outcome),
        reason=judged.verdict.what_to_change(judged.seen.reason),
        tries_left=known.allowed.tries_left,
        wait_seconds=known.allowed.wait_seconds,
        unusable_left=max(0, call.settings.unusable_max - opened.unusable),
        next=_next(known, opened),
        routes=list(rules.FACELESS_ROUTES),
    )


def _next(known: Facts, opened: CaptureSession) -> str:
    """After an ended session another one is opened before a capture can be sent."""
    if opened.ended_at is not None and known.next in (rules.DRAW_CHALLENGE, "wait"):
        return "open_capture_session"
    return known.next
