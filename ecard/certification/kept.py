"""What is kept of proofs of life and of what was asked about them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.certification.models import Certification, CertificationCase
from ecard.kept import Categories, Kept, Whose, category, kept


def kept_about(session: Session, _call: Call, whose: Whose, most: int | None) -> Categories:
    """Proofs with their receipts; visits and appeals with what was decided."""
    return {
        "proofs_of_life": _of(session, Certification, Certification.at, whose, _proof, most),
        "proof_cases": _of(
            session, CertificationCase, CertificationCase.opened_at, whose, _case, most
        ),
    }


def _of(session: Session, table: Any, at: Any, whose: Whose, item: Any, most: int | None) -> Any:
    query = sa.select(table).where(table.person_id == whose.person_id, whose.on(table.link_id))
    return category(session, query, at, table.id, item, most)


def _proof(row: Certification) -> Kept:
    facts = {"day": row.day, "route": row.route, "helped": row.helper_id is not None}
    facts |= {"channel": row.channel, "link_id": row.link_id, "receipt": row.receipt}
    return kept(row.id, row.at, **facts)


def _case(row: CertificationCase) -> Kept:
    facts = {"kind": row.kind, "due_at": row.due_at, "decided_on": row.decided_on}
    facts |= {"accepted": row.accepted, "reason": row.reason, "link_id": row.link_id}
    return kept(row.id, row.opened_at, **facts)
