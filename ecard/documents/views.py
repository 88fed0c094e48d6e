"""Documents over HTTP: upload, list, remove, submit as evidence."""

from __future__ import annotations

import uuid
from typing import Any

from ecard import errors as general
from ecard import files
from ecard.api import CursorSchema, Room, page_of
from ecard.cards.errors import CardNotUsable
from ecard.documents import errors, service
from ecard.documents.schemas import (
    DocumentFileSchema,
    DocumentKindSchema,
    DocumentSchema,
    EvidenceSchema,
    SubmissionSchema,
)
from ecard.family.errors import ApplicationExpired, RelativeNotConfirmed
from ecard.request import current_call

documents = Room("documents", __name__, description="Documents and the evidence they make")


@documents.route("/documents", methods=["POST"])
@documents.doc(operationId="uploadDocument")
@documents.idempotent
@documents.refuses(*files.PICTURE_REFUSALS, errors.UploadsSpent, general.Busy, general.Unavailable)
@documents.arguments(DocumentKindSchema, location="query")
@documents.arguments(DocumentFileSchema, location="files")
@documents.response(201, DocumentSchema)
def upload_document(query: dict[str, Any], parts: dict[str, Any]) -> Any:
    """Upload a document; it waits one day for an application to claim it."""
    return service.upload(current_call(), query["kind"], parts["file"].read())


@documents.route("/documents", methods=["GET"])
@documents.doc(operationId="listDocuments")
@documents.refuses(general.InvalidInput)
@documents.arguments(CursorSchema, location="query")
@documents.response(200, page_of(DocumentSchema))
def list_documents(page: dict[str, Any]) -> Any:
    """The holder's documents that no application claimed yet, newest first."""
    return service.list_unclaimed(current_call(), **page)


@documents.route("/documents/<uuid:document_id>", methods=["DELETE"])
@documents.doc(operationId="removeDocument")
@documents.refuses(general.NotFound, errors.DocumentClaimed)
@documents.response(204)
def remove_document(document_id: uuid.UUID) -> None:
    """Destroy an unclaimed document at once."""
    service.remove(current_call(), document_id)


@documents.route("/links/<uuid:link_id>/evidence", methods=["GET"])
@documents.doc(operationId="readEvidence")
@documents.refuses(general.NotFound, errors.EvidenceNotExpected)
@documents.response(200, EvidenceSchema)
def read_evidence(link_id: uuid.UUID) -> Any:
    """Which documents the application calls for, and what it has."""
    return service.requirements(current_call(), link_id)


@documents.route("/links/<uuid:link_id>/evidence", methods=["POST"])
@documents.doc(operationId="submitEvidence")
@documents.idempotent
@documents.refuses(
    general.NotFound,
    general.Conflict,
    errors.DocumentClaimed,
    errors.EvidenceNotExpected,
    ApplicationExpired,
    CardNotUsable,
    RelativeNotConfirmed,
    errors.EvidenceIncomplete,
    errors.EvidenceNotNeeded,
    errors.EvidenceTriesSpent,
    errors.PortraitNotFound,
    errors.PortraitTooSmall,
    errors.FacePhotoUnusable,
    files.PictureUnreadable,
    general.Busy,
    general.Unavailable,
)
@documents.arguments(SubmissionSchema)
@documents.response(201, EvidenceSchema)
def submit_evidence(body: dict[str, Any], link_id: uuid.UUID) -> Any:
    """Claim documents for an application; refused evidence leaves them unclaimed."""
    return service.submit(current_call(), link_id, body["document_ids"])
