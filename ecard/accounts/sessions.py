"""Sessions: opaque tokens of 256 random bits, kept as hashes, looked up on every request.

An access token lives for minutes; a refresh token is exchanged once for the next pair. Seeing a
spent one again means that two parties hold it, so the whole family ends.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit
from ecard.accounts.errors import SessionHandedOver
from ecard.accounts.models import Account, Device, SpentRefresh
from ecard.accounts.models import Session as SignedIn
from ecard.actors import Holder
from ecard.call import Call
from ecard.errors import NotSignedIn
from ecard.messages import service as messages
from ecard.vault import new_token


@dataclass(frozen=True, slots=True)
class Tokens:
    """A fresh pair, shown this once. The device's own token comes with its first sign-in only."""

    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds the access token lives."""
    device_token: str | None = None


def open_session(
    session: Session,
    call: Call,
    account: Account,
    device: Device,
    region_id: uuid.UUID,
) -> tuple[Tokens, Holder]:
    """Open a session of a device and end its earlier ones. Not committed."""
    end_sessions(session, call, "signed_in_again", SignedIn.device_id == device.id)
    device.seen_at = call.now
    opened = SignedIn(
        id=uuid.uuid4(),
        account_id=account.id,
        device_id=device.id,
        region_id=region_id,
        opened_at=call.now,
        expires_at=call.now + timedelta(seconds=call.settings.session_seconds),
    )
    tokens = _issue(call, opened)
    session.add(opened)
    session.flush()
    return tokens, _holder(account, opened)


def refresh(call: Call, refresh_token: str) -> Tokens:
    """Exchange a refresh token for the next pair; raises NotSignedIn.

    A handed-over session may be refreshed (its holder must be able to unlock it), nothing more.
    """
    given = call.dependencies.vault.token_hash(refresh_token)
    query = sa.select(SignedIn).filter_by(refresh_hash=given).with_for_update()
    with call.db.write() as session:
        opened = session.scalar(query)
        if opened is None:
            _end_family(session, call, given)
            session.commit()
            raise NotSignedIn
        if not _alive(call, opened) or opened.refresh_expires_at <= call.now:
            raise NotSignedIn
        session.add(SpentRefresh(token_hash=given, session_id=opened.id, spent_at=call.now))
        tokens = _issue(call, opened)
        session.commit()
    return tokens


def _end_family(session: Session, call: Call, given: str) -> None:
    spent = session.get(SpentRefresh, given)
    if spent is None:
        return
    opened = session.get_one(SignedIn, spent.session_id, with_for_update=True)
    if opened.ended_at is not None:
        return
    opened.ended_at, opened.end_reason = call.now, "refresh_reused"
    account = session.get_one(Account, opened.account_id)
    messages.notify(session, call, account.person_id, "session_ended_reuse")
    by_holder = call.by(_holder(account, opened))
    audit.record(session, by_holder, "session.end", "session", opened.id, reason="refresh_reused")


def _issue(call: Call, opened: SignedIn) -> Tokens:
    access, renewal = new_token("eh"), new_token("er")
    hashed = call.dependencies.vault.token_hash
    opened.access_hash, opened.refresh_hash = hashed(access), hashed(renewal)
    opened.access_expires_at = _until(call, opened, call.settings.access_seconds)
    opened.refresh_expires_at = _until(call, opened, call.settings.session_idle_seconds)
    lives = int((opened.access_expires_at - call.now).total_seconds())
    return Tokens(access, renewal, lives)


def _until(call: Call, opened: SignedIn, seconds: int) -> datetime:
    return min(call.now + timedelta(seconds=seconds), opened.expires_at)


# --- who it is --------------------------------------------------------------------------------


def actor_for_token(call: Call, token: str) -> Holder:
    """The holder of an access token; raises NotSignedIn, or SessionHandedOver while it is."""
    holder, handed_over = session_of_token(call, token)
    if handed_over:
        raise SessionHandedOver
    return holder


def session_of_token(call: Call, token: str) -> tuple[Holder, bool]:
    """The holder of an access token and whether the phone is handed over; raises NotSignedIn."""
    query = (
        sa.select(SignedIn, Account)
        .join(Account, Account.id == SignedIn.account_id)
        .where(SignedIn.access_hash == call.dependencies.vault.token_hash(token))
    )
    with call.db.read() as session:
        found = session.execute(query).one_or_none()
    if found is None:
        raise NotSignedIn
    opened, account = found
    if not _alive(call, opened) or opened.access_expires_at <= call.now:
        raise NotSignedIn
    return _holder(account, opened), opened.handed_over_at is not None


def actor_for_lent_phone(call: Call, token: str) -> Holder:
    """The holder of an access token, handed over or not; raises NotSignedIn."""
    return session_of_token(call, token)[0]


def stands(session: Session, call: Call, session_id: uuid.UUID) -> bool:
    """Whether a sign-in has not ended: signed out, removed with its phone, or lapsed."""
    opened = session.get(SignedIn, session_id)
    return opened is not None and _alive(call, opened)


def _alive(call: Call, opened: SignedIn) -> bool:
    return opened.ended_at is None and opened.expires_at > call.now


def _holder(account: Account, opened: SignedIn) -> Holder:
    return Holder(
        account_id=account.id,
        person_id=account.person_id,
        session_id=opened.id,
        device_id=opened.device_id,
        region_id=opened.region_id,
    )


# --- handing the phone over -------------------------------------------------------------------


def hand_over(session: Session, call: Call, session_id: uuid.UUID) -> None:
    """The phone goes into the relative's hands: the session does nothing until it is taken back.

    Not committed. Raises NotSignedIn where the session has ended.
    """
    opened = session.get(SignedIn, session_id, with_for_update=True)
    if opened is None or not _alive(call, opened):
        raise NotSignedIn
    opened.handed_over_at = opened.handed_over_at or call.now


def take_back(session: Session, call: Call, session_id: uuid.UUID) -> None:
    """The phone is back in the holder's hands. Not committed; raises NotSignedIn."""
    opened = session.get(SignedIn, session_id, with_for_update=True)
    if opened is None or not _alive(call, opened):
        raise NotSignedIn
    opened.handed_over_at = None


def handed_over_since(session: Session, session_id: uuid.UUID) -> datetime | None:
    """Since when the phone of a session is in the relative's hands; None where it is not, or the
    session has ended."""
    opened = session.get(SignedIn, session_id)
    return opened.handed_over_at if opened is not None and opened.ended_at is None else None


def refuse_handed_over(session: Session, call: Call, device_id: uuid.UUID) -> None:
    """Raise SessionHandedOver while the device is: whoever holds it also reads its codes.

    Signing the holder out is no way around that: for as long as the session could have lain idle
    nobody signs in on the device. Then anybody with a code does.
    """
    query = sa.select(SignedIn).where(
        SignedIn.device_id == device_id,
        SignedIn.handed_over_at.is_not(None),
        SignedIn.refresh_expires_at > call.now,
    )
    lent = session.scalar(query.order_by(SignedIn.refresh_expires_at.desc()).limit(1))
    if lent is not None:
        left = int((lent.refresh_expires_at - call.now).total_seconds()) + 1
        raise SessionHandedOver(retry_after=left, next="sign_in" if lent.ended_at else None)


# --- ending -----------------------------------------------------------------------------------


def end_sessions(session: Session, call: Call, reason: str, which: sa.ColumnElement[bool]) -> None:
    """End every open session that ``which`` names. Not committed."""
    still_open = sa.and_(which, SignedIn.ended_at.is_(None))
    changed = {"ended_at": call.now, "end_reason": reason}
    session.execute(sa.update(SignedIn).where(still_open).values(changed))


def signed_in_at(session: Session, session_id: uuid.UUID) -> datetime:
    """When a session was opened by a code; raises NotSignedIn for an unknown one."""
    opened = session.get(SignedIn, session_id)
    if opened is None:
        raise NotSignedIn
    return opened.opened_at
