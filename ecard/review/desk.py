"""The desk: cases listed, read and their files looked at; every look is on record."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files, openings
from ecard.acts import service as acts
from ecard.call import Call
from ecard.errors import NotFound
from ecard.family import service as family
from ecard.kept_frames import FileContent, look
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.registry import service as registry
from ecard.review import policy as rules
from ecard.review.access import DESK, at_desk, refuse_looking
from ecard.review.cases import files_of
from ecard.review.decisions import GROUNDS, DecisionView, decision_view, decisions_of
from ecard.review.models import Appeal, Case, CaseFile, CaseOpening
from ecard.review.policy import CaseKind, DecisionOutcome

if TYPE_CHECKING:
    from ecard.family.models import Link


@dataclass(frozen=True, slots=True)
class CaseItem:
    """A case in the list: nothing of a person in it."""

    id: uuid.UUID
    kind: str
    state: str
    level: int
    minor: bool
    opened_at: datetime
    due_at: datetime
    overdue: bool
    opening_asked: bool
    """Somebody waits for a second person's approval to open it."""
    version: int


@dataclass(frozen=True, slots=True)
class SideView:
    """Holder or relative, as far as a reviewer needs to compare them with a document."""

    name: str
    number_masked: str
    birth_date: date
    sex: str


@dataclass(frozen=True, slots=True)
class CaseFileView:
    """One file to look at; its number is its address below the case."""

    number: int
    role: str
    media_type: str
    destroyed: bool


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything a reviewer sees of a case."""

    id: uuid.UUID
    link_id: uuid.UUID
    kind: str
    state: str
    level: int
    minor: bool
    opened_at: datetime
    due_at: datetime
    relation: str | None
    face_subject: str
    holder: SideView
    relative: SideView | None
    objector: SideView | None
    """Of a dispute: the guardian who objected."""
    reasons: list[str]
    facts: dict[str, Any]
    files: list[CaseFileView]
    decisions: list[DecisionView]
    grounds: str | None
    """What the appellant wrote."""
    may_give: dict[str, list[str]]
    """Outcome → the reasons that a decision may have."""
    version: int


def list_cases(
    call: Call,
    *,
    states: Collection[str],
    overdue: bool,
    approval: bool,
    cursor: str | None,
    limit: int,
) -> Page:
    """Cases of the reviewer's own region and below, newest first; ``approval``: those that
    somebody else waits to open until the caller agrees."""
    call.require_role(*DESK)
    query = sa.select(Case).where(
        Case.region_id.in_(call.staff.region_ids), Case.state.in_(states or rules.WAITING)
    )
    if overdue:
        query = query.where(Case.due_at <= call.now)
    if approval:
        query = query.where(Case.id.in_(openings.asked_of(call, CaseOpening)))
    with call.db.read() as session:
        page = read_page(session, query, Case.opened_at, Case.id, cursor=cursor, limit=limit)
        items = [_item(session, call, case) for case in page.items]
    return Page(items, page.next_cursor)


def _item(session: Session, call: Call, case: Case) -> CaseItem:
    return CaseItem(
        id=case.id,
        kind=case.kind,
        state=case.state,
        level=case.level,
        minor=case.minor,
        opened_at=case.opened_at,
        due_at=case.due_at,
        overdue=case.state in rules.WAITING and case.due_at <= call.now,
        opening_asked=openings.is_asked(session, call, CaseOpening, case.id),
        version=case.version,
    )


def read_case(call: Call, case_id: uuid.UUID) -> CaseView:
    """Everything about a case; every look is on record. Raises ConflictOfInterest,
    OpeningNotApproved."""
    with call.db.write() as session:
        case, link = at_desk(session, call, case_id)
        refuse_looking(session, call, case, link)
        view = _case_view(session, call, case, link)
        _note(session, call, link, "review.case_read")
        audit.record(
            session,
            call,
            "case.read",
            "case",
            case.id,
            acting_for=link.relative_id,
            case_id=case.id,
        )
        session.commit()
    return view


def read_file(call: Call, case_id: uuid.UUID, number: int) -> FileContent:
    """One file of a case: a picture never as it is kept, but reduced and marked with who looks.

    A digits video comes as it is kept. The look is on record before anything leaves.
    """
    with call.db.write() as session:
        case, link = at_desk(session, call, case_id)
        refuse_looking(session, call, case, link)
        found = session.scalar(sa.select(CaseFile).filter_by(case_id=case.id, number=number))
        if found is None:
            raise NotFound
        if files.is_destroyed(session, found.file_id):
            raise files.FileDestroyed
        _note(session, call, link, "review.file_read")
        audit.record(
            session,
            call,
            "case.file_read",
            "file",
            found.file_id,
            acting_for=link.relative_id,
            case_id=case.id,
        )
        session.commit()
    return look(call, found.file_id, case_id)


def _note(session: Session, call: Call, link: Link, action: str) -> None:
    """A look stands in the link's history too, once there is somebody whom it concerns."""
    if link.relative_id is not None:
        acts.write(
            session,
            call,
            person_id=link.relative_id,
            link_id=link.id,
            scope="review",
            action=action,
        )


def _case_view(session: Session, call: Call, case: Case, link: Link) -> CaseView:
    relative = _side(session, call, link.relative_id) if link.relative_id else None
    decisions = decisions_of(session, [case])
    disputed = case.kind == CaseKind.DISPUTE
    objector = family.objector(session, link.id) if disputed else None
    return CaseView(
        id=case.id,
        link_id=link.id,
        kind=case.kind,
        state=case.state,
        level=case.level,
        minor=case.minor,
        opened_at=case.opened_at,
        due_at=case.due_at,
        relation=link.relation,
        face_subject=link.face_subject,
        holder=_side(session, call, link.holder_id),
        relative=relative,
        objector=_side(session, call, objector) if objector else None,
        reasons=list(case.reasons),
        facts=dict(case.facts),
        files=[_file_view(session, row) for row in files_of(session, case)],
        decisions=[decision_view(session, call, row, case, link, None) for row in decisions],
        grounds=_grounds(session, call, case),
        may_give={
            outcome.value: sorted(rules.reasons_of(CaseKind(case.kind), outcome, case.reasons))
            for outcome in DecisionOutcome
        },
        version=case.version,
    )


def _side(session: Session, call: Call, person_id: uuid.UUID) -> SideView:
    person = persons.particulars(session, call, person_id)
    return SideView(person.name, registry.mask(person.number), person.birth_date, person.sex)


def _file_view(session: Session, row: CaseFile) -> CaseFileView:
    return CaseFileView(
        number=row.number,
        role=row.role,
        media_type=files.media_type(session, row.file_id),
        destroyed=files.is_destroyed(session, row.file_id),
    )


def _grounds(session: Session, call: Call, case: Case) -> str | None:
    row = session.scalar(sa.select(Appeal).filter_by(case_id=case.id))
    if row is None:
        return None
    return call.dependencies.vault.open(session, row.by_person_id, GROUNDS, row.id, row.grounds)
