"""Capture sessions opened by the holder: handed to an adult, beside a child, or for a video."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from ecard import audit
from ecard.accounts import service as accounts
from ecard.activation import policy as rules
from ecard.activation import sessions
from ecard.activation.errors import (
    CaptureWayNotAllowed,
    NoContactOnFile,
)
from ecard.activation.facts import Facts, facts
from ecard.activation.models import CaptureSession
from ecard.call import Call
from ecard.family import service as family
from ecard.family.errors import IllegalMove
from ecard.messages import service as messages
from ecard.persons import service as persons

if TYPE_CHECKING:
    from ecard.family.models import Link


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A fresh capture session; the token is shown this once."""

    id: uuid.UUID
    token: str
    via: str
    expires_at: datetime
    next: str


def open_session(call: Call, link_id: uuid.UUID, via: str) -> OpenedSession:
    """The holder opens a session on their phone: handed over to an adult, or beside a child.

    Handed over, the holder's own session does nothing until it is unlocked with the e-card
    password. Raises CaptureWayNotAllowed, NoContactOnFile, IllegalMove, and where a side no longer
    stands CardNotUsable, RelativeNotConfirmed.
    """
    _ask_registry(call, link_id, via)
    with call.db.write() as session:
        link = family.own_link(session, call, link_id, lock=True)
        known = answering_now(session, call, link)
        _refuse_way(known, via)
        holder_session = call.holder.session_id if via in rules.LENT else None
        if holder_session is not None:  # first: it was lent before the session began, not after
            accounts.hand_over(session, call, holder_session)
        opened, token = sessions.begin(session, call, link, via, holder_session)
        record_opened(session, call, opened, known)
        session.commit()
        return OpenedSession(opened.id, token, via, opened.expires_at, guests_step(known, via))


def guests_step(known: Facts, via: str) -> str:
    """In a session for a video the acceptance is part of the video."""
    return "draw_digits" if via == rules.VIDEO and known.must_accept else known.next


def answering_now(session: Session, call: Call, link: Link) -> Facts:
    family.still_open(session, call, link)
    if link.state not in rules.ANSWERING:
        raise IllegalMove(state=link.state)
    return facts(session, call, link)


def _refuse_way(known: Facts, via: str) -> None:
    if known.adult != (via in rules.LENT):
        way = "invite_or_hand_over" if known.adult else "open_capture_session"
        raise CaptureWayNotAllowed(next=way)


def _ask_registry(call: Call, link_id: uuid.UUID, via: str) -> None:
    """Both sides must still stand; and whoever accepts on the holder's phone must be told by a way
    that the holder does not hold."""
    with call.db.read() as session:
        link = family.own_link(session, call, link_id)
        known = answering_now(session, call, link)
        _refuse_way(known, via)
        sides = both_sides(session, link)
    family.refuse_unless_standing(call, link_id)
    if known.must_accept and via == rules.HANDED_OVER:
        refuse_unreachable(call, *sides)


def both_sides(session: Session, link: Link) -> tuple[str, str]:
    """The relative's and the holder's names in the registry."""
    sides = (link.relative_id or link.holder_id, link.holder_id)
    relative, holder = (persons.registry_ref(session, side) or "" for side in sides)
    return relative, holder


def refuse_unreachable(call: Call, relative: str, holder: str) -> None:
    """An adult who accepts is told by a way that the holder does not hold. Raises NoContactOnFile,
    Unavailable."""
    if not messages.reaches_alone(call, relative, holder):
        raise NoContactOnFile


def record_opened(session: Session, call: Call, opened: CaptureSession, known: Facts) -> None:
    audit.record(
        session,
        call,
        "capture_session.opened",
        "capture_session",
        opened.id,
        reason=opened.via,
        acting_for=known.relative_id,
    )


def end_session(call: Call, session_id: uuid.UUID) -> None:
    """Whoever holds the session ends it."""
    with call.db.write() as session:
        _, opened = sessions.of_guest(session, call, session_id)
        sessions.end(opened, call.now, "cancelled")
        audit.record(session, call, "capture_session.ended", "capture_session", opened.id)
        session.commit()
