"""Invitations: a one-use address for the adult relative, sent to the contact on file only."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, limits
from ecard.activation import policy as rules
from ecard.activation import sessions
from ecard.activation.errors import (
    CaptureWayNotAllowed,
    InvitationExpired,
    InvitationUnknown,
    InvitationUsed,
    TooManyInvitations,
)
from ecard.activation.facts import Facts
from ecard.activation.models import CaptureInvitation
from ecard.activation.opening import (
    OpenedSession,
    answering_now,
    both_sides,
    record_opened,
    refuse_unreachable,
)
from ecard.call import Call
from ecard.family import service as family
from ecard.messages import service as messages
from ecard.persons import service as persons
from ecard.vault import new_token

if TYPE_CHECKING:
    from ecard.family.models import Link


@dataclass(frozen=True, slots=True)
class InvitationView:
    """That an invitation is on its way; neither its token nor its address."""

    sent_at: datetime
    expires_at: datetime


def invite(call: Call, link_id: uuid.UUID) -> InvitationView:
    """Send the adult relative a one-use address, to a contact that the registry holds and the
    holder does not have. Raises NoContactOnFile."""
    with call.db.read() as session:
        link = family.own_link(session, call, link_id)
        _invitable(session, call, link)
        sides = both_sides(session, link)
    family.refuse_unless_standing(call, link_id)
    refuse_unreachable(call, *sides)
    with call.db.write() as session:
        link = family.own_link(session, call, link_id, lock=True)
        known = _invitable(session, call, link)
        _count(session, call, link)
        invitation = _send_invitation(session, call, link, known)
        session.commit()
        return InvitationView(invitation.sent_at, invitation.expires_at)


def _invitable(session: Session, call: Call, link: Link) -> Facts:
    known = answering_now(session, call, link)
    if not known.adult:
        raise CaptureWayNotAllowed(next="open_capture_session")
    return known


def _count(session: Session, call: Call, link: Link) -> None:
    wait = limits.spend(
        session,
        "invitation",
        link.id,
        limit=call.settings.invitations_a_day,
        window_seconds=rules.DAY_SECONDS,
        now=call.now,
    )
    if wait is not None:
        raise TooManyInvitations(retry_after=wait)


def _send_invitation(session: Session, call: Call, link: Link, known: Facts) -> CaptureInvitation:
    for earlier in session.scalars(_open_invitations(link.id)):
        earlier.cancelled_at = call.now
    token = new_token("iv")
    life = timedelta(seconds=call.settings.invitation_seconds)
    invitation = CaptureInvitation(
        id=uuid.uuid4(),
        link_id=link.id,
        token_hash=call.dependencies.vault.token_hash(token),
        sent_at=call.now,
        expires_at=min(call.now + life, link.lapses_at),
    )
    session.add(invitation)
    messages.notify(
        session,
        call,
        known.relative_id,
        "acceptance_invitation",
        apart_from=[link.holder_id],
        name=persons.particulars(session, call, link.holder_id).name,
        address=f"{call.settings.public_address}/invitation#{token}",
    )
    audit.record(session, call, "invitation.sent", "link", link.id, acting_for=known.relative_id)
    return invitation


def _open_invitations(link_id: uuid.UUID) -> sa.Select[CaptureInvitation]:
    return sa.select(CaptureInvitation).filter_by(link_id=link_id, used_at=None, cancelled_at=None)


def open_invitation(call: Call, token: str) -> OpenedSession:
    """Whoever holds an invitation's token opens the relative's session with it, once."""
    token_hash = call.dependencies.vault.token_hash(token)
    query = sa.select(CaptureInvitation.link_id, CaptureInvitation.id)
    with call.db.write() as session:
        found = session.execute(query.filter_by(token_hash=token_hash)).one_or_none()
        if found is None:
            raise InvitationUnknown
        link = family.lock_link(session, found.link_id)  # the link first, as everywhere
        invitation = session.get_one(CaptureInvitation, found.id, with_for_update=True)
        if invitation.used_at is not None or invitation.cancelled_at is not None:
            raise InvitationUsed
        if invitation.expires_at <= call.now:
            raise InvitationExpired
        known = answering_now(session, call, link)
        invitation.used_at = call.now
        opened, fresh = sessions.begin(session, call, link, rules.INVITATION)
        record_opened(session, call, opened, known)
        session.commit()
        return OpenedSession(opened.id, fresh, opened.via, opened.expires_at, known.next)
