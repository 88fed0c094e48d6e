"""A link's row: found, locked, and the one place where its state moves."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import NotFound, VersionChanged
from ecard.family import policy as rules
from ecard.family.errors import IllegalMove
from ecard.family.lapsing import prolong
from ecard.family.models import Link, LinkChange, LinkUse, NotMeToken
from ecard.locale import sentence
from ecard.messages import service as messages
from ecard.persons import service as persons
from ecard.persons.policy import age_on, local_day
from ecard.policy import service as policies
from ecard.policy.policy import Policy
from ecard.vault import new_token

TYPED_PLACE = "links.typed"
AT_ONCE = frozenset({"nothing_to_accept"})
"""Moves that follow another at the same moment, which was told already."""
TOLD = {
    rules.EVIDENCE_ACCEPTED: "link_evidence_accepted",
    rules.AWAITING_FACE: "link_awaiting_face",
    rules.SUBMITTED: "link_submitted",
    rules.IN_REVIEW: "link_in_review",
    rules.ACTIVE: "link_active",
    rules.SUSPENDED: "link_suspended",
    rules.DISPUTED: "link_disputed",
    rules.ENDED: "link_ended",
    rules.REJECTED: "link_rejected",
    rules.WITHDRAWN: "link_withdrawn",
    rules.EXPIRED: "link_expired",
}


def lock_link(session: Session, link_id: uuid.UUID) -> Link:
    """The link's row, locked until the transaction ends."""
    link = session.get(Link, link_id, with_for_update=True, populate_existing=True)
    if link is None:
        raise NotFound
    return link


def lock_links_about(session: Session, person_id: uuid.UUID) -> list[Link]:
    """Every link on which somebody is one of the two sides, locked in the order of their ids."""
    query = sa.select(Link).where(_about(person_id)).order_by(Link.id).with_for_update()
    return list(session.scalars(query, execution_options={"populate_existing": True}))


def refuse_outdated(link: Link, version: int) -> None:
    """Raise VersionChanged unless a locked link is still what was seen."""
    if link.version != version:
        raise VersionChanged


CONCERNS_RELATIVE = sa.exists().where(
    LinkChange.link_id == Link.id, LinkChange.to_state == rules.SUBMITTED
)
"""Until evidence was given the holder only types: the relative is told nothing, then or later."""


def relative_told(session: Session, link: Link) -> uuid.UUID | None:
    """The relative, once the application concerns them."""
    query = sa.select(Link.relative_id).where(Link.id == link.id, CONCERNS_RELATIVE)
    return session.scalar(query)


def own_link(session: Session, call: Call, link_id: uuid.UUID, *, lock: bool = False) -> Link:
    """The holder's own link; anybody else's looks as if it did not exist."""
    link = lock_link(session, link_id) if lock else session.get(Link, link_id)
    if link is None or link.holder_id != call.holder.person_id:
        raise NotFound
    return link


def on_me(session: Session, call: Call, link: Link | None) -> Link:
    """Somebody's link on the signed-in relative, once it concerns them; else NotFound."""
    if link is None or relative_told(session, link) != call.holder.person_id:
        raise NotFound
    return link


def policy_of(session: Session, call: Call, link: Link) -> Policy:
    """The policy of the link's region as of now."""
    return policies.current(session, link.region_id, call.now)


def relative_age(session: Session, call: Call, link: Link) -> int:
    """The relative's age today at the place of their own card; the family account is confirmed."""
    if link.relative_id is None:
        raise IllegalMove(state=link.state)
    relative = persons.particulars(session, call, link.relative_id)
    return age_on(relative.birth_date, relatives_today(session, call, link.relative_id))


def relatives_today(session: Session, call: Call, relative_id: uuid.UUID) -> date:
    """The day it is where the relative's card is at home."""
    return local_day(call.now, persons.time_zone(session, relative_id))


def of_same_pair(session: Session, link: Link) -> list[uuid.UUID]:
    """Every application of this holder for this relative, this one among them."""
    pair = {"holder_id": link.holder_id, "relative_id": link.relative_id}
    return list(session.scalars(sa.select(Link.id).filter_by(**pair)))


def of_other_relatives(session: Session, link: Link) -> dict[uuid.UUID, uuid.UUID]:
    """Every application of this holder for somebody else who is known: its id, and theirs."""
    query = sa.select(Link.id, Link.relative_id).where(
        Link.holder_id == link.holder_id,
        Link.relative_id.is_not(None),
        Link.relative_id.is_distinct_from(link.relative_id),
    )
    return {row.id: row.relative_id for row in session.execute(query)}


def standing_on(session: Session, call: Call, relative_id: uuid.UUID) -> list[uuid.UUID]:
    """Every link on somebody that stands as of now: active, suspended or disputed."""
    query = sa.select(Link).where(Link.relative_id == relative_id, Link.state.in_(rules.STANDING))
    found = session.scalars(query)
    return [link.id for link in found if state_now(session, call, link) in rules.STANDING]


def holders_on(session: Session, relative_id: uuid.UUID) -> list[uuid.UUID]:
    """Whoever holds a link on somebody that stands: active, suspended or disputed."""
    query = sa.select(Link.holder_id).where(
        Link.relative_id == relative_id, Link.state.in_(rules.STANDING)
    )
    return list(session.scalars(query.distinct().order_by(Link.holder_id)))


def holders_with(
    session: Session, call: Call, relative_id: uuid.UUID, scope: str
) -> list[uuid.UUID]:
    """Whoever holds an active link with this scope on somebody."""
    query = sa.select(Link).filter_by(relative_id=relative_id, state=rules.ACTIVE)
    return [
        link.holder_id
        for link in session.scalars(query)
        if scope in link.scopes and state_now(session, call, link) == rules.ACTIVE
    ]


def held_with(session: Session, call: Call, holder_id: uuid.UUID, scope: str) -> list[Link]:
    """Every active link with this scope that somebody holds."""
    query = sa.select(Link).filter_by(holder_id=holder_id, state=rules.ACTIVE)
    return [
        link
        for link in session.scalars(query.order_by(Link.id))
        if scope in link.scopes and state_now(session, call, link) == rules.ACTIVE
    ]


def ids_in(region_ids: Collection[uuid.UUID]) -> sa.Select[uuid.UUID]:
    """Ids of all links of these regions, for what hangs on a link elsewhere."""
    return sa.select(Link.id).where(Link.region_id.in_(region_ids))


def ids_about(person_id: uuid.UUID) -> sa.Select[uuid.UUID]:
    """Ids of all links on which somebody is one of the two sides."""
    return sa.select(Link.id).where(_about(person_id))


def relatives_about(person_id: uuid.UUID) -> sa.Select[uuid.UUID | None]:
    """Ids of the relatives of all links on which somebody is one of the two sides."""
    return sa.select(Link.relative_id).where(_about(person_id), Link.relative_id.is_not(None))


def _about(person_id: uuid.UUID) -> sa.ColumnElement[bool]:
    return sa.or_(Link.holder_id == person_id, Link.relative_id == person_id)


def over_at_once(session: Session, call: Call, link: Link) -> bool:
    """Whether a link that is over could not come back: its last day is over too."""
    over = ends_at(session, link)
    return over is not None and over <= call.now


def terms_of(session: Session, call: Call, link: Link) -> rules.Terms:
    """The times at which a link moves by itself, by the rules of its region as of now."""
    over = ends_at(session, link)
    if link.state not in rules.STANDING:
        return rules.Terms(link.lapses_at, ends_at=over)
    policy, zone = policy_of(session, call, link), agencies.time_zone(session, link.region_id)
    use = session.get(LinkUse, link.id)
    unused = rules.unused_until(use.last_used_at, use.warned_at, zone, policy) if use else None
    return rules.Terms(link.lapses_at, reads_until(session, call, link), unused, over)


def ends_at(session: Session, link: Link) -> datetime | None:
    """When the last day of a link is over, where the relative's card is at home."""
    if link.ends_on is None or link.relative_id is None:
        return None
    return rules.ends_at(link.ends_on, persons.time_zone(session, link.relative_id))


def relative_decides(session: Session, call: Call, link: Link) -> bool:
    """Whether the relative says themselves what a link allows and until when: an adult, a grown
    child too, who is under nobody's guardianship."""
    age = relative_age(session, call, link)
    return link.relation != "ward" and rules.accepts_in_person(age, policy_of(session, call, link))


def reads_until(session: Session, call: Call, link: Link) -> datetime | None:
    """When reading ends on a link whose relative comes of age; None: no such end."""
    policy = policy_of(session, call, link)
    return rules.reads_until(link.acts_until, policy, link.held_until)


def due_move(session: Session, call: Call, link: Link) -> rules.Due | None:
    """What time alone has made of a link by now, whether or not the sweep ran."""
    return rules.due_move(link.state, terms_of(session, call, link), call.now)


def state_now(session: Session, call: Call, link: Link) -> str:
    """The link's state as of now."""
    return rules.state_at(link.state, terms_of(session, call, link), call.now)


def still_open(session: Session, call: Call, link: Link) -> None:
    """Raise where time alone has ended it: ApplicationExpired, or IllegalMove."""
    rules.check_open(link.state, terms_of(session, call, link), call.now)


def typed(session: Session, call: Call, link: Link) -> tuple[str | None, str | None]:
    """Name and number as the holder typed them, or (None, None)."""
    if link.typed is None:
        return None, None
    vault = call.dependencies.vault
    kept = json.loads(vault.open(session, link.holder_id, TYPED_PLACE, link.id, link.typed))
    return kept["name"], kept["number"]


def keep_typed(session: Session, call: Call, link: Link, name: str, number: str | None) -> None:
    """Keep a name and a number as the holder's own words for the relative, under their key."""
    kept = json.dumps({"name": name, "number": number}, ensure_ascii=False)
    vault = call.dependencies.vault
    link.typed = vault.seal(session, link.holder_id, TYPED_PLACE, link.id, kept)


# --- the one place where a state moves ---------------------------------------------------------


def move(session: Session, call: Call, link: Link, to_state: str, reason: str) -> LinkChange:
    """Move a locked link: legal moves only; history, audit, and messages to both sides.

    What time has ended is not moved to anywhere else: raises IllegalMove, ApplicationExpired.
    """
    rules.check_move_now(link.state, to_state, reason, terms_of(session, call, link), call.now)
    return enter(session, call, link, link.state, to_state, reason)


def enter(
    session: Session, call: Call, link: Link, from_state: str | None, to_state: str, reason: str
) -> LinkChange:
    change = _change(session, call, link, from_state, to_state, reason)
    link.state, link.state_reason = to_state, reason
    _keep_in_step(session, call, link)
    if from_state == rules.IN_REVIEW and to_state in rules.APPLYING:
        days = policy_of(session, call, link).application_days
        prolong(
            session, call, link, call.now + timedelta(days=days)
        )  # waiting for us costs nothing
    session.add(change)
    session.flush()
    if reason not in AT_ONCE:
        _tell_both(session, call, link, to_state)
    audit.record(
        session,
        call,
        f"link.{to_state}",
        "link",
        link.id,
        reason=reason,
        acting_for=link.relative_id,
    )
    return change


def note_stay(
    session: Session, call: Call, link: Link, reason: str, ends_on: date | None = None
) -> None:
    """Write into a locked link's history what happened to it without a move. Raises IllegalMove."""
    rules.check_stay(link.state, reason)
    change = _change(session, call, link, link.state, link.state, reason)
    change.ends_on = ends_on
    session.add(change)
    session.flush()


def _change(
    session: Session, call: Call, link: Link, from_state: str | None, to_state: str, reason: str
) -> LinkChange:
    number, at = _next_change(session, call, link)
    return LinkChange(
        id=uuid.uuid4(),
        link_id=link.id,
        number=number,
        from_state=from_state,
        to_state=to_state,
        reason=reason,
        actor_kind=call.actor.kind,
        actor_id=call.actor.id,
        channel=call.channel,
        at=at,
    )


def _keep_in_step(session: Session, call: Call, link: Link) -> None:
    """What goes with a state: when it ended; an active link's use, its months beginning anew."""
    link.ended_at = call.now if link.state == rules.ENDED else None
    use = session.get(LinkUse, link.id)
    if link.state == rules.ACTIVE:
        session.merge(LinkUse(link_id=link.id, last_used_at=call.now, warned_at=None))
    elif use is not None:
        session.delete(use)


def _next_change(session: Session, call: Call, link: Link) -> tuple[int, datetime]:
    """Number and time of the link's next move: never the same time twice, so that history has an
    order."""
    query = sa.select(LinkChange).where(LinkChange.link_id == link.id)
    last = session.scalar(query.order_by(LinkChange.number.desc()).limit(1))
    if last is None:
        return 1, call.now
    return last.number + 1, max(call.now, last.at + timedelta(microseconds=1))


def _tell_both(session: Session, call: Call, link: Link, state: str) -> None:
    kind = TOLD.get(state)
    if kind is None:
        return
    acts_from = link.acts_from.isoformat() if link.acts_from else ""
    messages.notify(
        session,
        call,
        link.holder_id,
        kind,
        name=typed(session, call, link)[0] or "",
        acts_from=acts_from,
    )
    if relative_told(session, link) is not None:
        tell_relative(session, call, link, f"{kind}_relative", acts_from=acts_from)


def tell_relative(session: Session, call: Call, link: Link, kind: str, **words: Any) -> None:
    """Tell the relative, by a way that nobody has got who holds a link on them where they have one:
    who the holder is, what the link allows, where to say "this was not me". Not committed."""
    if link.relative_id is None:
        return
    language = persons.particulars(session, call, link.relative_id).language
    messages.notify(
        session,
        call,
        link.relative_id,
        kind,
        apart_from=sorted({link.holder_id, *holders_on(session, link.relative_id)}),
        name=persons.particulars(session, call, link.holder_id).name,
        scopes=scopes_in_words(link, language),
        not_me_address=_not_me_address(session, call, link),
        **words,
    )


def scopes_in_words(link: Link, language: str) -> str:
    """What a link allows, as people read it."""
    return ", ".join(sentence(f"scope.{scope}", language) for scope in link.scopes)


def _not_me_address(session: Session, call: Call, link: Link) -> str:
    """A fresh one-use address with which the relative says "this was not me"."""
    token = new_token("nm")
    hours = policy_of(session, call, link).not_me_hours
    session.add(
        NotMeToken(
            id=uuid.uuid4(),
            link_id=link.id,
            person_id=link.relative_id,
            token_hash=call.dependencies.vault.token_hash(token),
            created_at=call.now,
            expires_at=call.now + timedelta(hours=hours),
        )
    )
    return f"{call.settings.public_address}/not-me#{token}"
