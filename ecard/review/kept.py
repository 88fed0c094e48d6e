"""What is kept of the cases about somebody's links, as their side may read them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import files
from ecard.call import Call
from ecard.family.kept import links_of
from ecard.kept import Categories, Kept, Whose, category, kept
from ecard.review import policy as rules
from ecard.review.cases import files_of
from ecard.review.decisions import decision_view, decisions_of
from ecard.review.models import Case

if TYPE_CHECKING:
    from ecard.family.models import Link


def kept_about(session: Session, call: Call, whose: Whose, most: int | None) -> Categories:
    """Cases with their decisions; a reason that is hidden from a side stays so."""
    links = {link.id: link for link in links_of(session, whose)}
    query = sa.select(Case).where(Case.link_id.in_(links))
    view = partial(_case, session, call, whose, links)
    return {"cases": category(session, query, Case.opened_at, Case.id, view, most)}


def _case(
    session: Session, call: Call, whose: Whose, links: Mapping[uuid.UUID, Link], row: Case
) -> Kept:
    decided = [
        decision_view(session, call, one, row, links[row.link_id], whose.reader_id)
        for one in decisions_of(session, [row])
    ]
    last = decided[-1] if decided else None
    frames = [one.file_id for one in files_of(session, row) if one.role == "frame"]
    return kept(
        row.id,
        row.opened_at,
        kind=row.kind,
        state=row.state,
        level=row.level,
        link_id=row.link_id,
        due_at=row.due_at,
        outcome=last.outcome if last is not None else None,
        reason=last.reason if last is not None else None,
        explanation=last.explanation if last is not None else None,
        frames_kept=sum(files.shows(session, one, whose.person_id) for one in frames),
    )


def own_frames(session: Session, whose: Whose) -> list[tuple[str, uuid.UUID]]:
    """Frames of the person's face that cases still keep: (what it is, file)."""
    links = [link.id for link in links_of(session, whose)]
    query = sa.select(Case).where(Case.link_id.in_(links)).order_by(Case.opened_at, Case.id)
    return [
        ("review_frame", one.file_id)
        for row in session.scalars(query)
        for one in files_of(session, row)
        if one.role in rules.FACES and files.shows(session, one.file_id, whose.person_id)
    ]
