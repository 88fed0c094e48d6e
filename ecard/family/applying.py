"""Steps 1 and 2: an application is opened with a step-up grant, its notice acknowledged."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy.orm import Session

from ecard import limits
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.cards import service as cards
from ecard.family import policy as rules
from ecard.family.errors import (
    HolderTooYoung,
    TooManyApplications,
)
from ecard.family.lapsing import plan_reminders
from ecard.family.links import enter, move, own_link, still_open
from ecard.family.models import Link
from ecard.family.reading import LinkView, view
from ecard.notices import service as notices
from ecard.persons import service as persons
from ecard.persons.policy import age_on, local_day
from ecard.policy import service as policies

DAY_SECONDS = 24 * 3600


def open_application(call: Call, step_up_id: uuid.UUID) -> LinkView:
    """Spend a step-up grant and open a draft.

    Raises CardNotUsable, HolderTooYoung, StepUpNeeded, TooManyApplications.
    """
    cards.refuse_card_state(call)
    with call.db.write() as session:
        holder = call.holder
        _refuse_too_young(session, call)
        cards.spend_grant(session, call, step_up_id, "add_relative")
        wait = limits.spend(
            session,
            "application",
            holder.person_id,
            limit=call.settings.applications_per_day,
            window_seconds=DAY_SECONDS,
            now=call.now,
        )
        if wait is not None:
            raise TooManyApplications(retry_after=wait)
        days = policies.current(session, holder.region_id, call.now).application_days
        link = Link(
            id=uuid.uuid4(),
            holder_id=holder.person_id,
            region_id=holder.region_id,
            state=rules.DRAFT,
            scopes=[],
            opened_at=call.now,
            lapses_at=call.now + timedelta(days=days),
        )
        session.add(link)
        session.flush()
        enter(session, call, link, None, rules.DRAFT, "opened")
        plan_reminders(session, call, link)
        session.commit()
        return view(session, call, link)


def _refuse_too_young(session: Session, call: Call) -> None:
    holder = persons.particulars(session, call, call.holder.person_id)
    today = local_day(call.now, agencies.time_zone(session, holder.region_id))
    adult_age = policies.current(session, holder.region_id, call.now).adult_age
    if age_on(holder.birth_date, today) < adult_age:
        raise HolderTooYoung(age=adult_age)


def read_notice(call: Call, link_id: uuid.UUID, kind: str) -> notices.Notice:
    """The notice of the application's region, which is the one to acknowledge or consent to.

    The application stays in the region where it was opened, also when its holder moves.
    """
    with call.db.read() as session:
        link = own_link(session, call, link_id)
        return notices.shown_in(session, call, link.region_id, kind)


def acknowledge(call: Call, link_id: uuid.UUID, notice_id: uuid.UUID, text_sha256: str) -> LinkView:
    """Record that exactly this text was read; the draft becomes noticed."""
    with call.db.write() as session:
        link = own_link(session, call, link_id, lock=True)
        still_open(session, call, link)
        rules.check_move(link.state, rules.NOTICED, "notice_acknowledged")
        notices.acknowledge(
            session,
            call,
            person_id=link.holder_id,
            link_id=link.id,
            notice_id=notice_id,
            text_sha256=text_sha256,
            region_id=link.region_id,
        )
        move(session, call, link, rules.NOTICED, "notice_acknowledged")
        session.commit()
        return view(session, call, link)
