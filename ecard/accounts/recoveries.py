"""A lost phone: a new device takes effect after a delay, unless an old one objects or agrees.

The delay is what protects the holder of a stolen SIM card: all old devices are told at once, and
any of them may cancel. Where an old device approves, it takes effect at once and nothing is lost.

The old phone itself may be in a thief's hands, unlocked and with its SIM card. So it takes the
e-card password (a step-up grant, ``cards``) to let a new phone in before the delay is over, and to
stop a recovery that a clerk opened for the person at the counter: else a thief would move in for
good, or keep the owner out for ever. Without the password the delay and the counter lead on.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit
from ecard.accounts import codes, devices, sessions
from ecard.accounts.errors import NothingToRecover, RecoveryNotReady, RecoveryUnknown
from ecard.accounts.models import Account, Device, Recovery
from ecard.accounts.policy import new_counter_code, typed_code
from ecard.accounts.sessions import Tokens
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import NotAllowed, NotFound, Unavailable
from ecard.messages import service as messages
from ecard.persons import service as persons
from ecard.policy import service as policies
from ecard.registry.port import RegistryPerson, RegistryUnavailable
from ecard.registry.service import normalise
from ecard.vault import new_token

NAME_PLACE = "recoveries.device_name"
HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class RecoveryOpened:
    """A recovery under way; ``recovery_token`` is shown this once."""

    id: uuid.UUID
    recovery_token: str
    ready_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RecoveryView:
    """A recovery as the account's old devices see it."""

    id: uuid.UUID
    channel: str
    device_name: str | None
    opened_at: datetime
    ready_at: datetime
    expires_at: datetime
    approved: bool


# --- opening ----------------------------------------------------------------------------------


def open_recovery(
    call: Call, *, sign_in_id: uuid.UUID, code: str, device_name: str
) -> RecoveryOpened:
    """Begin the recovery of an account on a new device, proved by a code to the phone on file.

    Raises NothingToRecover (the code stays good for a sign-in) and what ``codes.prove`` raises.
    """
    proof = codes.prove(call, sign_in_id, code, None)
    known = codes.ask_person(call, proof.person_ref)
    with call.db.write() as session:
        codes.use(session, call, proof.code_id)
        account = _account_with_devices(session, call, known)
        token = new_token("rc")
        row = _open(session, call, account, token, channel="app")
        row.device_name = call.dependencies.vault.seal(
            session, account.person_id, NAME_PLACE, row.id, device_name
        )
        _tell_opened(session, call, account)
        audit.record(session, call, "recovery.open", "recovery", row.id, reason="app")
        session.commit()
    return RecoveryOpened(row.id, token, row.ready_at, row.expires_at)


def open_at_counter(call: Call, card_number: str, identity_document: str) -> RecoveryOpened:
    """A clerk who saw the person and their document opens a recovery; its code goes on paper."""
    known = person_at_counter(call, card_number)
    _unblock(call, card_number, known)
    with call.db.write() as session:
        account = _account_with_devices(session, call, known)
        code = new_counter_code()
        row = _open(session, call, account, typed_code(code), channel="counter")
        row.staff_id = call.staff.staff_id
        _tell_opened(session, call, account)
        audit.record(session, call, "recovery.open", "recovery", row.id, reason=identity_document)
        session.commit()
    return RecoveryOpened(row.id, code, row.ready_at, row.expires_at)


def _unblock(call: Call, card_number: str, known: RegistryPerson) -> None:
    """Whoever stands at the counter may sign in again, also one who never did: strangers' tries
    must not keep anybody out for good."""
    card_index = call.dependencies.vault.index("card", normalise(card_number))
    with call.db.write() as session:
        person = persons.ensure(session, call, known)
        codes.forget_failures(session, card_index)
        audit.record(session, call, "sign_in.unblock", "person", person.id)
        session.commit()


def person_at_counter(call: Call, card_number: str) -> RegistryPerson:
    """The living person whose card lies on a clerk's counter, in the clerk's region.

    Raises NotAllowed (no clerk, or their own card), NotFound (unknown or of another region: the
    two look the same) and Unavailable.
    """
    registry = call.dependencies.registry

    def find() -> RegistryPerson | None:
        card = registry.card_by_number(normalise(card_number))
        return registry.person(card.person_ref) if card is not None else None

    return _at_counter(call, find)


def numbered_person_at_counter(call: Call, number: str) -> RegistryPerson:
    """The living person of a social security number, who stands at a counter of their region."""
    registry = call.dependencies.registry
    return _at_counter(call, lambda: registry.person_by_number(normalise(number)))


def registered_person_at_counter(call: Call, registry_ref: str) -> RegistryPerson:
    """The living person of a registry name, whom a clerk's region looks after."""
    registry = call.dependencies.registry
    return _at_counter(call, lambda: registry.person(registry_ref))


def _at_counter(call: Call, find: Callable[[], RegistryPerson | None]) -> RegistryPerson:
    call.require_role("clerk")
    try:
        known = find()
    except RegistryUnavailable as error:
        raise Unavailable from error
    with call.db.read() as session:
        if known is None or known.died_on is not None or not _in_region(session, call, known):
            raise NotFound
        own = agencies.staff_number_index(session, call.staff.staff_id)
    if own == persons.number_index(call, known.number):
        raise NotAllowed
    return known


def _in_region(session: Session, call: Call, known: RegistryPerson) -> bool:
    try:
        place = agencies.region_by_code(session, known.region_code)
    except agencies.UnknownRegion:
        return False
    return place.id in call.staff.region_ids


def _account_with_devices(session: Session, call: Call, known: RegistryPerson) -> Account:
    person = persons.ensure(session, call, known)
    query = sa.select(Account).filter_by(person_id=person.id)
    account = session.scalar(query.with_for_update())
    if account is None or not devices.of_account(session, account.id):
        raise NothingToRecover
    return account


def _open(session: Session, call: Call, account: Account, secret: str, channel: str) -> Recovery:
    region_id = persons.particulars(session, call, account.person_id).region_id
    kept = policies.current(session, region_id, call.now).counter_code_days
    ready_at = call.now + timedelta(seconds=call.settings.recovery_delay_seconds)
    row = Recovery(
        id=uuid.uuid4(),
        account_id=account.id,
        secret_hash=call.dependencies.vault.token_hash(secret),
        channel=channel,
        opened_at=call.now,
        ready_at=ready_at,
        expires_at=ready_at + timedelta(days=kept),
    )
    session.add(row)
    session.flush()
    return row


def _tell_opened(session: Session, call: Call, account: Account) -> None:
    hours = math.ceil(call.settings.recovery_delay_seconds / HOUR_SECONDS)
    messages.notify(session, call, account.person_id, "recovery_opened", hours=hours)


# --- what an old device may do ----------------------------------------------------------------


def list_recoveries(call: Call) -> list[RecoveryView]:
    """The account's open recoveries, the newest first."""
    query = (
        sa.select(Recovery)
        .filter_by(account_id=call.holder.account_id, cancelled_at=None, completed_at=None)
        .where(Recovery.expires_at > call.now)
        .order_by(Recovery.opened_at.desc(), Recovery.id)
    )
    with call.db.read() as session:
        return [_view(session, call, row) for row in session.scalars(query)]


def approve(session: Session, call: Call, recovery_id: uuid.UUID) -> None:
    """An old device agrees: the new one takes effect at once, and the old ones stay.

    The caller asks for the e-card password first. Not committed; raises NotFound.
    """
    row = _own_open(session, call, recovery_id)
    row.approved_by_device_id = call.holder.device_id
    messages.notify(session, call, call.holder.person_id, "recovery_approved")
    audit.record(session, call, "recovery.approve", "recovery", row.id)


def channel_of(session: Session, call: Call, recovery_id: uuid.UUID) -> str:
    """Where one of the account's open recoveries was begun: app or counter. Raises NotFound."""
    return _own_open(session, call, recovery_id, lock=False).channel


def cancel(session: Session, call: Call, recovery_id: uuid.UUID) -> None:
    """An old device objects: the recovery ends.

    The caller asks for the e-card password where a counter opened it. Not committed; raises
    NotFound.
    """
    row = _own_open(session, call, recovery_id)
    row.cancelled_at = call.now
    messages.notify(session, call, call.holder.person_id, "recovery_cancelled")
    audit.record(session, call, "recovery.cancel", "recovery", row.id, reason=row.channel)


def _own_open(
    session: Session, call: Call, recovery_id: uuid.UUID, *, lock: bool = True
) -> Recovery:
    row = session.get(Recovery, recovery_id, with_for_update=lock, populate_existing=lock)
    if row is None or row.account_id != call.holder.account_id or not _is_open(call, row):
        raise NotFound
    return row


def _is_open(call: Call, row: Recovery) -> bool:
    return row.cancelled_at is None and row.completed_at is None and row.expires_at > call.now


def _view(session: Session, call: Call, row: Recovery) -> RecoveryView:
    name = None
    if row.device_name is not None:
        owner = call.holder.person_id
        name = call.dependencies.vault.open(session, owner, NAME_PLACE, row.id, row.device_name)
    return RecoveryView(
        id=row.id,
        channel=row.channel,
        device_name=name,
        opened_at=row.opened_at,
        ready_at=row.ready_at,
        expires_at=row.expires_at,
        approved=_approved(session, row),
    )


def _approved(session: Session, row: Recovery) -> bool:
    """Whether an old device agreed that is still one: removing it takes back what it said."""
    if row.approved_by_device_id is None:
        return False
    device = session.get(Device, row.approved_by_device_id, populate_existing=True)
    return device is not None and device.revoked_at is None


# --- completing -------------------------------------------------------------------------------


def complete(call: Call, *, recovery_token: str, device_name: str) -> Tokens:
    """The new device signs in. Without an approval every old device and session ends, and the
    e-card is shown on the new one.

    Raises RecoveryUnknown, RecoveryNotReady (with the seconds to wait), TooManyDevices. The account
    is locked before its recoveries: of two that are completed at once one cancels the other.
    """
    codes.hold_recovery_address(call)
    secret_hash = call.dependencies.vault.token_hash(typed_code(recovery_token))
    with call.db.write() as session:
        account = _account_of_secret(session, secret_hash)
        row = _ready(session, call, secret_hash)
        row.completed_at = call.now
        approved = _approved(session, row)
        if not approved:
            _revoke_old_devices(session, call, account)
        device, device_token = devices.add(session, call, account, device_name)
        if not approved:
            devices.plan_telling(session, call, account.person_id, device)
        region_id = persons.particulars(session, call, account.person_id).region_id
        tokens, holder = sessions.open_session(session, call, account, device, region_id)
        _cancel_others(session, call, row)
        codes.forget_failures(session, account.card_index)
        messages.notify(session, call, account.person_id, "recovery_completed")
        audit.record(session, call.by(holder), "recovery.complete", "recovery", row.id)
        session.commit()
    return Tokens(tokens.access_token, tokens.refresh_token, tokens.expires_in, device_token)


def _account_of_secret(session: Session, secret_hash: str) -> Account:
    query = sa.select(Account).join(Recovery, Recovery.account_id == Account.id)
    found = query.where(Recovery.secret_hash == secret_hash)
    account = session.scalar(found.with_for_update(of=Account))
    if account is None:
        raise RecoveryUnknown
    return account


def _ready(session: Session, call: Call, secret_hash: str) -> Recovery:
    query = sa.select(Recovery).filter_by(secret_hash=secret_hash)
    row = session.scalar(query.with_for_update())
    if row is None or not _is_open(call, row):
        raise RecoveryUnknown
    wait = (row.ready_at - call.now).total_seconds()
    if wait > 0 and not _approved(session, row):
        ready_at = row.ready_at.astimezone(_zone(session, call, row))
        raise RecoveryNotReady(retry_after=int(wait) + 1, ready_at=ready_at)
    return row


def _zone(session: Session, call: Call, row: Recovery) -> ZoneInfo:
    account = session.get_one(Account, row.account_id)
    person = persons.particulars(session, call, account.person_id)
    return agencies.time_zone(session, person.region_id)


def _revoke_old_devices(session: Session, call: Call, account: Account) -> None:
    for device in devices.of_account(session, account.id):
        devices.revoke(session, call, device, "recovered")


def _cancel_others(session: Session, call: Call, done: Recovery) -> None:
    others = sa.update(Recovery).where(
        Recovery.account_id == done.account_id,
        Recovery.id != done.id,
        Recovery.cancelled_at.is_(None),
        Recovery.completed_at.is_(None),
    )
    session.execute(others.values(cancelled_at=call.now))
