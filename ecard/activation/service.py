"""The last step of an application: sessions, acceptance, consent, and what is left to try.

Captures are in ``judgement.py``, the digits video in ``digits.py``, the counter in ``counter.py``.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, limits
from ecard.accounts import service as accounts
from ecard.activation import policy as rules
from ecard.activation import sessions
from ecard.activation.counter import (
    CounterCodeView,
    Redeemed,
    code_waiting_until,
    issue_code,
    redeem_code,
)
from ecard.activation.digits import DigitsView, draw_digits, take_video
from ecard.activation.errors import (
    AcceptanceMissing,
    CaptureWayNotAllowed,
    ConsentByGuardian,
    ConsentByPerson,
    InvitationExpired,
    InvitationUnknown,
    InvitationUsed,
    NoContactOnFile,
    TooManyInvitations,
)
from ecard.activation.facts import FACE_PROCESSING, Facts, facts, write_acceptance
from ecard.activation.judgement import CaptureAnswer, take_capture
from ecard.activation.models import CaptureInvitation, CaptureSession
from ecard.activation.sessions import actor_for_token
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import InvalidInput
from ecard.family import service as family
from ecard.family.errors import AcceptanceNotNeeded, IllegalMove
from ecard.locale import sentence
from ecard.messages import service as messages
from ecard.notices import service as notices
from ecard.persons import service as persons
from ecard.vault import new_token

if TYPE_CHECKING:
    from ecard.family.models import Link

__all__ = [
    "CaptureAnswer",
    "CounterCodeView",
    "DigitsView",
    "Redeemed",
    "accept",
    "actor_for_token",
    "consent_as_guardian",
    "consent_as_person",
    "draw_digits",
    "end_session",
    "invite",
    "issue_code",
    "open_invitation",
    "open_session",
    "read_activation",
    "read_notice",
    "read_session",
    "redeem_code",
    "take_capture",
    "take_video",
]

DECIDING = frozenset({"noticed", "submitted", "in_review", *rules.ANSWERING})
"""States in which a guardian may decide about the face: once the age is known."""


# --- opening -----------------------------------------------------------------------------------


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
    password. Raises CaptureWayNotAllowed, NoContactOnFile, IllegalMove.
    """
    _refuse_without_contact(call, link_id, via)
    with call.db.write() as session:
        link = family.own_link(session, call, link_id, lock=True)
        known = _answering(session, call, link)
        if known.adult != (via in rules.LENT):
            way = "invite_or_hand_over" if known.adult else "open_capture_session"
            raise CaptureWayNotAllowed(next=way)
        holder_session = call.holder.session_id if via in rules.LENT else None
        opened, token = sessions.begin(session, call, link, via, holder_session)
        if holder_session is not None:
            accounts.hand_over(session, call, holder_session)
        _record_opened(session, call, opened, known)
        session.commit()
        return OpenedSession(opened.id, token, via, opened.expires_at, _guests_step(known, via))


def _guests_step(known: Facts, via: str) -> str:
    """In a session for a video the acceptance is part of the video."""
    return "draw_digits" if via == rules.VIDEO and known.must_accept else known.next


def _answering(session: Session, call: Call, link: Link) -> Facts:
    family.still_open(call, link)
    if link.state not in rules.ANSWERING:
        raise IllegalMove(state=link.state)
    return facts(session, call, link)


def _refuse_without_contact(call: Call, link_id: uuid.UUID, via: str) -> None:
    """Whoever accepts on the holder's phone must be told by a way that the holder does not hold."""
    if via != rules.HANDED_OVER:
        return
    with call.db.read() as session:
        link = family.own_link(session, call, link_id)
        known = _answering(session, call, link)
        relative = persons.particulars(session, call, known.relative_id)
    if known.must_accept:
        _refuse_unreachable(call, relative.registry_ref)


def _refuse_unreachable(call: Call, registry_ref: str) -> None:
    contact = persons.contact(call, registry_ref)
    if not (contact.phone or contact.email):
        raise NoContactOnFile


def _record_opened(session: Session, call: Call, opened: CaptureSession, known: Facts) -> None:
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


# --- invitations -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InvitationView:
    """That an invitation is on its way; neither its token nor its address."""

    sent_at: datetime
    expires_at: datetime


def invite(call: Call, link_id: uuid.UUID) -> InvitationView:
    """Send the adult relative a one-use address, to the contact that the registry holds only."""
    with call.db.read() as session:
        link = family.own_link(session, call, link_id)
        known = _invitable(session, call, link)
        relative = persons.particulars(session, call, known.relative_id)
    _refuse_unreachable(call, relative.registry_ref)
    with call.db.write() as session:
        link = family.own_link(session, call, link_id, lock=True)
        known = _invitable(session, call, link)
        _count(session, call, "invitation", link.id, rules.INVITATIONS_A_DAY, TooManyInvitations)
        invitation = _send_invitation(session, call, link, known)
        session.commit()
        return InvitationView(invitation.sent_at, invitation.expires_at)


def _invitable(session: Session, call: Call, link: Link) -> Facts:
    known = _answering(session, call, link)
    if not known.adult:
        raise CaptureWayNotAllowed(next="open_capture_session")
    return known


def _count(
    session: Session,
    call: Call,
    kind: str,
    subject: uuid.UUID,
    limit: int,
    refusal: type[TooManyInvitations],
) -> None:
    wait = limits.spend(
        session, kind, subject, limit=limit, window_seconds=rules.DAY_SECONDS, now=call.now
    )
    if wait is not None:
        raise refusal(retry_after=wait)


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
        known = _answering(session, call, link)
        invitation.used_at = call.now
        opened, fresh = sessions.begin(session, call, link, rules.INVITATION)
        _record_opened(session, call, opened, known)
        session.commit()
        return OpenedSession(opened.id, fresh, opened.via, opened.expires_at, known.next)


# --- what the screen shows ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScopeView:
    """One thing the holder asks to do, as a sentence."""

    scope: str
    sentence: str


@dataclass(frozen=True, slots=True)
class SessionView:
    """Everything the relative's screen shows; ``read_aloud`` is the same as one text."""

    id: uuid.UUID
    via: str
    expires_at: datetime
    language: str
    """The language on file of the person at the camera."""
    holder_name: str
    must_accept: bool
    accepted: bool
    scopes: list[ScopeView]
    how_to_end: str
    read_aloud: str
    face_subject: str
    consent_by: str
    consent: str
    challenge: str
    frames_min: int
    frames_max: int
    tries_left: int
    wait_seconds: int
    unusable_left: int
    routes: list[str]
    next: str


def read_session(call: Call, session_id: uuid.UUID) -> SessionView:
    """Who asks for what, how to end it, and the step now allowed."""
    with call.db.read() as session:
        link, opened = sessions.of_guest(session, call, session_id)
        known = facts(session, call, link)
        holder = rules.shown_name(persons.particulars(session, call, link.holder_id).name)
    scopes = [_scope_view(call, scope) for scope in link.scopes]
    return SessionView(
        id=opened.id,
        via=opened.via,
        expires_at=opened.expires_at,
        language=opened.language,
        holder_name=holder,
        must_accept=known.must_accept,
        accepted=link.accepted_at is not None,
        scopes=scopes,
        how_to_end=sentence("accept.how_to_end", call.language),
        read_aloud=_read_aloud(call, holder, scopes),
        face_subject=link.face_subject,
        consent_by=known.consent_by,
        consent=known.consent,
        challenge=opened.challenge,
        frames_min=call.settings.frames_min,
        frames_max=call.settings.frames_max,
        tries_left=known.allowed.tries_left,
        wait_seconds=known.allowed.wait_seconds,
        unusable_left=max(0, call.settings.unusable_max - opened.unusable),
        routes=list(rules.FACELESS_ROUTES),
        next=_guests_step(known, opened.via),
    )


def _scope_view(call: Call, scope: str) -> ScopeView:
    return ScopeView(scope, sentence(f"accept.scope.{scope}", call.language))


def _read_aloud(call: Call, holder: str, scopes: Sequence[ScopeView]) -> str:
    parts = [
        sentence("accept.asks", call.language, name=holder),
        *(scope.sentence for scope in scopes),
        sentence("accept.how_to_end", call.language),
        sentence("accept.free_choice", call.language),
    ]
    return "\n".join(parts)


def read_notice(call: Call, session_id: uuid.UUID) -> notices.Notice:
    """The notice about face processing that the person reads before they decide."""
    with call.db.read() as session:
        link, _ = sessions.of_guest(session, call, session_id)
        return notices.current(session, link.region_id, FACE_PROCESSING, call.language, call.now)


# --- acceptance and consent --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """The step now allowed."""

    next: str


def accept(call: Call, session_id: uuid.UUID, *, accepted: bool, scopes: Sequence[str]) -> Step:
    """The adult relative accepts some of the scopes, in person, or declines the whole.

    Accepted on the holder's phone, a notice goes to the contact that the registry holds.
    """
    via = _way_of_acceptance(call, session_id)
    with call.db.write() as session:
        link, opened = sessions.of_guest(session, call, session_id)
        known = facts(session, call, link)
        if not known.must_accept or link.state not in rules.ANSWERING:
            raise AcceptanceNotNeeded
        if accepted:
            _refuse_way(via)
            _accept(session, call, link, via, scopes)
            _announce(session, call, link, via, known)
        else:
            sessions.end(opened, call.now, "declined")
            family.refuse_as_relative(session, call, link)
        audit.record(
            session,
            call,
            "link.acceptance",
            "link",
            link.id,
            outcome="accepted" if accepted else "declined",
            acting_for=known.relative_id,
        )
        session.commit()
        return Step(facts(session, call, link).next)


def _way_of_acceptance(call: Call, session_id: uuid.UUID) -> str:
    """How an acceptance here counts: an invitation that reached the holder's own telephone or
    mailbox was opened on the holder's phone, as far as anybody can tell."""
    with call.db.read() as session:
        link, opened = sessions.of_guest(session, call, session_id)
        known = facts(session, call, link)
        relative = persons.particulars(session, call, known.relative_id)
        holder = persons.particulars(session, call, link.holder_id)
    if not known.must_accept:
        return opened.via
    if opened.via == rules.HANDED_OVER:
        _refuse_unreachable(call, relative.registry_ref)
    if opened.via == rules.INVITATION:
        theirs = persons.contact(call, relative.registry_ref)
        if theirs.shares_with(persons.contact(call, holder.registry_ref)):
            return rules.HANDED_OVER
    return opened.via


def _refuse_way(via: str) -> None:
    """An adult accepts alone: neither beside a holder who keeps the phone nor before a video."""
    if via == rules.VIDEO:
        raise CaptureWayNotAllowed(next="draw_digits")
    if via == rules.OWN:  # opened for a child who came of age in it
        raise CaptureWayNotAllowed(next="invite_or_hand_over")


def _accept(session: Session, call: Call, link: Link, via: str, scopes: Sequence[str]) -> None:
    chosen = set(scopes)
    if not chosen or not chosen <= set(link.scopes):
        raise InvalidInput(fields={"scopes": ["not_asked_for" if chosen else "required"]})
    write_acceptance(session, call, link, via, sorted(chosen))


def _announce(session: Session, call: Call, link: Link, via: str, known: Facts) -> None:
    if via != rules.HANDED_OVER:
        return
    messages.notify(
        session,
        call,
        known.relative_id,
        "accepted_on_holders_phone",
        name=persons.particulars(session, call, link.holder_id).name,
        hours=known.policy.handed_over_wait_hours,
        not_me_address=family.not_me_address(session, call, link),
    )


def consent_as_person(
    call: Call, session_id: uuid.UUID, *, decision: str, notice_id: uuid.UUID, text_sha256: str
) -> Step:
    """The person at the camera decides about their face; declining leads to the other routes."""
    with call.db.write() as session:
        link, _ = sessions.of_guest(session, call, session_id)
        known = _answering(session, call, link)
        if known.must_accept:
            raise AcceptanceMissing
        if known.consent_by != "person":
            raise ConsentByGuardian
        _decide(session, call, link, known, decision, notice_id, text_sha256)
        session.commit()
        return Step(facts(session, call, link).next)


def consent_as_guardian(
    call: Call, link_id: uuid.UUID, *, decision: str, notice_id: uuid.UUID, text_sha256: str
) -> Step:
    """The guardian decides: about a child's face, or about their own where that is asked for."""
    with call.db.write() as session:
        link = family.own_link(session, call, link_id, lock=True)
        family.still_open(call, link)
        if link.relative_id is None or link.state not in DECIDING:
            raise IllegalMove(state=link.state)
        known = facts(session, call, link)
        if known.consent_by != "guardian":
            raise ConsentByPerson
        _decide(session, call, link, known, decision, notice_id, text_sha256)
        session.commit()
        return Step(_holders_step(session, call, link))


def _decide(
    session: Session,
    call: Call,
    link: Link,
    known: Facts,
    decision: str,
    notice_id: uuid.UUID,
    text_sha256: str,
) -> None:
    notices.decide(
        session,
        call,
        link_id=link.id,
        person_id=known.subject_id,
        given_by=known.consent_by,
        kind=FACE_PROCESSING,
        decision=decision,
        notice_id=notice_id,
        text_sha256=text_sha256,
        region_id=link.region_id,
    )
    link.route = "face" if decision == "given" else "counter"
    session.flush()


# --- what is left to try -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RouteView:
    """A route without a face; it gives the same rights."""

    route: str
    sentence: str
    counters: list[agencies.CounterView]
    code_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ActivationView:
    """How the last step stands, as the holder sees it."""

    link_id: uuid.UUID
    state: str
    route: str
    face_subject: str
    face_open: bool
    tries_left: int
    wait_seconds: int
    consent_by: str
    consent: str
    routes: list[RouteView]
    next: str


def read_activation(call: Call, link_id: uuid.UUID) -> ActivationView:
    """Tries left, waiting time, and always the routes without a face."""
    with call.db.read() as session:
        link = family.own_link(session, call, link_id)
        known = facts(session, call, link)
        return ActivationView(
            link_id=link.id,
            state=family.view(session, call, link).state,
            route=link.route,
            face_subject=link.face_subject,
            face_open=not known.allowed.shut and known.consent != "declined",
            tries_left=known.allowed.tries_left,
            wait_seconds=known.allowed.wait_seconds,
            consent_by=known.consent_by,
            consent=known.consent,
            routes=_routes(session, call, link),
            next=_holders_step(session, call, link),
        )


def _routes(session: Session, call: Call, link: Link) -> list[RouteView]:
    counters = agencies.counters_in(session, link.region_id, call.language)
    until = code_waiting_until(session, call, link.id)
    return [
        RouteView(
            route,
            sentence(f"route.{route}", call.language),
            counters if route != rules.DIGITS_VIDEO else [],
            until if route == rules.COUNTER else None,
        )
        for route in rules.FACELESS_ROUTES
    ]


def _holders_step(session: Session, call: Call, link: Link) -> str:
    """The person's steps are taken in a session; the holder's step is to open one."""
    known = facts(session, call, link)
    if link.state not in rules.ANSWERING:
        return family.view(session, call, link).next or known.next
    way = "invite_or_hand_over" if known.adult else "open_capture_session"
    return way if known.next in ("accept", "give_consent", "send_capture") else known.next
