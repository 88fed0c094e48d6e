"""The counter: the person comes with a code, a clerk sees them, and that is the proof of life."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files, limits
from ecard.activation import policy as codes
from ecard.activation.errors import (
    CounterCodeExpired,
    CounterCodeUsed,
    CounterCodeWrong,
    TooManyCodes,
    TooManyWrongCodes,
)
from ecard.acts import service as acts
from ecard.acts.service import Acting
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.certification.models import CertificationCode
from ecard.certification.policy import COUNTER
from ecard.certification.proving import Helped, keep_proof
from ecard.certification.reading import ReceiptView, receipt_view
from ecard.certification.standing import benefits_of, refuse_unless_certifiable, standings
from ecard.certification.telling import SCOPE
from ecard.persons import service as persons
from ecard.policy import service as policies
from ecard.review.service import refuse_conflict

WRONG_CODE = "wrong_certification_code"


@dataclass(frozen=True, slots=True)
class CodeView:
    """A fresh code and where it can be used; it is shown this once."""

    code: str
    expires_at: datetime
    counters: list[agencies.CounterView]


def issue_for_relative(call: Call, link_id: uuid.UUID) -> CodeView:
    """A code for a relative; the one before it no longer works."""
    return _issue(call, acts.for_relative(call, link_id, SCOPE, changes=True))


def issue_own(call: Call) -> CodeView:
    """A code for the signed-in person."""
    return _issue(call, acts.for_self(call, SCOPE, changes=True))


def _issue(call: Call, acting: Acting) -> CodeView:
    benefits = benefits_of(call, acting.registry_ref)
    with call.db.write() as session:
        person = persons.particulars(session, call, acting.person_id)
        refuse_unless_certifiable(standings(session, call, person, benefits))
        acts.note(session, call, acting, "certification.code_issued")
        _count(session, call, acting.person_id)
        for waiting in session.scalars(_waiting(acting.person_id)):
            waiting.cancelled_at = call.now
        code = "".join(secrets.choice(codes.CODE_ALPHABET) for _ in range(codes.CODE_CHARACTERS))
        days = policies.current(session, person.region_id, call.now).counter_code_days
        row = CertificationCode(
            id=uuid.uuid4(),
            person_id=acting.person_id,
            link_id=acting.link_id,
            asked_by=call.holder.person_id,
            code_hash=call.dependencies.vault.token_hash(code),
            created_at=call.now,
            expires_at=call.now + timedelta(days=days),
        )
        session.add(row)
        counters = agencies.counters_in(session, person.region_id, call.language)
        session.commit()
    return CodeView(codes.shown_code(code), row.expires_at, counters)


def _waiting(person_id: uuid.UUID) -> sa.Select[CertificationCode]:
    table = CertificationCode
    return sa.select(table).filter_by(person_id=person_id, used_at=None, cancelled_at=None)


def _count(session: Session, call: Call, person_id: uuid.UUID) -> None:
    wait = limits.spend(
        session,
        "certification_code",
        person_id,
        limit=call.settings.counter_codes_a_day,
        window_seconds=codes.DAY_SECONDS,
        now=call.now,
    )
    if wait is not None:
        raise TooManyCodes(retry_after=wait)


def redeem(call: Call, *, code: str, identity_document: str) -> ReceiptView:
    """A clerk saw the person and their document: it counts as of today.

    Raises CounterCodeWrong (another region's too), CounterCodeUsed, CounterCodeExpired,
    TooManyWrongCodes, ConflictOfInterest, and what no longer allows it.
    """
    call.require_role("clerk")
    person, code_id, link_id = _find(call, code)
    benefits = benefits_of(call, person.registry_ref)
    with call.db.write() as session:
        acts.hold_link(session, link_id)
        found = session.get_one(CertificationCode, code_id, with_for_update=True)
        if found.used_at is not None or found.cancelled_at is not None:
            raise CounterCodeUsed
        if found.expires_at <= call.now:
            raise CounterCodeExpired
        refuse_conflict(session, call, person.person_id, found.asked_by)
        refuse_unless_certifiable(standings(session, call, person, benefits))
        found.used_at = call.now
        helper = found.asked_by if found.asked_by != person.person_id else None
        helped = Helped(helper, found.link_id)
        row = keep_proof(session, call, person, benefits, helped, COUNTER)
        acts.write(
            session,
            call,
            person_id=person.person_id,
            link_id=found.link_id,
            scope=SCOPE,
            action="certification.at_counter",
        )
        audit.record(
            session, call, "certification_code.redeemed", "person", person.person_id,
            reason=identity_document,
        )  # fmt: skip
        session.commit()
    files.erase(call)
    return receipt_view(row)


def _find(call: Call, typed: str) -> tuple[persons.Particulars, uuid.UUID, uuid.UUID | None]:
    """A code's person, row and link; a wrong one counts against the clerk whatever follows."""
    code_hash = call.dependencies.vault.token_hash(codes.read_code(typed))
    staff_id, most = call.staff.staff_id, call.settings.wrong_counter_codes_an_hour
    since = call.now - timedelta(seconds=codes.HOUR_SECONDS)
    with call.db.write() as session:
        limits.lock(session, WRONG_CODE, staff_id)
        wrong = limits.tries(session, WRONG_CODE, staff_id, since)
        if len(wrong) >= most:
            raise TooManyWrongCodes(retry_after=codes.HOUR_SECONDS)
        row = session.scalar(sa.select(CertificationCode).filter_by(code_hash=code_hash))
        person = persons.particulars(session, call, row.person_id) if row is not None else None
        if row is not None and person is not None and person.region_id in call.staff.region_ids:
            return person, row.id, row.link_id
        window = codes.HOUR_SECONDS
        limits.spend(session, WRONG_CODE, staff_id, limit=most, window_seconds=window, now=call.now)
        session.commit()
    raise CounterCodeWrong(tries_left=most - len(wrong) - 1)
