"""Who speaks for somebody who cannot yet, or can no longer, decide about their own data.

The holder of a link as a child's guardian, below the age of own consent; and the holder of a link
on an adult under guardianship, whose order was accepted with the link. At 14 and 15 nobody does.
"""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from ecard.call import Call
from ecard.family import policy as rules
from ecard.family.errors import LinkNotActive, NotTheirGuardian
from ecard.family.links import lock_links_about, own_link, policy_of, relative_age, state_now
from ecard.family.models import Link
from ecard.policy import service as policies


def guardian_link(session: Session, call: Call, link_id: uuid.UUID) -> Link:
    """The signed-in guardian's active link on whom they speak for.

    Raises NotFound (a foreign one looks the same), LinkNotActive, NotTheirGuardian.
    """
    link = own_link(session, call, link_id)
    _guards(session, call, link)
    _refuse_standing_still(session, call, link)
    return link


def lock_guardian_link(session: Session, call: Call, link_id: uuid.UUID) -> Link:
    """The same, locked; for a child also before it is active: what a guardian allowed in the
    application they take back in it."""
    link = own_link(session, call, link_id, lock=True)
    _refuse_no_guardian(session, call, link)
    return link


def lock_guarded_links(
    session: Session, call: Call, guardian_id: uuid.UUID, person_id: uuid.UUID
) -> list[Link]:
    """The same for a guardian at a counter: every link of theirs on whom they speak for, locked.

    Raises NotTheirGuardian where there is none.
    """
    pair = (guardian_id, person_id)
    about = lock_links_about(session, person_id)
    theirs = [link for link in about if (link.holder_id, link.relative_id) == pair]
    links = [link for link in theirs if _speaks(session, call, link)]
    if not links:
        policy = policies.current(session, call.staff.region_id, call.now)
        raise NotTheirGuardian(age=policy.own_consent_age)
    return links


def _speaks(session: Session, call: Call, link: Link) -> bool:
    try:
        _refuse_no_guardian(session, call, link)
    except (LinkNotActive, NotTheirGuardian):
        return False
    return True


def _refuse_no_guardian(session: Session, call: Call, link: Link) -> None:
    if _guards(session, call, link) >= policy_of(session, call, link).adult_age:
        _refuse_standing_still(session, call, link)


def _refuse_standing_still(session: Session, call: Call, link: Link) -> None:
    state = state_now(session, call, link)
    if not rules.may_act(state, link.acts_from, link.acts_until, call.now):
        raise LinkNotActive(state=state)


def _guards(session: Session, call: Call, link: Link) -> int:
    """The age of whom the holder speaks for; raises LinkNotActive, NotTheirGuardian."""
    if link.relative_id is None:
        raise LinkNotActive(state=state_now(session, call, link))
    policy = policy_of(session, call, link)
    age = relative_age(session, call, link)
    if not rules.speaks_for(link.relation, age, policy):
        raise NotTheirGuardian(age=policy.own_consent_age)
    return age
