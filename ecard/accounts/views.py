"""The holder's door (public), the account behind it (holder), recovery at a counter (staff)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ecard.accounts import schemas, service
from ecard.accounts.errors import (
    CodeExpired,
    CodeWrong,
    LastDevice,
    NewDeviceNeedsRecovery,
    NothingToRecover,
    RecoveryNotReady,
    RecoveryUnknown,
    SessionHandedOver,
    SignInBlocked,
    TooManyDevices,
)
from ecard.api import Room
from ecard.errors import NotAllowed, NotFound, NotSignedIn, TooManyRequests, Unavailable
from ecard.pages import Page
from ecard.request import current_call

sign_in = Room("sign-in", __name__, url_prefix="", description="Holders sign in")
account = Room("account", __name__, url_prefix="", description="A holder's devices")
own_session = Room("session", __name__, url_prefix="/session", description="A holder's session")
staff_recovery = Room(
    "staff-recovery", __name__, url_prefix="/staff/recoveries", description="Lost phones, counter"
)


@sign_in.route("/sign-in/codes", methods=["POST"])
@sign_in.doc(operationId="requestSignInCode")
@sign_in.idempotent
@sign_in.refuses(TooManyRequests)
@sign_in.arguments(schemas.CodeRequestSchema)
@sign_in.response(202, schemas.CodeOpenedSchema)
def request_code(body: dict[str, Any]) -> service.CodeOpened:
    """Send a code to the phone on file; the answer is the same for every card number"""
    return service.request_code(current_call(), **body)


@sign_in.route("/sign-in", methods=["POST"])
@sign_in.doc(operationId="signIn")
@sign_in.idempotent
@sign_in.refuses(CodeWrong, CodeExpired, SignInBlocked, NewDeviceNeedsRecovery)
@sign_in.refuses(SessionHandedOver, TooManyRequests, Unavailable)
@sign_in.arguments(schemas.SignInSchema)
@sign_in.response(200, schemas.TokensSchema)
def open_session(body: dict[str, Any]) -> service.Tokens:
    """Sign in with the code"""
    return service.sign_in(current_call(), **body)


@sign_in.route("/tokens", methods=["POST"])
@sign_in.doc(operationId="refreshTokens")
@sign_in.refuses(NotSignedIn)
@sign_in.arguments(schemas.RefreshSchema)
@sign_in.response(200, schemas.TokensSchema)
def refresh(body: dict[str, str]) -> service.Tokens:
    """Exchange a refresh token for the next pair; a spent one ends the session"""
    return service.refresh(current_call(), body["refresh_token"])


@sign_in.route("/recoveries", methods=["POST"])
@sign_in.doc(operationId="openRecovery")
@sign_in.idempotent
@sign_in.refuses(CodeWrong, CodeExpired, SignInBlocked, NothingToRecover)
@sign_in.refuses(TooManyRequests, Unavailable)
@sign_in.arguments(schemas.RecoverySchema)
@sign_in.response(201, schemas.RecoveryOpenedSchema)
def open_recovery(body: dict[str, Any]) -> service.RecoveryOpened:
    """Begin the recovery of an account on a new phone; the old ones are told"""
    return service.open_recovery(current_call(), **body)


@sign_in.route("/recoveries/complete", methods=["POST"])
@sign_in.doc(operationId="completeRecovery")
@sign_in.idempotent
@sign_in.refuses(RecoveryUnknown, RecoveryNotReady, TooManyDevices, TooManyRequests)
@sign_in.arguments(schemas.RecoveryCompletionSchema)
@sign_in.response(200, schemas.TokensSchema)
def complete_recovery(body: dict[str, Any]) -> service.Tokens:
    """Sign in on the new phone, once the delay has passed or an old one approved"""
    return service.complete(current_call(), **body)


@own_session.route("", methods=["DELETE"])
@own_session.doc(operationId="signOut")
@own_session.response(204)
def sign_out() -> None:
    """Sign out, also on a handed-over phone: then nobody accepts on it any more"""
    service.sign_out(current_call())


@account.route("/devices", methods=["GET"])
@account.doc(operationId="listDevices")
@account.response(200, schemas.DevicePageSchema)
def list_devices() -> Page:
    """The holder's devices"""
    return Page(list(service.list_devices(current_call())), None)


@account.route("/devices/<uuid:device_id>", methods=["GET"])
@account.doc(operationId="getDevice")
@account.refuses(NotFound)
@account.response(200, schemas.DeviceSchema)
@account.tagged
def get_device(device_id: UUID) -> service.DeviceView:
    """One of the holder's devices"""
    return service.read_device(current_call(), device_id)


@account.route("/devices/<uuid:device_id>", methods=["PATCH"])
@account.doc(operationId="renameDevice")
@account.refuses(NotFound)
@account.arguments(schemas.DeviceNameSchema)
@account.response(200, schemas.DeviceSchema)
@account.versioned
def rename_device(body: dict[str, str], device_id: UUID, version: int) -> service.DeviceView:
    """Give a device another name"""
    return service.rename_device(current_call(), device_id, body["name"], version)


@account.route("/devices/<uuid:device_id>", methods=["DELETE"])
@account.doc(operationId="removeDevice")
@account.refuses(NotFound, LastDevice)
@account.response(204)
def remove_device(device_id: UUID) -> None:
    """Remove a device and end its sessions; the last one stays"""
    service.remove_device(current_call(), device_id)


@account.route("/recoveries", methods=["GET"])
@account.doc(operationId="listRecoveries")
@account.response(200, schemas.RecoveryPageSchema)
def list_recoveries() -> Page:
    """Recoveries of this account that are under way"""
    return Page(list(service.list_recoveries(current_call())), None)


@staff_recovery.route("", methods=["POST"])
@staff_recovery.doc(operationId="openRecoveryAtCounter")
@staff_recovery.idempotent
@staff_recovery.refuses(NotAllowed, NotFound, NothingToRecover, Unavailable)
@staff_recovery.arguments(schemas.CounterRecoverySchema)
@staff_recovery.response(201, schemas.RecoveryOpenedSchema)
def open_recovery_at_counter(body: dict[str, str]) -> service.RecoveryOpened:
    """A clerk who saw the person and their document begins a recovery; its code goes on paper"""
    return service.open_at_counter(current_call(), **body)
