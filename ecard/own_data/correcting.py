"""What is wrong about a person: in the registry, a clerk of the region answers; ours, at once.

The registry is corrected by the agency in its own system; a request here is never lost, has a due
date and an answer with a reason, and both the person and their guardian are told.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, limits
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import NotFound, Unavailable, VersionChanged
from ecard.kept import Whose
from ecard.locale import last_day_before
from ecard.messages import service as messages
from ecard.own_data.errors import CorrectionDecided, CorrectionOpen, CorrectionReasonDoesNotFit
from ecard.own_data.models import Correction
from ecard.own_data.policy import CORRECTED, reason_fits
from ecard.own_data.whose import as_guardian, note, refuse_guardian, refuse_too_young
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.policy import service as policies
from ecard.registry.port import RegistryPerson, RegistryUnavailable
from ecard.registry.service import mask
from ecard.review.policy import due_at
from ecard.review.service import refuse_conflict

WANTED, EXPLANATION = "data_corrections.wanted", "data_corrections.explanation"


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A correction that was asked for, for the person and their guardian."""

    id: uuid.UUID
    person_id: uuid.UUID
    field: str
    wanted: str
    opened_at: datetime
    due_at: datetime
    state: str
    """open or decided."""
    decided_at: datetime | None
    outcome: str | None
    reason: str | None
    explanation: str | None
    version: int


@dataclass(frozen=True, slots=True)
class DeskCorrection:
    """The same at the desk, with who it is and what the registry says now."""

    id: uuid.UUID
    person: str
    number_masked: str
    field: str
    wanted: str
    registry_says: str | None
    opened_at: datetime
    due_at: datetime
    overdue: bool
    version: int


def ask_own(call: Call, field: str, wanted: str) -> CorrectionView:
    """The signed-in person. Raises GuardianDecides, CorrectionOpen."""
    own_id = call.holder.person_id
    with call.db.write() as session:
        refuse_too_young(session, call, call.holder.person_id)
        return _ask(session, call, Whose(own_id, own_id), field, wanted)


def ask_as_guardian(call: Call, link_id: uuid.UUID, field: str, wanted: str) -> CorrectionView:
    """For whom the guardian speaks. Raises NotFound, LinkNotActive, NotTheirGuardian,
    CardNotUsable, RelativeNotConfirmed, Unavailable, CorrectionOpen."""
    refuse_guardian(call, link_id)
    with call.db.write() as session:
        return _ask(session, call, as_guardian(session, call, link_id), field, wanted)


def _ask(session: Session, call: Call, whose: Whose, field: str, wanted: str) -> CorrectionView:
    limits.lock(session, "correction", whose.person_id)
    open_one = sa.select(Correction.id).filter_by(
        person_id=whose.person_id, field=field, decided_at=None
    )
    if session.scalar(open_one.limit(1)) is not None:
        raise CorrectionOpen
    person = persons.particulars(session, call, whose.person_id)
    days = policies.current(session, person.region_id, call.now).correction_working_days
    zone = agencies.time_zone(session, person.region_id)
    row = Correction(
        id=uuid.uuid4(),
        person_id=whose.person_id,
        region_id=person.region_id,
        link_id=whose.link_id,
        asked_by=whose.reader_id,
        field=field,
        opened_at=call.now,
        due_at=due_at(call.now, days, zone),
    )
    vault = call.dependencies.vault
    row.wanted = vault.seal(session, whose.person_id, WANTED, row.id, wanted)
    session.add(row)
    session.flush()
    _tell(session, call, row, "correction_asked", due=last_day_before(row.due_at.astimezone(zone)))
    note(session, call, whose, "own_data.correction_asked")
    audit.record(session, call, "correction.asked", "correction", row.id, reason=field)
    session.commit()
    return _view(session, call, row)


def _tell(session: Session, call: Call, row: Correction, kind: str, **words: Any) -> None:
    for person_id in sorted({row.person_id, row.asked_by}):
        messages.notify(session, call, person_id, kind, **words)


def list_corrections(call: Call, *, cursor: str | None, limit: int) -> Page:
    """Corrections about the signed-in person, and those they asked for as guardian."""
    own, table = call.holder.person_id, Correction
    query = sa.select(table).where(sa.or_(table.person_id == own, table.asked_by == own))
    with call.db.read() as session:
        page = read_page(session, query, table.opened_at, table.id, cursor=cursor, limit=limit)
        return Page([_view(session, call, row) for row in page.items], page.next_cursor)


def _view(session: Session, call: Call, row: Correction) -> CorrectionView:
    opened = call.dependencies.vault.open
    said = row.explanation
    return CorrectionView(
        id=row.id,
        person_id=row.person_id,
        field=row.field,
        wanted=opened(session, row.person_id, WANTED, row.id, row.wanted),
        opened_at=row.opened_at,
        due_at=row.due_at,
        state="open" if row.decided_at is None else "decided",
        decided_at=row.decided_at,
        outcome=row.outcome,
        reason=row.reason,
        explanation=opened(session, row.person_id, EXPLANATION, row.id, said) if said else None,
        version=row.version,
    )


# --- the desk -----------------------------------------------------------------------------------


def list_at_desk(call: Call, *, cursor: str | None, limit: int) -> Page:
    """What the clerk's region has still to answer, newest first; each look is on record."""
    call.require_role("clerk")
    table = Correction
    query = sa.select(table).where(
        table.region_id.in_(call.staff.region_ids), table.decided_at.is_(None)
    )
    with call.db.write() as session:
        page = read_page(session, query, table.opened_at, table.id, cursor=cursor, limit=limit)
        items = [_desk_view(session, call, row) for row in page.items]
        for row in page.items:
            audit.record(session, call, "correction.read", "correction", row.id)
        session.commit()
    return Page(items, page.next_cursor)


def _desk_view(session: Session, call: Call, row: Correction) -> DeskCorrection:
    person = persons.particulars(session, call, row.person_id)
    known = {
        "name": person.name,
        "number": mask(person.number),
        "birth_date": person.birth_date.isoformat(),
        "sex": person.sex,
    }
    vault = call.dependencies.vault
    return DeskCorrection(
        id=row.id,
        person=person.name,
        number_masked=mask(person.number),
        field=row.field,
        wanted=vault.open(session, row.person_id, WANTED, row.id, row.wanted),
        registry_says=known.get(row.field),
        opened_at=row.opened_at,
        due_at=row.due_at,
        overdue=row.due_at <= call.now,
        version=row.version,
    )


def answer(
    call: Call,
    correction_id: uuid.UUID,
    *,
    outcome: str,
    reason: str,
    explanation: str,
    version: int,
) -> CorrectionView:
    """A clerk of the region answers; what the agency corrected is read from the registry anew.

    Raises NotFound (another region's too), CorrectionReasonDoesNotFit, CorrectionDecided,
    VersionChanged, ConflictOfInterest, Unavailable.
    """
    call.require_role("clerk")
    if not reason_fits(outcome, reason):
        raise CorrectionReasonDoesNotFit(fields={"reason": ["does_not_fit_outcome"]})
    fresh = _asked_anew(call, correction_id) if outcome == CORRECTED else None
    with call.db.write() as session:
        row = _of_region(session, call, correction_id)
        _refuse_answering(session, call, row, version)
        if fresh is not None:
            persons.ensure(session, call, fresh)
        sealed = call.dependencies.vault.seal(
            session, row.person_id, EXPLANATION, row.id, explanation
        )
        row.decided_at, row.decided_by = call.now, call.staff.staff_id
        row.outcome, row.reason, row.explanation = outcome, reason, sealed
        session.flush()
        _tell(session, call, row, f"correction_{outcome}", explanation=explanation)
        note(
            session,
            call,
            Whose(row.person_id, row.asked_by, row.link_id),
            "own_data.correction_answered",
        )
        audit.record(session, call, f"correction.{outcome}", "correction", row.id, reason=reason)
        session.commit()
        return _view(session, call, row)


def _asked_anew(call: Call, correction_id: uuid.UUID) -> RegistryPerson | None:
    with call.db.read() as session:
        row = _of_region(session, call, correction_id)
        ref = persons.particulars(session, call, row.person_id).registry_ref
    try:
        return call.dependencies.registry.person(ref)
    except RegistryUnavailable as error:
        raise Unavailable from error


def _of_region(session: Session, call: Call, correction_id: uuid.UUID) -> Correction:
    query = sa.select(Correction).filter_by(id=correction_id).with_for_update()
    row = session.scalar(query)
    if row is None or row.region_id not in call.staff.region_ids:
        raise NotFound
    return row


def _refuse_answering(session: Session, call: Call, row: Correction, version: int) -> None:
    if row.decided_at is not None:
        raise CorrectionDecided
    if row.version != version:
        raise VersionChanged
    refuse_conflict(session, call, row.person_id, row.asked_by)


# --- ours ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LanguageView:
    """In which language somebody is written to."""

    language: str
    chosen: bool
    version: int


def choose_language(call: Call, language: str | None, version: int) -> LanguageView:
    """The signed-in person chooses, or goes back to what the registry says. Raises
    VersionChanged."""
    own_id = call.holder.person_id
    with call.db.write() as session:
        persons.choose_language(session, call, own_id, language, version)
        session.commit()
        now = persons.particulars(session, call, own_id).language
        chosen, version = persons.language_choice(session, own_id)
    return LanguageView(now, chosen is not None, version)
