"""What is left to try with a face, and what forbids to open the camera now.

Counted for a person with one helper (or alone): a second helper's mismatches must not use up the
first one's, and a fresh session brings no fresh tries.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import face_tries
from ecard.activation import policy as faces
from ecard.activation import service as activation
from ecard.activation.errors import (
    CaptureInProgress,
    ConsentMissing,
    FaceDeclined,
    TooManyMismatches,
)
from ecard.acts.service import Acting
from ecard.call import Call
from ecard.certification.comparing import age_of
from ecard.certification.errors import CertificationFaceClosed
from ecard.certification.models import (
    Certification,
    CertificationAttempt,
    CertificationCapture,
)
from ecard.notices import service as notices
from ecard.policy import service as policies
from ecard.policy.policy import Policy

DECLINED = "declined"


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
