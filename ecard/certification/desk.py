"""Reviews and appeals of proof of life: asked for by person or helper, decided by the region."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.acts import service as acts
from ecard.acts.service import Acting
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.certification import policy as rules
from ecard.certification.errors import (
    BenefitNotClosed,
    CaseAlreadyOpen,
    CaseDecided,
    NothingToAppeal,
    TooManyReviews,
)
from ecard.certification.models import CertificationCase, Reinstatement
from ecard.certification.proving import Helped, keep_proof
from ecard.certification.reading import CaseState, case_state
from ecard.certification.standing import (
    Stands,
    benefits_of,
    refuse_unless_certifiable,
    standings,
    today_at,
)
from ecard.certification.telling import SCOPE, look_soon, tell_people
from ecard.errors import NotFound, VersionChanged
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.persons.service import Particulars
from ecard.policy import service as policies
from ecard.policy.policy import Policy
from ecard.review.errors import ReasonDoesNotFit, SecondPersonNeeded
from ecard.review.policy import due_at
from ecard.review.service import refuse_conflict

Fill = Callable[[CertificationCase, list[Stands], list[CertificationCase], Policy, date], None]
"""Decides what kind of case it is, from how things stand and the cases before; or refuses."""
GROUNDS = "certification_cases.grounds"
VISIT, APPEAL, STOP_APPEAL = "visit", "appeal", "stop_appeal"


@dataclass(frozen=True, slots=True)
class DeskCase:
    """A case at the desk."""

    id: uuid.UUID
    kind: str
    opened_at: datetime
    due_at: datetime
    overdue: bool
    person: str
    grounds: str
    version: int


# --- asked for ----------------------------------------------------------------------------------


def ask_visit(call: Call, link_id: uuid.UUID | None, grounds: str) -> CaseState:
    """Ask that somebody comes and sees the person. The payment goes on meanwhile."""
    return _open(call, _acting(call, link_id), grounds, _visit)


def appeal(call: Call, link_id: uuid.UUID | None, grounds: str) -> CaseState:
    """Appeal against the last refusal, or else against the stop; once, within the days for it."""
    return _open(call, _acting(call, link_id), grounds, _appeal)


def _acting(call: Call, link_id: uuid.UUID | None) -> Acting:
    if link_id is None:
        return acts.for_self(call, SCOPE, changes=True)
    return acts.for_relative(call, link_id, SCOPE, changes=True)


def _open(call: Call, acting: Acting, grounds: str, fill: Fill) -> CaseState:
    benefits = benefits_of(call, acting.registry_ref)
    with call.db.write() as session:
        acts.note(session, call, acting, "certification.case_opened")
        person = persons.particulars(session, call, acting.person_id)
        found = standings(session, call, person, benefits)
        earlier = _cases_of(session, acting.person_id)
        if any(one.decided_at is None for one in earlier):
            raise CaseAlreadyOpen
        today = today_at(session, call, person)
        policy = policies.current(session, person.region_id, call.now)
        row = CertificationCase(
            id=uuid.uuid4(),
            person_id=acting.person_id,
            region_id=acting.region_id,
            link_id=acting.link_id,
            opened_by=call.holder.person_id,
            opened_at=call.now,
            opened_on=today,
            counts_from=today,
        )
        fill(row, found, earlier, policy, today)
        if row.kind != VISIT:
            row.region_id = _one_up(session, acting.region_id)
        zone = agencies.time_zone(session, acting.region_id)
        row.due_at = due_at(call.now, policy.review_working_days, zone)
        vault = call.dependencies.vault
        row.grounds = vault.seal(session, row.opened_by, GROUNDS, row.id, grounds)
        session.add(row)
        session.flush()
        tell_people(session, call, person, "certification_case_opened")
        look_soon(session, call, person)
        session.commit()
    return case_state(row)


def _visit(
    row: CertificationCase,
    found: list[Stands],
    earlier: list[CertificationCase],
    policy: Policy,
    _today: date,
) -> None:
    refuse_unless_certifiable(found)
    window = max(one.standing.shown_on for one in found)
    asked = [one for one in earlier if one.kind == VISIT and one.opened_on >= window]
    if len(asked) >= policy.certification_reviews_a_window:
        raise TooManyReviews
    row.kind = VISIT


def _appeal(
    row: CertificationCase,
    found: list[Stands],
    earlier: list[CertificationCase],
    policy: Policy,
    today: date,
) -> None:
    """The newest refusal that may still be appealed; else a stop, once in its window."""
    days = timedelta(days=policy.appeal_days)
    appealed = {one.against_id for one in earlier}
    refused = [
        one
        for one in earlier
        if one.kind == VISIT
        and one.accepted is False
        and one.decided_on is not None
        and today <= one.decided_on + days
        and one.id not in appealed
    ]
    if refused:
        row.kind, row.against_id = APPEAL, refused[-1].id
        row.counts_from = refused[-1].counts_from
        return
    stopped = [one.standing for one in found if one.standing.state == rules.STOPPED]
    row.kind = STOP_APPEAL
    if not any(_may_appeal_stop(one, earlier, days, today) for one in stopped):
        raise NothingToAppeal


def _may_appeal_stop(
    now: rules.Standing, earlier: list[CertificationCase], days: timedelta, today: date
) -> bool:
    once = any(one.kind == STOP_APPEAL and one.opened_on >= now.shown_on for one in earlier)
    return now.stopped_since is not None and today <= now.stopped_since + days and not once


def _cases_of(session: Session, person_id: uuid.UUID) -> list[CertificationCase]:
    table = CertificationCase
    query = sa.select(table).filter_by(person_id=person_id).order_by(table.opened_at, table.id)
    return list(session.scalars(query.with_for_update()))


def _one_up(session: Session, region_id: uuid.UUID) -> uuid.UUID:
    chain = agencies.ancestry(session, region_id)
    return chain[min(1, len(chain) - 1)].id


# --- decided ------------------------------------------------------------------------------------


def list_cases(call: Call, *, cursor: str | None, limit: int) -> Page:
    """Open cases of the reviewer's region and below, newest first."""
    call.require_role("reviewer")
    table = CertificationCase
    query = sa.select(table).where(
        table.region_id.in_(call.staff.region_ids), table.decided_at.is_(None)
    )
    with call.db.read() as session:
        page = read_page(session, query, table.opened_at, table.id, cursor=cursor, limit=limit)
        items = [_desk_case(session, call, row) for row in page.items]
    return Page(items, page.next_cursor)


def _desk_case(session: Session, call: Call, row: CertificationCase) -> DeskCase:
    vault = call.dependencies.vault
    return DeskCase(
        id=row.id,
        kind=row.kind,
        opened_at=row.opened_at,
        due_at=row.due_at,
        overdue=row.due_at <= call.now,
        person=persons.particulars(session, call, row.person_id).name,
        grounds=vault.open(session, row.opened_by, GROUNDS, row.id, row.grounds),
        version=row.version,
    )


def decide(
    call: Call, case_id: uuid.UUID, *, accepted: bool, reason: str, version: int
) -> CaseState:
    """Decide a review or an appeal; what follows, follows at once.

    Raises NotFound (another region's too), CaseDecided, VersionChanged, ConflictOfInterest,
    SecondPersonNeeded (an appeal is for another reviewer).
    """
    call.require_role("reviewer")
    if reason not in rules.REASONS[accepted]:
        raise ReasonDoesNotFit(fields={"reason": ["does_not_fit_outcome"]})
    person = _person_of(call, case_id)
    benefits = benefits_of(call, person.registry_ref)
    with call.db.write() as session:
        row = session.get_one(
            CertificationCase, case_id, with_for_update=True, populate_existing=True
        )
        _refuse_deciding(session, call, row, version)
        row.decided_at, row.decided_on = call.now, today_at(session, call, person)
        row.accepted, row.reason, row.decided_by = accepted, reason, call.staff.staff_id
        session.flush()
        helper = row.opened_by if row.opened_by != row.person_id else None
        if accepted:
            helped = Helped(helper, row.link_id)
            keep_proof(session, call, person, benefits, helped, row)
        else:
            tell_people(session, call, person, "certification_refused")
            look_soon(session, call, person)
        acts.write(
            session,
            call,
            person_id=row.person_id,
            link_id=row.link_id,
            scope=SCOPE,
            action="certification.case_accepted" if accepted else "certification.case_refused",
        )
        session.commit()
    return case_state(row)


def _person_of(call: Call, case_id: uuid.UUID) -> Particulars:
    with call.db.read() as session:
        row = session.get(CertificationCase, case_id)
        if row is None or row.region_id not in call.staff.region_ids:
            raise NotFound
        return persons.particulars(session, call, row.person_id)


def _refuse_deciding(session: Session, call: Call, row: CertificationCase, version: int) -> None:
    if row.decided_at is not None:
        raise CaseDecided
    if row.version != version:
        raise VersionChanged
    refuse_conflict(session, call, row.person_id, row.opened_by)
    if row.against_id is not None:
        first = session.get_one(CertificationCase, row.against_id)
        if first.decided_by == call.staff.staff_id:
            raise SecondPersonNeeded


# --- taken up again -----------------------------------------------------------------------------


def reinstate(call: Call, person_number: str, kind: str) -> None:
    """An agency pays a closed benefit again, from today on, after it saw the person.

    Raises NotFound (nobody of this region has the number, or draws none), BenefitNotClosed,
    ConflictOfInterest.
    """
    call.require_role("reviewer")
    index = persons.number_index(call, person_number)
    with call.db.read() as session:
        person = persons.by_number_index(session, call, index)
        if person is None or person.region_id not in call.staff.region_ids:
            raise NotFound
    benefits = benefits_of(call, person.registry_ref)
    with call.db.write() as session:
        refuse_conflict(session, call, person.person_id)
        found = standings(session, call, person, benefits)
        closed = [
            one for one in found if one.benefit.kind == kind and one.standing.state == rules.CLOSED
        ]
        if not closed:
            raise BenefitNotClosed
        for one in closed:
            _take_up(session, call, person, one.benefit.ref)
        look_soon(session, call, person)
        session.commit()


def _take_up(session: Session, call: Call, person: Particulars, benefit_ref: str) -> None:
    row = Reinstatement(
        id=uuid.uuid4(),
        person_id=person.person_id,
        benefit_ref=benefit_ref,
        day=today_at(session, call, person),
        staff_id=call.staff.staff_id,
        at=call.now,
    )
    session.add(row)
    session.flush()
    acts.write(
        session,
        call,
        person_id=person.person_id,
        link_id=None,
        scope=SCOPE,
        action="certification.reinstated",
    )
