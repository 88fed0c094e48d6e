"""What is kept about somebody's phones and sign-ins."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.accounts.devices import NAME_PLACE
from ecard.accounts.models import Account, Device, Recovery
from ecard.accounts.models import Session as SignedIn
from ecard.call import Call
from ecard.kept import Categories, Kept, Whose, category, kept


def kept_about(session: Session, call: Call, whose: Whose, most: int | None) -> Categories:
    """Devices, also removed ones, sessions and recoveries; for the person only."""
    vault = call.dependencies.vault
    lives = timedelta(days=call.settings.sessions_kept_days)

    def device(row: Device) -> Kept:
        name = vault.open(session, whose.person_id, NAME_PLACE, row.id, row.name)
        facts = {"name": name, "last_sign_in_at": row.seen_at, "removed_at": row.revoked_at}
        facts |= {"card_since": row.card_since}
        return kept(row.id, row.created_at, **facts)

    def signed_in(row: SignedIn) -> Kept:
        facts = {"device_id": row.device_id, "ended_at": row.ended_at, "reason": row.end_reason}
        return kept(row.id, row.opened_at, row.expires_at + lives, **facts)

    def recovery(row: Recovery) -> Kept:
        facts = {"ready_at": row.ready_at, "completed_at": row.completed_at}
        facts |= {"cancelled_at": row.cancelled_at}
        return kept(row.id, row.opened_at, channel=row.channel, **facts)

    own = Account.person_id == whose.person_id
    accounts = sa.select(Account.id).where(own, whose.themselves)
    devices = sa.select(Device).where(Device.account_id.in_(accounts))
    sessions = sa.select(SignedIn).where(SignedIn.account_id.in_(accounts))
    recoveries = sa.select(Recovery).where(Recovery.account_id.in_(accounts))
    return {
        "devices": category(session, devices, Device.created_at, Device.id, device, most),
        "sessions": category(session, sessions, SignedIn.opened_at, SignedIn.id, signed_in, most),
        "recoveries": category(
            session, recoveries, Recovery.opened_at, Recovery.id, recovery, most
        ),
    }
