"""The sweep: cases not appealed or given up are closed, frames kept too long destroyed."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files
from ecard.call import Call
from ecard.family import service as family
from ecard.review import policy as rules
from ecard.review.cases import close_case, destroy_temporary, is_moot, kind_of, lock_case
from ecard.review.decisions import decisions_of, in_time
from ecard.review.models import Case
from ecard.review.policy import CaseState

if TYPE_CHECKING:
    from ecard.family.models import Link


def sweep(call: Call) -> int:
    """Close what nobody appealed or what was given up, and destroy its frames; how many closed.

    A case that is still open loses its frames after ``case_file_days`` all the same.
    """
    call = call.as_system()
    with call.db.read() as session:
        query = sa.select(Case.id, Case.link_id).where(Case.state.in_(rules.PENDING))
        pending = list(session.execute(query.order_by(Case.opened_at)))
    closed = sum(_sweep_case(call, case_id, link_id) for case_id, link_id in pending)
    files.erase(call)
    return closed


def _sweep_case(call: Call, case_id: uuid.UUID, link_id: uuid.UUID) -> bool:
    with call.db.write() as session:
        link = family.lock_link(session, link_id)
        case = lock_case(session, case_id)
        reason = _why_close(session, call, case, link)
        if reason is not None:
            close_case(session, call, case, reason)
            audit.record(
                session, call, "case.closed", "case", case.id, reason=reason, case_id=case.id
            )
        elif case.opened_at + _file_life(session, call, link) <= call.now:
            destroy_temporary(session, call, case, "kept_longest")
        session.commit()
    return reason is not None


def _why_close(session: Session, call: Call, case: Case, link: Link) -> str | None:
    gone = case.state in rules.WAITING and is_moot(case, link)
    if gone or rules.is_overtaken(kind_of(case), case.state, link.state):
        return "overtaken"
    if case.state != CaseState.DECIDED:
        return None
    last = decisions_of(session, [case])[-1]
    return None if in_time(last, call.now) else "not_appealed"


def _file_life(session: Session, call: Call, link: Link) -> timedelta:
    return timedelta(days=family.policy_of(session, call, link).case_file_days)
