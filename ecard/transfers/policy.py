"""A transfer of social security to another region: its moves, deadlines and preconditions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ecard.machines import Machine
from ecard.registry.port import Arrears, Benefit
from ecard.transfers.errors import (
    TransferArrears,
    TransferDrawingPension,
    TransferPersonDied,
    TransferRegionMoved,
)

ACCEPTING, OLD_AGENCY, NEW_AGENCY = "accepting", "old_agency", "new_agency"
COMPLETED, REFUSED, WITHDRAWN = "completed", "refused", "withdrawn"

HOLDER, PERSON = "holder", "person"
RECEIVING, SENDING = "receiving_agency", "sending_agency"

REFUSAL_REASONS: Mapping[str, tuple[str, ...]] = {
    ACCEPTING: ("no_tie_to_region", "particulars_differ", "not_entitled", "person_died"),
    OLD_AGENCY: ("records_incomplete", "particulars_differ", "not_entitled", "person_died"),
    NEW_AGENCY: ("records_incomplete", "particulars_differ", "not_entitled", "person_died"),
}
"""Stage → why the agency concerned may refuse there."""
PASSED = {ACCEPTING: "accepted", OLD_AGENCY: "released", NEW_AGENCY: "taken_over"}
"""Stage → the reason written down where its agency passes it on."""
ONWARD = {ACCEPTING: OLD_AGENCY, OLD_AGENCY: NEW_AGENCY, NEW_AGENCY: COMPLETED}
AGENCIES = {ACCEPTING: RECEIVING, OLD_AGENCY: SENDING, NEW_AGENCY: RECEIVING}
"""Stage → whose turn it is: the region moved to agrees first, then the one moved from lets go."""
REQUESTED = {HOLDER: "requested_by_holder", PERSON: "requested_by_person"}

MACHINE = Machine.of(
    *((None, ACCEPTING, who, [REQUESTED[who]]) for who in REQUESTED),
    *((stage, ONWARD[stage], AGENCIES[stage], [PASSED[stage]]) for stage in ONWARD),
    *((stage, REFUSED, AGENCIES[stage], REFUSAL_REASONS[stage]) for stage in ONWARD),
    *(
        (stage, WITHDRAWN, who, [REQUESTED[who]])
        for stage in (ACCEPTING, OLD_AGENCY)
        for who in REQUESTED
    ),
)
STATES = MACHINE.states
STAGES = tuple(ONWARD)
ALL_REFUSAL_REASONS = tuple(dict.fromkeys(one for of in REFUSAL_REASONS.values() for one in of))

WITHDRAWAL = {ACCEPTING: "ends_at_once", OLD_AGENCY: "old_agency_stops"}
"""Stage → what a withdrawal leads to there: nobody had begun; or the old agency is told to stop.
After it has finished a transfer can only be completed or refused."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the registry says of a person, as of this call."""

    region: str
    """Code of the region where they are insured."""
    died_on: date | None
    arrears: tuple[Arrears, ...]
    benefits: tuple[Benefit, ...]
    today: date


def check_preconditions(facts: Facts, from_region: str) -> None:
    """Raise what stands in the way of a transfer: asked when it begins and at each stage passed.

    Raises TransferPersonDied, TransferRegionMoved, TransferArrears, TransferDrawingPension.
    """
    if facts.died_on is not None:
        raise TransferPersonDied
    if facts.region != from_region:
        raise TransferRegionMoved
    if owed := sum(one.cents for one in facts.arrears):
        raise TransferArrears(cents=owed)
    if draws_pension(facts.benefits, facts.today):
        raise TransferDrawingPension


def draws_pension(benefits: Iterable[Benefit], day: date) -> bool:
    """Whether somebody is entitled to a pension on that day; one that is stopped counts too."""
    return any(one.since <= day and (one.until is None or day <= one.until) for one in benefits)


def reminders_due(due_at: datetime | None, escalates_at: datetime | None, now: datetime) -> int:
    """How many deadlines of the present stage have passed: 0, 1 (late) or 2 (goes one level up)."""
    return sum(1 for deadline in (due_at, escalates_at) if deadline is not None and deadline <= now)
