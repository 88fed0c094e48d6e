"""A proof of life that counts: kept with its signed receipt, told to both sides."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from ecard import audit
from ecard.actors import Staff
from ecard.call import Call
from ecard.certification import policy as rules
from ecard.certification.cases import overtake
from ecard.certification.models import Certification, CertificationCase
from ecard.certification.standing import Stands, standings, today_at
from ecard.certification.telling import look_soon, tell_people
from ecard.persons.service import Particulars
from ecard.registry.port import Benefit


@dataclass(frozen=True, slots=True)
class Helped:
    """With whose help, on which link; both None where the person did it alone."""

    helper_id: uuid.UUID | None = None
    link_id: uuid.UUID | None = None


def keep_proof(
    session: Session,
    call: Call,
    person: Particulars,
    benefits: tuple[Benefit, ...],
    helped: Helped,
    route: str,
    case: CertificationCase | None = None,
) -> Certification:
    """Write a proof down, of today or of the case that was accepted. Not committed.

    ``route``: counter, visit or face. What waits for a person about a capture is overtaken by it.
    """
    today = today_at(session, call, person)
    shown = case.counts_from if case is not None else today
    row = Certification(
        id=uuid.uuid4(),
        person_id=person.person_id,
        day=shown,
        at=call.now,
        route=route,
        helper_id=helped.helper_id,
        link_id=helped.link_id,
        staff_id=call.actor.staff_id if isinstance(call.actor, Staff) else None,
        case_id=case.id if case is not None else None,
        channel=call.channel,
    )
    due = _next_due(session, call, person, benefits, shown)
    row.receipt = receipt(call, row, due)
    session.add(row)
    session.flush()
    overtake(session, call, person.person_id, today)
    audit.record(
        session,
        call,
        "certification.kept",
        "certification",
        row.id,
        reason=row.route,
        acting_for=person.person_id,
    )
    tell_people(session, call, person, "certification_done", due=min(due, default=None))
    look_soon(session, call, person)
    return row


def _next_due(
    session: Session, call: Call, person: Particulars, benefits: tuple[Benefit, ...], shown: date
) -> list[date]:
    found: list[Stands] = standings(session, call, person, benefits)
    over = (rules.OVER, rules.CLOSED)
    return [
        rules.due_on(shown, person.birth_date, one.terms)
        for one in found
        if one.standing.state not in over
    ]


def receipt(call: Call, row: Certification, due: list[date]) -> str:
    """What the person keeps: signed JSON with the day, the way, the helper and the next due day."""
    said = {
        "receipt_id": str(row.id),
        "person_id": str(row.person_id),
        "certified_on": row.day.isoformat(),
        "at": row.at.isoformat(),
        "route": row.route,
        "helper_id": str(row.helper_id) if row.helper_id else None,
        "next_due_on": sorted(day.isoformat() for day in due),
    }
    return json.dumps(said | {"mac": _mac(call, said)}, sort_keys=True)


def is_genuine(call: Call, text: str) -> bool:
    """Whether a receipt is ours and unchanged."""
    said = json.loads(text)
    mac = said.pop("mac", "")
    return hmac.compare_digest(str(mac), _mac(call, said))


def _mac(call: Call, said: Mapping[str, object]) -> str:
    text = "certification receipt|" + json.dumps(said, sort_keys=True)
    key = call.dependencies.vault.receipt_key
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
