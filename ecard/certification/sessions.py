"""Capture sessions of a proof of life: 15 minutes, opened by the person or by who helps them.

They are used with the token of whoever opened them. Link, scope and cards are asked for at every
call, so what was ended, switched off or cancelled meanwhile is refused at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from biometrics.challenge import Profile
from ecard import face_tries, limits
from ecard.activation import policy as faces
from ecard.activation import service as activation
from ecard.activation.errors import (
    CaptureInProgress,
    CaptureSessionEnded,
    CaptureSessionExpired,
    ConsentByGuardian,
    ConsentMissing,
    FaceDeclined,
    TooManyMismatches,
    TooManySessions,
    TooManyUnusable,
)
from ecard.acts import service as acts
from ecard.acts.service import Acting
from ecard.call import Call
from ecard.certification import policy as rules
from ecard.certification.comparing import age_of, picture_of
from ecard.certification.errors import CertificationFaceClosed
from ecard.certification.models import (
    Certification,
    CertificationAttempt,
    CertificationCapture,
)
from ecard.certification.standing import benefits_of, refuse_unless_certifiable, standings
from ecard.certification.telling import SCOPE
from ecard.errors import InvalidInput, NotFound
from ecard.family import service as family
from ecard.notices import service as notices
from ecard.persons import service as persons
from ecard.policy import service as policies
from ecard.policy.policy import Policy
from ecard.registry.port import Benefit

DECLINED, REPLACED, ENDED, SPOILT = "declined", "replaced", "ended", "too_many_unusable"
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


@dataclass(frozen=True, slots=True)
class Known:
    """What decides the next step."""

    policy: Policy
    age: int
    consent_by: str
    """guardian or person."""
    consent: str
    """given, declined or missing, in this very session."""
    allowed: faces.Allowance
    tried: Sequence[CertificationAttempt]
    """Of this person with this helper (or alone): since the last proof, and of the last 30 days."""
    proved_at: datetime
    """When the last proof of life was kept; tries before it belong to another window."""

    @property
    def next(self) -> str:
        """The step now allowed."""
        return faces.next_step(
            faces.ANSWERING[-1],
            must_accept=False,
            consent=self.consent,
            consent_by="person",  # whoever decides does so in this session
            allowed=self.allowed,
        )

    @property
    def undecided_before(self) -> bool:
        """Whether nobody could say that somebody lives, in this window already."""
        return any(
            one.reason == faces.LIVENESS_UNDECIDED and one.reserved_at > self.proved_at
            for one in self.tried
        )

    def attacked_before(self, now: datetime) -> bool:
        """Whether something was held up before the camera lately."""
        since = now - timedelta(days=faces.ATTACK_REMEMBERED_DAYS)
        return any(
            one.outcome == faces.PRESENTATION_ATTACK and one.reserved_at > since
            for one in self.tried
        )


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


def known(session: Session, call: Call, acting: Acting, row: CertificationCapture) -> Known:
    """Everything that decides the next step of a session."""
    policy = policy_of(session, call, acting)
    age = age_of(session, call, acting)
    proved_at = _proved_at(session, row.person_id)
    tried = _tried(session, call, row, proved_at)
    since = min(proved_at, call.now - timedelta(seconds=faces.DAY_SECONDS))
    counted = [
        faces.Tried(one.reserved_at, one.outcome) for one in tried if one.reserved_at > since
    ]
    return Known(
        policy=policy,
        age=age,
        consent_by=faces.consent_by(age, "relative", policy.own_consent_age),
        consent=consent_in(session, row),
        allowed=faces.allowance(counted, call.now, activation.mismatch_limits(call.settings)),
        tried=tried,
        proved_at=proved_at,
    )


def policy_of(session: Session, call: Call, acting: Acting) -> Policy:
    """The policy of the region of the person's card, as of now."""
    return policies.current(session, acting.region_id, call.now)


def consent_in(session: Session, row: CertificationCapture) -> str:
    """given, declined or missing: asked for in each session, and good until it is taken back."""
    if row.consent_id is None:
        return "missing"
    return "given" if notices.still_given(session, row.consent_id) else DECLINED


def _proved_at(session: Session, person_id: uuid.UUID) -> datetime:
    last = sa.select(sa.func.max(Certification.at)).filter_by(person_id=person_id)
    return session.scalar(last) or datetime.min.replace(tzinfo=UTC)


def _tried(
    session: Session, call: Call, row: CertificationCapture, proved_at: datetime
) -> list[CertificationAttempt]:
    lately = call.now - timedelta(days=faces.ATTACK_REMEMBERED_DAYS)
    of_pair = sa.select(CertificationCapture.id).filter_by(
        person_id=row.person_id, opened_by=row.opened_by
    )
    table = CertificationAttempt
    query = sa.select(table).where(
        table.capture_id.in_(of_pair), table.reserved_at > min(proved_at, lately)
    )
    return list(session.scalars(query.order_by(table.reserved_at, table.id)))


def may_capture(session: Session, call: Call, acting: Acting, row: CertificationCapture) -> Known:
    """What is known, where nothing forbids to open the camera now."""
    found = known(session, call, acting, row)
    if found.consent == "missing":
        raise ConsentMissing(next="give_consent")
    if found.consent == DECLINED:
        raise FaceDeclined
    if found.allowed.shut:
        raise CertificationFaceClosed
    of_session = CertificationAttempt.capture_id == row.id
    if face_tries.is_under_way(session, call, CertificationAttempt, of_session):
        raise CaptureInProgress(retry_after=2)
    if found.allowed.wait_seconds:
        raise TooManyMismatches(
            retry_after=found.allowed.wait_seconds,
            wait_seconds=found.allowed.wait_seconds,
            tries_left=found.allowed.tries_left,
        )
    return found


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
