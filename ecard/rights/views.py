"""Rights and their certificates over HTTP; the check of a certificate is open to all."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response

from ecard import files
from ecard.api import Room
from ecard.cards.errors import CardNotUsable
from ecard.errors import NotFound, Unavailable
from ecard.family.errors import (
    ActingNotAllowedNow,
    LinkNotActive,
    RelativeNotConfirmed,
    ScopeOff,
)
from ecard.request import current_call
from ecard.rights import errors, service
from ecard.rights.schemas import CertificateSchema, CheckSchema, CodeSchema, RightsSchema

relative_rights = Room(
    "relative_rights", __name__, url_prefix="/links", description="A relative's rights"
)
rights = Room("rights", __name__, url_prefix="/rights", description="One's own rights")
certificate_checks = Room(
    "certificate_checks", __name__, url_prefix="/certificate-checks", description="Open to all"
)
ON_A_LINK = (
    NotFound,
    LinkNotActive,
    ActingNotAllowedNow,
    ScopeOff,
    CardNotUsable,
    RelativeNotConfirmed,
    Unavailable,
)


@relative_rights.route("/<uuid:link_id>/rights", methods=["GET"])
@relative_rights.doc(operationId="readRelativeRights")
@relative_rights.refuses(*ON_A_LINK)
@relative_rights.response(200, RightsSchema)
def read_relative_rights(link_id: uuid.UUID) -> Any:
    """Contributions, gaps, balances and benefits of a relative, on a link with this scope."""
    return service.read_for_relative(current_call(), link_id)


@relative_rights.route("/<uuid:link_id>/rights/certificates", methods=["POST"])
@relative_rights.doc(operationId="certifyRelativeRights")
@relative_rights.idempotent
@relative_rights.refuses(*ON_A_LINK, errors.TooManyCertificates)
@relative_rights.response(201, CertificateSchema)
def certify_relative_rights(link_id: uuid.UUID) -> Any:
    """Print a signed certificate of a relative's rights, in the caller's language."""
    return service.certify_relative(current_call(), link_id)


@rights.route("", methods=["GET"])
@rights.doc(operationId="readRights")
@rights.refuses(CardNotUsable, Unavailable)
@rights.response(200, RightsSchema)
def read_rights() -> Any:
    """Contributions, gaps, balances and benefits of the signed-in person."""
    return service.read_own(current_call())


@rights.route("/certificates", methods=["POST"])
@rights.doc(operationId="certifyRights")
@rights.idempotent
@rights.refuses(CardNotUsable, errors.TooManyCertificates, Unavailable)
@rights.response(201, CertificateSchema)
def certify_rights() -> Any:
    """Print a signed certificate of one's own rights, in the caller's language."""
    return service.certify_own(current_call())


@rights.route("/certificates/<uuid:certificate_id>", methods=["GET"])
@rights.doc(operationId="readCertificate")
@rights.refuses(*ON_A_LINK, files.FileDestroyed)
@rights.response(200, {"type": "string", "format": "binary"}, content_type=service.PDF)
def read_certificate(certificate_id: uuid.UUID) -> Response:
    """The PDF of a certificate, for the person it is about and for who had it made."""
    response = Response(service.read_pdf(current_call(), certificate_id), mimetype=service.PDF)
    response.headers["Content-Disposition"] = 'attachment; filename="certificate.pdf"'
    return response


@certificate_checks.route("", methods=["GET"])
@certificate_checks.doc(operationId="checkCertificate")
@certificate_checks.refuses(errors.CertificateUnknown)
@certificate_checks.arguments(CodeSchema, location="query")
@certificate_checks.response(200, CheckSchema)
def check_certificate(query: dict[str, str]) -> Any:
    """Whether a certificate was issued under a code, and what it says; for whoever holds it."""
    return service.check(current_call(), query["code"])
