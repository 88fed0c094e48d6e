"""A case is decided, with a reason and words for both sides."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from ecard import audit, files
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import InvalidInput, VersionChanged
from ecard.family import service as family
from ecard.locale import sentence
from ecard.messages import service as messages
from ecard.openings import SecondPersonNeeded
from ecard.persons import service as persons
from ecard.review import confirmations, disputes
from ecard.review import policy as rules
from ecard.review.access import at_desk, refuse_looking, refuse_unless_waiting
from ecard.review.cases import close_case, files_of, kind_of
from ecard.review.decisions import EXPLANATION, DecisionView, decision_view, decisions_of
from ecard.review.errors import (
    CaseFilesGone,
    ReasonDoesNotFit,
)
from ecard.review.models import Case, Decision
from ecard.review.policy import CaseKind, CaseState, DecisionOutcome

if TYPE_CHECKING:
    from ecard.family.models import Link


OF_ITS_OWN = frozenset({CaseKind.DISPUTE, CaseKind.CONFIRMATION})
"""What both sides are told in other words than of an application."""


def decide(
    call: Call,
    case_id: uuid.UUID,
    *,
    outcome: str,
    reason: str,
    explanation: str,
    version: int,
    ends_on: date | None = None,
) -> DecisionView:
    """Decide a case, with a reason and words for both sides; what follows, follows at once.

    ``ends_on``: the last day of the court order, or of the guardianship, that was looked at.
    """
    decided = DecisionOutcome(outcome)
    if decided is DecisionOutcome.APPROVED:
        _refuse_approving(call, case_id, version, reason)
    with call.db.write() as session:
        case, link = at_desk(session, call, case_id)
        _refuse_deciding(session, call, case, link, version, decided, reason)
        row = _keep_decision(session, call, case, link, decided, reason, explanation)
        case.state = rules.state_after(kind_of(case), decided, case.level).value
        _let_follow(session, call, case, link, decided, reason)
        if ends_on is not None:
            _keep_last_day(session, call, case, link, decided, ends_on)
        _tell_both(session, call, case, link, row, explanation)
        if case.state == CaseState.CLOSED:
            close_case(session, call, case, "decided")
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
        view = decision_view(session, call, row, case, link, None)
    files.erase(call)
    return view


def _refuse_approving(call: Call, case_id: uuid.UUID, version: int, reason: str) -> None:
    """Nothing is approved unseen, nor for somebody who died, or whose card was stopped, since."""
    with call.db.read() as session:
        case, link = at_desk(session, call, case_id)
        _refuse_deciding(session, call, case, link, version, DecisionOutcome.APPROVED, reason)
        gone = [_is_missing(session, row.file_id) for row in files_of(session, case)]
        if any(gone) and case.kind != CaseKind.DISPUTE:  # of which one order that is left suffices
            raise CaseFilesGone  # nobody approves what they cannot see
    family.refuse_unless_standing(call, link.id)


def _is_missing(session: Session, file_id: uuid.UUID) -> bool:
    """Gone by time. A face that its person took back is missed by no decision about the rest."""
    gone = files.destruction(session, file_id)
    return gone.destroyed_at is not None and gone.reason != rules.CONSENT_WITHDRAWN


def _refuse_deciding(
    session: Session,
    call: Call,
    case: Case,
    link: Link,
    version: int,
    outcome: DecisionOutcome,
    reason: str,
) -> None:
    call.require_role(rules.decided_by(kind_of(case)))
    if reason not in rules.reasons_of(kind_of(case), outcome, case.reasons):
        raise ReasonDoesNotFit(fields={"reason": ["does_not_fit_outcome"]})
    if case.version != version:
        raise VersionChanged
    refuse_unless_waiting(session, call, case, link)
    refuse_looking(session, call, case, link)
    earlier = decisions_of(session, [case])
    decided = (decision.reviewer_id for decision in earlier)
    if any(agencies.is_same_person(session, one, call.staff.staff_id) for one in decided):
        raise SecondPersonNeeded
    if case.kind == CaseKind.DISPUTE:
        disputes.refuse_without_order(session, case)


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
    state = rules.state_after(kind_of(case), outcome, case.level)
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
        appeal_until=call.now + days if state is CaseState.DECIDED else None,
    )
    session.add(row)
    session.flush()
    return row


def _let_follow(
    session: Session, call: Call, case: Case, link: Link, outcome: DecisionOutcome, reason: str
) -> None:
    if case.kind == CaseKind.DISPUTE:
        disputes.settle(session, call, link, outcome, reason)
    elif case.kind == CaseKind.CONFIRMATION:
        confirmations.settle(session, call, case, link, outcome)
    elif outcome is DecisionOutcome.REJECTED:
        family.reject(session, call, link)
    elif case.kind == CaseKind.EVIDENCE:
        family.evidence_accepted(session, call, link, "evidence_accepted_by_reviewer")
    else:
        family.activate(session, call, link, "approved_by_reviewer")


def _keep_last_day(
    session: Session,
    call: Call,
    case: Case,
    link: Link,
    outcome: DecisionOutcome,
    ends_on: date,
) -> None:
    """Of papers that were accepted. Raises InvalidInput where none were, EndDateNeedsRelative where
    the relative decides themselves, EndDatePassed, EndDateTooFar."""
    if outcome is DecisionOutcome.REJECTED or kind_of(case) not in rules.ON_PAPER:
        raise InvalidInput(fields={"ends_on": ["not_needed"]})
    family.set_by_order(session, call, link, ends_on)


def _tell_both(
    session: Session, call: Call, case: Case, link: Link, decision: Decision, explanation: str
) -> None:
    """To both sides; of a dispute also to the guardian who objected."""
    kind = "appeal" if decision.level > 1 else "review"
    kind = f"{case.kind}_{kind}" if kind_of(case) in OF_ITS_OWN else kind
    kind = f"{kind}_{decision.outcome}"
    words: dict[str, Any] = {"appeal_until": decision.appeal_until}
    if rules.may_be_sent(decision.reason):
        words["explanation"] = explanation
    else:
        kind += "_undisclosed"
    objector = family.objector(session, link.id) if case.kind == CaseKind.DISPUTE else None
    for person_id in (link.holder_id, link.relative_id, objector):
        if person_id is not None:
            language = persons.particulars(session, call, person_id).language
            reason = sentence(f"review_reason.{decision.reason}", language)
            apart = [link.holder_id] if person_id == link.relative_id else []
            messages.notify(
                session, call, person_id, kind, apart_from=apart, reason=reason, **words
            )
