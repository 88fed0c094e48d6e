"""What is kept of who did what for whom."""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.acts.models import Act
from ecard.acts.service import shown_to, view
from ecard.call import Call
from ecard.kept import Categories, Kept, Whose, category, kept


def kept_about(session: Session, call: Call, whose: Whose, most: int | None) -> Categories:
    """What was done for the person and by them; of a disputed link only what the reader did."""
    theirs = sa.or_(Act.relative_id == whose.person_id, Act.actor_id == whose.person_id)
    query = sa.select(Act).where(
        theirs, shown_to(whose.reader_id, Act.actor_id, Act.link_id), whose.on(Act.link_id)
    )
    act = partial(_act, session, call)
    return {"history": category(session, query, Act.at, Act.id, act, most)}


def _act(session: Session, call: Call, row: Act) -> Kept:
    shown = view(session, call, row)
    return kept(
        row.id,
        row.at,
        actor=shown.actor,
        actor_kind=shown.actor_kind,
        action=shown.action,
        said=shown.said,
        scope=shown.scope,
        channel=shown.channel,
        link_id=shown.link_id,
    )
