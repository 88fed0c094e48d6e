"""An application for an e-card: its moves, who makes them and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from ecard.certification.policy import plus_months
from ecard.machines import Machine

ENTERED, IN_PRODUCTION, AT_BANK, READY = "entered", "in_production", "at_bank", "ready"
COLLECTED, FAILED, UNCLAIMED = "collected", "failed", "unclaimed"

HOLDER, PERSON, CLERK, SYSTEM = "holder", "person", "clerk", "system"

REQUESTED = {HOLDER: "requested_by_holder", PERSON: "requested_by_person"}
ONWARD = {ENTERED: IN_PRODUCTION, IN_PRODUCTION: AT_BANK, AT_BANK: READY}
PASSED = {ENTERED: "data_checked", IN_PRODUCTION: "produced", AT_BANK: "account_opened"}
"""State → the reason written down where it goes on."""
HANDED_OVER, NOT_COLLECTED = "handed_over", "not_collected"
FAILURE_REASONS: Mapping[str, tuple[str, ...]] = {
    ENTERED: ("photo_not_fit", "particulars_differ", "not_entitled", "person_died"),
    IN_PRODUCTION: ("production_failed", "particulars_differ", "person_died"),
    AT_BANK: ("bank_refused", "particulars_differ", "person_died"),
    READY: ("card_defective", "card_lost", "person_died"),
}
"""State → why it may fail there; a new application may follow at once."""
ALL_FAILURE_REASONS = tuple(dict.fromkeys(one for of in FAILURE_REASONS.values() for one in of))

MACHINE = Machine.of(
    *((None, ENTERED, who, [REQUESTED[who]]) for who in REQUESTED),
    *((state, ONWARD[state], CLERK, [PASSED[state]]) for state in ONWARD),
    (READY, COLLECTED, CLERK, [HANDED_OVER]),
    *((state, FAILED, CLERK, FAILURE_REASONS[state]) for state in FAILURE_REASONS),
    (READY, UNCLAIMED, SYSTEM, [NOT_COLLECTED]),
)
STATES = MACHINE.states
OPEN = tuple(state for state in STATES if not MACHINE.is_over(state))


def collected_by(ready_on: date, months: int) -> date:
    """The last day on which a card that is ready waits."""
    return plus_months(ready_on, months)


def state_at(state: str, collect_until: datetime | None, now: datetime) -> str:
    """The state as of now: what nobody collected is over even before the sweep."""
    lapsed = state == READY and collect_until is not None and collect_until <= now
    return UNCLAIMED if lapsed else state
