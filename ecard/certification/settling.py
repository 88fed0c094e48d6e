"""After a face was judged: its outcome written down, and what follows from it; one transaction.

Frames stay in memory, but for those that a person has to look at: whatever the machine does not
accept, as long as the window leaves proofs to a person. While a person looks, the payment goes on.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from sqlalchemy.orm import Session

from biometrics.types import Verification
from ecard import audit, face_tries, files, kept_frames
from ecard.activation import policy as faces
from ecard.activation.errors import CaptureSessionEnded, ConsentMissing
from ecard.acts import service as acts
from ecard.acts.service import Acting
from ecard.call import Call
from ecard.certification import policy as rules
from ecard.certification import sessions, tries
from ecard.certification.cases import add_case, cases_of, keep_frames, new_case, reviews_left
from ecard.certification.comparing import Picture
from ecard.certification.models import CertificationAttempt, CertificationCapture
from ecard.certification.proving import Helped, keep_proof
from ecard.certification.reading import ReceiptView, receipt_view
from ecard.certification.standing import refuse_unless_certifiable, standings, today_at
from ecard.documents import service as documents
from ecard.errors import Refusal
from ecard.family import service as family
from ecard.notices import service as notices
from ecard.persons import service as persons
from ecard.registry.port import Benefit


@dataclass(frozen=True, slots=True)
class FaceAnswer:
    """What the client is told: an outcome, the receipt of a proof, and the way on; no score."""

    outcome: str
    reason: str | None
    in_review: bool
    """Whether a person looks at something of this person's; the payment goes on meanwhile."""
    receipt: ReceiptView | None
    portrait_kept: bool
    tries_left: int
    wait_seconds: int
    unusable_left: int
    next: str
    routes: list[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """What was seen, what follows from it, and what a person would have to look at."""

    seen: Verification
    verdict: faces.Verdict
    frames: Sequence[bytes]
    compared_with: Picture
    age: int
    new_picture: bytes | None = None
    """What later faces are compared with, where that was agreed."""

    @property
    def reason(self) -> str | None:
        """As kept with the try."""
        return self.verdict.kept_reason(self.seen.reason)


@dataclass(slots=True)
class _Effect:
    """What an outcome led to."""

    receipt: ReceiptView | None = None
    portrait_kept: bool = False
    in_review: bool = False
    refused: Refusal | None = None


def settle(
    call: Call,
    acting: Acting,
    capture_id: uuid.UUID,
    try_id: uuid.UUID,
    benefits: tuple[Benefit, ...],
    judged: Judged,
) -> FaceAnswer:
    """Write down the outcome and let it have its effect. What was ended, revoked or taken back
    while it was judged proves nothing: the outcome is kept, and the refusal is raised."""
    outcome = judged.verdict.outcome
    with call.db.write() as session:
        row = sessions.locked(session, acting.link_id, capture_id)
        attempt = session.get_one(CertificationAttempt, try_id, with_for_update=True)
        face_tries.settle(attempt, call, outcome, judged.reason, judged.seen)
        effect = _effect(session, call, acting, row, benefits, judged)
        audit.record(
            session, call, "face.settled", "certification_attempt", try_id,
            outcome=outcome, reason=judged.reason, acting_for=acting.person_id,
        )  # fmt: skip
        session.flush()
        found = tries.known(session, call, acting, row)
        session.commit()
    files.erase(call)
    if effect.refused is not None:
        effect.refused.spent = True
        raise effect.refused
    return _answer(call, row, judged, found, effect)


def _effect(
    session: Session,
    call: Call,
    acting: Acting,
    row: CertificationCapture,
    benefits: tuple[Benefit, ...],
    judged: Judged,
) -> _Effect:
    if row.ended_at is not None:
        return _Effect(refused=CaptureSessionEnded(outcome=row.end_outcome))
    if judged.verdict.outcome == faces.UNUSABLE:
        row.unusable += 1
        if row.unusable >= call.settings.unusable_max:
            sessions.end(row, call.now, sessions.SPOILT)
        return _Effect()
    sessions.end(row, call.now, judged.verdict.outcome)
    try:
        with session.begin_nested():
            acts.refuse_unless_allowed(session, call, acting)
            if tries.consent_in(session, row) != "given":
                raise ConsentMissing(next="choose_route")
            if judged.verdict.outcome == faces.MATCH:
                receipt = _prove(session, call, acting, benefits)
                return _Effect(receipt, _take_anew(session, call, acting, judged))
            return _Effect(in_review=_hand_to_person(session, call, acting, benefits, judged))
    except Refusal as refusal:
        if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise  # an outage of ours: nothing is settled, the try goes back
        return _Effect(refused=refusal)  # the outcome is kept all the same


def _prove(
    session: Session, call: Call, acting: Acting, benefits: tuple[Benefit, ...]
) -> ReceiptView:
    person = persons.particulars(session, call, acting.person_id)
    refuse_unless_certifiable(standings(session, call, person, benefits))
    acts.note(session, call, acting, "certification.by_face")
    alone = acting.link_id is None
    helped = Helped() if alone else Helped(call.holder.person_id, acting.link_id)
    return receipt_view(keep_proof(session, call, person, benefits, helped, rules.FACE))


def _take_anew(session: Session, call: Call, acting: Acting, judged: Judged) -> bool:
    """Whether a new reference photo is kept on the helper's link; the one before is destroyed."""
    if judged.new_picture is None or acting.link_id is None:
        return False
    agreed = notices.consent(session, acting.link_id, notices.PORTRAIT_KEPT)
    if agreed is None or agreed.decision != "given":  # taken back while it was judged
        return False
    link = family.lock_link(session, acting.link_id)
    vouched_for = judged.compared_with.vouched_for
    documents.take_anew(
        session, call, link, judged.new_picture, age=judged.age, vouched_for=vouched_for
    )
    return True


def _hand_to_person(
    session: Session,
    call: Call,
    acting: Acting,
    benefits: tuple[Benefit, ...],
    judged: Judged,
) -> bool:
    """Whether a person looks: at this capture, or at what is open already."""
    earlier = cases_of(session, acting.person_id)
    if any(one.decided_at is None for one in earlier):
        return True
    person = persons.particulars(session, call, acting.person_id)
    found = standings(session, call, person, benefits)
    refuse_unless_certifiable(found)
    today = today_at(session, call, person)
    policy = tries.policy_of(session, call, acting)
    if reviews_left(found, earlier, policy) == 0:
        return False
    acts.note(session, call, acting, "certification.face_to_person")
    case = new_case(call, person, acting.link_id, today)
    case.kind = rules.FACE
    case.reasons = list(judged.verdict.reasons) or [judged.verdict.outcome]
    case.facts = kept_frames.machine_facts(judged.seen)
    add_case(session, call, person, case, policy, grounds="")
    keep_frames(
        session, call, case, judged.frames, judged.compared_with.jpeg, policy.case_file_days
    )
    return True


def _answer(
    call: Call,
    row: CertificationCapture,
    judged: Judged,
    found: tries.Known,
    effect: _Effect,
) -> FaceAnswer:
    return FaceAnswer(
        outcome=faces.shown_outcome(judged.verdict.outcome),
        reason=judged.verdict.what_to_change(judged.seen.reason),
        in_review=effect.in_review,
        receipt=effect.receipt,
        portrait_kept=effect.portrait_kept,
        tries_left=found.allowed.tries_left,
        wait_seconds=found.allowed.wait_seconds,
        unusable_left=max(0, call.settings.unusable_max - row.unusable),
        next=_next(row, judged.verdict.outcome, found, effect),
        routes=list(rules.WAYS_WITHOUT_FACE),
    )


def _next(row: CertificationCapture, outcome: str, found: tries.Known, effect: _Effect) -> str:
    """Who was not recognised may try again while a person looks at the first capture."""
    if effect.receipt is not None:
        return "finished"
    if outcome == faces.NO_MATCH or (outcome == faces.UNUSABLE and row.ended_at is not None):
        return "choose_route" if found.allowed.shut else "open_capture_session"
    if outcome == faces.UNUSABLE:
        return found.next
    return "wait_for_review" if effect.in_review else "choose_route"
