"""What is kept of proofs of life, of tries at one, and of what was asked about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.activation import policy as faces
from ecard.call import Call
from ecard.certification.models import (
    Certification,
    CertificationAttempt,
    CertificationCapture,
    CertificationCase,
)
from ecard.kept import Categories, Category, Kept, Whose, category, kept


def kept_about(session: Session, _call: Call, whose: Whose, most: int | None) -> Categories:
    """Proofs with their receipts; visits and appeals with what was decided; each shown face."""
    return {
        "proofs_of_life": _of(session, Certification, Certification.at, whose, _proof, most),
        "proof_cases": _of(
            session, CertificationCase, CertificationCase.opened_at, whose, _case, most
        ),
        "proof_captures": _captures(session, whose, most),
    }


def _captures(session: Session, whose: Whose, most: int | None) -> Category:
    """Tries to show a face: when, and how they ended. Never a score."""
    opened, tried = CertificationCapture, CertificationAttempt
    of_them = sa.select(opened.id).where(
        opened.person_id == whose.person_id, whose.on(opened.link_id)
    )
    query = sa.select(tried).where(tried.capture_id.in_(of_them))
    at: sa.ColumnElement[datetime] = tried.reserved_at  # type: ignore[assignment]
    return category(session, query, at, tried.id, _capture, most)


def _capture(row: CertificationAttempt) -> Kept:
    outcome = faces.shown_outcome(row.outcome) if row.outcome is not None else None
    return kept(row.id, row.reserved_at, outcome=outcome)


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
