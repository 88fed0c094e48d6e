"""Applications for an e-card over HTTP: for a relative, for oneself, at the desk."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response

from ecard.api import BINARY, CursorSchema, Room, page_of
from ecard.card_applications import errors, service
from ecard.card_applications.schemas import (
    CardApplicationMoveSchema,
    CardApplicationRequestSchema,
    CardApplicationSchema,
    CollectedCardSchema,
    CollectionSchema,
    DeskApplicationItemSchema,
    DeskApplicationQuerySchema,
    DeskApplicationSchema,
)
from ecard.cards.errors import CardHeldAlready, CardNotUsable
from ecard.documents.errors import DocumentClaimed, FacePhotoUnusable, PictureTriedBefore
from ecard.errors import InvalidInput, NotFound, Unavailable
from ecard.family.errors import (
    ActingNotAllowedNow,
    LinkNotActive,
    RelativeNotConfirmed,
    ScopeOff,
)
from ecard.files import FileDestroyed, PictureUnreadable
from ecard.request import current_call
from ecard.review.errors import ConflictOfInterest, ReasonDoesNotFit

relative_applications = Room(
    "relative_card_applications",
    __name__,
    url_prefix="/links",
    description="An e-card for a relative",
)
applications = Room(
    "card_applications",
    __name__,
    url_prefix="/card-applications",
    description="An e-card for oneself",
)
staff_applications = Room(
    "staff_card_applications",
    __name__,
    url_prefix="/staff/card-applications",
    description="Applications for an e-card at the desk",
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
TO_APPLY = (
    NotFound,
    CardHeldAlready,
    errors.CardApplicationOpen,
    FacePhotoUnusable,
    PictureTriedBefore,
    PictureUnreadable,
    DocumentClaimed,
    FileDestroyed,
)
AT_DESK = (NotFound, ConflictOfInterest)


@relative_applications.route("/<uuid:link_id>/card-applications", methods=["POST"])
@relative_applications.doc(operationId="applyForRelativeCard")
@relative_applications.idempotent
@relative_applications.refuses(*ON_A_LINK, *TO_APPLY)
@relative_applications.arguments(CardApplicationRequestSchema)
@relative_applications.response(201, CardApplicationSchema)
@relative_applications.tagged
def apply_for_relative(body: dict[str, uuid.UUID], link_id: uuid.UUID) -> Any:
    """Apply for a relative's e-card with an uploaded face photo, where they hold none that works"""
    return service.apply(current_call(), link_id, body["photo_id"])


@relative_applications.route("/<uuid:link_id>/card-applications", methods=["GET"])
@relative_applications.doc(operationId="listRelativeCardApplications")
@relative_applications.refuses(*ON_A_LINK, InvalidInput)
@relative_applications.arguments(CursorSchema, location="query")
@relative_applications.response(200, page_of(CardApplicationSchema))
def list_for_relative(page: dict[str, Any], link_id: uuid.UUID) -> Any:
    """A relative's applications, newest first."""
    return service.list_applications(current_call(), link_id, **page)


@relative_applications.route(
    "/<uuid:link_id>/card-applications/<uuid:application_id>", methods=["GET"]
)
@relative_applications.doc(operationId="readRelativeCardApplication")
@relative_applications.refuses(*ON_A_LINK)
@relative_applications.response(200, CardApplicationSchema)
@relative_applications.tagged
def read_for_relative(link_id: uuid.UUID, application_id: uuid.UUID) -> Any:
    """How far a relative's card is."""
    return service.read_application(current_call(), link_id, application_id)


@applications.route("", methods=["POST"])
@applications.doc(operationId="applyForCard")
@applications.idempotent
@applications.refuses(*FOR_SELF, *TO_APPLY)
@applications.arguments(CardApplicationRequestSchema)
@applications.response(201, CardApplicationSchema)
@applications.tagged
def apply_for_card(body: dict[str, uuid.UUID]) -> Any:
    """Apply for one's own e-card with an uploaded face photo, where one holds none that works."""
    return service.apply(current_call(), None, body["photo_id"])


@applications.route("", methods=["GET"])
@applications.doc(operationId="listCardApplications")
@applications.refuses(*FOR_SELF, InvalidInput)
@applications.arguments(CursorSchema, location="query")
@applications.response(200, page_of(CardApplicationSchema))
def list_applications(page: dict[str, Any]) -> Any:
    """One's own applications, whoever entered them, newest first."""
    return service.list_applications(current_call(), None, **page)


@applications.route("/<uuid:application_id>", methods=["GET"])
@applications.doc(operationId="readCardApplication")
@applications.refuses(NotFound, *FOR_SELF)
@applications.response(200, CardApplicationSchema)
@applications.tagged
def read_application(application_id: uuid.UUID) -> Any:
    """How far one's own card is."""
    return service.read_application(current_call(), None, application_id)


@staff_applications.route("", methods=["GET"])
@staff_applications.doc(operationId="listDeskCardApplications")
@staff_applications.refuses(InvalidInput)
@staff_applications.arguments(DeskApplicationQuerySchema, location="query")
@staff_applications.response(200, page_of(DeskApplicationItemSchema))
def list_at_desk(query: dict[str, Any]) -> Any:
    """Open applications of the clerk's regions, newest first."""
    return service.list_for_desk(current_call(), **query)


@staff_applications.route("/<uuid:application_id>", methods=["GET"])
@staff_applications.doc(operationId="readDeskCardApplication")
@staff_applications.refuses(*AT_DESK)
@staff_applications.response(200, DeskApplicationSchema)
@staff_applications.tagged
def read_at_desk(application_id: uuid.UUID) -> Any:
    """Open one; that it was read stands in the history of whose it is."""
    return service.read_for_desk(current_call(), application_id)


@staff_applications.route("/<uuid:application_id>/photo", methods=["GET"])
@staff_applications.doc(operationId="readCardPhoto")
@staff_applications.refuses(*AT_DESK, FileDestroyed, Unavailable)
@staff_applications.response(200, BINARY, content_type="image/jpeg")
def read_photo(application_id: uuid.UUID) -> Response:
    """The photo for the card, while the application is open; looking is written down too."""
    return Response(service.read_photo(current_call(), application_id), mimetype="image/jpeg")


@staff_applications.route("/<uuid:application_id>/moves", methods=["POST"])
@staff_applications.doc(operationId="moveCardApplication")
@staff_applications.refuses(
    *AT_DESK, errors.CardApplicationMoved, errors.CardBeingHandedOver, ReasonDoesNotFit
)
@staff_applications.arguments(CardApplicationMoveSchema)
@staff_applications.response(200, DeskApplicationSchema)
@staff_applications.versioned
def move_application(body: dict[str, Any], application_id: uuid.UUID, version: int) -> Any:
    """Move it to the next state, or end it as failed with a reason."""
    return service.move_on(current_call(), application_id, version=version, **body)


@staff_applications.route("/<uuid:application_id>/collection", methods=["POST"])
@staff_applications.doc(operationId="collectCard")
@staff_applications.refuses(*AT_DESK, errors.CardApplicationMoved, CardHeldAlready, Unavailable)
@staff_applications.arguments(CollectionSchema)
@staff_applications.response(200, CollectedCardSchema)
@staff_applications.versioned
def collect_card(body: dict[str, str], application_id: uuid.UUID, version: int) -> Any:
    """A clerk who saw the person and their document hands the card over: that issues it."""
    return service.collect(current_call(), application_id, version=version, **body)
