"""A person's own data over HTTP, for themselves and for who speaks for them."""

from __future__ import annotations

import uuid
from typing import Any

from ecard.api import CursorSchema, Room, page_of
from ecard.errors import InvalidInput, NotFound
from ecard.family.errors import LinkNotActive, NotTheirGuardian
from ecard.own_data import errors, schemas, service
from ecard.request import current_call

my_data = Room("my_data", __name__, url_prefix="/my-data", description="What is held on me")
relative_data = Room(
    "relative_data", __name__, url_prefix="/links", description="Held on whom one speaks for"
)
SPEAKS_FOR = (NotFound, LinkNotActive, NotTheirGuardian)


@my_data.route("/face-withdrawals", methods=["POST"])
@my_data.doc(operationId="withdrawFaceConsent")
@my_data.idempotent
@my_data.refuses(NotFound, errors.NoFaceConsent, errors.GuardianDecides)
@my_data.arguments(schemas.WithdrawSchema)
@my_data.response(201, schemas.WithdrawalSchema)
def withdraw_face_consent(body: dict[str, Any]) -> Any:
    """Take back consent to the face: no face is compared from the next request on, pictures go."""
    return service.withdraw_own(current_call(), body["link_id"])


@my_data.route("/face-withdrawals", methods=["GET"])
@my_data.doc(operationId="listFaceWithdrawals")
@my_data.refuses(InvalidInput)
@my_data.arguments(CursorSchema, location="query")
@my_data.response(200, page_of(schemas.WithdrawalSchema))
def list_face_withdrawals(page: dict[str, Any]) -> Any:
    """What the signed-in person took back, for themselves or as a guardian, newest first."""
    return service.list_withdrawals(current_call(), **page)


@my_data.route("/face-withdrawals/<uuid:withdrawal_id>", methods=["GET"])
@my_data.doc(operationId="readFaceWithdrawal")
@my_data.refuses(NotFound)
@my_data.response(200, schemas.WithdrawalSchema)
def read_face_withdrawal(withdrawal_id: uuid.UUID) -> Any:
    """How far the destruction is, and its signed receipts."""
    return service.read_withdrawal(current_call(), withdrawal_id)


@my_data.route("/receipt-checks", methods=["POST"])
@my_data.doc(operationId="checkReceipt")
@my_data.arguments(schemas.DeletionReceiptSchema)
@my_data.response(200, schemas.DeletionReceiptCheckSchema)
def check_receipt(body: dict[str, str]) -> Any:
    """Have a receipt of destruction checked."""
    return service.check_receipt(current_call(), body["receipt"])


@relative_data.route("/<uuid:link_id>/face-withdrawals", methods=["POST"])
@relative_data.doc(operationId="withdrawFaceConsentAsGuardian")
@relative_data.idempotent
@relative_data.refuses(*SPEAKS_FOR, errors.NoFaceConsent)
@relative_data.response(201, schemas.WithdrawalSchema)
def withdraw_as_guardian(link_id: uuid.UUID) -> Any:
    """A guardian takes back, on their link, consent to the face of whom they speak for."""
    return service.withdraw_as_guardian(current_call(), link_id)
