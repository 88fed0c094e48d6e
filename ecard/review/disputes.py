"""Disputes: a guardian's objection opens one, a court order belongs to it, staff settle it.

A dispute is a case like others, with its own people (safeguarding staff) and its own rules: nothing
is settled without a court order on file, and who appeals brings the link back into dispute.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import files
from ecard.call import Call
from ecard.errors import NotFound
from ecard.family import service as family
from ecard.review import policy as rules
from ecard.review.cases import attach, files_of, lock_case, open_case
from ecard.review.errors import CourtOrderMissing
from ecard.review.models import Case
from ecard.review.policy import CaseKind, DecisionOutcome

if TYPE_CHECKING:
    from ecard.family.models import Link


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """An objection that was taken in: the link is held until staff have decided."""

    id: uuid.UUID
    """Of the link."""
    state: str
    due_at: datetime
    """When the decision is due."""


def object_to(call: Call, link_id: uuid.UUID) -> ObjectionView:
    """A guardian objects to another's new link on their child: it is held until staff decided.

    Raises NotFound where the link is not on a child of theirs, ObjectionTooLate, ObjectedAlready,
    IllegalMove.
    """
    with call.db.write() as session:
        link = family.lock_link(session, link_id)
        family.refuse_objection(session, call, link)
        case = open_case(
            session,
            call,
            link,
            kind=CaseKind.DISPUTE.value,
            reasons=[rules.REVIEW_REASONS[CaseKind.DISPUTE]],
            facts={},
        )
        session.commit()
        return ObjectionView(link.id, link.state, case.due_at)


def own_dispute(session: Session, call: Call, link_id: uuid.UUID) -> tuple[Link, Case]:
    """The dispute that waits on a link, for its holder or the guardian who objected; both locked.

    To everybody else, and where none waits, NotFound.
    """
    link = family.lock_link(session, link_id)
    parties = (link.holder_id, family.objector(session, link.id))
    query = sa.select(Case.id).filter_by(link_id=link.id, kind=CaseKind.DISPUTE.value)
    case_id = session.scalar(query.where(Case.state.in_(rules.WAITING)))
    if call.holder.person_id not in parties or case_id is None:
        raise NotFound
    return link, lock_case(session, case_id)


def add_order(
    session: Session, call: Call, link: Link, case: Case, file_ids: Sequence[uuid.UUID]
) -> None:
    """Put a court order's pages before whoever settles the dispute. Not committed."""
    attach(session, call, link, case, [(rules.COURT_ORDER, file_id) for file_id in file_ids])


def refuse_without_order(session: Session, case: Case) -> None:
    """Raise CourtOrderMissing unless a court order is on file, and can still be seen."""
    pages = [row for row in files_of(session, case) if row.role == rules.COURT_ORDER]
    if not any(not files.is_destroyed(session, page.file_id) for page in pages):
        raise CourtOrderMissing


def settle(session: Session, call: Call, link: Link, outcome: DecisionOutcome, reason: str) -> None:
    """What follows from a decision: the link goes on, or ends for the reason decided."""
    if outcome is DecisionOutcome.APPROVED:
        family.move(session, call, link, "active", "dispute_settled")
    else:
        family.move(session, call, link, "ended", reason)
