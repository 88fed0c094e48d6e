"""A new e-card password without the old one: by code and own face, or at a counter.

The code proves the phone on file, the face proves the person: whoever holds the phone alone gets
nowhere. Where the registry has no portrait, the holder does not want their face compared, or it
cannot decide, the counter leads on.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, limits
from ecard.accounts import service as accounts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.cards import passwords
from ecard.cards.errors import (
    CounterCodeWrong,
    ResetClosed,
    ResetFaceNeeded,
    ResetNeedsCounter,
)
from ecard.cards.models import CardPassword, CardPasswordReset
from ecard.errors import NotFound
from ecard.messages import service as messages
from ecard.notices import service as notices
from ecard.persons import service as persons
from ecard.policy import service as policies

CODE_PURPOSE = "card_password_reset"
APP, COUNTER = "app", "counter"
NEW_PASSWORD, FACE = "new_password", "face"
DECLINED = "declined"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code is on its way to the phone on file."""

    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ResetView:
    """A reset under way; ``next`` is ``face`` or ``new_password`` (or what else it is for), and
    ``counter`` where the face was declined."""

    id: uuid.UUID
    channel: str
    expires_at: datetime
    next: str


@dataclass(frozen=True, slots=True)
class CounterCode:
    """The code on paper that the clerk hands out, shown this once."""

    counter_code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Sitter:
    """Whose face is compared: their age, and the registry's portrait; and what their region says to
    devices that nothing vouches for."""

    age: int
    portrait: bytes
    unattested_capture: int


# --- opening ----------------------------------------------------------------------------------


def send_code(call: Call) -> CodeSent:
    """Send a code to the phone on file; raises ResetNeedsCounter where no face could follow."""
    sitter_of(call)
    person_ref = _person_ref(call)
    opened = accounts.open_for_person(call, CODE_PURPOSE, person_ref)
    return CodeSent(opened.expires_at)


def read_notice(call: Call) -> notices.Notice:
    """The notice on comparing faces, to be shown before a code from the phone opens a reset.

    Raises ResetNeedsCounter where the region has none: what cannot be read is not agreed to.
    """
    try:
        return notices.shown(call, notices.FACE_PROCESSING)
    except NotFound as error:
        raise ResetNeedsCounter from error


@dataclass(frozen=True, slots=True)
class FaceDecision:
    """What the holder decided about their face, upon which notice."""

    decision: str
    """given or declined."""
    notice_id: uuid.UUID
    text_sha256: str


def open_by_code(call: Call, code: str, decided: FaceDecision) -> ResetView:
    """Begin a reset with the code from the phone and consent to the own face, which comes next.

    Declined, it is on record and the reset is over: the counter leads on. Raises CodeWrong,
    CodeExpired, NoticeOutdated, NoticeTextDiffers, NotFound; the last three leave the code good.
    """
    code_id = accounts.prove_for_person(call, CODE_PURPOSE, _person_ref(call), code)
    person_id = call.holder.person_id
    lives = timedelta(seconds=call.settings.capture_session_seconds)
    with call.db.write() as session:
        limits.lock(session, "card_password_reset", person_id)
        accounts.use(session, call, code_id)
        _decide(session, call, decided)
        row = _add(session, call, person_id, APP, call.now + lives)
        if decided.decision == DECLINED:
            row.used_at = call.now
        audit.record(
            session,
            call,
            "card_password.reset_open",
            "card_password_reset",
            row.id,
            reason=f"face_{decided.decision}",
        )
        session.commit()
    return _view(row)


def _decide(session: Session, call: Call, decided: FaceDecision) -> None:
    notices.decide(
        session,
        call,
        link_id=None,
        person_id=call.holder.person_id,
        given_by="person",
        kind=notices.FACE_PROCESSING,
        decision=decided.decision,
        notice_id=decided.notice_id,
        text_sha256=decided.text_sha256,
        region_id=call.holder.region_id,
    )


def open_by_counter_code(call: Call, counter_code: str) -> ResetView:
    """Go on with a reset that a clerk opened; wrong codes are limited like those of a phone."""
    secret_hash = _secret_hash(call, counter_code)
    with call.db.write() as session:
        row = session.scalar(sa.select(CardPasswordReset).filter_by(secret_hash=secret_hash))
        if row is None or row.person_id != call.holder.person_id:
            _hold_counter_codes(session, call)
            session.commit()
            raise CounterCodeWrong
        _refuse_closed(call, row)
    return _view(row)


def _hold_counter_codes(session: Session, call: Call) -> None:
    limit, window = call.settings.code_tries, call.settings.code_seconds
    subject = str(call.holder.person_id)
    accounts.hold(session, call, "counter_code", subject, limit=limit, window_seconds=window)


def open_at_counter(call: Call, card_number: str, identity_document: str) -> CounterCode:
    """A clerk who saw the person and their document opens a reset; its code goes on paper."""
    known = accounts.person_at_counter(call, card_number)
    code = accounts.new_counter_code()
    with call.db.write() as session:
        person = persons.ensure(session, call, known)
        days = policies.current(session, person.region_id, call.now).counter_code_days
        row = _add(session, call, person.id, COUNTER, call.now + timedelta(days=days))
        row.staff_id = call.staff.staff_id
        row.secret_hash = _secret_hash(call, code)
        audit.record(
            session,
            call,
            "card_password.reset_open",
            "card_password_reset",
            row.id,
            reason=identity_document,
        )
        session.commit()
    return CounterCode(code, row.expires_at)


def _secret_hash(call: Call, counter_code: str) -> str:
    typed = accounts.typed_code(counter_code)
    return call.dependencies.vault.token_hash(f"card_password_reset|{typed}")


def face_decides(call: Call) -> bool:
    """Whether the holder's own face can be compared; asks the registry, so no session is open."""
    try:
        sitter_of(call)
    except ResetNeedsCounter:
        return False
    return True


def open_face_proof(session: Session, call: Call, purpose: str) -> ResetView:
    """Begin to prove the own face for something else than a password. Not committed."""
    lives = timedelta(seconds=call.settings.capture_session_seconds)
    row = _add(session, call, call.holder.person_id, APP, call.now + lives, purpose)
    audit.record(session, call, "own_face.open", "card_password_reset", row.id, reason=purpose)
    return _view(row)


def spend_face_proof(
    session: Session, call: Call, proof_id: uuid.UUID | None, purpose: str
) -> None:
    """Use a proof of the own face up. Raises ResetFaceNeeded, ResetClosed, NotFound."""
    if proof_id is None:
        raise ResetFaceNeeded
    row = own(session, call, proof_id)
    if row.purpose != purpose:
        raise NotFound
    _refuse_unproved(row)
    row.used_at = call.now


def _add(
    session: Session,
    call: Call,
    person_id: uuid.UUID,
    channel: str,
    expires_at: datetime,
    purpose: str = CODE_PURPOSE,
) -> CardPasswordReset:
    row = CardPasswordReset(
        id=uuid.uuid4(),
        purpose=purpose,
        person_id=person_id,
        channel=channel,
        opened_at=call.now,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return row


def _view(row: CardPasswordReset) -> ResetView:
    proved = row.channel == COUNTER or row.face_matched_at is not None
    step = step_after(row) if proved else FACE if row.used_at is None else COUNTER
    return ResetView(row.id, row.channel, row.expires_at, step)


def step_after(row: CardPasswordReset) -> str:
    """What the proved face is for."""
    return NEW_PASSWORD if row.purpose == CODE_PURPOSE else row.purpose


def tries_left(session: Session, call: Call, row: CardPasswordReset) -> int:
    """The least of what is left in this reset, in 24 hours, and since the password was set."""
    set_at = session.scalar(sa.select(CardPassword.set_at).filter_by(person_id=row.person_id))
    spent = sa.select(sa.func.coalesce(sa.func.sum(CardPasswordReset.face_tries), 0))
    spent = spent.filter_by(person_id=row.person_id)
    session.flush()
    a_day = session.scalar(spent.where(CardPasswordReset.opened_at > call.now - DAY)) or 0
    total = session.scalar(spent.where(CardPasswordReset.opened_at > (set_at or row.opened_at)))
    settings = call.settings
    left = (
        settings.mismatches_in_a_row - row.face_tries,
        settings.mismatches_a_day - a_day,
        settings.mismatches_total - (total or 0),
    )
    return max(0, min(left))


def sitter_of(call: Call) -> Sitter:
    """Raises ResetNeedsCounter without a portrait, or for a holder too young for a machine."""
    with call.db.read() as session:
        person = persons.particulars(session, call, call.holder.person_id)
        zone = agencies.time_zone(session, person.region_id)
        policy = policies.current(session, person.region_id, call.now)
    age = persons.age_on(person.birth_date, persons.local_day(call.now, zone))
    portrait = persons.portrait(call, person.registry_ref)
    if portrait is None or age < policy.adult_age:
        raise ResetNeedsCounter
    return Sitter(age, portrait, policy.unattested_capture)


def _person_ref(call: Call) -> str:
    with call.db.read() as session:
        return persons.particulars(session, call, call.holder.person_id).registry_ref


# --- the new password -------------------------------------------------------------------------


def finish(call: Call, reset_id: uuid.UUID, new_password: str) -> None:
    """Set the new password; the lock is gone. Raises ResetFaceNeeded, ResetClosed, NotFound."""
    holder = call.holder
    with call.db.read() as session:
        _refuse_unproved(_to_finish(session, call, reset_id, lock=False))
    passwords.refuse_weak(call, holder.person_id, new_password, "new_password")
    password_hash = passwords.hashed(call, holder.person_id, new_password)
    with call.db.write() as session:
        row = _to_finish(session, call, reset_id)
        _refuse_unproved(row)
        row.used_at = call.now
        passwords.store(session, call, holder.person_id, password_hash)
        messages.notify(session, call, holder.person_id, "password_reset")
        audit.record(session, call, "card_password.reset", "card_password_reset", row.id)
        session.commit()


def _to_finish(
    session: Session, call: Call, reset_id: uuid.UUID, *, lock: bool = True
) -> CardPasswordReset:
    """A face shown for something else sets no password."""
    row = own(session, call, reset_id, lock=lock)
    if row.purpose != CODE_PURPOSE:
        raise NotFound
    return row


def _refuse_unproved(row: CardPasswordReset) -> None:
    if row.channel == APP and row.face_matched_at is None:
        raise ResetFaceNeeded


def own(session: Session, call: Call, reset_id: uuid.UUID, lock: bool = True) -> CardPasswordReset:
    """The holder's own open reset; all resets of a person are held while one is worked on."""
    if lock:
        limits.lock(session, "card_password_reset", call.holder.person_id)
    row = session.get(CardPasswordReset, reset_id, with_for_update=lock)
    if row is None or row.person_id != call.holder.person_id:
        raise NotFound
    _refuse_closed(call, row)
    return row


def _refuse_closed(call: Call, row: CardPasswordReset) -> None:
    if row.used_at is not None or row.expires_at <= call.now:
        raise ResetClosed
