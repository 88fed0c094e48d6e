"""The people's desk: cases opened by other features, looked at, decided, appealed, cleared away.

Locks are taken in one order everywhere: the link, then its case. What exists only because a person
has to look (frames, videos) loses its key in the very transaction of the final decision.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import NotFound, VersionChanged
from ecard.family import service as family
from ecard.locale import sentence
from ecard.messages import service as messages
from ecard.pages import Page, read_page
from ecard.persons import service as persons
from ecard.registry import service as registry
from ecard.review import policy as rules
from ecard.review.errors import (
    AppealedAlready,
    AppealTooLate,
    CaseNotOpen,
    ConflictOfInterest,
    NothingToAppeal,
    OpeningNotApproved,
    OpeningNotAsked,
    OpeningNotNeeded,
    ReasonDoesNotFit,
    SecondPersonNeeded,
)
from ecard.review.models import Appeal, Case, CaseFile, CaseOpening, Decision
from ecard.review.policy import CaseKind, CaseState, DecisionOutcome

if TYPE_CHECKING:
    from ecard.family.models import Link

DESK = ("reviewer", "safeguarding")
"""Roles that may look at cases; only a reviewer decides."""
EXPLANATION, GROUNDS = "decisions.explanation", "appeals.grounds"


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
class DecisionView:
    """A decision as one side, or the desk, may read it."""

    case_id: uuid.UUID
    kind: str
    level: int
    outcome: str
    reason: str
    explanation: str | None
    at: datetime
    appeal_until: datetime | None
    may_appeal: bool
    version: int


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
    reasons: list[str]
    facts: dict[str, Any]
    files: list[CaseFileView]
    decisions: list[DecisionView]
    grounds: str | None
    """What the appellant wrote."""
    version: int


@dataclass(frozen=True, slots=True)
class OpeningView:
    """A question to open a minor's case, and the second person's answer."""

    id: uuid.UUID
    case_id: uuid.UUID
    asked_by: uuid.UUID
    asked_at: datetime
    approved_by: uuid.UUID | None
    approved_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class AppealView:
    """An appeal that was taken in."""

    case_id: uuid.UUID
    at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class FileContent:
    """The content of a case's file."""

    media_type: str
    content: bytes


# --- opening a case (for other features) ------------------------------------------------------


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
    """Hand a locked link to a person: the link moves to in_review, the files are kept for it.

    ``kind``: evidence, face or digits_video. ``files``: (role, stored file), in the order shown.
    Frames and videos are kept ``case_file_days`` at the longest. Not committed.
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
        minor=rules.is_minor(family.relative_age(session, call, link)),
        attempt_id=attempt_id,
        state=CaseState.OPEN.value,
        level=1,
        opened_at=call.now,
        due_at=rules.due_at(call.now, policy.review_working_days, zone),
    )
    session.add(case)
    session.flush()
    keep_until = call.now + timedelta(days=policy.case_file_days)
    for number, (role, file_id) in enumerate(files, start=1):
        _attach(session, case, number, role, file_id, keep_until)
    family.move(session, call, link, "in_review", rules.REVIEW_REASONS[CaseKind(kind)])
    audit.record(session, call, "case.opened", "case", case.id, reason=kind, case_id=case.id)
    return case


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


def is_pending(session: Session, link_id: uuid.UUID) -> bool:
    """Whether a case on the link may still be decided or appealed."""
    query = sa.exists().where(Case.link_id == link_id, Case.state.in_(rules.PENDING))
    return bool(session.scalar(sa.select(query)))


# --- the desk: looking ------------------------------------------------------------------------


def list_cases(
    call: Call, *, states: Collection[str], overdue: bool, cursor: str | None, limit: int
) -> Page:
    """Cases of the reviewer's own region and below, newest first."""
    call.require_role(*DESK)
    query = sa.select(Case).where(
        Case.region_id.in_(call.staff.region_ids), Case.state.in_(states or rules.WAITING)
    )
    if overdue:
        query = query.where(Case.due_at <= call.now)
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
        opening_asked=_waiting_opening(session, call, case) is not None,
        version=case.version,
    )


def read_case(call: Call, case_id: uuid.UUID) -> CaseView:
    """Everything about a case; every look is on record. Raises ConflictOfInterest,
    OpeningNotApproved."""
    with call.db.write() as session:
        case, link = _at_desk(session, call, case_id)
        _refuse_looking(session, call, case, link)
        view = _case_view(session, call, case, link)
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
    """One file of a case; the look is on record before the picture leaves."""
    with call.db.write() as session:
        case, link = _at_desk(session, call, case_id)
        _refuse_looking(session, call, case, link)
        found = session.scalar(sa.select(CaseFile).filter_by(case_id=case.id, number=number))
        if found is None:
            raise NotFound
        if files.is_destroyed(session, found.file_id):
            raise files.FileDestroyed
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
    with call.db.read() as session:
        kind = files.media_type(session, found.file_id)
        return FileContent(kind, files.read(session, call, found.file_id))


def _at_desk(session: Session, call: Call, case_id: uuid.UUID) -> tuple[Case, Link]:
    """A case of the caller's region with its link, both locked, link first; else NotFound."""
    call.require_role(*DESK)
    query = sa.select(Case.link_id, Case.region_id).filter_by(id=case_id)
    found = session.execute(query).one_or_none()  # no row kept: it may be another's once locked
    if found is None or found.region_id not in call.staff.region_ids:
        raise NotFound
    link = family.lock_link(session, found.link_id)
    case = _lock(session, case_id)
    if case.region_id not in call.staff.region_ids:  # it moved up by an appeal meanwhile
        raise NotFound
    return case, link


def _lock(session: Session, case_id: uuid.UUID) -> Case:
    return session.get_one(Case, case_id, with_for_update=True, populate_existing=True)


def _refuse_looking(session: Session, call: Call, case: Case, link: Link) -> None:
    """Raise ConflictOfInterest, or OpeningNotApproved for a minor's case."""
    _refuse_conflict(session, call, link)
    if case.minor and not _opened_by(session, call, case):
        raise OpeningNotApproved


def _refuse_conflict(session: Session, call: Call, link: Link) -> None:
    own = agencies.staff_number_index(session, call.staff.staff_id)
    sides = [
        persons.number_index(call, persons.particulars(session, call, person_id).number)
        for person_id in (link.holder_id, link.relative_id)
        if person_id is not None
    ]
    if rules.in_conflict(own, sides):
        raise ConflictOfInterest


def _case_view(session: Session, call: Call, case: Case, link: Link) -> CaseView:
    relative = _side(session, call, link.relative_id) if link.relative_id else None
    decisions = _decisions_of(session, [case])
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
        reasons=list(case.reasons),
        facts=dict(case.facts),
        files=[_file_view(session, row) for row in _files_of(session, case)],
        decisions=[_decision_view(session, call, row, case, link, None) for row in decisions],
        grounds=_grounds(session, call, case),
        version=case.version,
    )


def _side(session: Session, call: Call, person_id: uuid.UUID) -> SideView:
    person = persons.particulars(session, call, person_id)
    return SideView(person.name, registry.mask(person.number), person.birth_date, person.sex)


def _files_of(session: Session, case: Case) -> list[CaseFile]:
    query = sa.select(CaseFile).filter_by(case_id=case.id)
    return list(session.scalars(query.order_by(CaseFile.number)))


def _file_view(session: Session, row: CaseFile) -> CaseFileView:
    return CaseFileView(
        number=row.number,
        role=row.role,
        media_type=files.media_type(session, row.file_id),
        destroyed=files.is_destroyed(session, row.file_id),
    )


# --- the desk: a minor's case is opened by two ------------------------------------------------


def ask_opening(call: Call, case_id: uuid.UUID) -> OpeningView:
    """Ask to open a minor's case. Asking again while it waits or is open changes nothing."""
    with call.db.write() as session:
        case, link = _at_desk(session, call, case_id)
        _refuse_conflict(session, call, link)
        if not case.minor:
            raise OpeningNotNeeded
        _refuse_unless_waiting(case, link)
        opening = _own_opening(session, call, case)
        if opening is None:
            opening = CaseOpening(
                id=uuid.uuid4(),
                case_id=case.id,
                reviewer_id=call.staff.staff_id,
                asked_at=call.now,
            )
            session.add(opening)
            _record_opening(session, call, "asked", opening)
        session.commit()
    return _opening_view(opening)


def approve_opening(call: Call, case_id: uuid.UUID) -> OpeningView:
    """A second person's approval of the longest waiting question; good for 30 minutes."""
    with call.db.write() as session:
        case, link = _at_desk(session, call, case_id)
        _refuse_conflict(session, call, link)
        _refuse_unless_waiting(case, link)
        opening = _waiting_opening(session, call, case)
        if opening is None:
            own = _own_opening(session, call, case)
            raise SecondPersonNeeded if own and not own.approved_at else OpeningNotAsked
        opening.approved_by, opening.approved_at = call.staff.staff_id, call.now
        opening.expires_at = call.now + timedelta(seconds=rules.OPENING_SECONDS)
        _record_opening(session, call, "approved", opening)
        session.commit()
    return _opening_view(opening)


def _record_opening(session: Session, call: Call, what: str, opening: CaseOpening) -> None:
    action = f"case.opening_{what}"
    audit.record(session, call, action, "opening", opening.id, case_id=opening.case_id)


def _waiting_opening(session: Session, call: Call, case: Case) -> CaseOpening | None:
    """The longest waiting question of somebody else."""
    query = sa.select(CaseOpening).where(
        CaseOpening.case_id == case.id,
        CaseOpening.reviewer_id != call.staff.staff_id,
        CaseOpening.approved_at.is_(None),
        CaseOpening.asked_at > call.now - timedelta(seconds=rules.ASKED_SECONDS),
    )
    return session.scalar(query.order_by(CaseOpening.asked_at).limit(1))


def _own_opening(session: Session, call: Call, case: Case) -> CaseOpening | None:
    """The caller's own question that still waits, or its approval that is still good."""
    waits = sa.and_(
        CaseOpening.approved_at.is_(None),
        CaseOpening.asked_at > call.now - timedelta(seconds=rules.ASKED_SECONDS),
    )
    query = sa.select(CaseOpening).where(
        CaseOpening.case_id == case.id,
        CaseOpening.reviewer_id == call.staff.staff_id,
        sa.or_(waits, CaseOpening.expires_at > call.now),
    )
    return session.scalar(query.order_by(CaseOpening.asked_at.desc()).limit(1))


def _opened_by(session: Session, call: Call, case: Case) -> bool:
    opening = _own_opening(session, call, case)
    return opening is not None and opening.approved_at is not None


def _opening_view(opening: CaseOpening) -> OpeningView:
    return OpeningView(
        id=opening.id,
        case_id=opening.case_id,
        asked_by=opening.reviewer_id,
        asked_at=opening.asked_at,
        approved_by=opening.approved_by,
        approved_at=opening.approved_at,
        expires_at=opening.expires_at,
    )


# --- the desk: deciding -----------------------------------------------------------------------


def decide(
    call: Call, case_id: uuid.UUID, *, outcome: str, reason: str, explanation: str, version: int
) -> DecisionView:
    """Decide a case, with a reason and words for both sides; what follows, follows at once."""
    call.require_role("reviewer")
    decided = DecisionOutcome(outcome)
    if not rules.reason_fits(decided, reason):
        raise ReasonDoesNotFit(fields={"reason": ["does_not_fit_outcome"]})
    with call.db.write() as session:
        case, link = _at_desk(session, call, case_id)
        _refuse_deciding(session, call, case, link, version)
        row = _keep_decision(session, call, case, link, decided, reason, explanation)
        case.state = rules.state_after(decided, case.level).value
        _let_follow(session, call, case, link, decided)
        _tell_both(session, call, link, row, explanation)
        if case.state == CaseState.CLOSED:
            _close(session, call, case, "decided")
        audit.record(
            session,
            call,
            f"case.{outcome}",
            "case",
            case.id,
            reason=reason,
            acting_for=link.relative_id,
            case_id=case.id,
        )
        session.commit()
        view = _decision_view(session, call, row, case, link, None)
    files.erase(call)
    return view


def _refuse_deciding(session: Session, call: Call, case: Case, link: Link, version: int) -> None:
    if case.version != version:
        raise VersionChanged
    _refuse_unless_waiting(case, link)
    _refuse_looking(session, call, case, link)
    earlier = _decisions_of(session, [case])
    if any(decision.reviewer_id == call.staff.staff_id for decision in earlier):
        raise SecondPersonNeeded


def _refuse_unless_waiting(case: Case, link: Link) -> None:
    if case.state not in rules.WAITING or rules.is_overtaken(case.state, link.state):
        raise CaseNotOpen


def _keep_decision(
    session: Session,
    call: Call,
    case: Case,
    link: Link,
    outcome: DecisionOutcome,
    reason: str,
    explanation: str,
) -> Decision:
    decision_id = uuid.uuid4()
    may_be_appealed = rules.state_after(outcome, case.level) is CaseState.DECIDED
    days = timedelta(days=family.policy_of(session, call, link).appeal_days)
    sealed = call.dependencies.vault.seal(
        session, link.holder_id, EXPLANATION, decision_id, explanation
    )
    row = Decision(
        id=decision_id,
        case_id=case.id,
        level=case.level,
        reviewer_id=call.staff.staff_id,
        outcome=outcome.value,
        reason=reason,
        explanation=sealed,
        at=call.now,
        appeal_until=call.now + days if may_be_appealed else None,
    )
    session.add(row)
    session.flush()
    return row


def _let_follow(
    session: Session, call: Call, case: Case, link: Link, outcome: DecisionOutcome
) -> None:
    if outcome is DecisionOutcome.REJECTED:
        family.reject(session, call, link)
    elif case.kind == CaseKind.EVIDENCE:
        family.evidence_accepted(session, call, link, "evidence_accepted_by_reviewer")
    else:
        family.activate(session, call, link, "approved_by_reviewer")


def _tell_both(
    session: Session, call: Call, link: Link, decision: Decision, explanation: str
) -> None:
    kind = "appeal" if decision.level > 1 else "review"
    kind = f"{kind}_{decision.outcome}"
    words: dict[str, Any] = {"appeal_until": decision.appeal_until}
    if rules.may_be_sent(decision.reason):
        words["explanation"] = explanation
    else:
        kind += "_undisclosed"
    for person_id in (link.holder_id, link.relative_id):
        if person_id is not None:
            language = persons.particulars(session, call, person_id).language
            reason = sentence(f"review_reason.{decision.reason}", language)
            messages.notify(session, call, person_id, kind, reason=reason, **words)


def _close(session: Session, call: Call, case: Case, reason: str) -> None:
    case.state, case.closed_at = CaseState.CLOSED.value, call.now
    session.flush()
    _destroy_temporary(session, call, case, reason)


def _destroy_temporary(session: Session, call: Call, case: Case, reason: str) -> None:
    for row in _files_of(session, case):
        if row.role in rules.TEMPORARY_ROLES:
            files.destroy(session, call, row.file_id, reason)


# --- the two sides: decisions and the appeal --------------------------------------------------


def decisions(call: Call, link_id: uuid.UUID) -> list[DecisionView]:
    """The decisions on a link, oldest first, as the signed-in side may read them."""
    with call.db.read() as session:
        link = _of_a_side(session, call, link_id)
        cases = list(session.scalars(sa.select(Case).filter_by(link_id=link.id)))
        by_id = {case.id: case for case in cases}
        return [
            _decision_view(session, call, row, by_id[row.case_id], link, call.holder.person_id)
            for row in _decisions_of(session, cases)
        ]


def appeal(call: Call, link_id: uuid.UUID, grounds: str) -> AppealView:
    """Appeal against a rejection, once and in time: another reviewer decides, one level up.

    Holder and relative may both appeal. Raises NothingToAppeal, AppealedAlready, AppealTooLate.
    """
    with call.db.write() as session:
        link = _of_a_side(session, call, link_id)
        case = _to_appeal(session, call, link)
        row = Appeal(
            id=uuid.uuid4(), case_id=case.id, by_person_id=call.holder.person_id, at=call.now
        )
        row.grounds = call.dependencies.vault.seal(
            session, row.by_person_id, GROUNDS, row.id, grounds
        )
        session.add(row)
        _move_up(session, call, case, link)
        family.move(session, call, link, "in_review", "appealed")
        audit.record(session, call, "case.appealed", "case", case.id, case_id=case.id)
        session.commit()
    return AppealView(case.id, row.at, case.due_at)


def _of_a_side(session: Session, call: Call, link_id: uuid.UUID) -> Link:
    """The link, locked, if the signed-in person is one of its sides; else NotFound."""
    link = family.lock_link(session, link_id)
    if call.holder.person_id not in (link.holder_id, link.relative_id):
        raise NotFound
    return link


def _to_appeal(session: Session, call: Call, link: Link) -> Case:
    query = sa.select(Case.id).filter_by(link_id=link.id).order_by(Case.opened_at.desc())
    case_id = session.scalar(query.limit(1))
    if case_id is None:
        raise NothingToAppeal
    case = _lock(session, case_id)
    if case.level > 1:
        raise AppealedAlready
    rejected = [row for row in _decisions_of(session, [case]) if row.appeal_until is not None]
    if not rejected or link.state != "rejected":
        raise NothingToAppeal
    if case.state != CaseState.DECIDED or not _in_time(rejected[-1], call.now):
        raise AppealTooLate
    return case


def _in_time(decision: Decision, now: datetime) -> bool:
    return decision.appeal_until is not None and now < decision.appeal_until


def _move_up(session: Session, call: Call, case: Case, link: Link) -> None:
    above = agencies.region(session, case.region_id).parent_id
    case.region_id = above or case.region_id
    case.level, case.state = 2, CaseState.APPEALED.value
    days = family.policy_of(session, call, link).review_working_days
    case.due_at = rules.due_at(call.now, days, agencies.time_zone(session, case.region_id))
    session.flush()


def _grounds(session: Session, call: Call, case: Case) -> str | None:
    row = session.scalar(sa.select(Appeal).filter_by(case_id=case.id))
    if row is None:
        return None
    return call.dependencies.vault.open(session, row.by_person_id, GROUNDS, row.id, row.grounds)


def _decisions_of(session: Session, cases: Sequence[Case]) -> list[Decision]:
    query = sa.select(Decision).where(Decision.case_id.in_([case.id for case in cases]))
    return list(session.scalars(query.order_by(Decision.at, Decision.level)))


def _decision_view(
    session: Session,
    call: Call,
    row: Decision,
    case: Case,
    link: Link,
    reader_id: uuid.UUID | None,
) -> DecisionView:
    """``reader_id``: whichever side reads; None is the desk, which reads everything."""
    reason = rules.shown_reason(row.reason, to_holder=reader_id == link.holder_id)
    explanation = None
    if reason != rules.NOT_DISCLOSED:
        vault = call.dependencies.vault
        explanation = vault.open(session, link.holder_id, EXPLANATION, row.id, row.explanation)
    return DecisionView(
        case_id=case.id,
        kind=case.kind,
        level=row.level,
        outcome=row.outcome,
        reason=reason,
        explanation=explanation,
        at=row.at,
        appeal_until=row.appeal_until,
        may_appeal=case.state == CaseState.DECIDED and _in_time(row, call.now),
        version=case.version,
    )


# --- sweep ------------------------------------------------------------------------------------


def sweep(call: Call) -> int:
    """Close what nobody appealed or what was given up, and destroy its frames; how many closed.

    A case that is still open loses its frames after ``case_file_days`` all the same.
    """
    call = call.as_system()
    with call.db.read() as session:
        query = sa.select(Case.id, Case.link_id).where(Case.state.in_(rules.PENDING))
        pending = list(session.execute(query.order_by(Case.opened_at)))
    closed = sum(_sweep_case(call, case_id, link_id) for case_id, link_id in pending)
    files.erase(call)
    return closed


def _sweep_case(call: Call, case_id: uuid.UUID, link_id: uuid.UUID) -> bool:
    with call.db.write() as session:
        link = family.lock_link(session, link_id)
        case = _lock(session, case_id)
        reason = _why_close(session, call, case, link)
        if reason is not None:
            _close(session, call, case, reason)
            audit.record(
                session, call, "case.closed", "case", case.id, reason=reason, case_id=case.id
            )
        elif case.opened_at + _file_life(session, call, link) <= call.now:
            _destroy_temporary(session, call, case, "kept_longest")
        session.commit()
    return reason is not None


def _why_close(session: Session, call: Call, case: Case, link: Link) -> str | None:
    if rules.is_overtaken(case.state, link.state):
        return "overtaken"
    if case.state != CaseState.DECIDED:
        return None
    last = _decisions_of(session, [case])[-1]
    return None if _in_time(last, call.now) else "not_appealed"


def _file_life(session: Session, call: Call, link: Link) -> timedelta:
    return timedelta(days=family.policy_of(session, call, link).case_file_days)
