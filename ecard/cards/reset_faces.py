"""The own face in a password reset: a drawn challenge, its answer, and what that leads to.

A machine alone opens here, or nobody does: what a person would have to look at leads to a counter.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from biometrics.challenge import Profile
from biometrics.errors import BiometricsError
from biometrics.types import Life, Outcome, ReviewReason, Verification
from ecard import answers, attestation, audit, captures, challenges
from ecard import prints as prints_of
from ecard.call import Call
from ecard.cards.errors import ResetClosed, ResetNeedsCounter
from ecard.cards.models import CardPasswordReset
from ecard.cards.resets import (
    CODE_PURPOSE,
    COUNTER,
    FACE,
    Sitter,
    own,
    sitter_of,
    step_after,
    tries_left,
)
from ecard.challenge_view import ChallengeView, draw
from ecard.challenges import DrawnChallenge
from ecard.errors import Refusal, Unavailable
from ecard.notices import service as notices
from ecard.notices.errors import FaceConsentWithdrawn
from ecard.prints import Whose
from ecard.told import Sent

NEEDS_PERSON = "needs_person"


@dataclass(frozen=True, slots=True)
class FaceAnswer:
    """What a capture led to; a face that does not match is an answer, not a refusal."""

    outcome: str
    reason: str | None
    tries_left: int
    next: str


def draw_challenge(call: Call, reset_id: uuid.UUID, ask: challenges.Ask) -> ChallengeView:
    """Draw what the holder is to do before the camera; the challenge before it is spent.

    Raises ResetNeedsCounter, ResetClosed, DeviceKeyDiffers, DeviceNotAttested, TooManyChallenges.
    """
    sitter = sitter_of(call)
    with call.db.write() as session:
        row = own(session, call, reset_id)
        _refuse_face(session, call, row)
        view = draw(
            session,
            call,
            row.id,
            ask,
            subject=f"password_reset|{row.person_id}",
            unattested_capture=sitter.unattested_capture,
        )
        session.commit()
        return view


@dataclass(frozen=True, slots=True)
class Shown:
    """A capture on its way: which try it is, what it answers, and for whom."""

    try_id: uuid.UUID
    reset_id: uuid.UUID
    sent: Sent


def show_face(call: Call, reset_id: uuid.UUID, sent: Sent) -> FaceAnswer:
    """Compare the holder's own face with the registry's portrait. Frames stay in memory.

    The try is reserved before judging; an unusable capture and an outage of ours give it back.
    """
    sitter, shown = sitter_of(call), Shown(uuid.uuid4(), reset_id, sent)
    try:
        drawn = _read_challenge(call, sitter, shown)
        return _judge(call, sitter, shown, drawn)
    except answers.SPENDS_THE_CHALLENGE as refusal:
        _spend_challenge(call, shown, refusal)
        raise


def _read_challenge(call: Call, sitter: Sitter, shown: Shown) -> DrawnChallenge:
    with call.db.read() as session:
        row = own(session, call, shown.reset_id, lock=False)
        _refuse_face(session, call, row)
        drawn = challenges.find(session, row.id, shown.sent.told)
        attestation.refuse_unless_taken(_tier(call, shown, drawn), sitter.unattested_capture)
        answers.refuse_wrong(shown.sent, drawn, call.now, call.settings)
        return drawn


def _judge(call: Call, sitter: Sitter, shown: Shown, drawn: DrawnChallenge) -> FaceAnswer:
    reserved: list[uuid.UUID] = []

    def reserve(prints: Sequence[bytes]) -> None:
        _reserve(call, shown, prints)
        reserved.append(shown.try_id)

    answer = answers.answer_of(shown.sent.told, drawn)
    try:
        seen = captures.judge(
            call, shown.sent.frames, sitter.portrait, sitter.age, reserve, answer=answer
        )
        return _settle(call, shown, seen, _needs_person(call, sitter, shown, drawn))
    except Exception as error:  # boundary: whatever broke is not the person's; the try goes back
        if reserved and not isinstance(error, ResetClosed):
            call.dependencies.owed.write(partial(_give_back, call, shown), after=error)
        if isinstance(error, BiometricsError):
            raise Unavailable from error
        if isinstance(error, captures.ReferencePhotoUnusable):
            raise ResetNeedsCounter from error
        raise


def _tier(call: Call, shown: Shown, drawn: DrawnChallenge) -> str:
    return call.dependencies.attestation.tier(shown.sent.told.attestation, drawn.nonce)


def _needs_person(call: Call, sitter: Sitter, shown: Shown, drawn: DrawnChallenge) -> bool:
    """Whether this kind of capture never opens anything by itself."""
    rule = attestation.rule_for(_tier(call, shown, drawn), sitter.unattested_capture)
    return drawn.profile != Profile.STANDARD or rule != attestation.ALLOW


def _spend_challenge(call: Call, shown: Shown, refusal: Refusal) -> None:
    with call.db.write() as session:
        row = own(session, call, shown.reset_id)
        challenges.refuse(session, call, row.id, shown.sent.told, refusal)
        session.commit()


def _refuse_face(session: Session, call: Call, row: CardPasswordReset) -> None:
    if notices.taken_back_since(session, row.person_id, row.opened_at):
        raise FaceConsentWithdrawn(next=COUNTER, routes=[COUNTER])
    if row.channel == COUNTER or row.face_matched_at is not None:
        raise ResetClosed(next=step_after(row))
    if row.unusable_tries >= call.settings.unusable_max or tries_left(session, call, row) < 1:
        raise ResetNeedsCounter


def _reserve(call: Call, shown: Shown, prints: Sequence[bytes]) -> None:
    """Spend the challenge and the try, committed, before anything is compared."""
    with call.db.write() as session:
        row = own(session, call, shown.reset_id)
        _refuse_face(session, call, row)
        drawn = challenges.find(session, row.id, shown.sent.told)
        challenges.spend(drawn, call.now, challenges.ANSWERED)
        whose = Whose(row.person_id, row.person_id, drawn.profile)
        prints_of.keep(session, call, shown.try_id, whose, prints)
        row.face_tries += 1
        session.commit()


def _settle(call: Call, shown: Shown, seen: Verification, needs_person: bool) -> FaceAnswer:
    with call.db.write() as session:
        row = own(session, call, shown.reset_id)
        once_more = _once_more(session, row, shown, seen) and not needs_person
        if seen.outcome is Outcome.UNUSABLE or once_more:
            row.face_tries -= 1
            row.unusable_tries += 1
        if _opens(row, seen) and not needs_person:
            row.face_matched_at = call.now
        answer = _answer(row, seen, tries_left(session, call, row), once_more)
        audit.record(
            session,
            call,
            "card_password.reset_face",
            "card_password_reset",
            row.id,
            outcome=answer.outcome,
            reason=answer.reason,
        )
        session.commit()
    return answer


def _opens(row: CardPasswordReset, seen: Verification) -> bool:
    """Whether a face is proof enough: for a password only where nobody has to look. A link is
    confirmed with the e-card password besides, and both sides hear of it (docs/adr/0020)."""
    if row.purpose == CODE_PURPOSE:
        return seen.accepted
    return seen.outcome is Outcome.MATCH and seen.life is Life.LIVE


def _once_more(session: Session, row: CardPasswordReset, shown: Shown, seen: Verification) -> bool:
    """Whether nobody can say that somebody lives, for the first time in this reset."""
    if seen.outcome is not Outcome.MATCH or seen.life is Life.LIVE:
        return False
    of_reset = sa.select(DrawnChallenge).filter_by(asked_in=row.id)
    before = session.scalars(of_reset.filter_by(spent_as=challenges.UNDECIDED)).first()
    drawn = session.get_one(DrawnChallenge, shown.sent.told.challenge_id)
    drawn.spent_as = challenges.UNDECIDED
    return before is None


def _answer(row: CardPasswordReset, seen: Verification, left: int, once_more: bool) -> FaceAnswer:
    """``match`` alone opens nothing: where a person would have to look first, the counter does."""
    if once_more:
        return FaceAnswer(Outcome.UNUSABLE.value, ReviewReason.LIVENESS_UNDECIDED.value, left, FACE)
    if row.face_matched_at is not None:
        return FaceAnswer(seen.outcome.value, None, left, step_after(row))
    if seen.outcome is Outcome.MATCH:
        return FaceAnswer(seen.outcome.value, NEEDS_PERSON, left, COUNTER)
    reason = seen.reason.value if seen.reason is not None else None
    return FaceAnswer(seen.outcome.value, reason, left, FACE if left else COUNTER)


def _give_back(call: Call, shown: Shown) -> None:
    """After an outage of ours the same answer may come again."""
    with call.db.write() as session:
        row = session.get(CardPasswordReset, shown.reset_id, with_for_update=True)
        if row is None or row.face_matched_at is not None:
            return
        row.face_tries = max(0, row.face_tries - 1)
        prints_of.forget(session, shown.try_id)
        challenges.open_again(session, shown.sent.told.challenge_id)
        session.commit()
