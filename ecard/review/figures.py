"""Figures for an auditor: how many cases, how they ended, how long people waited.

Nothing that a few people hide behind: see ``policy.told``. That guards one answer: whoever asks on
two days, for two spans or for two regions can still subtract, and each look is on record.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecard import audit, files
from ecard.call import Call
from ecard.family import service as family
from ecard.review import policy as rules
from ecard.review.models import Case, Decision

AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class FigureView:
    """Cases of one kind. What is None would be about fewer people than may be shown."""

    kind: str
    opened: int | None
    approved: int | None
    rejected: int | None
    waiting: int | None
    appealed: int | None
    """Of them all, those that went one level up."""
    overdue: int | None
    """Of those that wait."""
    median_hours: float | None
    """From the opening to the first decision; None too where too few were decided."""


@dataclass(frozen=True, slots=True)
class FiguresView:
    """Figures of the auditor's region and below, of cases opened there since then, whoever decides
    them now."""

    since: datetime
    least: int
    faces: int | None
    """Of how many people a face is kept at present, in all regions; None where of too few."""
    faces_to_report: int
    items: list[FigureView]


@dataclass
class _Seen:
    counts: Counter[str] = field(default_factory=Counter)
    hours: list[float] = field(default_factory=list)


def figures(call: Call, *, days: int) -> FiguresView:
    """Cases opened in the last ``days`` days, by kind; the look is on record."""
    call.require_role(AUDITOR)
    since = call.now - timedelta(days=days)
    with call.db.read() as session:
        seen = _seen(session, call, since)
        faces = files.people_with_faces(session)
    with call.db.write() as session:
        audit.record(session, call, "figures.read", "region", call.staff.region_id)
        session.commit()
    least, most = call.settings.figures_least, call.settings.faces_to_report
    rows = [_row(kind, seen[kind], least) for kind in sorted(seen)]
    return FiguresView(since, least, rules.told({"faces": faces}, least)["faces"], most, rows)


def _seen(session: Session, call: Call, since: datetime) -> dict[str, _Seen]:
    first = sa.and_(Decision.case_id == Case.id, Decision.level == 1)
    columns = (Case.kind, Case.state, Case.level, Case.opened_at, Case.due_at)
    query = sa.select(*columns, Decision.outcome, Decision.at).outerjoin(Decision, first)
    # a case is of its link's region: the region above decides an appeal
    ours = Case.link_id.in_(family.ids_in(call.staff.region_ids))
    query = query.where(ours, Case.opened_at >= since)
    found: dict[str, _Seen] = defaultdict(_Seen)
    for row in session.execute(query):
        kept = found[row.kind]
        kept.counts["opened"] += 1
        kept.counts[row.outcome or ("waiting" if row.state in rules.WAITING else "given_up")] += 1
        kept.counts["appealed"] += row.level > 1
        waits = row.outcome is None and row.state in rules.WAITING  # for the first decision
        kept.counts["overdue"] += waits and row.due_at <= call.now
        if row.at is not None:
            kept.hours.append((row.at - row.opened_at).total_seconds() / 3600)
    return found


def _row(kind: str, seen: _Seen, least: int) -> FigureView:
    parts = {name: seen.counts[name] for name in ("approved", "rejected", "waiting", "given_up")}
    shown = rules.told(parts, least)
    waiting = {"overdue": seen.counts["overdue"]}
    waiting["in_time"] = seen.counts["waiting"] - waiting["overdue"]
    late = rules.told(waiting, least)
    alone = {name: rules.told({name: seen.counts[name]}, least)[name] for name in seen.counts}
    return FigureView(
        kind=kind,
        opened=alone["opened"],
        approved=shown["approved"],
        rejected=shown["rejected"],
        waiting=shown["waiting"],
        appealed=alone["appealed"],
        overdue=late["overdue"] if shown["waiting"] is not None else None,
        median_hours=round(median(seen.hours), 1) if len(seen.hours) >= least else None,
    )
