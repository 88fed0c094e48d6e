"""Come of age, and no face before a machine: four digits in a video that a person watches.

The e-card password is asked for as with a face. The registry's portrait, with which whoever watches
compares, is copied for the case and goes with it; where there is none the password alone confirms.
One video for a link, and one appeal: after that the counter, or the face.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, kept_frames
from ecard.activation.digits import (
    DigitsView,
    VideoReceived,
    checked,
    digits_view,
    facts_of,
    keep,
    new_digits,
    what_to_do,
)
from ecard.activation.errors import ConfirmationVideoUsed, DigitsNotDrawn, NothingToCompare
from ecard.activation.models import DigitsVideo
from ecard.call import Call
from ecard.cards import service as cards
from ecard.family import service as family
from ecard.persons import service as persons
from ecard.review import service as review

if TYPE_CHECKING:
    from ecard.family.models import Link


def draw_digits(
    call: Call, link_id: uuid.UUID, *, scopes: Sequence[str], step_up_id: uuid.UUID
) -> DigitsView:
    """What the young person says in the video that confirms a link, in the scopes now chosen.

    Asked again while they are good, the digits are the same. Raises CardNotUsable, StepUpNeeded,
    NothingToCompare, ConfirmationVideoUsed, and of the link what confirming it raises.
    """
    cards.refuse_card_state(call)
    with call.db.read() as session:
        _ready(session, call, link_id)
    _portrait(call)
    with call.db.write() as session:
        link = _ready(session, call, link_id)
        cards.spend_grant(session, call, step_up_id, cards.CONFIRM_LINK)
        drawn = _drawn(session, call, link) or _draw(session, call, link)
        drawn.scopes = sorted(set(scopes))
        person_id = call.holder.person_id
        audit.record(session, call, "digits.drawn", "link", link.id, acting_for=person_id)
        session.commit()
        return digits_view(drawn, what_to_do(session, call, link, drawn, agreeing=True))


def take_video(call: Call, link_id: uuid.UUID, content: bytes) -> VideoReceived:
    """Hand the video to a person; the link is read meanwhile.

    Raises DigitsNotDrawn, the refusals of videos, which leave everything as it was, and what
    drawing the digits raises.
    """
    cards.refuse_card_state(call)
    with call.db.read() as session:
        _waiting(session, call, link_id)
    portrait = _portrait(call)
    video = checked(call, content)
    person_id = call.holder.person_id
    with call.db.write() as session:
        link, drawn = _waiting(session, call, link_id)
        film = keep(session, call, link, person_id, drawn, video)
        until = call.now + timedelta(days=family.policy_of(session, call, link).case_file_days)
        (picture,) = kept_frames.keep(session, call, person_id, [portrait], until)
        review.ask_person(
            session,
            call,
            link,
            facts={**facts_of(drawn, video), "scopes": drawn.scopes},
            files=[("digits_video", film), ("portrait", picture)],
        )
        audit.record(session, call, "digits.received", "link", link.id, acting_for=person_id)
        session.commit()
    return VideoReceived("wait_for_review")


def _portrait(call: Call) -> bytes:
    """With what a person compares; asked of the registry, so outside a session."""
    with call.db.read() as session:
        ref = persons.particulars(session, call, call.holder.person_id).registry_ref
    portrait = persons.portrait(call, ref)
    if portrait is None:
        raise NothingToCompare
    return portrait


def _ready(session: Session, call: Call, link_id: uuid.UUID) -> Link:
    link = family.growing_link(session, call, link_id)
    if review.was_asked(session, link):
        raise ConfirmationVideoUsed
    return link


def _waiting(session: Session, call: Call, link_id: uuid.UUID) -> tuple[Link, DigitsVideo]:
    link = _ready(session, call, link_id)
    drawn = _drawn(session, call, link)
    if drawn is None:
        raise DigitsNotDrawn
    return link, drawn


def _drawn(session: Session, call: Call, link: Link) -> DigitsVideo | None:
    query = sa.select(DigitsVideo).filter_by(link_id=link.id, capture_session_id=None)
    return session.scalar(query.where(DigitsVideo.expires_at > call.now))


def _draw(session: Session, call: Call, link: Link) -> DigitsVideo:
    lives = timedelta(seconds=call.settings.capture_session_seconds)
    drawn = DigitsVideo(
        id=uuid.uuid4(),
        link_id=link.id,
        digits=new_digits(),
        drawn_at=call.now,
        expires_at=call.now + lives,
    )
    session.add(drawn)
    session.flush()
    return drawn
