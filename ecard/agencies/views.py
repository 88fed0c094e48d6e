"""The staff's door (public), their own page (staff), and where counters are (public)."""

from __future__ import annotations

from typing import Any

from ecard.agencies import service
from ecard.agencies.errors import StaffSignInFailed, UnknownRegion
from ecard.agencies.schemas import (
    CounterPageSchema,
    CounterQuerySchema,
    StaffSignInSchema,
    StaffTokenSchema,
    StaffViewSchema,
)
from ecard.api import Room
from ecard.errors import Busy, TooManyRequests
from ecard.request import current_call

staff_door = Room("staff-door", __name__, url_prefix="/staff", description="Staff sign in")
staff_desk = Room("staff-desk", __name__, url_prefix="/staff", description="Staff, signed in")
counters = Room("counters", __name__, url_prefix="/counters", description="Counters near you")


@staff_door.route("/sign-in", methods=["POST"])
@staff_door.doc(operationId="signInStaff")
@staff_door.refuses(StaffSignInFailed, TooManyRequests, Busy)
@staff_door.arguments(StaffSignInSchema)
@staff_door.response(200, StaffTokenSchema)
def sign_in(body: dict[str, str]) -> service.StaffToken:
    """Open a session of staff"""
    return service.sign_in(current_call(), **body)


@staff_desk.route("/session", methods=["DELETE"])
@staff_desk.doc(operationId="signOutStaff")
@staff_desk.response(204)
def sign_out() -> None:
    """End this session"""
    service.sign_out(current_call())


@staff_desk.route("/me", methods=["GET"])
@staff_desk.doc(operationId="getStaffMe")
@staff_desk.response(200, StaffViewSchema)
def me() -> service.StaffView:
    """Who is signed in, with which roles and where"""
    return service.me(current_call())


@counters.route("", methods=["GET"])
@counters.doc(operationId="listCounters")
@counters.refuses(UnknownRegion)
@counters.arguments(CounterQuerySchema, location="query")
@counters.response(200, CounterPageSchema)
def list_counters(query: dict[str, Any]) -> service.CounterPage:
    """Counters and their addresses, by code, in the caller's language"""
    region_code = query.pop("region")
    return service.counters(current_call(), region_code=region_code, **query)
