"""What is kept of certificates of rights."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.acts.service import shown_to
from ecard.call import Call
from ecard.kept import Categories, Kept, Whose, category, kept
from ecard.rights.models import RightsCertificate


def kept_about(session: Session, _call: Call, whose: Whose, most: int | None) -> Categories:
    """Certificates about the person, and those they asked for; of a disputed link only what the
    reader had printed."""

    def certificate(row: RightsCertificate) -> Kept:
        about_me = row.person_id == whose.person_id
        facts = {"sha256": row.sha256, "link_id": row.link_id}
        return kept(row.id, row.issued_at, row.good_until, about_me=about_me, **facts)

    table = RightsCertificate
    theirs = sa.or_(table.person_id == whose.person_id, table.asked_by == whose.person_id)
    seen = shown_to(whose.reader_id, table.asked_by, table.link_id)
    query = sa.select(table).where(theirs, seen, whose.on(table.link_id))
    return {
        "rights_certificates": category(
            session, query, table.issued_at, table.id, certificate, most
        )
    }
