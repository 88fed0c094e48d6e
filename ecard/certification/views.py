"""Proof of life over HTTP: for a relative, for oneself, at the counter, at the desk."""

from __future__ import annotations

import uuid
from typing import Any

from ecard.activation.errors import (
    CounterCodeExpired,
    CounterCodeUsed,
    CounterCodeWrong,
    TooManyCodes,
    TooManyWrongCodes,
)
from ecard.api import CursorSchema, Room, page_of
from ecard.cards.errors import CardNotUsable
from ecard.certification import errors, service
from ecard.certification.schemas import (
    CertificationCaseSchema,
    CertificationCodeSchema,
    CertificationDecisionSchema,
    CertificationGroundsSchema,
    CertificationSchema,
    DeskCaseSchema,
    ReceiptSchema,
    RedeemCertificationSchema,
    ReinstatementSchema,
)
from ecard.errors import InvalidInput, NotFound, Unavailable, VersionChanged
from ecard.family.errors import (
    ActingNotAllowedNow,
    LinkNotActive,
    RelativeNotConfirmed,
    ScopeOff,
)
from ecard.request import current_call
from ecard.review.errors import ConflictOfInterest, ReasonDoesNotFit, SecondPersonNeeded

relative_certification = Room(
    "relative_certification",
    __name__,
    url_prefix="/links",
    description="A relative's proof of life",
)
certification = Room(
    "certification", __name__, url_prefix="/certification", description="One's own proof of life"
)
staff_certification = Room(
    "staff_certification",
    __name__,
    url_prefix="/staff/certification",
    description="Proof of life at counter and desk",
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
NOTHING_TO_PROVE = (errors.NoBenefit, errors.BenefitClosed)
TO_OPEN = (errors.CaseAlreadyOpen,)


@relative_certification.route("/<uuid:link_id>/certification", methods=["GET"])
@relative_certification.doc(operationId="readRelativeCertification")
@relative_certification.refuses(*ON_A_LINK)
@relative_certification.response(200, CertificationSchema)
def read_relative_certification(link_id: uuid.UUID) -> Any:
    """When a relative's proof of life is due, what is paid until when, cases and receipts."""
    return service.read_for_relative(current_call(), link_id)


@relative_certification.route("/<uuid:link_id>/certification/counter-code", methods=["POST"])
@relative_certification.doc(operationId="issueRelativeCertificationCode")
@relative_certification.idempotent
@relative_certification.refuses(*ON_A_LINK, *NOTHING_TO_PROVE, TooManyCodes)
@relative_certification.response(201, CertificationCodeSchema)
def issue_relative_code(link_id: uuid.UUID) -> Any:
    """A code with which the relative proves at a counter that they live; valid 7 days."""
    return service.issue_for_relative(current_call(), link_id)


@relative_certification.route("/<uuid:link_id>/certification/visit", methods=["POST"])
@relative_certification.doc(operationId="askRelativeVisit")
@relative_certification.idempotent
@relative_certification.refuses(*ON_A_LINK, *NOTHING_TO_PROVE, *TO_OPEN, errors.TooManyReviews)
@relative_certification.arguments(CertificationGroundsSchema)
@relative_certification.response(201, CertificationCaseSchema)
def ask_relative_visit(body: dict[str, str], link_id: uuid.UUID) -> Any:
    """Ask that somebody comes and sees the relative; the payment goes on meanwhile."""
    return service.ask_visit(current_call(), link_id, body["grounds"])


@relative_certification.route("/<uuid:link_id>/certification/appeal", methods=["POST"])
@relative_certification.doc(operationId="appealRelativeCertification")
@relative_certification.idempotent
@relative_certification.refuses(*ON_A_LINK, *TO_OPEN, errors.NothingToAppeal)
@relative_certification.arguments(CertificationGroundsSchema)
@relative_certification.response(201, CertificationCaseSchema)
def appeal_relative_certification(body: dict[str, str], link_id: uuid.UUID) -> Any:
    """Appeal against a refusal or a stop; it is paid while the appeal is open."""
    return service.appeal(current_call(), link_id, body["grounds"])


@certification.route("", methods=["GET"])
@certification.doc(operationId="readCertification")
@certification.refuses(*FOR_SELF)
@certification.response(200, CertificationSchema)
def read_certification() -> Any:
    """When the next proof of life is due, what is paid until when, cases and receipts."""
    return service.read_own(current_call())


@certification.route("/counter-code", methods=["POST"])
@certification.doc(operationId="issueCertificationCode")
@certification.idempotent
@certification.refuses(*FOR_SELF, *NOTHING_TO_PROVE, TooManyCodes)
@certification.response(201, CertificationCodeSchema)
def issue_code() -> Any:
    """A code with which one proves at a counter that one lives; valid 7 days."""
    return service.issue_own(current_call())


@certification.route("/visit", methods=["POST"])
@certification.doc(operationId="askVisit")
@certification.idempotent
@certification.refuses(*FOR_SELF, *NOTHING_TO_PROVE, *TO_OPEN, errors.TooManyReviews)
@certification.arguments(CertificationGroundsSchema)
@certification.response(201, CertificationCaseSchema)
def ask_visit(body: dict[str, str]) -> Any:
    """Ask that somebody comes; the payment goes on meanwhile."""
    return service.ask_visit(current_call(), None, body["grounds"])


@certification.route("/appeal", methods=["POST"])
@certification.doc(operationId="appealCertification")
@certification.idempotent
@certification.refuses(*FOR_SELF, *TO_OPEN, errors.NothingToAppeal)
@certification.arguments(CertificationGroundsSchema)
@certification.response(201, CertificationCaseSchema)
def appeal(body: dict[str, str]) -> Any:
    """Appeal against a refusal or a stop; it is paid while the appeal is open."""
    return service.appeal(current_call(), None, body["grounds"])


@staff_certification.route("/counter", methods=["POST"])
@staff_certification.doc(operationId="redeemCertificationCode")
@staff_certification.idempotent
@staff_certification.refuses(
    CounterCodeWrong,
    CounterCodeUsed,
    CounterCodeExpired,
    TooManyWrongCodes,
    ConflictOfInterest,
    *NOTHING_TO_PROVE,
    Unavailable,
)
@staff_certification.arguments(RedeemCertificationSchema)
@staff_certification.response(200, ReceiptSchema)
def redeem_code(body: dict[str, str]) -> Any:
    """A clerk saw the person and their document: it counts as of today."""
    return service.redeem(current_call(), **body)


@staff_certification.route("/cases", methods=["GET"])
@staff_certification.doc(operationId="listCertificationCases")
@staff_certification.refuses(InvalidInput)
@staff_certification.arguments(CursorSchema, location="query")
@staff_certification.response(200, page_of(DeskCaseSchema))
def list_cases(page: dict[str, Any]) -> Any:
    """Open reviews and appeals of the reviewer's region, newest first."""
    return service.list_cases(current_call(), **page)


@staff_certification.route("/cases/<uuid:case_id>/decision", methods=["POST"])
@staff_certification.doc(operationId="decideCertificationCase")
@staff_certification.refuses(
    NotFound,
    errors.CaseDecided,
    VersionChanged,
    ConflictOfInterest,
    SecondPersonNeeded,
    ReasonDoesNotFit,
    Unavailable,
)
@staff_certification.arguments(CertificationDecisionSchema)
@staff_certification.response(200, CertificationCaseSchema)
@staff_certification.versioned
def decide_case(body: dict[str, Any], case_id: uuid.UUID, version: int) -> Any:
    """Accept or refuse; an appeal is decided by another reviewer, one level up."""
    return service.decide(current_call(), case_id, version=version, **body)


@staff_certification.route("/reinstatements", methods=["POST"])
@staff_certification.doc(operationId="reinstateBenefit")
@staff_certification.idempotent
@staff_certification.refuses(NotFound, errors.BenefitNotClosed, ConflictOfInterest, Unavailable)
@staff_certification.arguments(ReinstatementSchema)
@staff_certification.response(204)
def reinstate(body: dict[str, str]) -> None:
    """Pay a closed benefit again from today on, after the person was seen."""
    service.reinstate(current_call(), body["number"], body["kind"])
