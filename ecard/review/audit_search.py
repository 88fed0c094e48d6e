"""The audit record as an auditor searches it: by who did something, about what, in which case."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from ecard import audit
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.family import service as family
from ecard.pages import Page, read_numbered_page
from ecard.review.figures import AUDITOR
from ecard.review.models import Case


def search_audit(
    call: Call, *, by: str, subject_id: uuid.UUID, cursor: str | None, limit: int
) -> Page:
    """What is on record by an actor, about an object or in a case; the search is on record too.

    Of what staff of the auditor's region and below did, and of what was done with its links and
    their cases by whomever. ``by``: actor, object or case.
    """
    call.require_role(AUDITOR)
    rows = audit.AuditRow
    column = {"actor": rows.actor_id, "object": rows.object_id, "case": rows.case_id}[by]
    query = sa.select(rows).where(column == subject_id, _of_regions(call))
    with call.db.read() as session:
        page = read_numbered_page(session, query, rows.seq, cursor=cursor, limit=limit)
        session.expunge_all()
    with call.db.write() as session:
        audit.record(session, call, "audit.searched", by, subject_id)
        session.commit()
    return page


def _of_regions(call: Call) -> sa.ColumnElement[bool]:
    links = family.ids_in(call.staff.region_ids)
    cases = sa.select(Case.id).where(Case.link_id.in_(links))
    rows = audit.AuditRow
    return sa.or_(
        rows.actor_id.in_(agencies.staff_of(call.staff.region_ids)),
        rows.case_id.in_(cases),
        rows.object_id.in_(links),
    )
