"""Growing up: from the 16th birthday on the young person confirms a link, takes over, or ends it.

The link stays what it is meanwhile: its holder reads for some days more, and the young person may
do at once what an adult relative may. Unconfirmed, it ends by itself when those days are over.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from ecard import audit
from ecard.accounts import service as accounts
from ecard.call import Call
from ecard.cards import service as cards
from ecard.cards.errors import ResetNeedsCounter
from ecard.family import policy as rules
from ecard.family.ending import lock_at_counter
from ecard.family.errors import (
    ConfirmedAlready,
    LinkNotActive,
    NothingToConfirm,
    NotOfAgeYet,
)
from ecard.family.links import (
    lock_link,
    move,
    note_stay,
    on_me,
    scopes_in_words,
    state_now,
    tell_relative,
    typed,
)
from ecard.family.models import Link
from ecard.family.reading import LinkView, view
from ecard.messages import service as messages
from ecard.notices import service as notices
from ecard.persons import service as persons

FACE = "face"
"""How it was confirmed: with the own face, at a counter, by the e-card password alone where the
registry holds no portrait, or by a digits video that a person watched."""
COUNTER, PASSWORD, VIDEO = "counter", "password", "digits_video"


def read_notice(call: Call, link_id: uuid.UUID) -> notices.Notice:
    """The notice on comparing faces, to be shown before the young person's own camera opens."""
    with call.db.read() as session:
        link = on_me(session, call, session.get(Link, link_id))
        return notices.shown_in(session, call, link.region_id, notices.FACE_PROCESSING)


def open_face_proof(
    call: Call, link_id: uuid.UUID, notice_id: uuid.UUID, text_sha256: str
) -> cards.ResetView:
    """The young person consents to the comparison with the registry's portrait and begins it.

    Raises ResetNeedsCounter where a face cannot decide, and what `confirm` raises of the link.
    """
    if not cards.face_decides(call):
        raise ResetNeedsCounter
    with call.db.write() as session:
        link = growing_link(session, call, link_id)
        notices.decide(
            session,
            call,
            link_id=link.id,
            person_id=link.relative_id,
            given_by="person",
            kind=notices.FACE_PROCESSING,
            decision="given",
            notice_id=notice_id,
            text_sha256=text_sha256,
            region_id=link.region_id,
        )
        opened = cards.open_face_proof(session, call, cards.CONFIRM_LINK)
        session.commit()
        return opened


def confirm(
    call: Call,
    link_id: uuid.UUID,
    *,
    scopes: Sequence[str],
    step_up_id: uuid.UUID,
    face_proof_id: uuid.UUID | None = None,
) -> LinkView:
    """The young person confirms, by e-card password and own face: the holder acts again, in the
    scopes now chosen.

    Raises NotOfAgeYet, ConfirmedAlready, NothingToConfirm, LinkNotActive, CardNotUsable,
    StepUpNeeded, ResetFaceNeeded, ResetClosed. Who has no portrait in the registry shows no face.
    """
    cards.refuse_card_state(call)
    with_face = cards.face_decides(call)
    with call.db.write() as session:
        link = growing_link(session, call, link_id)
        cards.spend_grant(session, call, step_up_id, cards.CONFIRM_LINK)
        if with_face:
            cards.spend_face_proof(session, call, face_proof_id, cards.CONFIRM_LINK)
        _confirm(session, call, link, scopes, FACE if with_face else PASSWORD)
        session.commit()
        return view(session, call, link, to_holder=False)


def confirm_at_counter(
    call: Call, link_id: uuid.UUID, *, number: str, identity_document: str, scopes: Sequence[str]
) -> None:
    """A clerk saw the young person and their document: confirmed without a camera.

    ``number``: the young person's own. Raises NotAllowed, NotFound (also another region's, or
    somebody else's link), Unavailable, and what `confirm` raises of the link.
    """
    known = accounts.numbered_person_at_counter(call, number)
    with call.db.write() as session:
        link = lock_at_counter(session, call, link_id, known.ref)
        _refuse_unless_growing(session, call, link)
        _confirm(session, call, link, scopes, COUNTER, identity_document)
        session.commit()


def take_over(call: Call, link_id: uuid.UUID) -> LinkView:
    """The young person takes their affairs into their own hands: the link ends, and what it was for
    they do with their own e-card. Raises CardNotUsable without one, and as `confirm` of the link.
    """
    cards.refuse_card_state(call)
    with call.db.write() as session:
        link = growing_link(session, call, link_id)
        move(session, call, link, rules.ENDED, "taken_over")
        session.commit()
        return view(session, call, link, to_holder=False)


def growing_link(session: Session, call: Call, link_id: uuid.UUID) -> Link:
    """The link on the signed-in young person which it is now theirs to decide about, locked.

    Raises NotFound, NotOfAgeYet, ConfirmedAlready, NothingToConfirm, LinkNotActive.
    """
    link = on_me(session, call, lock_link(session, link_id))
    _refuse_unless_growing(session, call, link)
    return link


def confirm_by_video(session: Session, call: Call, link: Link, scopes: Sequence[str]) -> None:
    """A person watched the young person's digits video: a locked link goes on, in the scopes that
    were chosen with it. Raises what `confirm` raises of the link. Not committed."""
    _refuse_unless_growing(session, call, link)
    _confirm(session, call, link, scopes, VIDEO)


def wait_for_person(link: Link, until: datetime) -> None:
    """Reading on a locked link does not end before: the wait is ours. Not committed."""
    link.held_until = until


def _refuse_unless_growing(session: Session, call: Call, link: Link) -> None:
    """Only between the birthday and the end of reading there is something to confirm."""
    state = state_now(session, call, link)
    if state != rules.ACTIVE:
        raise LinkNotActive(state=state)
    if link.acts_until is None:
        raise ConfirmedAlready if link.confirmed_at else NothingToConfirm
    if call.now < link.acts_until:
        raise NotOfAgeYet


def _confirm(
    session: Session,
    call: Call,
    link: Link,
    scopes: Sequence[str],
    via: str,
    identity_document: str | None = None,
) -> None:
    link.acts_until = link.held_until = None
    link.confirmed_at, link.confirmed_via = call.now, via
    link.scopes = sorted(set(scopes))
    note_stay(session, call, link, "confirmed_by_relative")
    _tell_both(session, call, link)
    audit.record(
        session,
        call,
        "link.confirmed",
        "link",
        link.id,
        reason=identity_document or via,
        acting_for=link.relative_id,
    )


def _tell_both(session: Session, call: Call, link: Link) -> None:
    name = typed(session, call, link)[0] or ""
    holder = persons.particulars(session, call, link.holder_id)
    words = scopes_in_words(link, holder.language)
    messages.notify(session, call, holder.person_id, "link_confirmed", name=name, scopes=words)
    tell_relative(session, call, link, "link_confirmed_relative")
