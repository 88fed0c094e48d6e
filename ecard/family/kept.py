"""What is kept about the links that somebody holds, or that others hold on them, and the court
orders about these."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.family import policy as rules
from ecard.family.deaths import DIED, ended_by_death
from ecard.family.links import CONCERNS_RELATIVE
from ecard.family.models import EndDateOrder, Link
from ecard.family.orders import reference
from ecard.family.reading import view
from ecard.kept import Categories, Category, Kept, Whose, category, kept

HELD, ON_ME = "links_held", "links_on_me"


def kept_about(session: Session, call: Call, whose: Whose, most: int | None) -> Categories:
    """Links as holder and as relative, each as the reader's own side sees them; court orders."""
    typed_life = timedelta(days=call.settings.typed_kept_days)

    def link(row: Link) -> Kept:
        shown = view(session, call, row, to_holder=row.holder_id == whose.reader_id)
        return kept(
            row.id,
            row.opened_at,
            row.ended_at + typed_life if row.ended_at is not None else None,
            state=shown.state,
            reason=shown.reason,
            relation=shown.relation,
            name=shown.name,
            number_masked=shown.number_masked,
            scopes=shown.scopes,
            route=shown.route,
            activated_at=shown.activated_at,
            ends_on=shown.ends_on,
            ended_at=shown.ended_at,
        )

    held = sa.select(Link).where(Link.holder_id == whose.person_id, whose.on(Link.id))
    on_me = sa.select(Link).where(
        Link.relative_id == whose.person_id, CONCERNS_RELATIVE, whose.on(Link.id)
    )
    return {
        HELD: category(session, held, Link.opened_at, Link.id, link, most),
        ON_ME: category(session, on_me, Link.opened_at, Link.id, link, most),
        "end_date_orders": _orders(session, call, whose, most),
    }


def _orders(session: Session, call: Call, whose: Whose, most: int | None) -> Category:
    table = EndDateOrder

    def order(row: EndDateOrder) -> Kept:
        facts = {"ends_on": row.ends_on, "outcome": row.outcome, "reason": row.reason}
        said = reference(session, call, row, whose.person_id)
        return kept(row.id, row.recorded_at, **said, **facts, link_id=row.link_id)

    on_them = sa.select(Link.id).where(Link.relative_id == whose.person_id)
    query = sa.select(table).where(table.link_id.in_(on_them), whose.on(table.link_id))
    return category(session, query, table.recorded_at, table.id, order, most)


def after_deaths(call: Call, found: Mapping[str, Category]) -> dict[str, Category]:
    """All categories; of the links, those over that a death has ended and no look has moved yet.

    Asks the registry: no session may be open.
    """
    links = [item for name in (HELD, ON_ME) for item in found[name].items]
    active = [uuid.UUID(item.id) for item in links if item.facts["state"] == rules.ACTIVE]
    dead = {str(link_id) for link_id in (ended_by_death(call, active) if active else ())}

    def seen(item: Kept) -> Kept:
        over = {"state": rules.ENDED, "reason": DIED}
        return replace(item, facts={**item.facts, **over}) if item.id in dead else item

    return {
        name: replace(one, items=[seen(item) for item in one.items])
        if name in (HELD, ON_ME)
        else one
        for name, one in found.items()
    }


def links_of(session: Session, whose: Whose) -> list[Link]:
    """Every link on which the person is a side and which concerns them, the guardian's own only
    for a guardian."""
    either = sa.or_(
        Link.holder_id == whose.person_id,
        sa.and_(Link.relative_id == whose.person_id, CONCERNS_RELATIVE),
    )
    return list(session.scalars(sa.select(Link).where(either, whose.on(Link.id))))
