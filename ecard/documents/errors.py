"""What uploading documents and submitting evidence may refuse."""

from __future__ import annotations

from ecard.errors import Refusal


class DocumentClaimed(Refusal):
    """The document already supports an application."""

    code = "document_claimed"
    status = 409
    next = "upload_document"


class UploadsSpent(Refusal):
    """The holder uploaded as much as is allowed in 24 hours."""

    code = "uploads_spent"
    status = 429


class EvidenceNotExpected(Refusal):
    """The application is not at the step where evidence is taken."""

    code = "evidence_not_expected"
    status = 409
    next = "read_link"


class EvidenceIncomplete(Refusal):
    """A document is missing; ``fields`` names what each need still lacks."""

    code = "evidence_incomplete"
    status = 422
    next = "upload_document"


class EvidenceNotNeeded(Refusal):
    """A document came that this application does not call for, or one kind came twice."""

    code = "evidence_not_needed"
    status = 422
    next = "submit_evidence"


class EvidenceTriesSpent(Refusal):
    """The tries of six hours are used up."""

    code = "evidence_tries_spent"
    status = 429


class PortraitNotFound(Refusal):
    """No face was found on the document that should show one."""

    code = "portrait_not_found"
    status = 422
    next = "upload_document"


class PortraitTooSmall(Refusal):
    """The portrait has fewer than 20 pixels between the eyes."""

    code = "portrait_too_small"
    status = 422
    next = "upload_document"


class FacePhotoUnusable(Refusal):
    """The face photo cannot serve as a reference; ``fields`` names why."""

    code = "face_photo_unusable"
    status = 422
    next = "upload_document"


class ReferenceLapsed(Refusal):
    """The reference photo lapsed or was destroyed; a new one, or another route, is needed."""

    code = "reference_lapsed"
    status = 409
    next = "other_route"
