"""What uploading documents and submitting evidence may refuse."""

from __future__ import annotations

from ecard.errors import Refusal


class DocumentClaimed(Refusal):
    """The document already supports an application."""

    code = "document_claimed"
    status = 409
    next = "upload_document"


class UploadsSpent(Refusal):
    """The holder uploaded as much as is allowed in a day."""

    code = "uploads_spent"
    status = 429
    next = "list_documents"


class PictureTriedBefore(Refusal):
    """The holder sent this very picture before, and it could not be used; no try is spent.

    ``reason`` is the code that it was refused with.
    """

    code = "picture_tried_before"
    status = 422
    next = "upload_document"


class UploadsOpen(Refusal):
    """So many uploads in pieces were begun and not finished that no other may begin."""

    code = "uploads_open"
    status = 409
    next = "continue_upload"


class UploadOffset(Refusal):
    """The piece does not begin where the last one ended; ``received`` says where that is."""

    code = "upload_offset"
    status = 409
    next = "continue_upload"


class UploadIncomplete(Refusal):
    """Pieces are missing; ``received`` says how many bytes have come."""

    code = "upload_incomplete"
    status = 409
    next = "continue_upload"


class UploadInWork(Refusal):
    """Another request finishes this upload just now."""

    code = "upload_in_work"
    status = 409
    next = "list_documents"


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


class EvidenceRefused(Refusal):
    """The documents do not say what was typed, or are no longer valid; ``fields`` names for each
    kind what and how. With ``ask_person`` a person looks at the same documents instead."""

    code = "evidence_refused"
    status = 422
    spent = True
    next = "submit_evidence"


class EvidenceTriesSpent(Refusal):
    """The tries of some hours are used up."""

    code = "evidence_tries_spent"
    status = 429
    next = "counter"


class PortraitNotFound(Refusal):
    """No face was found on the document that should show one."""

    code = "portrait_not_found"
    status = 422
    spent = True
    next = "upload_document"


class PortraitTooSmall(Refusal):
    """The portrait has fewer than 20 pixels between the eyes."""

    code = "portrait_too_small"
    status = 422
    spent = True
    next = "upload_document"


class FacePhotoUnusable(Refusal):
    """The face photo cannot serve as a reference; ``fields`` names why."""

    code = "face_photo_unusable"
    status = 422
    spent = True
    next = "upload_document"


class ReferenceLapsed(Refusal):
    """The reference photo lapsed or was destroyed; a new one, or another route, is needed."""

    code = "reference_lapsed"
    status = 409
    next = "choose_route"
