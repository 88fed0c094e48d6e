"""The region tree, counters, and how staff come in: one door to each file's verbs."""

from __future__ import annotations

from ecard.agencies.desks import JOBS, list_desk_messages, tell_desk
from ecard.agencies.errors import UnknownRegion
from ecard.agencies.models import Region, StaffMember
from ecard.agencies.regions import (
    LEVELS,
    CounterPage,
    CounterView,
    ancestry,
    counter_by_code,
    counter_name,
    counter_of,
    counters,
    counters_in,
    has_agency,
    region,
    region_by_code,
    region_codes,
    region_ids,
    subtree_ids,
    time_zone,
)
from ecard.agencies.staff import (
    ROLES,
    StaffToken,
    StaffView,
    actor_for_token,
    forget_failures,
    me,
    sign_in,
    sign_out,
    staff_number_index,
    staff_of,
    sweep,
)

__all__ = [
    "JOBS",
    "LEVELS",
    "ROLES",
    "CounterPage",
    "CounterView",
    "Region",
    "StaffMember",
    "StaffToken",
    "StaffView",
    "UnknownRegion",
    "actor_for_token",
    "ancestry",
    "counter_by_code",
    "counter_name",
    "counter_of",
    "counters",
    "counters_in",
    "forget_failures",
    "has_agency",
    "list_desk_messages",
    "me",
    "region",
    "region_by_code",
    "region_codes",
    "region_ids",
    "sign_in",
    "sign_out",
    "staff_number_index",
    "staff_of",
    "subtree_ids",
    "sweep",
    "tell_desk",
    "time_zone",
]
