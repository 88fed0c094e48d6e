"""What the staff's door refuses."""

from __future__ import annotations

from ecard.errors import Refusal


class StaffSignInFailed(Refusal):
    """User name or password is wrong, or the account is closed: all look the same."""

    code = "staff_sign_in_failed"
    status = 401


class StaffSignInBlocked(Refusal):
    """Too many failures in a row with this user name, whether or not anybody has it."""

    code = "staff_sign_in_blocked"
    status = 403
    next = "administrator"


class UnknownRegion(Refusal):
    """No region has this code."""

    code = "unknown_region"
    status = 404
    next = "list_counters"
