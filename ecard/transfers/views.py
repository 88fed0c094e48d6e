"""Transfers over HTTP: for a relative, for oneself, at the desk of the agency concerned."""

from __future__ import annotations

import uuid
from typing import Any

from ecard.agencies.errors import UnknownRegion
from ecard.api import CursorSchema, Room, page_of
from ecard.cards.errors import CardNotUsable
from ecard.errors import InvalidInput, NotFound, Unavailable
from ecard.family.errors import (
    ActingNotAllowedNow,
    LinkNotActive,
    RelativeNotConfirmed,
    ScopeOff,
)
from ecard.request import current_call
from ecard.review.errors import ConflictOfInterest, ReasonDoesNotFit
from ecard.transfers import errors, service
from ecard.transfers.schemas import (
    DeskTransferItemSchema,
    DeskTransferQuerySchema,
    DeskTransferSchema,
    TransferDecisionSchema,
    TransferRequestSchema,
    TransferSchema,
)

relative_transfers = Room(
    "relative_transfers",
    __name__,
    url_prefix="/links",
    description="Transfer of a relative's social security",
)
transfers = Room(
    "transfers",
    __name__,
    url_prefix="/transfers",
    description="Transfer of one's own social security",
)
staff_transfers = Room(
    "staff_transfers", __name__, url_prefix="/staff/transfers", description="Transfers at the desk"
)
FOR_SELF = (CardNotUsable, Unavailable)
ON_A_LINK = (
    NotFound,
    LinkNotActive,
    ActingNotAllowedNow,
    ScopeOff,
    RelativeNotConfirmed,
    *FOR_SELF,
)
FACTS = (
    errors.TransferPersonDied,
    errors.TransferRegionMoved,
    errors.TransferArrears,
    errors.TransferDrawingPension,
)
TO_OPEN = (
    UnknownRegion,
    errors.TransferNoAgency,
    errors.TransferSameRegion,
    errors.TransferOpen,
    *FACTS,
)
TO_WITHDRAW = (errors.TransferMoved, errors.TransferPastWithdrawal)


@relative_transfers.route("/<uuid:link_id>/transfers", methods=["POST"])
@relative_transfers.doc(operationId="openRelativeTransfer")
@relative_transfers.idempotent
@relative_transfers.refuses(*ON_A_LINK, *TO_OPEN)
@relative_transfers.arguments(TransferRequestSchema)
@relative_transfers.response(201, TransferSchema)
@relative_transfers.tagged
def open_relative_transfer(body: dict[str, str], link_id: uuid.UUID) -> Any:
    """Ask that a relative's social security goes to another region."""
    return service.open_for_relative(current_call(), link_id, body["region"])


@relative_transfers.route("/<uuid:link_id>/transfers", methods=["GET"])
@relative_transfers.doc(operationId="listRelativeTransfers")
@relative_transfers.refuses(*ON_A_LINK, InvalidInput)
@relative_transfers.arguments(CursorSchema, location="query")
@relative_transfers.response(200, page_of(TransferSchema))
def list_relative_transfers(page: dict[str, Any], link_id: uuid.UUID) -> Any:
    """A relative's transfers, newest first."""
    return service.list_transfers(current_call(), link_id, **page)


@relative_transfers.route("/<uuid:link_id>/transfers/<uuid:transfer_id>", methods=["GET"])
@relative_transfers.doc(operationId="readRelativeTransfer")
@relative_transfers.refuses(*ON_A_LINK)
@relative_transfers.response(200, TransferSchema)
@relative_transfers.tagged
def read_relative_transfer(link_id: uuid.UUID, transfer_id: uuid.UUID) -> Any:
    """How far a relative's transfer is, and how it ended."""
    return service.read_transfer(current_call(), link_id, transfer_id)


@relative_transfers.route(
    "/<uuid:link_id>/transfers/<uuid:transfer_id>/withdrawal", methods=["POST"]
)
@relative_transfers.doc(operationId="withdrawRelativeTransfer")
@relative_transfers.refuses(*ON_A_LINK, *TO_WITHDRAW)
@relative_transfers.response(200, TransferSchema)
@relative_transfers.versioned
def withdraw_relative_transfer(link_id: uuid.UUID, transfer_id: uuid.UUID, version: int) -> Any:
    """Withdraw it, until the old agency has finished; `withdrawal` says what that leads to."""
    return service.withdraw(current_call(), link_id, transfer_id, version)


@transfers.route("", methods=["POST"])
@transfers.doc(operationId="openTransfer")
@transfers.idempotent
@transfers.refuses(*FOR_SELF, *TO_OPEN)
@transfers.arguments(TransferRequestSchema)
@transfers.response(201, TransferSchema)
@transfers.tagged
def open_transfer(body: dict[str, str]) -> Any:
    """Ask that one's own social security goes to another region."""
    return service.open_own(current_call(), body["region"])


@transfers.route("", methods=["GET"])
@transfers.doc(operationId="listTransfers")
@transfers.refuses(*FOR_SELF, InvalidInput)
@transfers.arguments(CursorSchema, location="query")
@transfers.response(200, page_of(TransferSchema))
def list_transfers(page: dict[str, Any]) -> Any:
    """One's own transfers, whoever asked for them, newest first."""
    return service.list_transfers(current_call(), None, **page)


@transfers.route("/<uuid:transfer_id>", methods=["GET"])
@transfers.doc(operationId="readTransfer")
@transfers.refuses(NotFound, *FOR_SELF)
@transfers.response(200, TransferSchema)
@transfers.tagged
def read_transfer(transfer_id: uuid.UUID) -> Any:
    """How far one's own transfer is, and how it ended."""
    return service.read_transfer(current_call(), None, transfer_id)


@transfers.route("/<uuid:transfer_id>/withdrawal", methods=["POST"])
@transfers.doc(operationId="withdrawTransfer")
@transfers.refuses(NotFound, *FOR_SELF, *TO_WITHDRAW)
@transfers.response(200, TransferSchema)
@transfers.versioned
def withdraw_transfer(transfer_id: uuid.UUID, version: int) -> Any:
    """Withdraw one's own, whoever asked for it, until the old agency has finished."""
    return service.withdraw(current_call(), None, transfer_id, version)


@staff_transfers.route("", methods=["GET"])
@staff_transfers.doc(operationId="listDeskTransfers")
@staff_transfers.refuses(InvalidInput)
@staff_transfers.arguments(DeskTransferQuerySchema, location="query")
@staff_transfers.response(200, page_of(DeskTransferItemSchema))
def list_desk_transfers(query: dict[str, Any]) -> Any:
    """Transfers that wait for an agency of the clerk's regions, newest first."""
    return service.list_for_desk(current_call(), **query)


@staff_transfers.route("/<uuid:transfer_id>", methods=["GET"])
@staff_transfers.doc(operationId="readDeskTransfer")
@staff_transfers.refuses(NotFound, ConflictOfInterest)
@staff_transfers.response(200, DeskTransferSchema)
@staff_transfers.tagged
def read_desk_transfer(transfer_id: uuid.UUID) -> Any:
    """Open one; that it was read stands in the history of whose it is."""
    return service.read_for_desk(current_call(), transfer_id)


@staff_transfers.route("/<uuid:transfer_id>/decision", methods=["POST"])
@staff_transfers.doc(operationId="decideTransfer")
@staff_transfers.refuses(
    NotFound, errors.TransferMoved, ReasonDoesNotFit, ConflictOfInterest, Unavailable, *FACTS
)
@staff_transfers.arguments(TransferDecisionSchema)
@staff_transfers.response(200, DeskTransferSchema)
@staff_transfers.versioned
def decide_transfer(body: dict[str, Any], transfer_id: uuid.UUID, version: int) -> Any:
    """The agency whose turn it is passes it on, or refuses it with a reason."""
    return service.decide(current_call(), transfer_id, version=version, **body)
