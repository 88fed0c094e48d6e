"""A link is given up, ended, disowned, or stopped by safeguarding staff."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.errors import NotAllowed, NotFound
from ecard.family import policy as rules
from ecard.family.errors import (
    DisputeNotSettled,
    IllegalMove,
    NotMeLinkUsed,
)
from ecard.family.links import (
    lock_link,
    lock_links_about,
    move,
    on_me,
    own_link,
    relative_told,
    state_now,
    still_open,
)
from ecard.family.models import Link, LinkChange, NotMeToken
from ecard.family.reading import LinkView, view
from ecard.persons import service as persons


def withdraw(call: Call, link_id: uuid.UUID) -> LinkView:
    """The holder gives up an application."""
    with call.db.write() as session:
        link = own_link(session, call, link_id, lock=True)
        move(session, call, link, rules.WITHDRAWN, "requested_by_holder")
        session.commit()
        return view(session, call, link)


def end_as_holder(call: Call, link_id: uuid.UUID) -> LinkView:
    """The holder ends a link; nothing it allowed is allowed on the very next request."""
    with call.db.write() as session:
        link = own_link(session, call, link_id, lock=True)
        _end(session, call, link, "requested_by_holder")
        session.commit()
        return view(session, call, link)


def end_as_relative(call: Call, link_id: uuid.UUID) -> LinkView:
    """The relative ends a link (or an application) on them, without the holder."""
    with call.db.write() as session:
        link = on_me(session, call, lock_link(session, link_id))
        end_for_relative(session, call, link)
        session.commit()
        return view(session, call, link, to_holder=False)


def links_on(session: Session, call: Call, person_id: uuid.UUID) -> list[Link]:
    """Every link on somebody that concerns them and is not over, locked; the newest first."""
    found = lock_links_about(session, person_id)
    on_them = [link for link in found if relative_told(session, link) == person_id]
    stands = [link for link in on_them if state_now(session, call, link) not in rules.OVER]
    return sorted(stands, key=lambda link: (link.opened_at, link.id), reverse=True)


def end_for_relative(session: Session, call: Call, link: Link) -> None:
    """The relative wants a locked link on them no more, whoever types it. Not committed."""
    _end(session, call, link, "requested_by_relative")


def _end(session: Session, call: Call, link: Link, reason: str) -> None:
    still_open(session, call, link)
    applying = rules.WITHDRAWN in rules.MOVES[link.state]
    move(session, call, link, rules.WITHDRAWN if applying else rules.ENDED, reason)


def report_not_me(call: Call, token: str) -> None:
    """ "This was not me": an open application is withdrawn, an active link is suspended at once."""
    with call.db.write() as session:
        found = session.scalar(
            sa.select(NotMeToken)
            .filter_by(token_hash=call.dependencies.vault.token_hash(token))
            .with_for_update()
        )
        if found is None or found.used_at is not None or found.expires_at <= call.now:
            raise NotMeLinkUsed
        found.used_at = call.now
        link = lock_link(session, found.link_id)
        state = state_now(session, call, link)
        if state in rules.APPLYING | {rules.IN_REVIEW}:
            move(session, call, link, rules.WITHDRAWN, "reported_not_me")
        elif state in (rules.ACTIVE, rules.DISPUTED):
            move(session, call, link, rules.SUSPENDED, "reported_not_me")
        session.commit()


def set_state_as_staff(call: Call, link_id: uuid.UUID, action: str) -> None:
    """Safeguarding staff of the region stop, resume or end a link; the holder sees no reason."""
    call.require_role("safeguarding")
    target = {"suspend": rules.SUSPENDED, "resume": rules.ACTIVE, "end": rules.ENDED}[action]
    reason = "safeguarding_lifted" if action == "resume" else "safeguarding"
    with call.db.write() as session:
        link = lock_link(session, link_id)
        if link.region_id not in call.staff.region_ids:
            raise NotFound
        refuse_own_link(session, call, link)
        if link.state not in rules.STANDING:  # to resume is not to open what never was
            raise IllegalMove(state=link.state)
        still_open(session, call, link)
        if action == "resume":
            target = _resumed(session, link)
        move(session, call, link, target, reason)
        session.commit()


def _resumed(session: Session, link: Link) -> str:
    """A link that was stopped in the middle of a dispute goes back into it; nor is one in dispute
    taken out of it here."""
    if link.state == rules.DISPUTED:
        raise DisputeNotSettled
    moves = LinkChange.from_state != LinkChange.to_state
    last = sa.select(LinkChange.from_state).where(LinkChange.link_id == link.id, moves)
    before = session.scalar(last.order_by(LinkChange.number.desc()).limit(1))
    return rules.DISPUTED if before == rules.DISPUTED else rules.ACTIVE


def lock_at_counter(session: Session, call: Call, link_id: uuid.UUID, registry_ref: str) -> Link:
    """A link on the person of the clerk's region at the counter (a registry name), locked; its
    holder may be at home elsewhere.

    Raises NotFound: somebody else's; NotAllowed on a link of the clerk's own.
    """
    link = lock_link(session, link_id)
    if link.relative_id is None:
        raise NotFound
    if persons.registry_ref(session, link.relative_id) != registry_ref:
        raise NotFound
    refuse_own_link(session, call, link)
    return link


def refuse_own_link(session: Session, call: Call, link: Link) -> None:
    """Nobody at a desk decides about a link on which they are one of the two sides."""
    if is_own_link(session, call, link):
        raise NotAllowed


def is_own_link(session: Session, call: Call, link: Link) -> bool:
    """Whether the member of staff is one of the link's two sides."""
    own = agencies.staff_number_index(session, call.staff.staff_id)
    sides = [side for side in (link.holder_id, link.relative_id) if side is not None]
    numbers = [persons.particulars(session, call, side).number for side in sides]
    return own in [persons.number_index(call, number) for number in numbers]
