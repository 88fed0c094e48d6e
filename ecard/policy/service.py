"""The policy in force for a region at a time, and how a region sets its own."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.policy.models import PolicyRow
from ecard.policy.policy import Policy, PolicyRefused, inherited, wrong_values

__all__ = ["Policy", "PolicyInForce", "PolicyRefused", "add", "current", "mine"]

_KEPT = "policies"


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """A region's rules as the app may show them."""

    region: str
    """Code of the region."""
    time_zone: str
    """In which days and times are told there; a name of the IANA database."""
    in_force_at: datetime
    rules: Policy


def current(session: Session, region_id: uuid.UUID, now: datetime) -> Policy:
    """The rules of a region at a time; raises PolicyRefused where they are not complete.

    One session sees one policy: it is read once, and again only after `add`.
    """
    kept: dict[tuple[uuid.UUID, datetime], Policy] = session.info.setdefault(_KEPT, {})
    if (region_id, now) not in kept:
        kept[region_id, now] = _read(session, region_id, now)
    return kept[region_id, now]


def _read(session: Session, region_id: uuid.UUID, now: datetime) -> Policy:
    chain = [region.id for region in agencies.ancestry(session, region_id)]
    query = sa.select(PolicyRow).where(
        PolicyRow.region_id.in_(chain), PolicyRow.effective_from <= now
    )
    rows = session.scalars(query.order_by(PolicyRow.effective_from))  # the latest stands last
    values = {row.region_id: row.values for row in rows}
    return Policy.from_values(inherited(values.get(region, {}) for region in reversed(chain)))


def add(
    session: Session,
    region_id: uuid.UUID,
    values: dict[str, object],
    *,
    effective_from: datetime,
    now: datetime,
) -> PolicyRow:
    """A region's own values from a time on. Raises PolicyRefused on a wrong one. Not committed."""
    findings = wrong_values(values)
    if findings:
        raise PolicyRefused("\n".join(findings))
    row = PolicyRow(
        id=uuid.uuid4(),
        region_id=region_id,
        effective_from=effective_from,
        values=values,
        created_at=now,
    )
    session.add(row)
    session.flush()
    session.info.pop(_KEPT, None)
    return row


def mine(call: Call) -> PolicyInForce:
    """The rules of the holder's own region, now."""
    with call.db.read() as session:
        region = agencies.region(session, call.holder.region_id)
        rules = current(session, region.id, call.now)
    return PolicyInForce(region.code, region.time_zone, call.now, rules)
