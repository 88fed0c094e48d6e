"""Where codes were used: the same lines for whoever showed them and for whose card it was."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.family import service as family
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.qr import keys
from ecard.qr.models import QrCode
from ecard.sweeping import in_batches


@dataclass(frozen=True, slots=True)
class QrUseView:
    """One use of a code."""

    id: uuid.UUID
    operation: str
    shown_by: str
    shown_for: str
    by_me: bool
    place: str | None
    """The counter, in the reader's language; None where the clerk belongs to none."""
    used_at: datetime


def list_uses(call: Call, *, cursor: str | None, limit: int) -> Page:
    """Where the signed-in person's codes, and codes for their card, were used; newest first.

    While a link is disputed, the relative's side of it is left out: neither place nor time of the
    other party's use is for them to see, and even an order of lines would tell the time.
    """
    own, query = call.holder.person_id, shown_to(call.holder.person_id)
    with call.db.read() as session:
        page = read_page(session, query, QrCode.used_at, QrCode.id, cursor=cursor, limit=limit)
        shown = [view(session, call, row, own) for row in page.items]
    return Page(shown, page.next_cursor)


def shown_to(reader_id: uuid.UUID) -> sa.Select[QrCode]:
    """Used codes that somebody showed, or that were for their card on a link in no dispute."""
    for_me = sa.and_(QrCode.shown_for_id == reader_id, ~family.in_dispute(QrCode.link_id))
    return sa.select(QrCode).where(
        QrCode.used_at.is_not(None), sa.or_(QrCode.shown_by_id == reader_id, for_me)
    )


def view(session: Session, call: Call, row: QrCode, reader_id: uuid.UUID) -> QrUseView:
    """One use as somebody reads it."""
    return QrUseView(
        id=row.id,
        operation=row.operation,
        shown_by=persons.particulars(session, call, row.shown_by_id).name,
        shown_for=persons.particulars(session, call, row.shown_for_id).name,
        by_me=row.shown_by_id == reader_id,
        place=agencies.counter_name(session, row.used_at_id, call.language),
        used_at=row.used_at or row.issued_at,
    )


def sweep(call: Call) -> int:
    """Forget codes that nobody used, old uses, and private keys that sign no more."""
    settings = call.settings
    unused = call.now - timedelta(hours=settings.qr_unused_kept_hours)
    old = call.now - timedelta(days=settings.qr_uses_kept_days)
    forget = sa.delete(QrCode)
    return (
        in_batches(call, forget, QrCode.used_at.is_(None), QrCode.expires_at < unused)
        + in_batches(call, forget, QrCode.expires_at < old)
        + keys.forget_private(call)
    )
