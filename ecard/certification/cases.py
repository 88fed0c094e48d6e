"""Cases of proof of life: opened, with the frames kept for one; those destroyed with the decision.

Frames and the picture that they were compared with are kept only because a person has to look. They
lose their keys in the very transaction of the final decision; the caller erases them afterwards.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files, kept_frames, limits, prints
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.certification import policy as rules
from ecard.certification.models import (
    CertificationAttempt,
    CertificationCapture,
    CertificationCase,
    CertificationCaseFile,
)
from ecard.certification.standing import Stands
from ecard.certification.telling import look_soon, tell_people
from ecard.persons.service import Particulars
from ecard.policy.policy import Policy
from ecard.review.policy import due_at

if TYPE_CHECKING:
    from ecard.family.models import Link

GROUNDS = "certification_cases.grounds"
JUDGED_ONCE = (rules.VISIT, rules.FACE)
"""Kinds that count against a window's reviews, and whose refusal can be appealed."""
FRAME, REFERENCE_PHOTO = "frame", "reference_photo"


def new_case(
    call: Call, person: Particulars, link_id: uuid.UUID | None, today: date
) -> CertificationCase:
    """A case of today, of the person's own region; what kind it is the caller says."""
    return CertificationCase(
        id=uuid.uuid4(),
        person_id=person.person_id,
        region_id=person.region_id,
        link_id=link_id,
        opened_by=call.holder.person_id,
        opened_at=call.now,
        opened_on=today,
        counts_from=today,
        reasons=[],
        facts={},
    )


def add_case(
    session: Session,
    call: Call,
    person: Particulars,
    row: CertificationCase,
    policy: Policy,
    grounds: str,
) -> None:
    """Open it, with its due day; both sides are told, the registry is. Not committed."""
    zone = agencies.time_zone(session, person.region_id)
    row.due_at = due_at(call.now, policy.review_working_days, zone)
    vault = call.dependencies.vault
    row.grounds = vault.seal(session, row.opened_by, GROUNDS, row.id, grounds)
    session.add(row)
    session.flush()
    tell_people(session, call, person, "certification_case_opened")
    look_soon(session, call, person)


def cases_of(session: Session, person_id: uuid.UUID) -> list[CertificationCase]:
    """Every case of a person, locked, the oldest first; nobody else opens one meanwhile."""
    limits.lock(session, "certification_cases", person_id)
    table = CertificationCase
    query = sa.select(table).filter_by(person_id=person_id).order_by(table.opened_at, table.id)
    return list(session.scalars(query.with_for_update()))


def reviews_left(found: list[Stands], earlier: list[CertificationCase], policy: Policy) -> int:
    """How many proofs this window still leaves to a person to judge."""
    window = max(one.standing.shown_on for one in found)
    asked = [
        one
        for one in earlier
        if one.kind in JUDGED_ONCE and one.opened_on >= window and one.reason != rules.OVERTAKEN
    ]
    return max(0, policy.certification_reviews_a_window - len(asked))


# --- what is kept for one -----------------------------------------------------------------------


def keep_frames(
    session: Session,
    call: Call,
    row: CertificationCase,
    frames: Sequence[bytes],
    reference: bytes,
    days: int,
) -> None:
    """Keep a capture's frames, and what they were compared with, for a reviewer. Not committed."""
    until = call.now + timedelta(days=days)
    pictures = [reference, *frames]
    kept = kept_frames.keep(session, call, row.person_id, pictures, until)
    for number, file_id in enumerate(kept, start=1):
        role = REFERENCE_PHOTO if number == 1 else FRAME
        session.add(
            CertificationCaseFile(
                id=uuid.uuid4(), case_id=row.id, number=number, role=role, file_id=file_id
            )
        )
    session.flush()


def files_of(session: Session, row: CertificationCase) -> list[CertificationCaseFile]:
    """What is kept for a case; an appeal shows what the first decision was about."""
    table = CertificationCaseFile
    query = sa.select(table).filter_by(case_id=row.against_id or row.id)
    return list(session.scalars(query.order_by(table.number)))


def let_go_of_faces(
    session: Session, call: Call, link: Link, person_id: uuid.UUID, reason: str
) -> list[uuid.UUID]:
    """Destroy the pictures of a person's face that cases opened on a link keep; which files.

    A case stays open, since a payment hangs on it: the reviewer decides by what else there is.
    Not committed.
    """
    let_go = [
        kept.file_id
        for row in cases_of(session, person_id)
        if row.link_id == link.id
        for kept in session.scalars(sa.select(CertificationCaseFile).filter_by(case_id=row.id))
        if files.shows(session, kept.file_id, person_id)
    ]
    for file_id in let_go:
        files.destroy(session, call, file_id, reason)
    return let_go


def forget_captures(
    session: Session, person_id: uuid.UUID, link_ids: Collection[uuid.UUID] | None = None
) -> None:
    """None of a person's captures on these links (None: on any) is known again. Not committed."""
    prints.forget_person(session, person_id)
    shown = sa.select(CertificationCapture.id).filter_by(person_id=person_id)
    if link_ids is not None:
        shown = shown.where(CertificationCapture.link_id.in_(link_ids))
    tried = sa.update(CertificationAttempt).where(CertificationAttempt.capture_id.in_(shown))
    session.execute(
        tried.values(capture_digest=None), execution_options={"synchronize_session": False}
    )


def keep_for_appeal(
    session: Session, call: Call, row: CertificationCase, policy: Policy, days: int
) -> None:
    """A refusal may be appealed: its frames stay for that, ``days`` more, and never for longer than
    a case's files are kept in all."""
    first = session.get_one(CertificationCase, row.against_id) if row.against_id else row
    longest = first.opened_at + timedelta(days=policy.case_file_days)
    for one in files_of(session, row):
        files.keep_until(session, one.file_id, min(longest, call.now + timedelta(days=days)))


def destroy_frames(session: Session, call: Call, row: CertificationCase, reason: str) -> None:
    """The last word was spoken. Not committed; then call ``files.erase``."""
    for one in files_of(session, row):
        files.destroy(session, call, one.file_id, reason)


def overtake(session: Session, call: Call, person_id: uuid.UUID, today: date) -> None:
    """The person was seen: what waits for somebody to look at a capture of them is closed."""
    query = sa.select(CertificationCase).filter_by(
        person_id=person_id, kind=rules.FACE, decided_at=None
    )
    for row in session.scalars(query.with_for_update()):
        row.decided_at, row.decided_on = call.now, today
        row.accepted, row.reason = False, rules.OVERTAKEN
        destroy_frames(session, call, row, rules.OVERTAKEN)
        audit.record(
            session, call, "certification_case.overtaken", "certification_case", row.id,
            acting_for=person_id,
        )  # fmt: skip
