"""A code is scanned at a counter: checked and used up in one call."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ecard import audit
from ecard.accounts import service as accounts
from ecard.acts import service as acts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.cards import service as cards
from ecard.errors import NotAllowed
from ecard.family import service as family
from ecard.locale import sentence
from ecard.persons import service as persons
from ecard.qr import keys, tokens
from ecard.qr.errors import (
    QrCardNotUsable,
    QrExpired,
    QrForged,
    QrOtherPlace,
    QrRefused,
    QrRevoked,
    QrUsed,
    refusal_of,
)
from ecard.qr.models import QrCode
from ecard.qr.policy import SCOPE, masked
from ecard.registry.service import mask

CLERK = "clerk"
OWN = "self"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the clerk reads: enough to compare with a document, and no more."""

    id: uuid.UUID
    operation: str
    shown_by: str
    shown_for: str
    """Masked names."""
    relation: str
    """What the person is to whoever showed the code; self for one's own card."""
    number_masked: str
    used_at: datetime


def use(call: Call, text: str, operation: str) -> Accepted:
    """Accept a code once, as of this call: signature, time, operation, place, link, both cards.

    Raises NotAllowed, Unavailable, and a QrRefused of its own for each finding.
    """
    call.require_role(CLERK)
    claims = _proven(call, text)
    try:
        shown = _look(call, claims, operation)
        _refuse_cards(call, shown)
        return _use_up(call, shown)
    except QrRefused as refusal:
        _record_refusal(call, claims.id, refusal.code)
        raise


def _proven(call: Call, text: str) -> tokens.Claims:
    """What a genuine token says that is neither too early nor too late."""
    with call.db.read() as session:
        known = keys.known(session, call)
    now, tolerance = int(call.now.timestamp()), call.settings.qr_clock_tolerance_seconds
    try:
        return tokens.check(text, known, now, tolerance)
    except tokens.TokenRefused as refused:
        raise refusal_of(refused) from refused


def _look(call: Call, claims: tokens.Claims, operation: str) -> QrCode:
    with call.db.read() as session:
        shown = session.get(QrCode, claims.id)
        if shown is None:
            raise QrForged  # signed with our key, and yet not by us
        _refuse_place(session, call, claims, operation, shown)
        _refuse_own(session, call, shown)
        if shown.used_at is not None:
            raise QrUsed
    return shown


def _refuse_place(
    session: Session, call: Call, claims: tokens.Claims, operation: str, shown: QrCode
) -> None:
    counter_id = call.staff.counter_id
    place = agencies.counter_of(session, counter_id).code if counter_id is not None else None
    try:
        tokens.refuse_other_use(claims, operation, place)
    except tokens.TokenRefused as refused:
        raise refusal_of(refused) from refused
    if claims.place is None:  # good at any counter of the region that looks after the person
        person = persons.particulars(session, call, shown.shown_for_id)
        if person.region_id not in call.staff.region_ids:
            raise QrOtherPlace


def _refuse_own(session: Session, call: Call, shown: QrCode) -> None:
    """Nobody at a desk accepts a code of which they are one of the two sides."""
    own = agencies.staff_number_index(session, call.staff.staff_id)
    for side in (shown.shown_by_id, shown.shown_for_id):
        number = persons.particulars(session, call, side).number
        if own == persons.number_index(call, number):
            raise NotAllowed


def _refuse_cards(call: Call, shown: QrCode) -> None:
    """Both live and hold a card that may be used; asked of the registry, so outside a session."""
    for side in {shown.shown_by_id, shown.shown_for_id}:
        if not cards.held_by(call, side).opens:
            raise QrCardNotUsable


def _use_up(call: Call, shown: QrCode) -> Accepted:
    """Of any number of scans at one moment the first to hold the row uses it up."""
    with call.db.write() as session:
        relation = _refuse_revoked(session, call, shown)
        row = session.get_one(QrCode, shown.id, with_for_update=True, populate_existing=True)
        if row.used_at is not None:
            raise QrUsed
        if row.expires_at <= call.now:
            raise QrExpired
        row.used_at = call.now
        row.used_by_id, row.used_at_id = call.staff.staff_id, call.staff.counter_id
        _note(session, call, row)
        _tell(session, call, row)
        audit.record(session, call, "qr.use", "qr_code", row.id, acting_for=row.shown_for_id)
        session.commit()
        return _view(session, call, row, relation)


def _refuse_revoked(session: Session, call: Call, shown: QrCode) -> str:
    """The relation, where the sign-in that showed the code and the link still stand, and the e-card
    is still on that phone.

    The link is locked: who ends it at this moment comes before or after, never in between.
    """
    if not accounts.shows_card(session, call, shown.session_id):
        raise QrRevoked
    if shown.link_id is None:
        return OWN
    link = family.lock_link(session, shown.link_id)
    if not family.acts(session, call, link, SCOPE):
        raise QrRevoked
    return link.relation or OWN


def _note(session: Session, call: Call, row: QrCode) -> None:
    """In the history of whose card it is, and of who showed it."""
    acts.write(
        session,
        call,
        person_id=row.shown_for_id,
        link_id=row.link_id,
        scope=SCOPE,
        action="qr.used",
    )


def _tell(session: Session, call: Call, row: QrCode) -> None:
    """The relative is told by whom, for what and where their card was shown."""
    if row.link_id is None:
        return
    link = family.lock_link(session, row.link_id)
    language = persons.particulars(session, call, row.shown_for_id).language
    family.tell_relative(
        session,
        call,
        link,
        "qr_used_relative",
        operation=sentence(f"qr.operation.{row.operation}", language),
        place=_place(session, call, row, language),
    )


def _place(session: Session, call: Call, row: QrCode, language: str) -> str:
    """The counter's name, or the region's where the clerk belongs to none."""
    names = agencies.region(session, call.staff.region_id).names
    region = str(names.get(language) or names["en"])
    return agencies.counter_name(session, row.used_at_id, language) or region


def _view(session: Session, call: Call, row: QrCode, relation: str) -> Accepted:
    person = persons.particulars(session, call, row.shown_for_id)
    return Accepted(
        id=row.id,
        operation=row.operation,
        shown_by=masked(persons.particulars(session, call, row.shown_by_id).name),
        shown_for=masked(person.name),
        relation=relation,
        number_masked=mask(person.number),
        used_at=row.used_at or call.now,
    )


def _record_refusal(call: Call, code_id: uuid.UUID, reason: str) -> None:
    with call.db.write() as session:
        audit.record(session, call, "qr.use", "qr_code", code_id, outcome="refused", reason=reason)
        session.commit()
