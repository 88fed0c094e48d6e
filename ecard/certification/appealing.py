"""What may be appealed: the newest refusal, or else a stop, once in its window and in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ecard.certification import policy as rules
from ecard.certification.cases import JUDGED_ONCE
from ecard.certification.models import CertificationCase
from ecard.certification.standing import Stands
from ecard.policy.policy import Policy

APPEAL, STOP_APPEAL = "appeal", "stop_appeal"
"""Kinds of cases: against a refusal, and against a stop."""


@dataclass(frozen=True, slots=True)
class Appealable:
    """What is open to an appeal, and the last day for it."""

    kind: str
    until: date
    against: CertificationCase | None = None
    """The refusal; none: a stop."""


def appealable(
    found: Sequence[Stands], earlier: Sequence[CertificationCase], policy: Policy, today: date
) -> Appealable | None:
    """What an appeal of today would be against; None: nothing. ``earlier``: the oldest first."""
    days = timedelta(days=policy.appeal_days)
    refusals = [_refusal(one, earlier, days) for one in earlier]
    stops = [_stop(one.standing, earlier, days) for one in found]
    in_time = [one for one in refusals if one and today <= one.until][-1:]
    in_time += [one for one in stops if one and today <= one.until]
    return in_time[0] if in_time else None


def _refusal(
    one: CertificationCase, earlier: Sequence[CertificationCase], days: timedelta
) -> Appealable | None:
    refused = one.kind in JUDGED_ONCE and one.accepted is False and one.reason != rules.OVERTAKEN
    appealed = any(other.against_id == one.id for other in earlier)
    if not refused or appealed or one.decided_on is None:
        return None
    return Appealable(APPEAL, one.decided_on + days, one)


def _stop(
    now: rules.Standing, earlier: Sequence[CertificationCase], days: timedelta
) -> Appealable | None:
    once = any(one.kind == STOP_APPEAL and one.opened_on >= now.shown_on for one in earlier)
    if now.state != rules.STOPPED or now.stopped_since is None or once:
        return None
    return Appealable(STOP_APPEAL, now.stopped_since + days)
