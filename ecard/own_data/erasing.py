"""What a withdrawal destroys: the keys went with it, the outbox removes the blobs, then it is
signed. A file under legal hold goes once that is released, and the proof waits for it.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ecard import files
from ecard.activation.policy import FACELESS_ROUTES
from ecard.call import Call
from ecard.errors import Unavailable
from ecard.files import Destruction
from ecard.messages import service as messages
from ecard.own_data.models import FaceErasure, FaceWithdrawal, FaceWithdrawalFile
from ecard.review.policy import CONSENT_WITHDRAWN
from uploads.retention import DeletionReceipt

ERASE_JOB = "erase_faces"
WHAT = "face_data"
UNDER_WAY, HELD, DESTROYED = "under_way", "held", "destroyed"


@dataclass(frozen=True, slots=True)
class WithdrawalView:
    """What was taken back, how far the destruction is, and its signed receipts."""

    id: uuid.UUID
    person_id: uuid.UUID
    given_by: str
    at: datetime
    link_ids: list[str]
    routes: list[str]
    """The ways without a face, with the same rights."""
    state: str
    """under_way, held (a legal hold keeps something) or destroyed."""
    destroyed_at: datetime | None
    receipt: str | None
    """Signed, once everything is gone."""
    files: list[Destruction]


def view(session: Session, row: FaceWithdrawal) -> WithdrawalView:
    """A withdrawal as it stands now."""
    done = _erasure(session, row.id)
    found = [files.destruction(session, file_id) for file_id in _file_ids(session, row.id)]
    waits = HELD if any(one.held for one in found) else UNDER_WAY
    return WithdrawalView(
        id=row.id,
        person_id=row.person_id,
        given_by=row.given_by,
        at=row.at,
        link_ids=list(row.link_ids),
        routes=list(FACELESS_ROUTES),
        state=DESTROYED if done is not None else waits,
        destroyed_at=done.at if done is not None else None,
        receipt=done.receipt if done is not None else None,
        files=found,
    )


def _erasure(session: Session, withdrawal_id: uuid.UUID) -> FaceErasure | None:
    return session.scalar(sa.select(FaceErasure).filter_by(withdrawal_id=withdrawal_id))


def _file_ids(session: Session, withdrawal_id: uuid.UUID) -> list[uuid.UUID]:
    table = FaceWithdrawalFile
    query = sa.select(table.file_id).filter_by(withdrawal_id=withdrawal_id)
    return list(session.scalars(query.order_by(table.file_id)))


def erase(call: Call, withdrawal_id: uuid.UUID | str) -> None:
    """Job: remove the blobs, and sign that all is gone. Raises Unavailable where the store keeps
    one, so that it is tried again."""
    withdrawal_id = uuid.UUID(str(withdrawal_id))
    with call.db.read() as session:
        ids = _file_ids(session, withdrawal_id)
    files.erase_these(call, ids)
    with call.db.write() as session:
        found = [files.destruction(session, file_id) for file_id in ids]
        if any(one.destroyed_at is not None and one.receipt is None for one in found):
            raise Unavailable
        if all(one.receipt is not None for one in found):
            _sign(session, call, session.get_one(FaceWithdrawal, withdrawal_id))
            session.commit()


def _sign(session: Session, call: Call, row: FaceWithdrawal) -> None:
    """Once, also where two workers meet: the database takes one proof of a withdrawal."""
    key = call.dependencies.vault.receipt_key
    receipt = DeletionReceipt.create(key, row.id, WHAT, call.now, CONSENT_WITHDRAWN)
    proof = FaceErasure(
        id=receipt.receipt_id, withdrawal_id=row.id, at=call.now, receipt=receipt.to_json()
    )
    try:
        with session.begin_nested():
            session.add(proof)
    except IntegrityError:
        return
    for person_id in sorted({row.person_id, row.actor_id}):
        messages.notify(session, call, person_id, "face_data_destroyed")


def sweep(call: Call) -> int:
    """Go on with what a legal hold, or an outage longer than a job's tries, kept; how many wait."""
    done = sa.select(FaceErasure.withdrawal_id)
    waiting = sa.select(FaceWithdrawal.id).where(FaceWithdrawal.id.not_in(done))
    with call.db.read() as session:
        ids = list(session.scalars(waiting.order_by(FaceWithdrawal.at)))
    for withdrawal_id in ids:
        with suppress(Unavailable):  # the store may keep one for long; the others go
            erase(call.as_system(), withdrawal_id)
    return len(ids)


# --- receipts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReceiptCheck:
    """Whether a receipt is ours and unchanged, and what it says then."""

    genuine: bool
    what: str | None = None
    reason: str | None = None
    destroyed_at: datetime | None = None


def check_receipt(call: Call, text: str) -> ReceiptCheck:
    """Anybody signed in may have a receipt of destruction checked; it names no person."""
    try:
        receipt = DeletionReceipt.from_json(text)
        genuine = receipt.verify(call.dependencies.vault.receipt_key)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ReceiptCheck(genuine=False)
    if not genuine:
        return ReceiptCheck(genuine=False)
    return ReceiptCheck(True, receipt.what, receipt.reason, receipt.destroyed_at)
