"""Who may look at a case: staff of its region, on neither side; a minor's only when two agreed.

Locks are taken in one order everywhere: the link, then its case.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import openings
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import NotFound
from ecard.family import service as family
from ecard.persons import service as persons
from ecard.review import policy as rules
from ecard.review.cases import is_asked, lock_case
from ecard.review.errors import (
    CaseNotOpen,
    ConflictOfInterest,
)
from ecard.review.models import Case, CaseOpening

if TYPE_CHECKING:
    from ecard.family.models import Link


DESK = ("reviewer", "safeguarding")
"""Roles that may look at cases; which of them decides depends on the kind."""


def at_desk(session: Session, call: Call, case_id: uuid.UUID) -> tuple[Case, Link]:
    """A case of the caller's region with its link, both locked, link first; else NotFound."""
    call.require_role(*DESK)
    query = sa.select(Case.link_id, Case.region_id).filter_by(id=case_id)
    found = session.execute(query).one_or_none()  # no row kept: it may be another's once locked
    if found is None:
        raise NotFound
    _refuse_elsewhere(call, found.region_id)
    link = family.lock_link(session, found.link_id)
    case = lock_case(session, case_id)
    _refuse_elsewhere(call, case.region_id)  # it may have moved up by an appeal meanwhile
    return case, link


def _refuse_elsewhere(call: Call, region_id: uuid.UUID) -> None:
    if region_id not in call.staff.region_ids:
        raise NotFound


def refuse_looking(session: Session, call: Call, case: Case, link: Link) -> None:
    """Raise ConflictOfInterest, or OpeningNotApproved for a minor's case."""
    refuse_conflict(session, call, *sides_of(session, link))
    if case.minor:
        openings.refuse_unless_opened(session, call, CaseOpening, case.id)


def sides_of(session: Session, link: Link) -> tuple[uuid.UUID | None, ...]:
    """Whom a decision about a link is about: both sides, and who objects to it."""
    return link.holder_id, link.relative_id, family.objector(session, link.id)


def refuse_conflict(session: Session, call: Call, *sides: uuid.UUID | None) -> None:
    """Raise ConflictOfInterest where the member of staff is one of these people."""
    own = agencies.staff_number_index(session, call.staff.staff_id)
    indexes = [
        persons.number_index(call, persons.particulars(session, call, person_id).number)
        for person_id in sides
        if person_id is not None
    ]
    if rules.in_conflict(own, indexes):
        raise ConflictOfInterest


def refuse_unless_waiting(session: Session, call: Call, case: Case, link: Link) -> None:
    if not is_asked(session, call, case, link):
        raise CaseNotOpen
