"""A code is shown: for one's own card, or for a relative's by a link whose scope allows it."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ecard import audit, limits
from ecard.accounts import service as accounts
from ecard.acts import service as acts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.cards import service as cards
from ecard.cards.errors import CardNotUsable
from ecard.errors import InvalidInput, TooManyRequests
from ecard.family import service as family
from ecard.persons import service as persons
from ecard.policy import service as policies
from ecard.qr import keys, tokens
from ecard.qr.errors import CardOnAnotherPhone, QrCardNotUsable
from ecard.qr.models import QrCode
from ecard.qr.policy import SCOPE, masked

HOUR = 3600


@dataclass(frozen=True, slots=True)
class QrView:
    """A code to show, and what it says."""

    id: uuid.UUID
    text: str
    """What goes into the QR code, in its alphanumeric mode."""
    operation: str
    shown_by: str
    shown_for: str
    """Masked names, as whoever scans sees them."""
    place: str | None
    """Name of the counter at which alone it is good."""
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Shown:
    """Who shows whose card, and where."""

    person_id: uuid.UUID
    by: str
    on: str
    place_id: uuid.UUID | None
    place_code: str | None
    place_name: str | None


def show(
    call: Call, operation: str, link_id: uuid.UUID | None = None, place: str | None = None
) -> QrView:
    """A fresh code for one operation, good once, for ``qr_seconds``.

    Everything is asked at this call: link, scope, and both cards of the registry. Raises NotFound,
    LinkNotActive, ActingNotAllowedNow, ScopeOff, CardOnAnotherPhone, CardNotUsable (the holder's),
    QrCardNotUsable (the relative's), InvalidInput (the place), TooManyRequests, Unavailable.
    """
    with call.db.read() as session:
        shown = _shown(session, call, link_id, place)
        _refuse_elsewhere(session, call)
    _refuse_cards(call, shown.person_id)
    with call.db.write() as session:
        _use(session, call, link_id, shown.person_id)
        _refuse_elsewhere(session, call)
        _count(session, call)
        row = _add(session, call, operation, link_id, shown)
        text = _token(session, call, row, shown)
        audit.record(session, call, "qr.show", "qr_code", row.id, acting_for=_for(call, row))
        session.commit()
    return QrView(
        id=row.id,
        text=text,
        operation=operation,
        shown_by=shown.by,
        shown_for=shown.on,
        place=shown.place_name,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
    )


def _shown(session: Session, call: Call, link_id: uuid.UUID | None, place: str | None) -> _Shown:
    own = call.holder.person_id
    link = family.acting_link(session, call, link_id, SCOPE, changes=True) if link_id else None
    person_id = link.relative_id if link is not None and link.relative_id else own
    counter = agencies.counter_by_code(session, place) if place is not None else None
    if place is not None and counter is None:
        raise InvalidInput(fields={"place": ["unknown_value"]})
    if (
        counter is None
        and policies.current(session, call.holder.region_id, call.now).qr_names_place
    ):
        raise InvalidInput(fields={"place": ["required"]})
    return _Shown(
        person_id=person_id,
        by=masked(persons.particulars(session, call, own).name),
        on=masked(persons.particulars(session, call, person_id).name),
        place_id=counter.id if counter is not None else None,
        place_code=counter.code if counter is not None else None,
        place_name=agencies.counter_name(session, counter.id, call.language) if counter else None,
    )


def _use(session: Session, call: Call, link_id: uuid.UUID | None, person_id: uuid.UUID) -> None:
    """The link is locked: who ends it at this moment comes before or after, never in between. That
    a relative's card was shown stands in the history of both, whether or not anybody scanned it."""
    if link_id is not None:
        family.lock_link(session, link_id)
        family.acting_link(session, call, link_id, SCOPE, changes=True)
        family.note_use(session, call, link_id)
        acts.write(
            session, call, person_id=person_id, link_id=link_id, scope=SCOPE, action="qr.shown"
        )


def _refuse_elsewhere(session: Session, call: Call) -> None:
    if not accounts.shows_card(session, call, call.holder.session_id):
        raise CardOnAnotherPhone


def _refuse_cards(call: Call, person_id: uuid.UUID) -> None:
    own = cards.held_by(call, call.holder.person_id)
    if not own.opens:
        raise CardNotUsable(state=own.state)
    if person_id != call.holder.person_id and not cards.held_by(call, person_id).opens:
        raise QrCardNotUsable(next="read_link")


def _count(session: Session, call: Call) -> None:
    limit = call.settings.qr_codes_an_hour
    subject = call.holder.person_id
    wait = limits.spend(session, "qr_code", subject, limit=limit, window_seconds=HOUR, now=call.now)
    if wait is not None:
        raise TooManyRequests(retry_after=wait)


def _add(
    session: Session, call: Call, operation: str, link_id: uuid.UUID | None, shown: _Shown
) -> QrCode:
    issued = call.now.replace(microsecond=0)  # a token counts whole seconds, and never rounds up
    row = QrCode(
        id=uuid.uuid4(),
        shown_by_id=call.holder.person_id,
        shown_for_id=shown.person_id,
        link_id=link_id,
        session_id=call.holder.session_id,
        operation=operation,
        place_id=shown.place_id,
        issued_at=issued,
        expires_at=issued + timedelta(seconds=call.settings.qr_seconds),
    )
    session.add(row)
    session.flush()
    return row


def _token(session: Session, call: Call, row: QrCode, shown: _Shown) -> str:
    claims = tokens.Claims(
        id=row.id,
        issued=int(row.issued_at.timestamp()),
        expires=int(row.expires_at.timestamp()),
        operation=row.operation,
        pseudonym=_pseudonym(call, row),
        shown_by=shown.by,
        shown_for=None if row.shown_for_id == row.shown_by_id else shown.on,
        place=shown.place_code,
    )
    key = keys.signer(session, call)
    return tokens.write(claims, key.key_id, key.sign)


def _pseudonym(call: Call, row: QrCode) -> bytes:
    """The same for one person, operation, place and day: a terminal sees who comes twice, and
    nobody can tell from two places or two days that it was one person.
    """
    about = (row.shown_for_id, row.operation, row.place_id, row.issued_at.date())
    index = call.dependencies.vault.index("qr_pseudonym", "|".join(map(str, about)))
    return hashlib.sha256(index.encode()).digest()[: tokens.PSEUDONYM_BYTES]


def _for(call: Call, row: QrCode) -> uuid.UUID | None:
    return row.shown_for_id if row.shown_for_id != call.holder.person_id else None
