"""Confirmations: whoever came of age and shows no face to a machine says it in a video.

A case like others, about a link that goes on meanwhile as it is. While a person is asked, and as
long as a refusal can be appealed, reading does not end: the wait is ours.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.family import service as family
from ecard.review.cases import open_case
from ecard.review.models import Case
from ecard.review.policy import AGREEMENT_IN_VIDEO, CaseKind, DecisionOutcome, after_days

if TYPE_CHECKING:
    from ecard.family.models import Link


def was_asked(session: Session, link: Link) -> bool:
    """Whether a person was shown a video about this link already, whatever they decided."""
    query = sa.exists().where(Case.link_id == link.id, Case.kind == CaseKind.CONFIRMATION.value)
    return bool(session.scalar(sa.select(query)))


def ask_person(
    session: Session,
    call: Call,
    link: Link,
    *,
    facts: dict[str, Any],
    files: Sequence[tuple[str, uuid.UUID]],
) -> None:
    """Hand the video on a locked link to a person. Not committed."""
    kind, reasons = CaseKind.CONFIRMATION.value, ["digits_video", AGREEMENT_IN_VIDEO]
    open_case(session, call, link, kind=kind, reasons=reasons, facts=facts, files=files)
    wait(session, call, link)


def wait(session: Session, call: Call, link: Link) -> None:
    """A person is asked: the link is read for as long as they may see the video. Not committed."""
    _read_for(session, call, link, family.policy_of(session, call, link).case_file_days)


def _read_for(session: Session, call: Call, link: Link, days: int) -> None:
    """To the end of a day: families are told days."""
    zone = agencies.time_zone(session, link.region_id)
    family.wait_for_person(link, after_days(call.now, days, zone))


def settle(session: Session, call: Call, case: Case, link: Link, outcome: DecisionOutcome) -> None:
    """The link goes on in the scopes chosen; or days are left to appeal or to confirm otherwise."""
    if outcome is DecisionOutcome.APPROVED:
        family.confirm_by_video(session, call, link, case.facts["scopes"])
        return
    _read_for(session, call, link, family.policy_of(session, call, link).appeal_days)
