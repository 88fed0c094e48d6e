"""Cases: opened by other features, with the files kept for them; closed, and those destroyed.

What exists only because a person has to look (frames, videos) loses its key in the very
transaction of the final decision.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.family import service as family
from ecard.review import policy as rules
from ecard.review.models import Appeal, Case, CaseFile
from ecard.review.policy import CaseKind, CaseState

if TYPE_CHECKING:
    from ecard.family.models import Link


def open_case(
    session: Session,
    call: Call,
    link: Link,
    *,
    kind: str,
    reasons: Sequence[str],
    facts: dict[str, Any],
    attempt_id: uuid.UUID | None = None,
    files: Sequence[tuple[str, uuid.UUID]] = (),
) -> Case:
    """Hand a locked link to a person: the link moves to in_review (or disputed; for a confirmation
    it stays active), the files are kept for it.

    ``kind``: evidence, face, digits_video, dispute or confirmation. ``files``: (role, stored file),
    as shown. Frames and videos are kept ``case_file_days`` at the longest. Not committed.
    """
    policy = family.policy_of(session, call, link)
    zone = agencies.time_zone(session, link.region_id)
    case = Case(
        id=uuid.uuid4(),
        link_id=link.id,
        region_id=link.region_id,
        kind=CaseKind(kind).value,
        reasons=list(reasons),
        facts=facts,
        minor=family.relative_age(session, call, link) < policy.minor_age,
        attempt_id=attempt_id,
        state=CaseState.OPEN.value,
        level=1,
        opened_at=call.now,
        due_at=rules.due_at(call.now, policy.review_working_days, zone),
    )
    session.add(case)
    session.flush()
    attach(session, call, link, case, files)
    to_state = rules.state_while_open(CaseKind(kind))
    if link.state != to_state:
        family.move(session, call, link, to_state, rules.REVIEW_REASONS[CaseKind(kind)])
    audit.record(session, call, "case.opened", "case", case.id, reason=kind, case_id=case.id)
    return case


def attach(
    session: Session,
    call: Call,
    link: Link,
    case: Case,
    files: Sequence[tuple[str, uuid.UUID]],
) -> None:
    """Put files before whoever decides, after those that are there. Not committed."""
    days = family.policy_of(session, call, link).case_file_days
    first = len(files_of(session, case)) + 1
    for number, (role, file_id) in enumerate(files, start=first):
        _attach(session, case, number, role, file_id, call.now + timedelta(days=days))


def _attach(
    session: Session,
    case: Case,
    number: int,
    role: str,
    file_id: uuid.UUID,
    keep_until: datetime,
) -> None:
    until = files.kept_until(session, file_id)
    if role in rules.TEMPORARY_ROLES or (until is not None and until < keep_until):
        files.keep_until(session, file_id, keep_until)
    session.add(
        CaseFile(id=uuid.uuid4(), case_id=case.id, number=number, role=role, file_id=file_id)
    )


def undecided_until(session: Session, call: Call, link: Link) -> datetime | None:
    """Until when documents are kept at the longest for the case that waits on a link; None: none.

    ``case_file_days`` from the day on which a person was asked, or asked again by the appeal. The
    case itself waits on: what is owed to the family is a decision, not their pictures.
    """
    waiting = sa.select(Case).where(Case.link_id == link.id, Case.state.in_(rules.WAITING))
    case = session.scalar(waiting.order_by(Case.opened_at.desc()).limit(1))
    if case is None:
        return None
    appealed = session.scalar(sa.select(Appeal.at).filter_by(case_id=case.id))
    days = family.policy_of(session, call, link).case_file_days
    return (appealed or case.opened_at) + timedelta(days=days)


def is_pending(session: Session, link_id: uuid.UUID) -> bool:
    """Whether a case on the link may still be decided or appealed."""
    query = sa.exists().where(Case.link_id == link_id, Case.state.in_(rules.PENDING))
    return bool(session.scalar(sa.select(query)))


def let_go_of_faces(
    session: Session, call: Call, link: Link, person_id: uuid.UUID, reason: str
) -> list[uuid.UUID]:
    """Destroy the frames of a person's face that cases on a locked link keep; which files.

    A case about the face alone that waits for a reviewer is closed, and the link goes back to its
    last step. Digits videos stay: they are the way without face processing. Not committed.
    """
    let_go = []
    query = sa.select(Case.id).filter_by(link_id=link.id, kind=CaseKind.FACE.value)
    for case_id in session.scalars(query.order_by(Case.opened_at, Case.id)):
        case = lock_case(session, case_id)
        frames = [row.file_id for row in files_of(session, case) if row.role == "frame"]
        theirs = [file_id for file_id in frames if files.shows(session, file_id, person_id)]
        for file_id in theirs:
            files.destroy(session, call, file_id, reason)
        let_go += theirs
        if theirs and case.state in rules.WAITING:
            close_case(session, call, case, reason)
            audit.record(
                session, call, "case.closed", "case", case.id, reason=reason, case_id=case.id
            )
            family.face_given_up(session, call, link)
    return let_go


def is_moot(case: Case, link: Link) -> bool:
    """Whether what a video was to confirm was confirmed in another way since."""
    return case.kind == CaseKind.CONFIRMATION and link.acts_until is None


def is_asked(session: Session, call: Call, case: Case, link: Link) -> bool:
    """Whether a person is to decide a case now."""
    state = family.state_now(session, call, link)
    stands = state == rules.state_while_open(kind_of(case)) and not is_moot(case, link)
    return case.state in rules.WAITING and stands


def kind_of(case: Case) -> CaseKind:
    """What a case is about."""
    return CaseKind(case.kind)


def lock_case(session: Session, case_id: uuid.UUID) -> Case:
    return session.get_one(Case, case_id, with_for_update=True, populate_existing=True)


def files_of(session: Session, case: Case) -> list[CaseFile]:
    query = sa.select(CaseFile).filter_by(case_id=case.id)
    return list(session.scalars(query.order_by(CaseFile.number)))


def close_case(session: Session, call: Call, case: Case, reason: str) -> None:
    case.state, case.closed_at = CaseState.CLOSED.value, call.now
    session.flush()
    destroy_temporary(session, call, case, reason)


def destroy_temporary(session: Session, call: Call, case: Case, reason: str) -> None:
    for row in files_of(session, case):
        if row.role in rules.TEMPORARY_ROLES:
            files.destroy(session, call, row.file_id, reason)
