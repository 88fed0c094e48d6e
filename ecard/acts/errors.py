"""Refusals of acting for a relative, asked at every call."""

from __future__ import annotations

from ecard.errors import Refusal


class LinkNotActive(Refusal):
    """The link is not active; ``state`` says what it is."""

    code = "link_not_active"
    status = 409
    next = "read_link"


class ActingNotAllowedNow(Refusal):
    """The link is active, but outside the time in which the holder may do this."""

    code = "acting_not_allowed_now"
    status = 409
    next = "read_link"


class ScopeOff(Refusal):
    """This service is not among those that the relative agreed to; ``scope`` names it."""

    code = "scope_off"
    status = 403
    next = "read_link"
