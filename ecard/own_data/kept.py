"""What is kept of withdrawals and of corrections that were asked for."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.kept import Categories, Kept, Whose, category, kept
from ecard.own_data import erasing
from ecard.own_data.correcting import EXPLANATION, WANTED
from ecard.own_data.models import Correction, FaceWithdrawal


def kept_about(session: Session, call: Call, whose: Whose, most: int | None) -> Categories:
    """Withdrawals about the face, a guardian's own for a guardian; corrections likewise."""
    vault, person_id = call.dependencies.vault, whose.person_id

    def withdrawal(row: FaceWithdrawal) -> Kept:
        shown = erasing.view(session, row)
        facts = {"given_by": row.given_by, "link_ids": row.link_ids, "state": shown.state}
        return kept(row.id, row.at, **(facts | {"receipt": shown.receipt}))

    def correction(row: Correction) -> Kept:
        said = row.explanation
        return kept(
            row.id,
            row.opened_at,
            field=row.field,
            wanted=vault.open(session, person_id, WANTED, row.id, row.wanted),
            due_at=row.due_at,
            outcome=row.outcome,
            reason=row.reason,
            explanation=vault.open(session, person_id, EXPLANATION, row.id, said) if said else None,
        )

    gone, asked = FaceWithdrawal, Correction
    by_reader = gone.actor_id == whose.reader_id
    theirs = sa.or_(whose.themselves, by_reader)
    withdrawals = sa.select(gone).where(gone.person_id == person_id, theirs)
    corrections = sa.select(asked).where(asked.person_id == person_id, whose.on(asked.link_id))
    return {
        "face_withdrawals": category(session, withdrawals, gone.at, gone.id, withdrawal, most),
        "corrections": category(session, corrections, asked.opened_at, asked.id, correction, most),
    }
