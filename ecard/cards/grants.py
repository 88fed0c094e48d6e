"""Step-up grants: proof of the e-card password for one purpose in one session, used once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit
from ecard.call import Call
from ecard.cards.errors import StepUpNeeded
from ecard.cards.models import StepUpGrant
from ecard.sweeping import in_batches


@dataclass(frozen=True, slots=True)
class Grant:
    """A fresh grant."""

    id: uuid.UUID
    purpose: str
    expires_at: datetime


def add_grant(call: Call, purpose: str) -> Grant:
    """Open a grant for the holder's session; the password was proved just now."""
    row = StepUpGrant(
        id=uuid.uuid4(),
        session_id=call.holder.session_id,
        purpose=purpose,
        opened_at=call.now,
        expires_at=call.now + timedelta(seconds=call.settings.step_up_seconds),
    )
    with call.db.write() as session:
        session.add(row)
        audit.record(session, call, "step_up.open", "step_up", row.id, reason=purpose)
        session.commit()
    return Grant(row.id, row.purpose, row.expires_at)


def spend_grant(session: Session, call: Call, grant_id: uuid.UUID | None, purpose: str) -> None:
    """Use a grant up in the caller's transaction; raises StepUpNeeded. Not committed."""
    live_grant(session, call, grant_id, purpose).used_at = call.now


def live_grant(
    session: Session, call: Call, grant_id: uuid.UUID | None, purpose: str
) -> StepUpGrant:
    """The unused grant of this session and purpose, locked; raises StepUpNeeded."""
    grant = session.get(StepUpGrant, grant_id, with_for_update=True) if grant_id else None
    if grant is None or grant.session_id != call.holder.session_id or grant.purpose != purpose:
        raise StepUpNeeded(purpose=purpose)
    if grant.used_at is not None or grant.expires_at <= call.now:
        raise StepUpNeeded(purpose=purpose)
    return grant


def sweep(call: Call) -> int:
    """Forget grants that lapsed a while ago, used or not; returns how many."""
    before = call.now - timedelta(hours=call.settings.step_ups_kept_hours)
    return in_batches(call, sa.delete(StepUpGrant), StepUpGrant.expires_at < before)
