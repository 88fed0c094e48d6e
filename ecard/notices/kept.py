"""What is kept about what somebody read and consented to, or had decided about their face."""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.kept import Categories, Kept, Whose, category, kept
from ecard.notices.models import Acknowledgement, Consent, Notice
from ecard.notices.policy import whole_months
from ecard.notices.service import current
from ecard.policy import service as policies


def kept_about(session: Session, call: Call, whose: Whose, most: int | None) -> Categories:
    """Acknowledgements and consents with the exact text, and whether they still hold."""
    read, said = (table.person_id == whose.person_id for table in (Acknowledgement, Consent))
    acknowledged = sa.select(Acknowledgement).where(read, whose.on(Acknowledgement.link_id))
    consents = sa.select(Consent).where(said, whose.on(Consent.link_id))
    return {
        "acknowledgements": category(
            session,
            acknowledged,
            Acknowledgement.at,
            Acknowledgement.id,
            partial(_acknowledgement, session, call),
            most,
        ),
        "consents": category(
            session, consents, Consent.at, Consent.id, partial(_consent, session, call), most
        ),
    }


def _acknowledgement(session: Session, call: Call, row: Acknowledgement) -> Kept:
    facts = _text(session, call, row) | {"link_id": row.link_id}
    return kept(row.id, row.at, **facts)


def _consent(session: Session, call: Call, row: Consent) -> Kept:
    facts = _text(session, call, row)
    newest = sa.select(sa.func.max(Consent.number)).filter_by(link_id=row.link_id, kind=row.kind)
    if row.link_id is None:  # decided alone: everybody counts their own
        newest = newest.filter_by(person_id=row.person_id)
    last = session.scalar(newest) == row.number
    facts["in_force"] = bool(facts["in_force"]) and last and row.decision == "given"
    facts |= {"decision": row.decision, "given_by": row.given_by, "link_id": row.link_id}
    return kept(row.id, row.at, **(facts | {"kind": row.kind}))


def _text(session: Session, call: Call, row: Acknowledgement | Consent) -> dict[str, object]:
    """Which text it was, and whether it is still asked for in this version and not too old."""
    notice = session.get_one(Notice, row.notice_id)
    now = current(session, notice.region_id, notice.kind, notice.language, call.now)
    months = policies.current(session, notice.region_id, call.now).notice_months
    return {
        "kind": notice.kind,
        "title": notice.title,
        "version": row.version,
        "text_sha256": row.text_sha256,
        "language": row.language,
        "in_force": now.version == row.version and whole_months(row.at, call.now) < months,
    }
