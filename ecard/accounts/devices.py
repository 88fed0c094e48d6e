"""A holder's devices: what is known of them, renamed, removed; on which the e-card is shown.

The e-card is shown on one phone of an account: on its first; on a recovered one, when the old ones
are put out; else where the holder moves it with the e-card password. A phone that the account does
not know gets that far only by a recovery, with its delay.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, outbox
from ecard.accounts import sessions
from ecard.accounts.errors import LastDevice, TooManyDevices
from ecard.accounts.models import Account, Device
from ecard.accounts.models import Session as SignedIn
from ecard.call import Call
from ecard.errors import NotFound, VersionChanged
from ecard.vault import new_token

NAME_PLACE = "devices.name"
CARD_MOVED = "card_moved"
"""Job: the holder, and whose card they show, are told that the e-card is on another phone."""


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device as its holder sees it."""

    id: uuid.UUID
    name: str
    created_at: datetime
    last_sign_in_at: datetime
    current: bool
    """Whether it is the one that asks."""
    shows_card: bool
    """Whether the e-card is shown on it."""
    version: int


def of_account(session: Session, account_id: uuid.UUID) -> list[Device]:
    """The devices that were not removed, the oldest first."""
    query = sa.select(Device).filter_by(account_id=account_id, revoked_at=None)
    return list(session.scalars(query.order_by(Device.created_at, Device.id)))


def add(session: Session, call: Call, account: Account, name: str) -> tuple[Device, str]:
    """A new device and its secret, shown this once; the e-card is shown on an account's only one.

    The account is locked. Not committed; raises TooManyDevices.
    """
    others = len(of_account(session, account.id))
    if others >= call.settings.devices_max:
        raise TooManyDevices(most=call.settings.devices_max)
    token, device_id = new_token("ed"), uuid.uuid4()
    device = Device(
        id=device_id,
        account_id=account.id,
        name=_seal(session, call, account.person_id, device_id, name),
        secret_hash=call.dependencies.vault.token_hash(token),
        created_at=call.now,
        seen_at=call.now,
        card_since=None if others else call.now,
    )
    session.add(device)
    session.flush()
    return device, token


def revoke(session: Session, call: Call, device: Device, reason: str) -> None:
    """Remove a device and end its sessions, effective on their very next request. Not committed."""
    device.revoked_at, device.card_since = call.now, None
    device.version += 1
    sessions.end_sessions(session, call, reason, SignedIn.device_id == device.id)


def move_card_here(session: Session, call: Call) -> bool:
    """Show the e-card on the phone that asks, and on no other, from the very next call on; whether
    it was elsewhere. Not committed."""
    session.get_one(Account, call.holder.account_id, with_for_update=True)
    here = _own(session, call, call.holder.device_id, lock=True)
    if here.card_since is not None:
        return False
    for other in of_account(session, here.account_id):
        other.card_since = None
    here.card_since = call.now
    plan_telling(session, call, call.holder.person_id, here)
    return True


def plan_telling(session: Session, call: Call, person_id: uuid.UUID, device: Device) -> None:
    """The people concerned are told that the e-card is shown on this device now. Not committed."""
    key = f"{CARD_MOVED}-{device.id}-{call.now.isoformat()}"
    outbox.enqueue(session, CARD_MOVED, key, now=call.now, move=key, person_id=str(person_id))


def shows_card(session: Session, call: Call, session_id: uuid.UUID) -> bool:
    """Whether a sign-in stands, and the e-card is shown on its phone."""
    if not sessions.stands(session, call, session_id):
        return False
    device_id = session.get_one(SignedIn, session_id).device_id
    return session.get_one(Device, device_id, populate_existing=True).card_since is not None


# --- verbs ------------------------------------------------------------------------------------


def list_devices(call: Call) -> list[DeviceView]:
    """The holder's devices; there are at most ``devices_max``."""
    with call.db.read() as session:
        rows = of_account(session, call.holder.account_id)
        return [_view(session, call, row) for row in rows]


def read_device(call: Call, device_id: uuid.UUID) -> DeviceView:
    """One of the holder's devices; raises NotFound."""
    with call.db.read() as session:
        return _view(session, call, _own(session, call, device_id))


def rename_device(call: Call, device_id: uuid.UUID, name: str, version: int) -> DeviceView:
    """Give a device another name; raises NotFound and VersionChanged."""
    with call.db.write() as session:
        device = _own(session, call, device_id, lock=True)
        if device.version != version:
            raise VersionChanged
        device.name = _seal(session, call, call.holder.person_id, device.id, name)
        device.version += 1
        view = _view(session, call, device)
        audit.record(session, call, "device.rename", "device", device.id)
        session.commit()
    return view


def remove_device(call: Call, device_id: uuid.UUID) -> None:
    """Remove one of the holder's devices, also the one that asks; raises NotFound, LastDevice.

    One always stays: where an account has none, a code alone signs a new phone in, without the
    delay of a recovery. No password is asked for: a stolen phone must be easy to put out.
    """
    with call.db.write() as session:
        session.get_one(Account, call.holder.account_id, with_for_update=True)
        device = _own(session, call, device_id, lock=True)
        if len(of_account(session, device.account_id)) == 1:
            raise LastDevice
        revoke(session, call, device, "device_removed")
        audit.record(session, call, "device.remove", "device", device.id)
        session.commit()


def _own(session: Session, call: Call, device_id: uuid.UUID, lock: bool = False) -> Device:
    device = session.get(Device, device_id, with_for_update=lock)
    if device is None or device.revoked_at is not None:
        raise NotFound
    if device.account_id != call.holder.account_id:
        raise NotFound
    return device


def _seal(
    session: Session, call: Call, person_id: uuid.UUID, device_id: uuid.UUID, name: str
) -> bytes:
    return call.dependencies.vault.seal(session, person_id, NAME_PLACE, device_id, name)


def _view(session: Session, call: Call, device: Device) -> DeviceView:
    opened = call.dependencies.vault.open(
        session, call.holder.person_id, NAME_PLACE, device.id, device.name
    )
    return DeviceView(
        id=device.id,
        name=opened,
        created_at=device.created_at,
        last_sign_in_at=device.seen_at,
        current=device.id == call.holder.device_id,
        shows_card=device.card_since is not None,
        version=device.version,
    )
