"""The audit record as an auditor searches it: by who did something, about what, in which case."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.family import service as family
from ecard.pages import Page, read_numbered_page
from ecard.persons import service as persons
from ecard.review.figures import AUDITOR
from ecard.review.models import Case


def search_audit(
    call: Call, *, by: str, subject_id: uuid.UUID, cursor: str | None, limit: int
) -> Page:
    """What is on record by an actor, about an object or in a case; the search is on record too.

    Of what staff of the auditor's region and below did, and of what was done with its links and
    their cases by whomever; nothing of a link on which the auditor is one of the two sides, nor
    of what was done for its relative: reason, place and time may be hidden from them. ``by``:
    actor, object or case.
    """
    call.require_role(AUDITOR)
    rows = audit.AuditRow
    column = {"actor": rows.actor_id, "object": rows.object_id, "case": rows.case_id}[by]
    with call.db.read() as session:
        seen = sa.and_(_of_regions(call), ~_about_auditor(session, call))
        query = sa.select(rows).where(column == subject_id, seen)
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


def _about_auditor(session: Session, call: Call) -> sa.ColumnElement[bool]:
    """Whether a row is about a link of the auditor's own or a case on one, or about what else was
    done for its relative: a look, a use of their card, a court order."""
    own = agencies.staff_number_index(session, call.staff.staff_id)
    person = persons.by_number_index(session, call, own) if own is not None else None
    if person is None:
        return sa.false()
    links = family.ids_about(person.person_id)
    cases = sa.select(Case.id).where(Case.link_id.in_(links))
    rows = audit.AuditRow
    about = rows.object_id.in_(links), rows.object_id.in_(cases), rows.case_id.in_(cases)
    done_for = rows.acting_for.in_(family.relatives_about(person.person_id))
    return sa.func.coalesce(sa.or_(*about, done_for), sa.false())
