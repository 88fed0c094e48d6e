"""Capture sessions of a proof of life: 15 minutes, opened by the person or by who helps them.

They are used with the token of whoever opened them. Link, scope and cards are asked for at every
call, so what was ended, switched off or cancelled meanwhile is refused at once.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from biometrics.challenge import Profile
from ecard import limits
from ecard.activation import policy as faces
from ecard.activation.errors import (
    CaptureSessionEnded,
    CaptureSessionExpired,
    ConsentByGuardian,
    TooManySessions,
    TooManyUnusable,
)
from ecard.acts import service as acts
from ecard.acts.service import Acting
from ecard.call import Call
from ecard.certification import policy as rules
from ecard.certification.comparing import picture_of
from ecard.certification.models import (
    CertificationCapture,
)
from ecard.certification.standing import benefits_of, refuse_unless_certifiable, standings
from ecard.certification.telling import SCOPE
from ecard.certification.tries import Known, known
from ecard.errors import InvalidInput, NotFound
from ecard.family import service as family
from ecard.notices import service as notices
from ecard.persons import service as persons
from ecard.registry.port import Benefit

REPLACED, ENDED, SPOILT = "replaced", "ended", "too_many_unusable"
STEP_AFTER = {
    faces.MATCH: "finished",
    faces.REVIEW: "wait_for_review",
    faces.PRESENTATION_ATTACK: "wait_for_review",
}
"""Outcome of a session → the step now allowed; for all others a new session."""


@dataclass(frozen=True, slots=True)
class FaceSession:
    """What the screen shows in a capture session."""

    id: uuid.UUID
    expires_at: datetime
    consent_by: str
    consent: str
    profiles: list[str]
    frames_min: int
    frames_max: int
    tries_left: int
    wait_seconds: int
    unusable_left: int
    routes: list[str]
    next: str


# --- opened -------------------------------------------------------------------------------------


def open_for_relative(call: Call, link_id: uuid.UUID) -> FaceSession:
    """A session for a relative, who is with the holder."""
    return _open(call, acts.for_relative(call, link_id, SCOPE, changes=True))


def open_own(call: Call) -> FaceSession:
    """A session for the signed-in person alone."""
    return _open(call, acts.for_self(call, SCOPE, changes=True))


def _open(call: Call, acting: Acting) -> FaceSession:
    """Raises NoBenefit, BenefitClosed, TooYoungForFace, NoPictureToCompare, TooManySessions."""
    provable(call, acting)
    picture_of(call, acting)
    with call.db.write() as session:
        acts.note(session, call, acting, "certification.capture_opened")
        _count(session, call, acting)
        earlier = sa.select(CertificationCapture).filter_by(
            person_id=acting.person_id, opened_by=call.holder.person_id, ended_at=None
        )
        for one in session.scalars(earlier.with_for_update()):
            end(one, call.now, REPLACED)
        row = CertificationCapture(
            id=uuid.uuid4(),
            person_id=acting.person_id,
            link_id=acting.link_id,
            opened_by=call.holder.person_id,
            opened_at=call.now,
            expires_at=call.now + timedelta(seconds=call.settings.capture_session_seconds),
            keep_portrait=False,
            unusable=0,
        )
        session.add(row)
        session.flush()
        view = _view(call, row, known(session, call, acting, row))
        session.commit()
    return view


def provable(call: Call, acting: Acting) -> tuple[Benefit, ...]:
    """What the person draws, if a proof of life would count for any of it; no session may be open.

    Raises NoBenefit, BenefitClosed, Unavailable.
    """
    benefits = benefits_of(call, acting.registry_ref)
    with call.db.read() as session:
        person = persons.particulars(session, call, acting.person_id)
        refuse_unless_certifiable(standings(session, call, person, benefits))
    return benefits


def _count(session: Session, call: Call, acting: Acting) -> None:
    """A session more is ten captures more."""
    wait = limits.spend(
        session,
        "certification_capture",
        f"{call.holder.person_id}|{acting.person_id}",
        limit=call.settings.capture_sessions_a_day,
        window_seconds=faces.DAY_SECONDS,
        now=call.now,
    )
    if wait is not None:
        raise TooManySessions(retry_after=wait)


# --- found --------------------------------------------------------------------------------------


def acting_in(call: Call, capture_id: uuid.UUID) -> Acting:
    """For whom a session of the caller's own lets them act now; no session may be open.

    Raises NotFound (a foreign one looks the same), and what no longer allows it.
    """
    with call.db.read() as session:
        link_id = _own(session, call, capture_id).link_id
    if link_id is None:
        return acts.for_self(call, SCOPE, changes=True)
    return acts.for_relative(call, link_id, SCOPE, changes=True)


def _own(session: Session, call: Call, capture_id: uuid.UUID) -> CertificationCapture:
    row = session.get(CertificationCapture, capture_id)
    if row is None or row.opened_by != call.holder.person_id:
        raise NotFound
    return row


def live(
    session: Session, call: Call, acting: Acting, capture_id: uuid.UUID
) -> CertificationCapture:
    """The session, locked after its link and still open. Raises CaptureSessionEnded,
    CaptureSessionExpired, TooManyUnusable, and what no longer allows to act."""
    acts.refuse_unless_allowed(session, call, acting)
    row = locked(session, acting.link_id, capture_id)
    _refuse_over(call, row)
    return row


def _refuse_over(call: Call, row: CertificationCapture) -> None:
    if row.end_outcome == SPOILT:
        raise TooManyUnusable
    if row.ended_at is not None:
        outcome = row.end_outcome or ENDED
        raise CaptureSessionEnded(outcome=outcome, next=STEP_AFTER.get(outcome))
    if row.expires_at <= call.now:
        raise CaptureSessionExpired


def locked(
    session: Session, link_id: uuid.UUID | None, capture_id: uuid.UUID
) -> CertificationCapture:
    """The session, over or not; its link is locked first, as everywhere."""
    if link_id is not None:
        family.lock_link(session, link_id)
    return session.get_one(
        CertificationCapture, capture_id, with_for_update=True, populate_existing=True
    )


def end(row: CertificationCapture, now: datetime, outcome: str) -> None:
    """End a session, once."""
    if row.ended_at is None:
        row.ended_at, row.end_outcome = now, outcome


# --- read, decided, ended -----------------------------------------------------------------------


def read_session(call: Call, capture_id: uuid.UUID) -> FaceSession:
    """What is left to try, and the step now allowed."""
    acting = acting_in(call, capture_id)
    with call.db.read() as session:
        row = live(session, call, acting, capture_id)
        return _view(call, row, known(session, call, acting, row))


def _view(call: Call, row: CertificationCapture, found: Known) -> FaceSession:
    return FaceSession(
        id=row.id,
        expires_at=row.expires_at,
        consent_by=found.consent_by,
        consent=found.consent,
        profiles=[profile.value for profile in Profile],
        frames_min=call.settings.frames_min,
        frames_max=call.settings.frames_max,
        tries_left=found.allowed.tries_left,
        wait_seconds=found.allowed.wait_seconds,
        unusable_left=max(0, call.settings.unusable_max - row.unusable),
        routes=list(rules.WAYS_WITHOUT_FACE),
        next=found.next,
    )


def end_session(call: Call, capture_id: uuid.UUID) -> None:
    """End it; what is being judged meanwhile proves nothing any more. Whoever opened it can do so
    whatever became of link and card: what stops something is always possible."""
    with call.db.write() as session:
        row = locked(session, _own(session, call, capture_id).link_id, capture_id)
        _refuse_over(call, row)
        end(row, call.now, ENDED)
        session.commit()


def read_notice(call: Call, capture_id: uuid.UUID) -> notices.Notice:
    """What is to be read before the decision about the face."""
    acting = acting_in(call, capture_id)
    with call.db.read() as session:
        live(session, call, acting, capture_id)
        kind = notices.FACE_CERTIFICATION
        return notices.current(session, acting.region_id, kind, call.language, call.now)


def decide_consent(
    call: Call,
    capture_id: uuid.UUID,
    *,
    decision: str,
    keep_portrait: bool,
    notice_id: uuid.UUID,
    text_sha256: str,
) -> FaceSession:
    """The person (the guardian of somebody young) decides about the face, for this session alone.

    ``keep_portrait``: a consent of its own, that a picture which matches is kept on the helper's
    link for later checks, in place of the one before. Raises ConsentByGuardian for somebody young
    who is alone, InvalidInput where there is no link to keep it on, NoticeOutdated,
    NoticeTextDiffers.
    """
    acting = acting_in(call, capture_id)
    with call.db.write() as session:
        row = live(session, call, acting, capture_id)
        by = known(session, call, acting, row).consent_by
        if by == "guardian" and row.link_id is None:
            raise ConsentByGuardian
        if keep_portrait and row.link_id is None:
            raise InvalidInput(fields={"keep_portrait": ["needs_link"]})
        row.keep_portrait = keep_portrait and decision == "given"
        kinds = [notices.FACE_CERTIFICATION]
        kinds += [notices.PORTRAIT_KEPT] if row.keep_portrait else []
        given = [
            notices.decide(
                session,
                call,
                link_id=row.link_id,
                person_id=row.person_id,
                given_by=by,
                kind=kind,
                decision=decision,
                notice_id=notice_id,
                text_sha256=text_sha256,
                region_id=acting.region_id,
            )
            for kind in kinds
        ]
        session.flush()
        row.consent_id = given[0].id
        view = _view(call, row, known(session, call, acting, row))
        session.commit()
    return view
