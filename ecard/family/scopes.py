"""What a standing link allows, scope by scope: taken back at once, given only by who may.

Either side takes a scope back whenever they like. A new one is given by the adult relative
themselves; for a minor, or somebody under guardianship, by the holder with their e-card password.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from ecard import audit
from ecard.call import Call
from ecard.cards import service as cards
from ecard.family import policy as rules
from ecard.family.errors import IllegalMove, ScopeNeedsGuardian, ScopeNeedsRelative
from ecard.family.guardians import tell_guardians_of_scopes
from ecard.family.links import (
    lock_link,
    on_me,
    own_link,
    refuse_outdated,
    relative_decides,
    relative_told,
    scopes_in_words,
    state_now,
    tell_relative,
    typed,
)
from ecard.family.models import Link
from ecard.family.reading import LinkView, view
from ecard.messages import service as messages
from ecard.persons import service as persons


def change_as_holder(
    call: Call,
    link_id: uuid.UUID,
    scopes: Sequence[str],
    version: int,
    step_up_id: uuid.UUID | None = None,
) -> LinkView:
    """The holder sets what the link allows. Raises IllegalMove where it does not stand,
    ScopeNeedsRelative, StepUpNeeded, CardNotUsable."""
    with call.db.read() as session:
        wider = bool(_added(own_link(session, call, link_id), scopes))
    if wider:
        cards.refuse_card_state(call)
    with call.db.write() as session:
        link = own_link(session, call, link_id, lock=True)
        refuse_outdated(link, version)
        if _added(link, scopes):
            if not wider or relative_decides(session, call, link):
                raise ScopeNeedsRelative
            cards.spend_grant(session, call, step_up_id, cards.GIVE_SCOPE)
        _set(session, call, link, scopes)
        session.commit()
        return view(session, call, link)


def change_as_relative(
    call: Call, link_id: uuid.UUID, scopes: Sequence[str], version: int
) -> LinkView:
    """The relative sets what somebody's link on them allows; who is no adult, or whose own card is
    stopped, takes back only. Raises CardNotUsable beside what the holder's raises."""
    with call.db.read() as session:
        wider = bool(_added(on_me(session, call, session.get(Link, link_id)), scopes))
    if wider:
        cards.refuse_card_state(call)
    with call.db.write() as session:
        link = on_me(session, call, lock_link(session, link_id))
        refuse_outdated(link, version)
        if _added(link, scopes) and not (wider and relative_decides(session, call, link)):
            raise ScopeNeedsGuardian
        _set(session, call, link, scopes)
        session.commit()
        return view(session, call, link, to_holder=False)


def _added(link: Link, scopes: Sequence[str]) -> set[str]:
    return set(scopes) - set(link.scopes)


def _set(session: Session, call: Call, link: Link, scopes: Sequence[str]) -> None:
    added = _added(link, scopes)
    takes = rules.STANDING if not added else {rules.ACTIVE}
    state = state_now(session, call, link)
    if state not in takes:  # what is stopped or in dispute is not widened
        raise IllegalMove(state=state)
    dropped = set(link.scopes) - set(scopes)
    if not added and not dropped:
        return
    link.scopes = sorted(set(scopes))
    session.flush()
    _tell_both(session, call, link)
    if added:
        tell_guardians_of_scopes(session, call, link)
    for given, changed in ((True, added), (False, dropped)):
        for scope in sorted(changed):
            reason = f"{scope}_{'given' if given else 'taken_back'}"
            audit.record(
                session,
                call,
                "link.scope",
                "link",
                link.id,
                reason=reason,
                acting_for=link.relative_id,
            )


def _tell_both(session: Session, call: Call, link: Link) -> None:
    name = typed(session, call, link)[0] or ""
    language = persons.particulars(session, call, link.holder_id).language
    words = scopes_in_words(link, language)
    messages.notify(session, call, link.holder_id, "link_scopes", name=name, scopes=words)
    if relative_told(session, link) is not None:
        tell_relative(session, call, link, "link_scopes_relative")
