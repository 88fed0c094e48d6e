"""Capture sessions: 15 minutes in which one person accepts, consents and shows their face.

A session's token is looked up on every request, so one that had its outcome, was replaced or
cancelled opens nothing from the very next request on. ``of_guest`` refuses it, which every verb
starts from: the gate lets it pass, so that a phone which lost the last answer can ask for it again
(``ecard/idempotency.py``).
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import limits
from ecard.accounts import service as accounts
from ecard.activation import policy as rules
from ecard.activation.errors import (
    CaptureSessionEnded,
    CaptureSessionExpired,
    TooManySessions,
    TooManyUnusable,
)
from ecard.activation.models import CaptureSession
from ecard.actors import CaptureGuest
from ecard.call import Call
from ecard.errors import NotFound, NotSignedIn
from ecard.family import service as family
from ecard.persons import service as persons
from ecard.vault import new_token

if TYPE_CHECKING:
    from ecard.family.models import Link

STEP_AFTER = {
    "match": "finished",
    "review": "wait_for_review",
    "presentation_attack": "wait_for_review",
    "video_received": "wait_for_review",
    "confirmed_at_counter": "finished",
    "declined": "closed",
}
"""Session outcome → the step now allowed; for all others a new session."""


def actor_for_token(call: Call, token: str) -> CaptureGuest:
    """Whoever holds a session's token, over or not; raises NotSignedIn."""
    query = sa.select(CaptureSession).filter_by(
        token_hash=call.dependencies.vault.token_hash(token)
    )
    with call.db.read() as session:
        opened = session.scalar(query)
    if opened is None:
        raise NotSignedIn
    return CaptureGuest(capture_session_id=opened.id, link_id=opened.link_id)


def refuse_over(call: Call, opened: CaptureSession) -> None:
    """Raise CaptureSessionEnded, TooManyUnusable or CaptureSessionExpired."""
    if opened.end_outcome == "too_many_unusable":
        raise TooManyUnusable
    if opened.ended_at is not None:
        outcome = opened.end_outcome or "ended"
        raise CaptureSessionEnded(outcome=outcome, next=STEP_AFTER.get(outcome))
    if opened.expires_at <= call.now:
        raise CaptureSessionExpired


def of_guest(session: Session, call: Call, session_id: uuid.UUID) -> tuple[Link, CaptureSession]:
    """The caller's own live session and its link, both locked. A foreign id is a 404."""
    guest = call.guest
    if session_id != guest.capture_session_id:
        raise NotFound
    link, opened = locked(session, guest.link_id, session_id)
    refuse_over(call, opened)
    _refuse_taken_back(session, opened)
    family.still_open(session, call, link)
    return link, opened


def _refuse_taken_back(session: Session, opened: CaptureSession) -> None:
    """A lent phone is the relative's or the holder's, never both at a time: once the holder has
    unlocked their own session, nobody accepts on this phone any more."""
    if opened.via not in rules.LENT or opened.holder_session_id is None:
        return
    since = accounts.handed_over_since(session, opened.holder_session_id)
    if since is None or since > opened.opened_at:  # taken back, or lent anew after that
        raise CaptureSessionEnded(outcome="taken_back")


def locked(
    session: Session, link_id: uuid.UUID, session_id: uuid.UUID
) -> tuple[Link, CaptureSession]:
    """A link and one of its sessions, the link locked first."""
    link = family.lock_link(session, link_id)
    opened = session.get_one(
        CaptureSession, session_id, with_for_update=True, populate_existing=True
    )
    return link, opened


def begin(
    session: Session,
    call: Call,
    link: Link,
    via: str,
    holder_session_id: uuid.UUID | None = None,
) -> tuple[CaptureSession, str]:
    """Open a session on a locked link and end its earlier ones; returns it and its token.

    Raises TooManySessions: a session more is ten captures more, and other digits for a video.
    """
    _count(session, call, link)
    end_all(session, call, link.id, "replaced")
    token = new_token("ec")
    subject = link.relative_id if link.face_subject == "relative" else link.holder_id
    language = persons.particulars(session, call, subject or link.holder_id).language
    opened = CaptureSession(
        id=uuid.uuid4(),
        link_id=link.id,
        token_hash=call.dependencies.vault.token_hash(token),
        via=via,
        holder_session_id=holder_session_id,
        language=language,
        opened_at=call.now,
        expires_at=call.now + timedelta(seconds=call.settings.capture_session_seconds),
        unusable=0,
    )
    session.add(opened)
    session.flush()
    return opened, token


def _count(session: Session, call: Call, link: Link) -> None:
    wait = limits.spend(
        session,
        "capture_session",
        f"{link.holder_id}|{link.relative_id}",  # a fresh application brings no fresh ones
        limit=call.settings.capture_sessions_a_day,
        window_seconds=rules.DAY_SECONDS,
        now=call.now,
    )
    if wait is not None:
        raise TooManySessions(retry_after=wait)


def end(opened: CaptureSession, now: datetime, outcome: str) -> None:
    """End a session, once."""
    if opened.ended_at is None:
        opened.ended_at, opened.end_outcome = now, outcome


def end_all(session: Session, call: Call, link_id: uuid.UUID, outcome: str) -> None:
    """End every open session of a locked link."""
    query = sa.select(CaptureSession).filter_by(link_id=link_id, ended_at=None)
    for opened in session.scalars(query.with_for_update()):
        end(opened, call.now, outcome)
    session.flush()
