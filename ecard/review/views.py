"""The people's desk over HTTP, and what the two sides read of it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response

from ecard import errors as general
from ecard import files, openings
from ecard.api import BINARY, Room, page_of, shown_once
from ecard.family.errors import (
    ApplicationExpired,
    CannotActivateNow,
    EndDateNeedsRelative,
    EndDatePassed,
    EndDateTooFar,
    HolderCardNotUsable,
    IllegalMove,
    LinkNotActive,
    ObjectedAlready,
    ObjectionTooLate,
    RelativeNotConfirmed,
)
from ecard.opening_schemas import OpeningSchema
from ecard.request import current_call
from ecard.review import errors, service
from ecard.review.schemas import (
    AppealSchema,
    AuditPageSchema,
    AuditQuerySchema,
    CaseItemSchema,
    CaseQuerySchema,
    CaseSchema,
    DecideSchema,
    DecisionSchema,
    DecisionsSchema,
    FiguresQuerySchema,
    FiguresSchema,
    GroundsSchema,
    ObjectionSchema,
)

desk = Room("desk", __name__, url_prefix="/staff/cases", description="The people's desk")
auditing = Room("auditing", __name__, url_prefix="/staff", description="Figures and audit search")
decisions = Room(
    "decisions", __name__, url_prefix="/links", description="Decisions and the one appeal"
)
objections = Room(
    "objections", __name__, url_prefix="/guarded-links", description="Objections of guardians"
)


@desk.route("", methods=["GET"])
@desk.doc(operationId="listCases")
@desk.refuses(general.InvalidInput, general.NotAllowed)
@desk.arguments(CaseQuerySchema, location="query")
@desk.response(200, page_of(CaseItemSchema))
def list_cases(query: dict[str, Any]) -> Any:
    """Cases of the own region and below, newest first."""
    state = query.pop("state")
    return service.list_cases(current_call(), states=[state] if state else [], **query)


@desk.route("/<uuid:case_id>/opening", methods=["POST"])
@desk.doc(operationId="askOpening")
@desk.idempotent
@desk.refuses(
    general.NotFound,
    general.NotAllowed,
    errors.ConflictOfInterest,
    openings.OpeningNotNeeded,
    errors.CaseNotOpen,
)
@desk.response(201, OpeningSchema)
def ask_opening(case_id: uuid.UUID) -> Any:
    """Ask to open a minor's case."""
    return service.ask_opening(current_call(), case_id)


@desk.route("/<uuid:case_id>/opening/approval", methods=["POST"])
@desk.doc(operationId="approveOpening")
@desk.idempotent
@desk.refuses(
    general.NotFound,
    general.NotAllowed,
    errors.ConflictOfInterest,
    openings.OpeningNotAsked,
    openings.SecondPersonNeeded,
    errors.CaseNotOpen,
)
@desk.response(201, OpeningSchema)
def approve_opening(case_id: uuid.UUID) -> Any:
    """Approve, as a second person, that a minor's case is opened; good for 30 minutes."""
    return service.approve_opening(current_call(), case_id)


@desk.route("/<uuid:case_id>", methods=["GET"])
@desk.doc(operationId="readCase")
@desk.refuses(
    general.NotFound, general.NotAllowed, errors.ConflictOfInterest, openings.OpeningNotApproved
)
@desk.response(200, CaseSchema)
@desk.tagged
def read_case(case_id: uuid.UUID) -> Any:
    """A case with reasons, facts and files; every look is on record."""
    return service.read_case(current_call(), case_id)


@desk.route("/<uuid:case_id>/files/<int(max=999):number>", methods=["GET"])
@desk.doc(operationId="readCaseFile")
@desk.refuses(
    general.NotFound,
    general.NotAllowed,
    errors.ConflictOfInterest,
    openings.OpeningNotApproved,
    files.FileDestroyed,
    general.Unavailable,
)
@desk.alt_response(200, schema=BINARY, content_type="video/webm")
@desk.alt_response(200, schema=BINARY, content_type="video/mp4")
@desk.alt_response(200, schema=BINARY, content_type="video/quicktime")
@desk.response(200, BINARY, content_type="image/jpeg")
def read_case_file(case_id: uuid.UUID, number: int) -> Response:
    """One picture (JPEG, marked with who looks) or digits video; every look is on record."""
    found = service.read_file(current_call(), case_id, number)
    return shown_once(found.content, found.media_type)


@desk.route("/<uuid:case_id>/decision", methods=["POST"])
@desk.doc(operationId="decideCase")
@desk.idempotent
@desk.refuses(
    general.NotFound,
    general.NotAllowed,
    errors.ConflictOfInterest,
    openings.OpeningNotApproved,
    openings.SecondPersonNeeded,
    errors.CaseNotOpen,
    errors.CaseFilesGone,
    errors.ReasonDoesNotFit,
    errors.CourtOrderMissing,
    LinkNotActive,
    CannotActivateNow,
    HolderCardNotUsable,
    RelativeNotConfirmed,
    IllegalMove,
    ApplicationExpired,
    EndDateNeedsRelative,
    EndDatePassed,
    EndDateTooFar,
    general.Unavailable,
)
@desk.arguments(DecideSchema)
@desk.response(201, DecisionSchema)
@desk.versioned
def decide_case(body: dict[str, Any], case_id: uuid.UUID, version: int) -> Any:
    """Decide a case, with a reason and an explanation that go to both sides."""
    return service.decide(current_call(), case_id, version=version, **body)


@objections.route("/<uuid:link_id>/objection", methods=["POST"])
@objections.doc(operationId="objectToLink")
@objections.idempotent
@objections.refuses(general.NotFound, ObjectionTooLate, ObjectedAlready, IllegalMove)
@objections.response(201, ObjectionSchema)
def object_to_link(link_id: uuid.UUID) -> Any:
    """Object to a new link on one's child: it is held until staff of the region have decided."""
    return service.object_to(current_call(), link_id)


@decisions.route("/<uuid:link_id>/decisions", methods=["GET"])
@decisions.doc(operationId="listDecisions")
@decisions.refuses(general.NotFound)
@decisions.response(200, DecisionsSchema)
def list_decisions(link_id: uuid.UUID) -> Any:
    """The decisions on a link, for its two sides and a guardian who objected to it."""
    return service.decisions(current_call(), link_id)


@decisions.route("/<uuid:link_id>/appeal", methods=["POST"])
@decisions.doc(operationId="appeal")
@decisions.idempotent
@decisions.refuses(
    general.NotFound,
    errors.NothingToAppeal,
    errors.AppealedAlready,
    errors.AppealTooLate,
    CannotActivateNow,
)
@decisions.arguments(GroundsSchema)
@decisions.response(201, AppealSchema)
def appeal(body: dict[str, Any], link_id: uuid.UUID) -> Any:
    """Appeal, once, within 14 days; another person decides, one level up.

    Against a rejection either side may, against a settled dispute whomever it went against.
    """
    return service.appeal(current_call(), link_id, body["grounds"])


@auditing.route("/figures", methods=["GET"])
@auditing.doc(operationId="readFigures")
@auditing.refuses(general.InvalidInput, general.NotAllowed)
@auditing.arguments(FiguresQuerySchema, location="query")
@auditing.response(200, FiguresSchema)
def read_figures(query: dict[str, Any]) -> Any:
    """Cases of an auditor's region by kind: how many, how they ended, how long they took."""
    return service.figures(current_call(), **query)


@auditing.route("/audit", methods=["GET"])
@auditing.doc(operationId="searchAudit")
@auditing.refuses(general.InvalidInput, general.NotAllowed)
@auditing.arguments(AuditQuerySchema, location="query")
@auditing.response(200, AuditPageSchema)
def search_audit(query: dict[str, Any]) -> Any:
    """What is on record by an actor, about an object or in a case; the search is on record too."""
    return service.search_audit(current_call(), **query)
