"""Acceptance and consent: the adult relative accepts, and who may decides about the face."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files, prints
from ecard.activation import policy as rules
from ecard.activation import sessions
from ecard.activation.errors import (
    AcceptanceMissing,
    CaptureWayNotAllowed,
    ConsentByGuardian,
    ConsentByPerson,
)
from ecard.activation.facts import (
    FACE_PROCESSING,
    PORTRAIT_KEPT,
    Facts,
    chosen_scopes,
    facts,
    keep_last_day,
    write_acceptance,
)
from ecard.activation.models import Attempt
from ecard.activation.opening import answering_now, both_sides, refuse_unreachable
from ecard.activation.standing import holders_step
from ecard.call import Call
from ecard.documents import service as documents
from ecard.errors import NotFound
from ecard.family import service as family
from ecard.family.errors import AcceptanceNotNeeded, IllegalMove
from ecard.notices import service as notices

if TYPE_CHECKING:
    from ecard.family.models import Link


DECIDING = frozenset({"noticed", "submitted", "in_review", *rules.ANSWERING})
"""States in which a guardian may decide about the face: once the age is known."""


@dataclass(frozen=True, slots=True)
class Step:
    """The step now allowed."""

    next: str


def accept(
    call: Call,
    session_id: uuid.UUID,
    *,
    accepted: bool,
    scopes: Sequence[str],
    ends_on: date | None = None,
) -> Step:
    """The adult relative accepts some of the scopes, in person, until a last day where they say
    one; or declines the whole.

    Accepted on the holder's phone, a notice goes to a contact that the registry holds and the
    holder does not have. Raises NoContactOnFile.
    """
    if accepted:
        _refuse_untold(call, session_id)
    with call.db.write() as session:
        link, opened = sessions.of_guest(session, call, session_id)
        known = facts(session, call, link)
        if not known.must_accept or link.state not in rules.ANSWERING:
            raise AcceptanceNotNeeded
        if accepted:
            _refuse_way(opened.via)
            write_acceptance(session, call, link, opened.via, chosen_scopes(link, scopes))
            keep_last_day(session, call, link, ends_on)
            _announce(session, call, link, known)
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


def _refuse_untold(call: Call, session_id: uuid.UUID) -> None:
    """A contact may have become the holder's too since the session was opened."""
    with call.db.read() as session:
        link, opened = sessions.of_guest(session, call, session_id)
        known = facts(session, call, link)
        sides = both_sides(session, link)
    if known.must_accept and opened.via in (rules.HANDED_OVER, rules.INVITATION):
        refuse_unreachable(call, *sides)


def _refuse_way(via: str) -> None:
    """An adult accepts alone: neither beside a holder who keeps the phone nor before a video."""
    if via == rules.VIDEO:
        raise CaptureWayNotAllowed(next="draw_digits")
    if via == rules.OWN:  # opened for a child who came of age in it
        raise CaptureWayNotAllowed(next="invite_or_hand_over")


def _announce(session: Session, call: Call, link: Link, known: Facts) -> None:
    if link.accepted_via == rules.HANDED_OVER:
        hours = known.policy.handed_over_wait_hours
        family.tell_relative(session, call, link, "accepted_on_holders_phone", hours=hours)


def consent_as_person(
    call: Call,
    session_id: uuid.UUID,
    *,
    decision: str,
    keep_portrait: bool,
    notice_id: uuid.UUID,
    text_sha256: str,
) -> Step:
    """The person at the camera decides about their face; declining leads to the other routes."""
    with call.db.write() as session:
        link, _ = sessions.of_guest(session, call, session_id)
        known = answering_now(session, call, link)
        if known.must_accept:
            raise AcceptanceMissing
        if known.consent_by != "person":
            raise ConsentByGuardian
        shown = _Shown(notice_id, text_sha256)
        _decide(session, call, link, known, FACE_PROCESSING, decision, shown)
        _decide_portrait(session, call, link, known, keep_portrait and decision == "given", shown)
        link.route = "face" if decision == "given" else "counter"
        session.commit()
        return Step(facts(session, call, link).next)


def consent_as_guardian(
    call: Call,
    link_id: uuid.UUID,
    *,
    decision: str,
    keep_portrait: bool,
    notice_id: uuid.UUID,
    text_sha256: str,
) -> Step:
    """The guardian decides: about a child's face, or about their own where that is asked for."""
    with call.db.write() as session:
        link = family.own_link(session, call, link_id, lock=True)
        family.still_open(session, call, link)
        if link.relative_id is None or link.state not in DECIDING:
            raise IllegalMove(state=link.state)
        known = facts(session, call, link)
        if known.consent_by != "guardian":
            raise ConsentByPerson
        shown = _Shown(notice_id, text_sha256)
        _decide(session, call, link, known, FACE_PROCESSING, decision, shown)
        _decide_portrait(session, call, link, known, keep_portrait and decision == "given", shown)
        link.route = "face" if decision == "given" else "counter"
        session.commit()
        return Step(holders_step(session, call, link))


@dataclass(frozen=True, slots=True)
class _Shown:
    """Which notice was shown, and the digest of exactly that text."""

    notice_id: uuid.UUID
    text_sha256: str


def _decide(
    session: Session,
    call: Call,
    link: Link,
    known: Facts,
    kind: str,
    decision: str,
    shown: _Shown,
) -> None:
    notices.decide(
        session,
        call,
        link_id=link.id,
        person_id=known.subject_id,
        given_by=known.consent_by,
        kind=kind,
        decision=decision,
        notice_id=shown.notice_id,
        text_sha256=shown.text_sha256,
        region_id=link.region_id,
    )
    session.flush()


def _decide_portrait(
    session: Session, call: Call, link: Link, known: Facts, keep: bool, shown: _Shown
) -> None:
    """Nobody's picture is kept who does not want their face compared, or did not ask for it."""
    earlier = notices.consent(session, link.id, PORTRAIT_KEPT)
    if keep or (earlier is not None and earlier.decision == "given"):
        decision = "given" if keep else "declined"
        _decide(session, call, link, known, PORTRAIT_KEPT, decision, shown)


def let_go_of_faces(session: Session, link: Link, person_id: uuid.UUID) -> None:
    """Nothing of a person's captures on a locked link is known again, and its last step is taken
    another way. Not committed."""
    prints.forget_person(session, person_id)
    own = link.holder_id if link.face_subject == "guardian" else link.relative_id
    if own != person_id:
        return
    tried = sa.update(Attempt).where(Attempt.link_id == link.id)
    session.execute(tried.values(capture_digest=None))
    if link.activated_at is None:
        link.route = "counter"


def withdraw_portrait(call: Call, link_id: uuid.UUID) -> None:
    """Either side withdraws the consent to keep the reference photo: it goes at once, or with the
    document that it was cut from. Raises NotFound where none is kept."""
    person_id = call.holder.person_id
    with call.db.write() as session:
        link = family.lock_link(session, link_id)
        if person_id not in (link.holder_id, link.relative_id):
            raise NotFound
        kept = notices.consent(session, link.id, PORTRAIT_KEPT)
        if kept is None or kept.decision != "given":
            raise NotFound
        notices.withdraw(session, call, kept)
        session.flush()
        documents.settle(session, call, link)
        session.commit()
    files.erase(call)
