"""The staff's door (public), their own page (staff), and where counters are (public)."""

from __future__ import annotations

from typing import Any

from ecard.agencies import service
from ecard.agencies.errors import StaffSignInBlocked, StaffSignInFailed, UnknownRegion
from ecard.agencies.schemas import (
    CounterPageSchema,
    CounterQuerySchema,
    DeskMessageSchema,
    StaffSignInSchema,
    StaffTokenSchema,
    StaffViewSchema,
)
from ecard.api import CursorSchema, Room, page_of
from ecard.errors import Busy, InvalidInput, TooManyRequests
from ecard.request import current_call

public = Room("agencies", __name__, url_prefix="", description="Counters; staff sign in")
staff = Room("staff", __name__, url_prefix="/staff", description="Staff, signed in")


@public.route("/staff/sign-in", methods=["POST"])
@public.doc(operationId="signInStaff")
@public.idempotent
@public.refuses(StaffSignInFailed, StaffSignInBlocked, TooManyRequests, Busy)
@public.arguments(StaffSignInSchema)
@public.response(200, StaffTokenSchema)
def sign_in(body: dict[str, str]) -> service.StaffToken:
    """Open a session of staff"""
    return service.sign_in(current_call(), **body)


@staff.route("/session", methods=["DELETE"])
@staff.doc(operationId="signOutStaff")
@staff.response(204)
def sign_out() -> None:
    """End this session"""
    service.sign_out(current_call())


@staff.route("/me", methods=["GET"])
@staff.doc(operationId="getStaffMe")
@staff.response(200, StaffViewSchema)
def me() -> service.StaffView:
    """Who is signed in, with which roles and where"""
    return service.me(current_call())


@staff.route("/messages", methods=["GET"])
@staff.doc(operationId="listDeskMessages")
@staff.refuses(InvalidInput)
@staff.arguments(CursorSchema, location="query")
@staff.response(200, page_of(DeskMessageSchema))
def list_desk_messages(page: dict[str, Any]) -> Any:
    """What the desk of one's own region was told, newest first."""
    return service.list_desk_messages(current_call(), **page)


@public.route("/counters", methods=["GET"])
@public.doc(operationId="listCounters")
@public.refuses(UnknownRegion)
@public.arguments(CounterQuerySchema, location="query")
@public.response(200, CounterPageSchema)
def list_counters(query: dict[str, Any]) -> service.CounterPage:
    """Counters and their addresses, by code, in the caller's language"""
    region_code = query.pop("region")
    return service.counters(current_call(), region_code=region_code, **query)
