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
    AnnouncementSchema,
    DocumentFileSchema,
    DocumentKindSchema,
    DocumentSchema,
    EvidenceSchema,
    OffsetSchema,
    OrderSchema,
    OrderSubmissionSchema,
    PartialUploadSchema,
    PartialUploadsSchema,
    ReadingSchema,
    SubmissionSchema,
)
from ecard.family.errors import ApplicationExpired, RelativeNotConfirmed
from ecard.request import current_call

documents = Room("documents", __name__, description="Documents and the evidence they make")
UPLOAD_REFUSALS = (
    *files.PICTURE_REFUSALS,
    errors.PictureTriedBefore,
    general.Busy,
    general.Unavailable,
    general.StorageFull,
)


@documents.route("/documents", methods=["POST"])
@documents.doc(operationId="uploadDocument")
@documents.idempotent
@documents.refuses(*UPLOAD_REFUSALS, errors.UploadsSpent)
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


@documents.route("/documents/uploads", methods=["POST"])
@documents.doc(operationId="beginUpload")
@documents.idempotent
@documents.refuses(files.FileTooLarge, errors.UploadsOpen, errors.UploadsSpent, general.StorageFull)
@documents.arguments(AnnouncementSchema)
@documents.response(201, PartialUploadSchema)
def begin_upload(body: dict[str, Any]) -> Any:
    """Announce a file that comes in pieces, so that it can be taken up where it broke off."""
    return service.begin(current_call(), **body)


@documents.route("/documents/uploads", methods=["GET"])
@documents.doc(operationId="listUploads")
@documents.response(200, PartialUploadsSchema)
def list_uploads() -> Any:
    """The holder's unfinished uploads, oldest first."""
    return {"items": service.list_open(current_call())}


@documents.route("/documents/uploads/<uuid:upload_id>", methods=["GET"])
@documents.doc(operationId="readUpload")
@documents.refuses(general.NotFound)
@documents.response(200, PartialUploadSchema)
def read_upload(upload_id: uuid.UUID) -> Any:
    """How far an upload is: `received` is where the next piece begins."""
    return service.status(current_call(), upload_id)


@documents.route("/documents/uploads/<uuid:upload_id>", methods=["PUT"])
@documents.doc(operationId="continueUpload")
@documents.refuses(
    general.NotFound,
    errors.UploadOffset,
    errors.UploadInWork,
    general.Unavailable,
    general.StorageFull,
)
@documents.takes_bytes
@documents.arguments(OffsetSchema, location="query")
@documents.response(200, PartialUploadSchema)
def continue_upload(query: dict[str, Any], upload_id: uuid.UUID, content: bytes) -> Any:
    """Send the next piece: it begins at `offset`, and is kept only if its checksum is right."""
    return service.add_piece(current_call(), upload_id, query["offset"], content)


@documents.route("/documents/uploads/<uuid:upload_id>", methods=["DELETE"])
@documents.doc(operationId="cancelUpload")
@documents.refuses(general.NotFound, errors.UploadInWork)
@documents.response(204)
def cancel_upload(upload_id: uuid.UUID) -> None:
    """Give an upload up; what came of it is destroyed at once."""
    service.cancel(current_call(), upload_id)


@documents.route("/documents/uploads/<uuid:upload_id>/document", methods=["POST"])
@documents.doc(operationId="finishUpload")
@documents.idempotent
@documents.refuses(general.NotFound, errors.UploadIncomplete, errors.UploadInWork, *UPLOAD_REFUSALS)
@documents.response(201, DocumentSchema)
def finish_upload(upload_id: uuid.UUID) -> Any:
    """All pieces came: they are checked and kept as a document, as in `uploadDocument`."""
    return service.finish(current_call(), upload_id)


@documents.route("/documents/<uuid:document_id>", methods=["GET"])
@documents.doc(operationId="readDocumentStatus")
@documents.refuses(general.NotFound)
@documents.response(200, ReadingSchema)
def read_document_status(document_id: uuid.UUID) -> Any:
    """How far a document is: read or not, with a person, accepted; and hints for a better picture.

    A document that an application claimed says what became of it, until it is destroyed.
    """
    return service.look_at(current_call(), document_id)


@documents.route("/documents/<uuid:document_id>/reading", methods=["POST"])
@documents.doc(operationId="readDocument")
@documents.refuses(general.NotFound, errors.DocumentClaimed, general.Busy, general.Unavailable)
@documents.response(200, ReadingSchema)
def read_document(document_id: uuid.UUID) -> Any:
    """Have a document read now, which takes seconds; else it is read with the evidence."""
    return service.read_now(current_call(), document_id)


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
    errors.EvidenceRefused,
    errors.EvidenceTriesSpent,
    errors.PortraitNotFound,
    errors.PortraitTooSmall,
    errors.FacePhotoUnusable,
    errors.PictureTriedBefore,
    files.PictureUnreadable,
    general.Busy,
    general.Unavailable,
)
@documents.arguments(SubmissionSchema)
@documents.response(201, EvidenceSchema)
def submit_evidence(body: dict[str, Any], link_id: uuid.UUID) -> Any:
    """Claim documents for an application; refused evidence leaves them unclaimed."""
    return service.submit(current_call(), link_id, **body)


@documents.route("/disputes/<uuid:link_id>/order", methods=["POST"])
@documents.doc(operationId="claimCourtOrder")
@documents.idempotent
@documents.refuses(
    general.NotFound, errors.DocumentClaimed, errors.EvidenceNotNeeded, general.InvalidInput
)
@documents.arguments(OrderSubmissionSchema)
@documents.response(201, OrderSchema)
def claim_order(body: dict[str, Any], link_id: uuid.UUID) -> Any:
    """Put a court order on file for the dispute about a link: its holder, or who objected to it."""
    return service.claim_order(current_call(), link_id, body["document_ids"])
