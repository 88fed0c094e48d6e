"""What is kept of where codes were used."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.kept import Categories, Kept, Whose, category, kept
from ecard.qr.models import QrCode
from ecard.qr.reading import shown_to, view


def kept_about(session: Session, call: Call, whose: Whose, most: int | None) -> Categories:
    """Codes of the person, or for their card, that were used; of a disputed link only their own."""
    life = timedelta(days=call.settings.qr_uses_kept_days)

    def use(row: QrCode) -> Kept:
        shown = view(session, call, row, whose.reader_id)
        return kept(
            row.id,
            shown.used_at,
            row.expires_at + life,
            operation=shown.operation,
            shown_by=shown.shown_by,
            shown_for=shown.shown_for,
            place=shown.place,
            link_id=row.link_id,
        )

    query = shown_to(whose.person_id).where(whose.on(QrCode.link_id))
    return {"qr_uses": category(session, query, QrCode.used_at, QrCode.id, use, most)}
