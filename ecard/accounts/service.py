"""The holder's door: first sign-in, sign-in, sign-out; and what other features may ask of it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, limits
from ecard.accounts import codes, devices, sessions
from ecard.accounts.codes import CodeOpened, hold, open_for_person, prove_for_person, send, use
from ecard.accounts.devices import (
    CARD_MOVED,
    DeviceView,
    list_devices,
    move_card_here,
    read_device,
    remove_device,
    rename_device,
    shows_card,
)
from ecard.accounts.errors import CodeExpired, CodeWrong, NewDeviceNeedsRecovery
from ecard.accounts.models import (
    Account,
    Device,
    FailedSignIns,
    Recovery,
    SignInCode,
    SpentRefresh,
)
from ecard.accounts.models import Session as SignedIn
from ecard.accounts.policy import new_counter_code, typed_code
from ecard.accounts.recoveries import (
    RecoveryOpened,
    RecoveryView,
    approve,
    cancel,
    channel_of,
    complete,
    list_recoveries,
    numbered_person_at_counter,
    open_at_counter,
    open_recovery,
    person_at_counter,
    registered_person_at_counter,
)
from ecard.accounts.sessions import (
    Tokens,
    actor_for_lent_phone,
    actor_for_token,
    hand_over,
    handed_over_since,
    refresh,
    session_of_token,
    signed_in_at,
    take_back,
)
from ecard.answering import answered_alike
from ecard.call import Call
from ecard.messages import service as messages
from ecard.persons import service as persons
from ecard.registry.port import RegistryPerson
from ecard.sweeping import in_batches

__all__ = [
    "CARD_MOVED",
    "JOBS",
    "CodeExpired",
    "CodeOpened",
    "CodeWrong",
    "DeviceView",
    "RecoveryOpened",
    "RecoveryView",
    "Tokens",
    "actor_for_lent_phone",
    "actor_for_token",
    "approve",
    "cancel",
    "channel_of",
    "complete",
    "hand_over",
    "handed_over_since",
    "hold",
    "list_devices",
    "list_recoveries",
    "move_card_here",
    "new_counter_code",
    "numbered_person_at_counter",
    "open_at_counter",
    "open_for_person",
    "open_recovery",
    "person_at_counter",
    "person_of_account",
    "prove_for_person",
    "read_device",
    "refresh",
    "registered_person_at_counter",
    "remove_device",
    "rename_device",
    "request_code",
    "session_of_token",
    "shows_card",
    "sign_in",
    "sign_out",
    "signed_in_at",
    "sweep",
    "take_back",
    "typed_code",
    "use",
]

JOBS = {codes.SEND_JOB: send}
"""Kinds of outbox jobs and who does them."""


def request_code(call: Call, card_number: str, device_token: str | None = None) -> CodeOpened:
    """Open a sign-in code; answer, work and time are the same for every card number."""
    with answered_alike(call.settings.confirmation_floor_seconds):
        return codes.open_for_card(call, card_number, device_token)


def sign_in(
    call: Call,
    *,
    sign_in_id: uuid.UUID,
    code: str,
    device_name: str,
    device_token: str | None = None,
) -> Tokens:
    """Sign in with a code, on a known device or, where the account has none yet, on a first one.

    Raises NewDeviceNeedsRecovery (the code stays good for that), SessionHandedOver and what
    ``codes.prove`` raises.
    """
    proof = codes.prove(call, sign_in_id, code, device_token)
    known = codes.ask_person(call, proof.person_ref)
    with call.db.write() as session:
        codes.use(session, call, proof.code_id)
        tokens = let_in(session, call, known, proof.card_index, device_name, device_token)
        session.commit()
    return tokens


def let_in(
    session: Session,
    call: Call,
    known: RegistryPerson,
    card_index: str,
    device_name: str,
    device_token: str | None = None,
) -> Tokens:
    """A session for somebody who has proved who they are. Not committed.

    Raises NewDeviceNeedsRecovery and SessionHandedOver.
    """
    person = persons.ensure(session, call, known)
    account = _account_of(session, call, person.id, card_index)
    device, fresh_token = _device_of(session, call, account, device_name, device_token)
    tokens, holder = sessions.open_session(session, call, account, device, person.region_id)
    codes.forget_failures(session, card_index, device.id)
    if fresh_token is not None:
        messages.notify(session, call, person.id, "new_device")
    audit.record(session, call.by(holder), "sign_in", "session", holder.session_id)
    return replace(tokens, device_token=fresh_token)


def _account_of(session: Session, call: Call, person_id: uuid.UUID, card_index: str) -> Account:
    limits.lock(session, "account", person_id)  # two first sign-ins must not open two accounts
    of_person = sa.select(Account).filter_by(person_id=person_id)
    account = session.scalar(of_person.with_for_update())  # before its devices, as everywhere
    if account is None:
        account = Account(
            id=uuid.uuid4(),
            person_id=person_id,
            card_index=card_index,
            language=call.language,
            created_at=call.now,
        )
        session.add(account)
        session.flush()
    account.card_index = card_index
    return account


def _device_of(
    session: Session, call: Call, account: Account, name: str, device_token: str | None
) -> tuple[Device, str | None]:
    """The known device, or a first one with its fresh token."""
    device = codes.known_device(session, call, device_token)
    if device is not None and device.account_id == account.id:
        sessions.refuse_handed_over(session, call, device.id)
        return device, None
    if devices.of_account(session, account.id):
        raise NewDeviceNeedsRecovery
    return devices.add(session, call, account, name)


def sign_out(call: Call) -> None:
    """End this session; the device stays known."""
    holder = call.holder
    with call.db.write() as session:
        sessions.end_sessions(session, call, "signed_out", SignedIn.id == holder.session_id)
        audit.record(session, call, "session.end", "session", holder.session_id)
        session.commit()


def person_of_account(session: Session, account_id: uuid.UUID) -> uuid.UUID:
    """The person whose account it is."""
    return session.get_one(Account, account_id).person_id


def sweep(call: Call) -> int:
    """Forget what no sign-in can need any more; returns how many rows.

    A spent refresh token is kept to the absolute end of its family, however early that was ended:
    until then somebody may show it. Sessions go longest after: the audit names them.
    """
    settings, day = call.settings, timedelta(days=1)
    codes_until = call.now - timedelta(hours=settings.codes_kept_hours)
    sessions_until = call.now - settings.sessions_kept_days * day
    recoveries_until = call.now - settings.recoveries_kept_days * day
    failures_until = call.now - settings.failed_sign_ins_kept_days * day
    over = sa.select(SignedIn.id).where(SignedIn.expires_at <= call.now)
    return (
        in_batches(call, sa.delete(SignInCode), SignInCode.opened_at < codes_until)
        + in_batches(call, sa.delete(SpentRefresh), SpentRefresh.session_id.in_(over))
        + in_batches(call, sa.delete(SignedIn), SignedIn.expires_at < sessions_until)
        + in_batches(call, sa.delete(Recovery), Recovery.expires_at < recoveries_until)
        + in_batches(call, sa.delete(FailedSignIns), FailedSignIns.last_at < failures_until)
    )
