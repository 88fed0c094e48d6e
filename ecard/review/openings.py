"""A minor's case at this desk is opened by two; what is asked and approved: ``ecard.openings``."""

from __future__ import annotations

import uuid

from ecard import openings
from ecard.call import Call
from ecard.openings import OpeningNotNeeded, OpeningView
from ecard.review.access import at_desk, refuse_conflict, refuse_unless_waiting, sides_of
from ecard.review.models import CaseOpening


def ask_opening(call: Call, case_id: uuid.UUID) -> OpeningView:
    """Ask to open a minor's case. Asking again while it waits or is open changes nothing."""
    with call.db.write() as session:
        case, link = at_desk(session, call, case_id)
        refuse_conflict(session, call, *sides_of(session, link))
        if not case.minor:
            raise OpeningNotNeeded
        refuse_unless_waiting(session, call, case, link)
        opening = openings.ask(session, call, CaseOpening, case.id)
        session.commit()
    return opening


def approve_opening(call: Call, case_id: uuid.UUID) -> OpeningView:
    """A second person's approval of the longest waiting question; good for 30 minutes."""
    with call.db.write() as session:
        case, link = at_desk(session, call, case_id)
        refuse_conflict(session, call, *sides_of(session, link))
        refuse_unless_waiting(session, call, case, link)
        opening = openings.approve(session, call, CaseOpening, case.id)
        session.commit()
    return opening
