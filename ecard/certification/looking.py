"""The desk looks: cases listed and read, frames seen; every look at a face is on record.

A minor's case is opened by two: until a second person agreed, the list does not say whose it is.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files, openings
from ecard.acts import service as acts
from ecard.call import Call
from ecard.certification.cases import GROUNDS, files_of
from ecard.certification.errors import CaseDecided
from ecard.certification.models import (
    CertificationCase,
    CertificationCaseFile,
    CertificationOpening,
)
from ecard.certification.standing import today_at
from ecard.certification.telling import SCOPE
from ecard.errors import NotFound
from ecard.kept_frames import FileContent, look
from ecard.openings import OpeningNotNeeded, OpeningView
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.policy import service as policies
from ecard.review.service import refuse_conflict


@dataclass(frozen=True, slots=True)
class DeskCase:
    """A case at the desk."""

    id: uuid.UUID
    kind: str
    opened_at: datetime
    due_at: datetime
    overdue: bool
    minor: bool
    opening_asked: bool
    """Somebody waits for a second person's approval to open it."""
    person: str | None
    grounds: str | None
    """Of a minor's case only once it is opened."""
    version: int


@dataclass(frozen=True, slots=True)
class DeskFile:
    """One file to look at; its number is its address below the case."""

    number: int
    role: str
    destroyed: bool


@dataclass(frozen=True, slots=True)
class DeskCaseView:
    """Everything a reviewer sees of a case."""

    case: DeskCase
    reasons: list[str]
    facts: dict[str, Any]
    files: list[DeskFile]


def list_cases(call: Call, *, cursor: str | None, limit: int) -> Page:
    """Open cases of the reviewer's region and below, newest first."""
    call.require_role("reviewer")
    table = CertificationCase
    query = sa.select(table).where(
        table.region_id.in_(call.staff.region_ids), table.decided_at.is_(None)
    )
    with call.db.read() as session:
        page = read_page(session, query, table.opened_at, table.id, cursor=cursor, limit=limit)
        items = [_listed(session, call, row) for row in page.items]
    return Page(items, page.next_cursor)


def _listed(session: Session, call: Call, row: CertificationCase) -> DeskCase:
    shown = _desk_case(session, call, row)
    return replace(shown, person=None, grounds=None) if shown.minor else shown


def _desk_case(session: Session, call: Call, row: CertificationCase) -> DeskCase:
    vault = call.dependencies.vault
    return DeskCase(
        id=row.id,
        kind=row.kind,
        opened_at=row.opened_at,
        due_at=row.due_at,
        overdue=row.decided_at is None and row.due_at <= call.now,
        minor=is_minors(session, call, row),
        opening_asked=openings.is_asked(session, call, CertificationOpening, row.id),
        person=persons.particulars(session, call, row.person_id).name,
        grounds=vault.open(session, row.opened_by, GROUNDS, row.id, row.grounds),
        version=row.version,
    )


def ask_opening(call: Call, case_id: uuid.UUID) -> OpeningView:
    """Ask to open a minor's case. Asking again while it waits or is open changes nothing.

    Raises NotFound (another region's too), ConflictOfInterest, CaseDecided, OpeningNotNeeded.
    """
    with call.db.write() as session:
        row = _undecided(session, call, case_id)
        if not is_minors(session, call, row):
            raise OpeningNotNeeded
        opening = openings.ask(session, call, CertificationOpening, row.id)
        session.commit()
    return opening


def approve_opening(call: Call, case_id: uuid.UUID) -> OpeningView:
    """A second person's approval of the longest waiting question; good for 30 minutes.

    Raises OpeningNotAsked, SecondPersonNeeded beside the above.
    """
    with call.db.write() as session:
        row = _undecided(session, call, case_id)
        opening = openings.approve(session, call, CertificationOpening, row.id)
        session.commit()
    return opening


def _undecided(session: Session, call: Call, case_id: uuid.UUID) -> CertificationCase:
    """A locked case of the caller's region that still waits."""
    row = _at_desk(session, call, case_id)
    refuse_conflict(session, call, row.person_id, row.opened_by)
    session.refresh(row, with_for_update=True)
    if row.decided_at is not None:
        raise CaseDecided
    return row


def refuse_looking(session: Session, call: Call, row: CertificationCase) -> None:
    """Raise ConflictOfInterest, or OpeningNotApproved for a minor's case."""
    refuse_conflict(session, call, row.person_id, row.opened_by)
    if is_minors(session, call, row):
        openings.refuse_unless_opened(session, call, CertificationOpening, row.id)


def is_minors(session: Session, call: Call, row: CertificationCase) -> bool:
    """Whether the person is a minor today."""
    person = persons.particulars(session, call, row.person_id)
    policy = policies.current(session, person.region_id, call.now)
    return persons.age_on(person.birth_date, today_at(session, call, person)) < policy.minor_age


def read_case(call: Call, case_id: uuid.UUID) -> DeskCaseView:
    """A case, with why a person looks, what the machine saw, and which pictures there are.

    Raises NotFound (another region's too), ConflictOfInterest, OpeningNotApproved.
    """
    with call.db.write() as session:
        row = _at_desk(session, call, case_id)
        refuse_looking(session, call, row)
        view = _view(session, call, row)
        _record(session, call, row, "read")
        session.commit()
    return view


def _view(session: Session, call: Call, row: CertificationCase) -> DeskCaseView:
    first = session.get_one(CertificationCase, row.against_id) if row.against_id else row
    kept = [
        DeskFile(one.number, one.role, files.is_destroyed(session, one.file_id))
        for one in files_of(session, row)
    ]
    return DeskCaseView(_desk_case(session, call, row), list(first.reasons), first.facts, kept)


def read_file(call: Call, case_id: uuid.UUID, number: int) -> FileContent:
    """One picture of a case, reduced and marked with who looks. Raises FileDestroyed, and what
    reading the case does."""
    with call.db.write() as session:
        row = _at_desk(session, call, case_id)
        refuse_looking(session, call, row)
        found = session.scalar(
            sa.select(CertificationCaseFile).filter_by(
                case_id=row.against_id or row.id, number=number
            )
        )
        if found is None:
            raise NotFound
        if files.is_destroyed(session, found.file_id):
            raise files.FileDestroyed
        _record(session, call, row, "file_read")
        session.commit()
    return look(call, found.file_id, case_id)


def _at_desk(session: Session, call: Call, case_id: uuid.UUID) -> CertificationCase:
    call.require_role("reviewer")
    row = session.get(CertificationCase, case_id)
    if row is None or row.region_id not in call.staff.region_ids:
        raise NotFound
    return row


def _record(session: Session, call: Call, row: CertificationCase, seen: str) -> None:
    """In the audit, and in the history that both sides read."""
    acts.hold_link(session, row.link_id)
    acts.write(
        session,
        call,
        person_id=row.person_id,
        link_id=row.link_id,
        scope=SCOPE,
        action=f"certification.case_{seen}",
    )
    audit.record(
        session, call, f"certification_case.{seen}", "certification_case", row.id,
        acting_for=row.person_id, case_id=row.id,
    )  # fmt: skip
