"""Reviews and appeals of proof of life: asked for by person or helper, decided by the region."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from ecard import files
from ecard.acts import service as acts
from ecard.acts.service import Acting
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.certification import policy as rules
from ecard.certification.appealing import appealable
from ecard.certification.cases import (
    add_case,
    cases_of,
    destroy_frames,
    files_of,
    keep_for_appeal,
    new_case,
    reviews_left,
)
from ecard.certification.errors import (
    BenefitNotClosed,
    CaseAlreadyOpen,
    CaseDecided,
    NothingToAppeal,
    TooManyReviews,
)
from ecard.certification.looking import refuse_looking
from ecard.certification.models import CertificationCase, Reinstatement
from ecard.certification.policy import VISIT
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
from ecard.openings import SecondPersonNeeded
from ecard.persons import service as persons
from ecard.persons.service import Particulars
from ecard.policy import service as policies
from ecard.policy.policy import Policy
from ecard.review.errors import CaseFilesGone, ReasonDoesNotFit
from ecard.review.service import refuse_conflict

Fill = Callable[[CertificationCase, list[Stands], list[CertificationCase], Policy, date], None]
"""Decides what kind of case it is, from how things stand and the cases before; or refuses."""


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
        earlier = cases_of(session, acting.person_id)
        if any(one.decided_at is None for one in earlier):
            raise CaseAlreadyOpen
        today = today_at(session, call, person)
        policy = policies.current(session, person.region_id, call.now)
        row = new_case(call, person, acting.link_id, today)
        fill(row, found, earlier, policy, today)
        if row.kind != VISIT:
            row.region_id = _one_up(session, acting.region_id)
        add_case(session, call, person, row, policy, grounds)
        if row.against_id is not None:
            keep_for_appeal(session, call, row, policy, policy.case_file_days)
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
    if reviews_left(found, earlier, policy) == 0:
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
    open_to_it = appealable(found, earlier, policy, today)
    if open_to_it is None:
        raise NothingToAppeal
    row.kind = open_to_it.kind
    if open_to_it.against is not None:
        row.against_id, row.counts_from = open_to_it.against.id, open_to_it.against.counts_from


def _one_up(session: Session, region_id: uuid.UUID) -> uuid.UUID:
    chain = agencies.ancestry(session, region_id)
    return chain[min(1, len(chain) - 1)].id


# --- decided ------------------------------------------------------------------------------------


def decide(
    call: Call, case_id: uuid.UUID, *, accepted: bool, reason: str, version: int
) -> CaseState:
    """Decide a review or an appeal; what follows, follows at once.

    Raises NotFound (another region's too), CaseDecided, VersionChanged, ConflictOfInterest,
    OpeningNotApproved (of a minor), SecondPersonNeeded (an appeal is for another reviewer),
    ReasonDoesNotFit, CaseFilesGone.
    """
    call.require_role("reviewer")
    if reason not in rules.REASONS[accepted]:
        raise ReasonDoesNotFit(fields={"reason": ["does_not_fit_outcome"]})
    person, link_id = _person_of(call, case_id)
    benefits = benefits_of(call, person.registry_ref)
    with call.db.write() as session:
        acts.hold_link(session, link_id)
        row = session.get_one(
            CertificationCase, case_id, with_for_update=True, populate_existing=True
        )
        _refuse_deciding(session, call, row, version)
        _refuse_reason(session, row, reason)
        row.decided_at, row.decided_on = call.now, today_at(session, call, person)
        row.accepted, row.reason, row.decided_by = accepted, reason, call.staff.staff_id
        session.flush()
        helper = row.opened_by if row.opened_by != row.person_id else None
        if accepted:
            helped = Helped(helper, row.link_id)
            keep_proof(session, call, person, benefits, helped, _route(session, row), row)
        else:
            tell_people(session, call, person, "certification_refused")
            look_soon(session, call, person)
        _settle_frames(session, call, row)
        acts.write(
            session,
            call,
            person_id=row.person_id,
            link_id=row.link_id,
            scope=SCOPE,
            action="certification.case_accepted" if accepted else "certification.case_refused",
        )
        session.commit()
    files.erase(call)
    return case_state(row)


def _settle_frames(session: Session, call: Call, row: CertificationCase) -> None:
    """Destroyed with the final decision; a first refusal may still be appealed."""
    if row.accepted or row.against_id is not None:
        destroy_frames(session, call, row, "decided")
        return
    policy = policies.current(session, row.region_id, call.now)
    keep_for_appeal(session, call, row, policy, policy.appeal_days + 1)  # to that day's end


def _route(session: Session, row: CertificationCase) -> str:
    """How somebody showed that they live, in what was decided."""
    of_capture = _first(session, row).kind == rules.FACE
    return rules.FACE if of_capture else VISIT


def _first(session: Session, row: CertificationCase) -> CertificationCase:
    """The case itself, or the one that an appeal is against."""
    return session.get_one(CertificationCase, row.against_id) if row.against_id else row


def _refuse_reason(session: Session, row: CertificationCase, reason: str) -> None:
    """Who says to have seen the face has seen it: raises ReasonDoesNotFit, CaseFilesGone."""
    if reason != rules.FACE_CONFIRMED:
        return
    if _first(session, row).kind != rules.FACE:
        raise ReasonDoesNotFit(fields={"reason": ["does_not_fit_outcome"]})
    if any(files.is_destroyed(session, one.file_id) for one in files_of(session, row)):
        raise CaseFilesGone


def _person_of(call: Call, case_id: uuid.UUID) -> tuple[Particulars, uuid.UUID | None]:
    """Whom a case is about, and on which link."""
    with call.db.read() as session:
        row = session.get(CertificationCase, case_id)
        if row is None or row.region_id not in call.staff.region_ids:
            raise NotFound
        return persons.particulars(session, call, row.person_id), row.link_id


def _refuse_deciding(session: Session, call: Call, row: CertificationCase, version: int) -> None:
    if row.decided_at is not None:
        raise CaseDecided
    if row.version != version:
        raise VersionChanged
    refuse_looking(session, call, row)
    if row.against_id is not None:
        first = _first(session, row).decided_by
        if agencies.is_same_person(session, first, call.staff.staff_id):
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
