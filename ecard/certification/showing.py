"""A live face as a proof of life: the try reserved, judged with no database session open, settled.

What costs a person nothing is refused before the try is reserved; what breaks on our side gives it
back; a process that dies in the middle leaves it spent. A machine proves, or a person looks: it
never refuses finally.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy.orm import Session

from biometrics.challenge import Answer
from biometrics.types import Life, Verification
from ecard import answers, attestation, audit, captures, challenges, face_tries
from ecard import prints as prints_of
from ecard.activation import policy as faces
from ecard.activation.errors import CaptureResent
from ecard.acts import service as acts
from ecard.acts.service import Acting
from ecard.call import Call
from ecard.certification import sessions, tries
from ecard.certification.comparing import Picture, picture_of
from ecard.certification.models import CertificationAttempt
from ecard.certification.settling import FaceAnswer, Judged, settle
from ecard.challenge_view import ChallengeView, draw
from ecard.challenges import DrawnChallenge
from ecard.documents import service as documents
from ecard.errors import Busy, Refusal
from ecard.family import service as family
from ecard.kept_frames import without_metadata
from ecard.prints import Whose
from ecard.registry.port import Benefit
from ecard.told import Sent, Told


def draw_challenge(call: Call, capture_id: uuid.UUID, ask: challenges.Ask) -> ChallengeView:
    """Draw what the person is to do before the camera; the challenge before it is spent.

    Raises what forbids a capture now, DeviceKeyDiffers, DeviceNotAttested, TooManyChallenges.
    """
    acting = sessions.acting_in(call, capture_id)
    with call.db.write() as session:
        row = sessions.live(session, call, acting, capture_id)
        found = tries.may_capture(session, call, acting, row)
        view = draw(
            session,
            call,
            row.id,
            ask,
            subject=f"certification|{row.opened_by}|{row.person_id}",
            unattested_capture=found.policy.unattested_capture,
            acting_for=row.person_id,
        )
        session.commit()
    return view


@dataclass(frozen=True, slots=True)
class Capture:
    """One capture on its way: which try it is, and which challenge it answers."""

    try_id: uuid.UUID
    id: uuid.UUID
    """Of its session."""
    digest: str
    told: Told


@dataclass(frozen=True, slots=True)
class Question:
    """What a capture is judged against, read before the try is reserved."""

    benefits: tuple[Benefit, ...]
    picture: Picture
    age: int
    adult: bool
    answer: Answer
    shown: faces.Shown
    whose: Whose
    keep_portrait: bool
    household: documents.Household


def show_face(call: Call, capture_id: uuid.UUID, sent: Sent) -> FaceAnswer:
    """Judge one capture. On a match the proof is kept, or a person looks first.

    Raises what forbids a capture now, CaptureResent (no try is spent), NoBenefit, BenefitClosed,
    TooYoungForFace, NoPictureToCompare, Busy, Unavailable. An answer that cannot be one to the
    drawn challenge spends that, and no try.
    """
    acting = sessions.acting_in(call, capture_id)
    digest = captures.digest_of(call, sent.frames)
    capture = Capture(uuid.uuid4(), capture_id, digest, sent.told)
    try:
        question = _question(call, acting, capture, sent)
        return _judge(call, acting, capture, question, sent.frames)
    except answers.SPENDS_THE_CHALLENGE as refusal:
        _spend_challenge(call, acting, capture, refusal)
        raise


def _question(call: Call, acting: Acting, capture: Capture, sent: Sent) -> Question:
    benefits, picture = sessions.provable(call, acting), picture_of(call, acting)
    with call.db.read() as session:
        row = sessions.live(session, call, acting, capture.id)
        found = _may_be_judged(session, call, acting, capture)
        drawn = challenges.find(session, row.id, capture.told)
        return Question(
            benefits=benefits,
            picture=picture,
            age=found.age,
            adult=found.age >= found.policy.adult_age,
            shown=_shown(call, found, drawn, sent),
            answer=answers.answer_of(capture.told, drawn),
            whose=Whose(row.person_id, row.opened_by, drawn.profile),
            keep_portrait=row.keep_portrait,
            household=_household(session, call, acting, found),
        )


def _may_be_judged(session: Session, call: Call, acting: Acting, capture: Capture) -> tries.Known:
    """Everything that forbids this capture now; asked once early and again under the lock."""
    row = sessions.live(session, call, acting, capture.id)
    found = tries.may_capture(session, call, acting, row)
    if face_tries.was_judged(session, CertificationAttempt, capture.digest):
        raise CaptureResent
    return found


def _shown(call: Call, found: tries.Known, drawn: DrawnChallenge, sent: Sent) -> faces.Shown:
    """What the capture can show about life; whether it does is still to be judged."""
    tier = call.dependencies.attestation.tier(sent.told.attestation, drawn.nonce)
    attestation.refuse_unless_taken(tier, found.policy.unattested_capture)
    answers.refuse_wrong(sent, drawn, call.now, call.settings)
    return faces.Shown(
        undecided=False,
        asked_before=found.undecided_before,
        attacked_before=found.attacked_before(call.now),
        profile=drawn.profile,
        attestation=attestation.rule_for(tier, found.policy.unattested_capture),
    )


def _household(
    session: Session, call: Call, acting: Acting, found: tries.Known
) -> documents.Household:
    """Photos of the helper's other relatives, where the region compares those too."""
    if acting.link_id is None or not found.policy.household_contrast:
        return documents.Household()
    link = family.own_link(session, call, acting.link_id)
    others = family.of_other_relatives(session, link)
    most = call.settings.household_references_max
    return documents.household_references(session, call, others, most=most)


def _judge(
    call: Call, acting: Acting, capture: Capture, question: Question, frames: Sequence[bytes]
) -> FaceAnswer:
    with captures.giving_back(call, partial(_give_back, call, capture.try_id)):
        seen = captures.judge(
            call,
            frames,
            question.picture.jpeg,
            question.age,
            household=question.household.photos,
            answer=question.answer,
            reserve=lambda prints: _reserve(call, acting, capture, question, prints),
        )
        verdict = _verdict(question, seen)
        anew = _new_picture(call, question, seen, verdict, frames)
        judged = Judged(seen, verdict, frames, question.picture, question.age, anew)
        return settle(call, acting, capture.id, capture.try_id, question.benefits, judged)


def _new_picture(
    call: Call,
    question: Question,
    seen: Verification,
    verdict: faces.Verdict,
    frames: Sequence[bytes],
) -> bytes | None:
    """The frame that later faces are compared with, where that was agreed and one is fit for it."""
    if not question.keep_portrait or verdict.outcome != faces.MATCH or seen.best_frame is None:
        return None
    frame = frames[seen.best_frame]
    try:
        with captures.place(call.dependencies.judging, call.settings.judging_wait_seconds):
            fit = call.dependencies.verifier().check_reference(frame).usable
    except Busy:
        return None  # the proof is worth more than the picture
    return without_metadata(frame) if fit else None


def _verdict(question: Question, seen: Verification) -> faces.Verdict:
    return faces.verdict(
        seen.outcome.value,
        accepted=seen.accepted,
        adult=question.adult,
        subject="relative",
        from_document=question.picture.vouched_for,
        registry_portrait="none",
        household=question.household.review_reason(seen.review),
        shown_live=replace(question.shown, undecided=seen.life is not Life.LIVE),
    )


def _spend_challenge(call: Call, acting: Acting, capture: Capture, refusal: Refusal) -> None:
    with call.db.write() as session:
        row = sessions.live(session, call, acting, capture.id)
        challenges.refuse(session, call, row.id, capture.told, refusal)
        session.commit()


def _reserve(
    call: Call, acting: Acting, capture: Capture, question: Question, prints: Sequence[bytes]
) -> None:
    """Spend the challenge and the try, committed, before anything is compared."""
    with call.db.write() as session:
        acts.note(session, call, acting, "certification.face_shown")
        _may_be_judged(session, call, acting, capture)
        drawn = challenges.find(session, capture.id, capture.told)
        challenges.spend(drawn, call.now, challenges.ANSWERED)
        prints_of.keep(session, call, capture.try_id, question.whose, prints)
        session.add(
            CertificationAttempt(
                id=capture.try_id,
                capture_id=capture.id,
                challenge_id=drawn.id,
                reserved_at=call.now,
                capture_digest=capture.digest,
            )
        )
        audit.record(
            session, call, "face.reserved", "certification_attempt", capture.try_id,
            acting_for=acting.person_id,
        )  # fmt: skip
        session.commit()


def _give_back(call: Call, try_id: uuid.UUID) -> None:
    face_tries.give_back(
        call, CertificationAttempt, try_id, "face.settled", "certification_attempt"
    )
