"""Showing the e-card (holder), scanning it (staff), and the keys for terminals (public)."""

from __future__ import annotations

from typing import Any

from ecard.api import CursorSchema, Room, page_of
from ecard.cards.errors import CardNotUsable
from ecard.errors import InvalidInput, NotAllowed, NotFound, TooManyRequests, Unavailable
from ecard.family.errors import ActingNotAllowedNow, LinkNotActive, ScopeOff
from ecard.qr import errors, schemas, service
from ecard.request import current_call

codes = Room("qr-codes", __name__, url_prefix="/card/qr-codes", description="Showing the e-card")
scanning = Room(
    "staff-qr-codes", __name__, url_prefix="/staff/qr-codes", description="At a counter"
)
published = Room("qr-keys", __name__, url_prefix="/qr-keys", description="Keys for terminals")


@codes.route("", methods=["POST"])
@codes.doc(operationId="showQrCode")
@codes.idempotent
@codes.refuses(NotFound, LinkNotActive, ActingNotAllowedNow, ScopeOff)
@codes.refuses(CardNotUsable, errors.CardOnAnotherPhone, errors.QrCardNotUsable)
@codes.refuses(InvalidInput, TooManyRequests, Unavailable)
@codes.arguments(schemas.ShowQrSchema)
@codes.response(201, schemas.QrSchema)
def show(body: dict[str, Any]) -> service.QrView:
    """A fresh QR code of the own e-card or a relative's: one operation, once, for a minute"""
    return service.show(current_call(), **body)


@codes.route("", methods=["GET"])
@codes.doc(operationId="listQrUses")
@codes.refuses(InvalidInput)
@codes.arguments(CursorSchema, location="query")
@codes.response(200, page_of(schemas.QrUseSchema))
def list_uses(page: dict[str, Any]) -> Any:
    """Where codes were used: those one showed, and those others showed for one's card"""
    return service.list_uses(current_call(), **page)


@scanning.route("/use", methods=["POST"])
@scanning.doc(operationId="useQrCode")
@scanning.idempotent
@scanning.refuses(errors.QrUnreadable, errors.QrKeyUnknown, errors.QrForged, errors.QrNotYet)
@scanning.refuses(errors.QrExpired, errors.QrUsed, errors.QrOtherOperation, errors.QrOtherPlace)
@scanning.refuses(errors.QrRevoked, errors.QrCardNotUsable, NotAllowed, Unavailable)
@scanning.arguments(schemas.UseQrSchema)
@scanning.response(200, schemas.AcceptedSchema)
def use(body: dict[str, str]) -> service.Accepted:
    """A clerk scans a code: it is checked and used up in this one call"""
    return service.use(current_call(), **body)


@published.route("", methods=["GET"])
@published.doc(operationId="readQrKeys")
@published.response(200, schemas.KeySetSchema)
def read_keys() -> service.KeySet:
    """The keys with which terminals without a network check codes, as a JWK set"""
    return service.key_set(current_call())
