"""What is kept about somebody's e-card beside the registry's record."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.cards.models import CardPassword, CardPasswordReset, CardStateChange
from ecard.kept import Categories, Kept, Whose, category, kept


def kept_about(session: Session, _call: Call, whose: Whose, most: int | None) -> Categories:
    """Moves of the card's state; that there is a password, never more of it; and its resets."""

    def change(row: CardStateChange) -> Kept:
        facts = {"from_state": row.from_state, "to_state": row.to_state, "reason": row.reason}
        facts |= {"actor_kind": row.actor_kind, "channel": row.channel}
        return kept(row.id, row.at, **facts)

    def password(row: CardPassword) -> Kept:
        return kept(row.id, row.set_at, locked_at=row.locked_at, wrong_tries=row.tries)

    def reset(row: CardPasswordReset) -> Kept:
        facts = {"expires_at": row.expires_at, "face_matched_at": row.face_matched_at}
        return kept(row.id, row.opened_at, channel=row.channel, used_at=row.used_at, **facts)

    moved, secret, anew = CardStateChange, CardPassword, CardPasswordReset
    changes = sa.select(moved).filter_by(person_id=whose.person_id)
    passwords = sa.select(secret).where(secret.person_id == whose.person_id, whose.themselves)
    resets = sa.select(anew).where(anew.person_id == whose.person_id, whose.themselves)
    return {
        "card_changes": category(session, changes, moved.at, moved.id, change, most),
        "card_password": category(session, passwords, secret.set_at, secret.id, password, most),
        "password_resets": category(session, resets, anew.opened_at, anew.id, reset, most),
    }
