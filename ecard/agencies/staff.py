"""How staff come in: sign-in, its limits, sessions."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from ecard import audit, limits
from ecard.actors import Staff
from ecard.agencies.desks import forget_desk_messages
from ecard.agencies.errors import StaffSignInBlocked, StaffSignInFailed
from ecard.agencies.models import Counter, FailedStaffSignIns, StaffMember, StaffSession
from ecard.agencies.policy import wait_after
from ecard.agencies.regions import counter_name, region, region_name, subtree_ids
from ecard.call import Call
from ecard.errors import NotSignedIn, TooManyRequests
from ecard.passwords import hashing
from ecard.sweeping import in_batches
from ecard.vault import new_token

ROLES = frozenset({"clerk", "reviewer", "safeguarding", "auditor"})
TOUCH_SECONDS = 60
"""A session's last use is written at most this often: not one write per request."""


@dataclass(frozen=True, slots=True)
class StaffView:
    """A member of staff as they see themselves."""

    id: uuid.UUID
    user_name: str
    display_name: str
    roles: list[str]
    region: str
    region_name: str
    counter: str | None
    counter_name: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StaffToken:
    """A fresh session of staff; the token is shown this once."""

    access_token: str
    expires_in: int
    """Seconds until the session ends in any case."""
    idle_seconds: int
    """Seconds without use after which it ends earlier."""


def sign_in(call: Call, user_name: str, password: str) -> StaffToken:
    """Open a session of staff. A wrong name and a wrong password cost and say the same.

    Raises StaffSignInFailed, StaffSignInBlocked, TooManyRequests; Busy, which counts no failure.
    """
    try_id = _count_try(call, user_name)
    with call.db.read() as session:
        member = session.scalar(sa.select(StaffMember).filter_by(user_name=user_name))
    kept = member.password_hash if member is not None and member.disabled_at is None else None
    with hashing(call) as hasher:
        failures = _reserve(call, user_name)
        right = hasher.fits(kept, password)
    if member is None or not right:
        _record_failure(call, member, failures)
        raise StaffSignInFailed
    return _open_session(call, member, try_id)


def _count_try(call: Call, user_name: str) -> str:
    """Count the try before it is examined, so that parallel ones cannot pass together."""
    try_id = uuid.uuid4().hex
    settings, index = call.settings, call.dependencies.vault.index
    subject = index("staff_sign_in", f"{user_name}|{call.network}")
    address = index("network", call.network)
    counted = (
        ("staff_sign_in_address", address, settings.sign_ins_per_address),
        ("staff_sign_in", subject, settings.sign_ins_per_account),
    )
    with call.db.write() as session:
        waits = [
            limits.spend(
                session,
                kind,
                what,
                limit=limit,
                window_seconds=settings.sign_in_window_seconds,
                now=call.now,
                detail=try_id,
            )
            for kind, what, limit in counted
        ]
        session.commit()
    _refuse_waiting(max((seconds for seconds in waits if seconds is not None), default=0))
    return try_id


def _refuse_waiting(seconds: int) -> None:
    if seconds > 0:
        raise TooManyRequests(retry_after=seconds)


def _reserve(call: Call, user_name: str) -> int:
    """Count a failure of this name, from whatever address, before the password is compared.

    Returns how many there are now; a success takes them back. Whoever guesses from a thousand
    addresses waits like everybody else. Names nobody has are counted too: both look the same.
    """
    subject = _subject(call, user_name)
    with call.db.write() as session:
        limits.lock(session, "failed_staff_sign_ins", subject)
        failed = session.get(FailedStaffSignIns, subject)
        if failed is None:
            failed = FailedStaffSignIns(subject=subject, failures=0, last_at=call.now)
            session.add(failed)
        if failed.failures >= call.settings.sign_ins_total:
            raise StaffSignInBlocked
        _refuse_waiting(_wait(call, failed))
        failed.failures, failed.last_at = failed.failures + 1, call.now
        session.commit()
    return failed.failures


def _wait(call: Call, failed: FailedStaffSignIns) -> int:
    settings = call.settings
    wait = wait_after(
        failed.failures,
        free=settings.staff_failures_free,
        first_seconds=settings.staff_wait_seconds,
        longest_seconds=settings.staff_wait_longest_seconds,
    )
    return wait - int((call.now - failed.last_at).total_seconds())


def _subject(call: Call, user_name: str) -> str:
    return call.dependencies.vault.index("staff_user_name", user_name)


def forget_failures(session: Session, call: Call, user_name: str) -> None:
    """After a success, or with a new password, nothing that went wrong before counts."""
    subject = _subject(call, user_name)
    failed = sa.delete(FailedStaffSignIns).where(FailedStaffSignIns.subject == subject)
    session.execute(failed)


def _record_failure(call: Call, member: StaffMember | None, failures: int) -> None:
    blocked = "blocked" if failures >= call.settings.sign_ins_total else None
    staff_id = member.id if member is not None else None
    with call.db.write() as session:
        audit.record(
            session, call, "staff.sign_in", "staff", staff_id, outcome="refused", reason=blocked
        )
        session.commit()


def _open_session(call: Call, member: StaffMember, try_id: str) -> StaffToken:
    token = new_token("es")
    opened = StaffSession(
        id=uuid.uuid4(),
        staff_id=member.id,
        token_hash=call.dependencies.vault.token_hash(token),
        opened_at=call.now,
        used_at=call.now,
        expires_at=call.now + timedelta(seconds=call.settings.staff_seconds),
    )
    with call.db.write() as session:
        _refuse_changed(session, member)
        session.execute(sa.delete(limits.LimitTry).where(limits.LimitTry.detail == try_id))
        forget_failures(session, call, member.user_name)
        session.add(opened)
        audit.record(session, call, "staff.sign_in", "staff", member.id)
        session.commit()
    return StaffToken(token, call.settings.staff_seconds, call.settings.staff_idle_seconds)


def _refuse_changed(session: Session, examined: StaffMember) -> None:
    """A password that was changed, or an account closed, while the old one was compared."""
    now = session.get(StaffMember, examined.id, with_for_update=True)
    if now is None or now.disabled_at or now.password_hash != examined.password_hash:
        raise StaffSignInFailed


def actor_for_token(call: Call, token: str) -> Staff:
    """The member of staff of a token; raises NotSignedIn on an ended, idle or unknown session."""
    token_hash = call.dependencies.vault.token_hash(token)
    with call.db.read() as session:
        opened = session.scalar(sa.select(StaffSession).filter_by(token_hash=token_hash))
        if opened is None or not _alive(call, opened):
            raise NotSignedIn
        member = session.get(StaffMember, opened.staff_id)
        if member is None or member.disabled_at is not None:
            raise NotSignedIn
        actor = _actor(session, member, opened)
    if call.now - opened.used_at >= timedelta(seconds=TOUCH_SECONDS):
        _touch(call, opened.id)
    return actor


def _alive(call: Call, opened: StaffSession) -> bool:
    idle_until = opened.used_at + timedelta(seconds=call.settings.staff_idle_seconds)
    return opened.ended_at is None and call.now < min(idle_until, opened.expires_at)


def _actor(session: Session, member: StaffMember, opened: StaffSession) -> Staff:
    return Staff(
        staff_id=member.id,
        session_id=opened.id,
        region_id=member.region_id,
        region_ids=subtree_ids(session, member.region_id),
        roles=frozenset(member.roles) & ROLES,
        counter_id=member.counter_id,
    )


def _touch(call: Call, session_id: uuid.UUID) -> None:
    with call.db.write() as session:
        opened = session.get(StaffSession, session_id, with_for_update=True)
        if opened is not None and opened.used_at < call.now:
            opened.used_at = call.now
        session.commit()


def sign_out(call: Call) -> None:
    """End the session of this token."""
    with call.db.write() as session:
        opened = session.get(StaffSession, call.staff.session_id, with_for_update=True)
        if opened is not None and opened.ended_at is None:
            opened.ended_at = call.now
        audit.record(session, call, "staff.sign_out", "staff", call.staff.staff_id)
        session.commit()


def sweep(call: Call) -> int:
    """Forget sessions of staff, and failed sign-ins, that are long over; returns how many."""
    sessions_until = call.now - timedelta(days=call.settings.sessions_kept_days)
    failures_until = call.now - timedelta(days=call.settings.failed_sign_ins_kept_days)
    forget_desk_messages(call, call.now - timedelta(days=call.settings.desk_messages_kept_days))
    return in_batches(
        call, sa.delete(StaffSession), StaffSession.expires_at < sessions_until
    ) + in_batches(call, sa.delete(FailedStaffSignIns), FailedStaffSignIns.last_at < failures_until)


def me(call: Call) -> StaffView:
    """The member of staff who asks."""
    with call.db.read() as session:
        member = session.get_one(StaffMember, call.staff.staff_id)
        opened = session.get_one(StaffSession, call.staff.session_id)
        counter = session.get(Counter, member.counter_id) if member.counter_id else None
        place = region(session, member.region_id)
        name = region_name(session, place.id, call.language)
        window = counter_name(session, member.counter_id, call.language)
    return StaffView(
        id=member.id,
        user_name=member.user_name,
        display_name=member.display_name,
        roles=sorted(member.roles),
        region=place.code,
        region_name=name,
        counter=counter.code if counter is not None else None,
        counter_name=window,
        expires_at=opened.expires_at,
    )


def staff_of(region_ids: Collection[uuid.UUID]) -> sa.Select[uuid.UUID]:
    """The ids of everybody on the staff of these regions, to ask within another question."""
    return sa.select(StaffMember.id).where(StaffMember.region_id.in_(region_ids))


def staff_number_index(session: Session, staff_id: uuid.UUID) -> str | None:
    """Blind index of a member's own number, where known: nobody decides about themselves."""
    return session.scalar(sa.select(StaffMember.person_number_index).filter_by(id=staff_id))


def accounts_of(staff_id: uuid.UUID) -> sa.Select[uuid.UUID]:
    """The ids of a member and of every other account of the same person, as far as their number is
    known: an act of two is one of two people. To ask within another question."""
    own = aliased(StaffMember)
    same = StaffMember.person_number_index == own.person_number_index
    return sa.select(StaffMember.id).where(
        sa.exists().where(own.id == staff_id, sa.or_(StaffMember.id == own.id, same))
    )


def is_same_person(session: Session, one: uuid.UUID | None, other: uuid.UUID) -> bool:
    """Whether two accounts are one person's."""
    return one in set(session.scalars(accounts_of(other)))
