"""The audit record: append-only, HMAC-chained, anchored outside the database.

Each row's MAC covers the row and the MAC before it, so a changed, removed, added or reordered row
breaks the chain; the anchors, written to another place and signed with another key, show a cut
tail or a rolled-back database. Rows carry ids and codes only.
"""

from __future__ import annotations

import hmac
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from ecard.actors import Holder
from ecard.call import Call
from ecard.db import Base, Code

GENESIS = "0" * 64
WAITING = "audit_rows_waiting"
"""Where a session keeps what it recorded until it commits."""
COVERED = (
    "seq",
    "at",
    "actor_kind",
    "actor_id",
    "device_id",
    "acting_for",
    "channel",
    "action",
    "object_kind",
    "object_id",
    "outcome",
    "reason",
    "case_id",
    "request_id",
)


class AuditRow(Base):
    """Who did what to which object, when, and how it ended."""

    __tablename__ = "audit_rows"
    __table_args__ = (
        sa.Index("ix_audit_rows_actor_seq", "actor_id", "seq"),
        sa.Index("ix_audit_rows_case_seq", "case_id", "seq"),
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_kind: Mapped[Code]
    actor_id: Mapped[uuid.UUID | None]
    device_id: Mapped[uuid.UUID | None]
    acting_for: Mapped[uuid.UUID | None]
    channel: Mapped[Code]
    action: Mapped[Code]
    object_kind: Mapped[Code]
    object_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    outcome: Mapped[Code]
    reason: Mapped[str | None] = mapped_column(sa.String(64))
    case_id: Mapped[uuid.UUID | None]
    request_id: Mapped[Code]
    prev_mac: Mapped[Code]
    mac: Mapped[Code]


class AuditHead(Base):
    """The last row's number and MAC; locked while a row is added, so the chain never forks."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    mac: Mapped[Code]


def record(
    session: Session,
    call: Call,
    action: str,
    object_kind: str,
    object_id: uuid.UUID | None,
    *,
    outcome: str = "done",
    reason: str | None = None,
    acting_for: uuid.UUID | None = None,
    case_id: uuid.UUID | None = None,
) -> None:
    """Add one row to the caller's transaction; it is chained when that commits.

    Whoever holds the chain's head keeps everybody else waiting, and waits for nobody: the head is
    locked last, after every other row of the transaction. Locked any earlier, two transactions
    that destroy files, or decide and sweep, could each hold what the other one waits for.
    """
    row = AuditRow(
        at=call.now,
        actor_kind=call.actor.kind,
        actor_id=call.actor.id,
        device_id=call.actor.device_id if isinstance(call.actor, Holder) else None,
        acting_for=acting_for,
        channel=call.channel,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        outcome=outcome,
        reason=reason,
        case_id=case_id,
        request_id=call.request_id,
    )
    if not session.in_transaction():
        session.begin()  # so that its end, too, is heard of
    waiting = session.info.setdefault(WAITING, [])
    waiting.append((row, call.dependencies.vault.audit_key))


@event.listens_for(Session, "before_commit")
def _chain(session: Session) -> None:
    """Chain what the transaction recorded; a savepoint's release is no commit."""
    if session.in_nested_transaction() or not session.info.get(WAITING):
        return
    session.flush()
    head = _locked_head(session)
    for row, key in session.info.pop(WAITING):
        row.seq, row.prev_mac = head.seq + 1, head.mac
        row.mac = mac_of(row, key)
        head.seq, head.mac = row.seq, row.mac
        session.add(row)


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    """What was recorded in a transaction that was rolled back did not happen."""
    if transaction.parent is None:
        session.info.pop(WAITING, None)


def _locked_head(session: Session) -> AuditHead:
    """The head, locked; of two first rows written at once one makes it and the other waits."""
    head = session.get(AuditHead, 1, with_for_update=True, populate_existing=True)
    if head is None:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        first = {"id": 1, "seq": 0, "mac": GENESIS}
        session.execute(dialect.insert(AuditHead).values(first).on_conflict_do_nothing())
        head = session.get_one(AuditHead, 1, with_for_update=True, populate_existing=True)
    return head


def mac_of(row: AuditRow, key: bytes) -> str:
    """HMAC-SHA-256 over the previous MAC and the row's canonical JSON, hex."""
    return hmac.digest(key, (row.prev_mac + canonical(row)).encode(), "sha256").hex()


def canonical(row: AuditRow) -> str:
    """What ``json.dumps`` says of the covered columns, names sorted and without blanks.

    Written out because a walk over the chain does it for every row: a third of the time.
    """
    return _TEMPLATE % tuple([_TEXT.get(type(value), _foreign)(value) for value in _values(row)])


def _foreign(value: object) -> str:
    raise TypeError(f"a {type(value).__name__} has no place in the audit")


_NAMES = sorted(COVERED)
_values = attrgetter(*_NAMES)
_TEMPLATE = "{" + ",".join(f'"{name}":%s' for name in _NAMES) + "}"
_TEXT: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "null",
    str: json.encoder.encode_basestring_ascii,
    int: str,
    uuid.UUID: lambda value: '"' + str(value) + '"',
    datetime: lambda value: '"' + value.isoformat() + '"',
}
