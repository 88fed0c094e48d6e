"""Before a capture is judged: what forbids it, what it is judged against, and the try it spends.

What costs a person nothing is refused before the try is reserved; what breaks on our side gives it
back; a process that dies in the middle leaves it spent.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from biometrics.challenge import Answer
from ecard import answers, attestation, audit, challenges, face_tries
from ecard import prints as prints_of
from ecard.activation import policy as rules
from ecard.activation import sessions
from ecard.activation.errors import (
    AcceptanceMissing,
    CaptureInProgress,
    CaptureResent,
    ConsentMissing,
    FaceDeclined,
    FaceRouteClosed,
    TooManyMismatches,
)
from ecard.activation.facts import Facts, facts
from ecard.activation.models import Attempt, CaptureSession
from ecard.call import Call
from ecard.documents import service as documents
from ecard.errors import Refusal
from ecard.family import service as family
from ecard.family.errors import IllegalMove
from ecard.notices.errors import FaceConsentWithdrawn
from ecard.persons import service as persons
from ecard.prints import Whose
from ecard.told import Sent, Told

if TYPE_CHECKING:
    from ecard.family.models import Link


AWAITING_FACE = "awaiting_face"


@dataclass(frozen=True, slots=True)
class Question:
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
    whose: Whose
    """Among whose captures these frames may not be known."""
    answer: Answer
    """The challenge that was drawn, as it was answered."""
    shown: rules.Shown
    """What the capture can show about life; whether it does is still to be judged."""
    household: documents.Household
    """Of the holder's other relatives, where the region compares those too."""


@dataclass(frozen=True, slots=True)
class Capture:
    """One capture on its way: which try it is, and which challenge it answers."""

    attempt_id: uuid.UUID
    session_id: uuid.UUID
    digest: str
    told: Told


def read_question(call: Call, capture: Capture, sent: Sent) -> Question:
    """What the capture is judged against; raises everything that forbids it."""
    told = capture.told
    with call.db.read() as session:
        link, opened = sessions.of_guest(session, call, capture.session_id)
        known = _refuse(session, call, link, opened, capture.digest)
        drawn = challenges.find(session, opened.id, told)
        tier = call.dependencies.attestation.tier(told.attestation, drawn.nonce)
        attestation.refuse_unless_taken(tier, known.policy.unattested_capture)
        answers.refuse_wrong(sent, drawn, call.now, call.settings)
        photo, reference = documents.reference(session, call, link)
        return Question(
            reference=reference,
            photo_id=photo.id,
            subject_ref=persons.particulars(session, call, known.subject_id).registry_ref,
            subject_age=known.subject_age,
            subject=link.face_subject,
            adult=known.adult,
            from_document=photo.source == "portrait",
            whose=Whose(known.subject_id, link.holder_id, drawn.profile),
            answer=answers.answer_of(told, drawn),
            shown=rules.Shown(
                undecided=False,
                asked_before=_undecided_before(session, link),
                attacked_before=_attack_before(session, call, link),
                profile=drawn.profile,
                attestation=attestation.rule_for(tier, known.policy.unattested_capture),
            ),
            household=_household(session, call, link, known),
        )


def _undecided_before(session: Session, link: Link) -> bool:
    """In any application of this holder for this relative: withdrawing wins no second first
    time."""
    of_pair = Attempt.link_id.in_(family.of_same_pair(session, link))
    query = sa.select(Attempt.id).where(of_pair, Attempt.reason == rules.LIVENESS_UNDECIDED)
    return session.scalar(query.limit(1)) is not None


def _attack_before(session: Session, call: Call, link: Link) -> bool:
    of_pair = Attempt.link_id.in_(family.of_same_pair(session, link))
    since = call.now - timedelta(days=rules.ATTACK_REMEMBERED_DAYS)
    query = sa.select(Attempt.id).where(
        of_pair, Attempt.outcome == rules.PRESENTATION_ATTACK, Attempt.reserved_at > since
    )
    return session.scalar(query.limit(1)) is not None


def _household(session: Session, call: Call, link: Link, known: Facts) -> documents.Household:
    if not known.policy.household_contrast:
        return documents.Household()
    others = family.of_other_relatives(session, link)
    most = call.settings.household_references_max
    return documents.household_references(session, call, others, most=most)


def _refuse(session: Session, call: Call, link: Link, opened: CaptureSession, digest: str) -> Facts:
    """Everything that forbids this capture now; asked once early and again under the lock."""
    known = may_capture(session, call, link, opened)
    _refuse_resent(session, digest)
    return known


def may_capture(session: Session, call: Call, link: Link, opened: CaptureSession) -> Facts:
    """What is known, where nothing forbids to open the camera now."""
    known = facts(session, call, link)
    if known.must_accept and link.state in rules.ANSWERING:
        raise AcceptanceMissing
    if link.state != AWAITING_FACE:
        raise IllegalMove(state=link.state)
    without_consent = why_no_consent(known)
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
    return known


def why_no_consent(known: Facts) -> Refusal | None:
    if known.consent == "missing":
        by_guardian = known.consent_by == "guardian"
        return ConsentMissing(next="guardian_consents" if by_guardian else "give_consent")
    if known.consent == "withdrawn":
        return FaceConsentWithdrawn(routes=list(rules.FACELESS_ROUTES))
    return FaceDeclined() if known.consent == "declined" else None


def _refuse_in_progress(session: Session, call: Call, session_id: uuid.UUID) -> None:
    """One at a time: the session ends with the first outcome, so a second one must wait for it."""
    of_session = Attempt.capture_session_id == session_id
    if face_tries.is_under_way(session, call, Attempt, of_session):
        raise CaptureInProgress(retry_after=2)


def _refuse_resent(session: Session, digest: str) -> None:
    """A recording that is sent again is no new look at a person, whoever sends it and for whomever;
    after an outage it may be."""
    if face_tries.was_judged(session, Attempt, digest):
        raise CaptureResent


def spend_challenge(call: Call, capture: Capture, refusal: Refusal) -> None:
    """An answer that cannot be: the challenge is used up, no try is."""
    with call.db.write() as session:
        _, opened = sessions.of_guest(session, call, capture.session_id)
        challenges.refuse(session, call, opened.id, capture.told, refusal)
        session.commit()


def reserve(call: Call, capture: Capture, question: Question, prints: Sequence[bytes]) -> None:
    """Spend the challenge and the try, committed, before anything is compared."""
    with call.db.write() as session:
        link, opened = sessions.of_guest(session, call, capture.session_id)
        known = _refuse(session, call, link, opened, capture.digest)
        told = capture.told
        drawn = challenges.find(session, opened.id, told)
        challenges.spend(drawn, call.now, challenges.ANSWERED)
        prints_of.keep(session, call, capture.attempt_id, question.whose, prints)
        session.add(
            Attempt(
                id=capture.attempt_id,
                link_id=link.id,
                capture_session_id=opened.id,
                challenge_id=drawn.id,
                reserved_at=call.now,
                capture_digest=capture.digest,
            )
        )
        audit.record(
            session,
            call,
            "face.reserved",
            "attempt",
            capture.attempt_id,
            acting_for=known.relative_id,
        )
        session.commit()


def give_back(call: Call, attempt_id: uuid.UUID) -> None:
    """Settle a try as an outage of ours: it counts for nothing, and the same frames may come."""
    face_tries.give_back(call, Attempt, attempt_id, "face.settled", "attempt")
