"""The daily look at every benefit: deaths noticed, reminders sent, the registry told of changes.

What is due is decided at read time too; the sweep only tells. It may run twice and bears it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from ecard import audit
from ecard.call import Call
from ecard.certification import policy as rules
from ecard.certification.models import BenefitWatch, RecordedDeath
from ecard.certification.standing import Stands, benefits_of, standings, today_at
from ecard.certification.telling import tell_people
from ecard.errors import Unavailable
from ecard.persons import service as persons
from ecard.persons.service import Particulars
from ecard.registry.port import Payment, RegistryPerson, RegistryUnavailable

BATCH = 200
"""Names asked of the registry at a time."""
TOLD = {
    rules.IN_GRACE: "certification_missed",
    rules.STOPPED: "certification_stopped",
    rules.CLOSED: "certification_closed",
}

log = structlog.get_logger()


def sweep(call: Call) -> int:
    """Look at everybody who draws a benefit; how many. Who cannot be looked at waits a turn."""
    count = 0
    for ref in _everybody(call):
        try:
            look_at(call, ref)
            count += 1
        except Unavailable:
            log.warning("certification_waits")
    return count


def _everybody(call: Call) -> Iterator[str]:
    registry, after = call.dependencies.registry, ""
    while names := registry.beneficiaries(after, BATCH):
        yield from names
        after = names[-1]


def look_at_person(call: Call, person_id: str) -> None:
    """Job: look at one person now, because something of theirs was just decided."""
    with call.db.read() as session:
        ref = persons.particulars(session, call, uuid.UUID(person_id)).registry_ref
    look_at(call, ref)


def look_at(call: Call, registry_ref: str) -> None:
    """Notice, remind and tell for one person. Raises Unavailable; no session may be open."""
    try:
        known = call.dependencies.registry.person(registry_ref)
    except RegistryUnavailable as error:
        raise Unavailable from error
    if known is None:
        return
    benefits = benefits_of(call, registry_ref)
    with call.db.write() as session:
        person_id = persons.ensure(session, call, known).id
        person = persons.particulars(session, call, person_id)
        _notice_death(session, call, person, known)
        found = standings(session, call, person, benefits)
        changes = [_watch(session, call, person, one) for one in found]
        today = today_at(session, call, person)
        session.commit()
    for payment in changes:
        if payment is not None:
            _tell(call, payment, today)


def _notice_death(session: Session, call: Call, person: Particulars, known: RegistryPerson) -> None:
    """A death that is new, changed or taken back, as the registry says today."""
    today = today_at(session, call, person)
    query = sa.select(RecordedDeath).filter_by(person_id=person.person_id, revoked_on=None)
    standing = session.scalar(query.with_for_update())
    if standing is not None and standing.died_on != known.died_on:
        standing.revoked_on = max(today, standing.known_on)
        audit.record(session, call, "death.revoked", "person", person.person_id)
        standing = None
    if standing is None and known.died_on is not None:
        session.add(
            RecordedDeath(person_id=person.person_id, died_on=known.died_on, known_on=today)
        )
        audit.record(session, call, "death.noticed", "person", person.person_id)
    session.flush()


def _watch(session: Session, call: Call, person: Particulars, found: Stands) -> Payment | None:
    """Tell the people what changed; returns what the registry has to be told."""
    now, today = found.standing, today_at(session, call, person)
    watch = session.get(BenefitWatch, found.benefit.ref, with_for_update=True)
    if watch is None:
        watch = BenefitWatch(
            benefit_ref=found.benefit.ref,
            person_id=person.person_id,
            state=rules.CERTIFIED,
            paid=found.benefit.paid,
            owed_days=0,
            told_on=today,
        )
        session.add(watch)
    _remind(session, call, person, found, watch, today)
    owed = sum(span.days for span in now.owed)
    _tell_sides(session, call, person, found, watch, owed)
    changed = now.paid != found.benefit.paid or owed != watch.owed_days
    watch.state = now.state
    session.flush()
    return _payment(found, today) if changed and now.state != rules.NOT_BEGUN else None


def _tell_sides(
    session: Session,
    call: Call,
    person: Particulars,
    found: Stands,
    watch: BenefitWatch,
    owed: int,
) -> None:
    now = found.standing
    paid_late = watch.state != rules.CERTIFIED and owed > watch.owed_days
    came_back = watch.state in (rules.STOPPED, rules.CLOSED, rules.DIED) or paid_late
    if now.state == rules.CERTIFIED and came_back:
        tell_people(session, call, person, "certification_restored", due=now.due_on)
    elif now.state in TOLD and now.state != watch.state:
        tell_people(session, call, person, TOLD[now.state], due=now.due_on)


def _remind(
    session: Session,
    call: Call,
    person: Particulars,
    found: Stands,
    watch: BenefitWatch,
    today: date,
) -> None:
    due = found.standing.due_on
    days = rules.reminder(found.standing, today, found.terms)
    sent = watch.reminded_days if watch.reminded_due == due else None
    if days is None or (sent is not None and sent <= days):
        return
    watch.reminded_due, watch.reminded_days = due, days
    tell_people(session, call, person, "certification_due", due=due)


def _payment(found: Stands, today: date) -> Payment:
    now = found.standing
    return Payment(
        benefit_ref=found.benefit.ref,
        paid=now.paid,
        from_day=now.stopped_since or today,
        reason=now.state,
        owed=tuple((span.first, span.last) for span in now.owed),
    )


def _tell(call: Call, payment: Payment, today: date) -> None:
    """Written down only once the registry has heard it: until then each look tells it again."""
    try:
        call.dependencies.registry.tell_payment(payment)
    except RegistryUnavailable as error:
        raise Unavailable from error
    with call.db.write() as session:
        watch = session.get_one(BenefitWatch, payment.benefit_ref, with_for_update=True)
        watch.paid, watch.told_on = payment.paid, today
        watch.owed_days = sum((last - first).days + 1 for first, last in payment.owed)
        session.commit()
