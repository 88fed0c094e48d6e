"""Codes sent to the phone on file: opened, sent by a job, proved, used.

Whether a card exists shows nowhere: asking for a code writes one row and one job, whatever the
card; only the job, which nobody waits for, asks the registry.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, limits, outbox
from ecard.accounts.errors import CodeExpired, CodeWrong, SignInBlocked
from ecard.accounts.models import Account, Device, FailedSignIns, SignInCode
from ecard.call import Call
from ecard.errors import Refusal, TooManyRequests, Unavailable
from ecard.messages import service as messages
from ecard.registry.port import RegistryPerson, RegistryUnavailable
from ecard.registry.service import normalise

SIGN_IN = "sign_in"
SEND_JOB = "accounts.send_code"
MESSAGE_KINDS = {SIGN_IN: "sign_in_code", "card_password_reset": "card_password_reset_code"}
CARD_NUMBER_PLACE = "sign_in_codes.card_number"
DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class CodeOpened:
    """What the caller is told about a code, whether or not one could be sent."""

    sign_in_id: uuid.UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """A code that was right and is not used yet."""

    code_id: uuid.UUID
    person_ref: str
    card_index: str
    subject: str
    """What failures are counted against: the known device, or else the card."""


# --- asking for one ---------------------------------------------------------------------------


def open_for_card(call: Call, card_number: str, device_token: str | None) -> CodeOpened:
    """Open a sign-in code for a card number; raises TooManyRequests."""
    card = normalise(card_number)
    card_index = call.dependencies.vault.index("card", card)
    with call.db.write() as session:
        _hold_address(session, call, "sign_in_codes")
        subject = _subject(session, call, card_index, device_token)
        _hold_sending(session, call, subject)
        row = _add(session, call, SIGN_IN, card_index)
        seal = call.dependencies.vault.seal_for
        row.card_number = seal(CARD_NUMBER_PLACE, row.id, card)
        session.commit()
    return CodeOpened(row.id, row.expires_at)


def open_for_person(call: Call, purpose: str, person_ref: str) -> CodeOpened:
    """Open a code of another purpose for a signed-in holder; raises TooManyRequests."""
    subject = call.dependencies.vault.index(f"code_{purpose}", person_ref)
    with call.db.write() as session:
        _hold_sending(session, call, subject)
        row = _add(session, call, purpose, subject)
        row.person_ref = person_ref
        session.commit()
    return CodeOpened(row.id, row.expires_at)


def _add(session: Session, call: Call, purpose: str, index: str) -> SignInCode:
    code_id = uuid.uuid4()
    row = SignInCode(
        id=code_id,
        purpose=purpose,
        card_index=index,
        code_hash=call.dependencies.vault.token_hash(secrets.token_hex(32)),
        opened_at=call.now,
        expires_at=call.now + timedelta(seconds=call.settings.code_seconds),
    )
    session.add(row)
    outbox.enqueue(session, SEND_JOB, f"{SEND_JOB}:{code_id}", now=call.now, code_id=str(code_id))
    return row


def _hold_sending(session: Session, call: Call, subject: str) -> None:
    pause, day = call.settings.code_pause_seconds, call.settings.codes_a_day
    free = call.settings.codes_before_pause
    hold(session, call, "code_pause", subject, limit=free, window_seconds=pause)
    hold(session, call, "codes_a_day", subject, limit=day, window_seconds=DAY_SECONDS)


# --- sending it -------------------------------------------------------------------------------


def send(call: Call, code_id: str) -> None:
    """The job: make the code and send it to the phone on file, if there is such a living person."""
    with call.db.read() as session:
        row = session.get(SignInCode, uuid.UUID(code_id))
    if row is None or row.sent_at is not None or row.expires_at <= call.now:
        return
    person = _person_of(call, row)
    if person is None or person.died_on is not None:
        return
    code = f"{secrets.randbelow(10**6):06d}"
    with call.db.write() as session:
        row = session.get_one(SignInCode, row.id, with_for_update=True)
        if row.sent_at is not None:
            return  # the job ran twice; a second code would make the first one wrong
        row.sent_at, row.person_ref, row.card_number = call.now, person.ref, None
        row.code_hash = _hash(call, row.id, code)
        messages.send_code(session, call, person, MESSAGE_KINDS[row.purpose], code)
        session.commit()


def _person_of(call: Call, row: SignInCode) -> RegistryPerson | None:
    registry = call.dependencies.registry
    if row.card_number is None:
        return registry.person(row.person_ref or "")
    opened = call.dependencies.vault.open_for(CARD_NUMBER_PLACE, row.id, row.card_number)
    card = registry.card_by_number(opened.decode())
    return registry.person(card.person_ref) if card is not None else None


# --- proving it -------------------------------------------------------------------------------


def prove(call: Call, code_id: uuid.UUID, code: str, device_token: str | None) -> Proof:
    """Examine a sign-in code; a wrong try is counted, a right one is left to ``use``.

    Raises CodeWrong, CodeExpired, SignInBlocked, TooManyRequests.
    """
    with call.db.write() as session:
        _hold_address(session, call, "sign_in")
        row = session.get(SignInCode, code_id, with_for_update=True)
        if row is None or row.purpose != SIGN_IN:
            session.commit()
            raise CodeExpired
        subject = _subject(session, call, row.card_index, device_token)
        _hold_account(session, call, subject)
        refusal = _examine(call, row, code)
        if refusal is not None:
            _count_failure(session, call, subject)
            _record_refused(session, call, row)
        session.commit()
    if refusal is not None:
        raise refusal
    return Proof(row.id, row.person_ref or "", row.card_index, subject)


def prove_for_person(call: Call, purpose: str, person_ref: str, code: str) -> uuid.UUID:
    """Examine the latest code of a purpose; returns its id for ``use``. Raises as ``prove``."""
    latest = (
        sa.select(SignInCode)
        .filter_by(purpose=purpose, person_ref=person_ref)
        .order_by(SignInCode.opened_at.desc(), SignInCode.id)
        .limit(1)
    )
    with call.db.write() as session:
        row = session.scalar(latest.with_for_update())
        refusal = _examine(call, row, code) if row is not None else CodeExpired()
        if row is not None and refusal is not None:
            _record_refused(session, call, row)
        session.commit()
    if refusal is not None or row is None:
        raise refusal or CodeExpired
    return row.id


def use(session: Session, call: Call, code_id: uuid.UUID) -> None:
    """Use a proved code up in the caller's transaction; raises CodeExpired when another did."""
    row = session.get(SignInCode, code_id, with_for_update=True, populate_existing=True)
    if row is None or row.used_at is not None:
        raise CodeExpired
    row.used_at = call.now


def forget_failures(session: Session, *subjects: object) -> None:
    """After a success nothing that went wrong before counts."""
    names = [str(subject) for subject in subjects]
    session.execute(sa.delete(FailedSignIns).where(FailedSignIns.subject.in_(names)))


def _examine(call: Call, row: SignInCode, code: str) -> Refusal | None:
    """None for a right code; the row is locked, so parallel tries are examined one by one."""
    most = call.settings.code_tries
    if row.used_at is not None or row.expires_at <= call.now or row.wrong_tries >= most:
        return CodeExpired()
    if hmac.compare_digest(_hash(call, row.id, code), row.code_hash):
        return None
    row.wrong_tries += 1
    left = most - row.wrong_tries
    return CodeWrong(tries_left=left, next=None if left else "request_code")


def _record_refused(session: Session, call: Call, row: SignInCode) -> None:
    audit.record(session, call, f"code.{row.purpose}", "code", row.id, outcome="refused")


def _hash(call: Call, row_id: uuid.UUID, code: str) -> str:
    return call.dependencies.vault.token_hash(f"{row_id}|{code}")


# --- limits -----------------------------------------------------------------------------------


def hold(
    session: Session, call: Call, kind: str, subject: str, *, limit: int, window_seconds: int
) -> None:
    """Count one try; past the limit commit what was counted and raise TooManyRequests."""
    wait = limits.spend(
        session, kind, subject, limit=limit, window_seconds=window_seconds, now=call.now
    )
    if wait is not None:
        session.commit()
        raise TooManyRequests(retry_after=wait)


def _hold_address(session: Session, call: Call, kind: str) -> None:
    address = call.dependencies.vault.index("network", call.network)
    limit, window = call.settings.sign_ins_per_address, call.settings.sign_in_window_seconds
    hold(session, call, f"{kind}_address", address, limit=limit, window_seconds=window)


def _hold_account(session: Session, call: Call, subject: str) -> None:
    """Raise TooManyRequests, or SignInBlocked once all failures since the last success are many."""
    both = call.dependencies.vault.index("network", f"{subject}|{call.network}")
    limit, window = call.settings.sign_ins_per_account, call.settings.sign_in_window_seconds
    hold(session, call, "sign_in_account", both, limit=limit, window_seconds=window)
    limits.lock(session, "failed_sign_ins", subject)
    failed = session.get(FailedSignIns, subject)
    if failed is not None and failed.failures >= call.settings.sign_ins_total:
        session.commit()
        raise SignInBlocked


def _count_failure(session: Session, call: Call, subject: str) -> None:
    failed = session.get(FailedSignIns, subject)
    if failed is None:
        failed = FailedSignIns(subject=subject, failures=0)
        session.add(failed)
    failed.failures, failed.last_at = failed.failures + 1, call.now


def hold_recovery_address(call: Call) -> None:
    """Count one try of a recovery's secret from this network address; raises TooManyRequests."""
    with call.db.write() as session:
        _hold_address(session, call, "recovery")
        session.commit()


def known_device(session: Session, call: Call, device_token: str | None) -> Device | None:
    """The device of a token, unless it was removed."""
    secret_hash = call.dependencies.vault.token_hash(device_token or "")
    query = sa.select(Device).filter_by(secret_hash=secret_hash, revoked_at=None)
    return session.scalar(query.with_for_update())


def _subject(session: Session, call: Call, card_index: str, device_token: str | None) -> str:
    """The card's own known device counts for itself: strangers' failures never lock it out."""
    device = known_device(session, call, device_token)
    account = session.get(Account, device.account_id) if device is not None else None
    if device is None or account is None or account.card_index != card_index:
        return card_index
    return str(device.id)


# --- the registry -----------------------------------------------------------------------------


def ask_person(call: Call, person_ref: str) -> RegistryPerson:
    """The living person of a proved code, asked outside a session; raises Unavailable."""
    try:
        person = call.dependencies.registry.person(person_ref)
    except RegistryUnavailable as error:
        raise Unavailable from error
    if person is None or person.died_on is not None:
        raise CodeExpired
    return person
