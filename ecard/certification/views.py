"""Proof of life over HTTP: for a relative, for oneself, at the counter, at the desk."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response

from ecard import capture_parts, challenges, files
from ecard.activation import errors as faces
from ecard.activation.errors import (
    CounterCodeExpired,
    CounterCodeUsed,
    CounterCodeWrong,
    TooManyCodes,
    TooManyWrongCodes,
)
from ecard.api import BINARY, CursorSchema, Room, page_of, shown_once
from ecard.attestation import DeviceNotAttested
from ecard.capture_parts import CaptureSchema, read_parts
from ecard.cards.errors import CardNotUsable
from ecard.certification import errors, service
from ecard.certification.schemas import (
    CertificationAnswerSchema,
    CertificationCaptureSchema,
    CertificationCaseSchema,
    CertificationCodeSchema,
    CertificationConsentSchema,
    CertificationDecisionSchema,
    CertificationGroundsSchema,
    CertificationSchema,
    DeskCaseSchema,
    DeskCaseViewSchema,
    ReceiptSchema,
    RedeemCertificationSchema,
    ReinstatementSchema,
)
from ecard.challenge_schemas import ChallengeSchema, DrawChallengeSchema
from ecard.errors import InvalidInput, NotFound, Unavailable, VersionChanged
from ecard.face_consents import FaceNoticeSchema
from ecard.family.errors import (
    ActingNotAllowedNow,
    LinkNotActive,
    RelativeNotConfirmed,
    ScopeOff,
)
from ecard.multipart import body_up_to
from ecard.notices.errors import NoticeOutdated, NoticeTextDiffers
from ecard.opening_schemas import OpeningSchema
from ecard.openings import (
    OpeningNotApproved,
    OpeningNotAsked,
    OpeningNotNeeded,
    SecondPersonNeeded,
)
from ecard.request import current_call
from ecard.review.errors import (
    CaseFilesGone,
    ConflictOfInterest,
    ReasonDoesNotFit,
)

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
certification_captures = Room(
    "certification_captures",
    __name__,
    url_prefix="/certification-captures",
    description="The live face as a proof of life",
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
NO_FACE = (*NOTHING_TO_PROVE, errors.TooYoungForFace, errors.NoPictureToCompare)
"""Why no face can be a proof for this person now."""
SESSION_OVER = (faces.CaptureSessionEnded, faces.CaptureSessionExpired, faces.TooManyUnusable)
IN_SESSION = (*ON_A_LINK, *SESSION_OVER)
CAMERA_SHUT = (
    faces.ConsentMissing,
    faces.FaceDeclined,
    errors.CertificationFaceClosed,
    faces.TooManyMismatches,
    faces.CaptureInProgress,
)
"""Why the camera may not be opened now."""


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


@relative_certification.route("/<uuid:link_id>/certification/captures", methods=["POST"])
@relative_certification.doc(operationId="openRelativeCertificationCapture")
@relative_certification.idempotent
@relative_certification.refuses(*ON_A_LINK, *NO_FACE, faces.TooManySessions)
@relative_certification.response(201, CertificationCaptureSchema)
def open_relative_capture(link_id: uuid.UUID) -> Any:
    """Open a capture session for the relative, who is with the holder; consent comes first."""
    return service.open_for_relative(current_call(), link_id)


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


@certification.route("/captures", methods=["POST"])
@certification.doc(operationId="openCertificationCapture")
@certification.idempotent
@certification.refuses(*FOR_SELF, *NO_FACE, faces.TooManySessions)
@certification.response(201, CertificationCaptureSchema)
def open_capture() -> Any:
    """Open a capture session for oneself; consent comes first."""
    return service.open_own(current_call())


# --- the live face ------------------------------------------------------------------------------


@certification_captures.route("/<uuid:capture_id>", methods=["GET"])
@certification_captures.doc(operationId="readCertificationCapture")
@certification_captures.refuses(*IN_SESSION)
@certification_captures.response(200, CertificationCaptureSchema)
def read_capture(capture_id: uuid.UUID) -> Any:
    """What is left to try, and the step now allowed."""
    return service.read_session(current_call(), capture_id)


@certification_captures.route("/<uuid:capture_id>", methods=["DELETE"])
@certification_captures.doc(operationId="endCertificationCapture")
@certification_captures.refuses(NotFound, *SESSION_OVER)
@certification_captures.response(204)
def end_capture(capture_id: uuid.UUID) -> None:
    """End the session; what is being judged meanwhile proves nothing any more."""
    service.end_session(current_call(), capture_id)


@certification_captures.route("/<uuid:capture_id>/notice", methods=["GET"])
@certification_captures.doc(operationId="readCertificationNotice")
@certification_captures.refuses(*IN_SESSION)
@certification_captures.response(200, FaceNoticeSchema)
def read_notice(capture_id: uuid.UUID) -> Any:
    """What happens with the face in a proof of life, to be read before the decision."""
    return service.read_notice(current_call(), capture_id)


@certification_captures.route("/<uuid:capture_id>/consent", methods=["POST"])
@certification_captures.doc(operationId="consentToCertification")
@certification_captures.idempotent
@certification_captures.refuses(
    *IN_SESSION, faces.ConsentByGuardian, InvalidInput, NoticeOutdated, NoticeTextDiffers
)
@certification_captures.arguments(CertificationConsentSchema)
@certification_captures.response(201, CertificationCaptureSchema)
def consent(body: dict[str, Any], capture_id: uuid.UUID) -> Any:
    """The person decides about their face for this one proof (a guardian where they are young)."""
    return service.decide_consent(current_call(), capture_id, **body)


@certification_captures.route("/<uuid:capture_id>/challenges", methods=["POST"])
@certification_captures.doc(operationId="drawChallengeForCertification")
@certification_captures.idempotent
@certification_captures.refuses(
    *IN_SESSION,
    *CAMERA_SHUT,
    DeviceNotAttested,
    challenges.DeviceKeyDiffers,
    challenges.TooManyChallenges,
)
@certification_captures.arguments(DrawChallengeSchema)
@certification_captures.response(201, ChallengeSchema)
def draw_challenge(body: dict[str, Any], capture_id: uuid.UUID) -> Any:
    """Draw what the person is to do before the camera; the challenge before it is spent."""
    return service.draw_challenge(current_call(), capture_id, challenges.Ask(**body))


@certification_captures.route("/<uuid:capture_id>/face", methods=["POST"])
@body_up_to("capture_bytes")
@certification_captures.doc(operationId="showFaceForCertification")
@certification_captures.idempotent
@certification_captures.refuses(*IN_SESSION, *CAMERA_SHUT, *NO_FACE, faces.CaptureResent)
@certification_captures.refuses(*capture_parts.REFUSALS)
@certification_captures.arguments(CaptureSchema, location="files")
@certification_captures.response(200, CertificationAnswerSchema)
def show_face(parts: dict[str, Any], capture_id: uuid.UUID) -> Any:
    """Judge the answer to a challenge: on a match the proof is kept, else a person looks."""
    call = current_call()
    return service.show_face(call, capture_id, read_parts(parts, call.settings))


# --- counter and desk ---------------------------------------------------------------------------


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


@staff_certification.route("/cases/<uuid:case_id>/opening", methods=["POST"])
@staff_certification.doc(operationId="askCertificationOpening")
@staff_certification.idempotent
@staff_certification.refuses(NotFound, ConflictOfInterest, errors.CaseDecided, OpeningNotNeeded)
@staff_certification.response(201, OpeningSchema)
def ask_opening(case_id: uuid.UUID) -> Any:
    """Ask to open a minor's case; a second person has to approve it."""
    return service.ask_opening(current_call(), case_id)


@staff_certification.route("/cases/<uuid:case_id>/opening/approval", methods=["POST"])
@staff_certification.doc(operationId="approveCertificationOpening")
@staff_certification.idempotent
@staff_certification.refuses(NotFound, ConflictOfInterest, errors.CaseDecided)
@staff_certification.refuses(OpeningNotAsked, SecondPersonNeeded)
@staff_certification.response(201, OpeningSchema)
def approve_opening(case_id: uuid.UUID) -> Any:
    """Approve, as a second person, that a minor's case is opened; good for 30 minutes."""
    return service.approve_opening(current_call(), case_id)


@staff_certification.route("/cases/<uuid:case_id>", methods=["GET"])
@staff_certification.doc(operationId="readCertificationCase")
@staff_certification.refuses(NotFound, ConflictOfInterest, OpeningNotApproved)
@staff_certification.response(200, DeskCaseViewSchema)
def read_case(case_id: uuid.UUID) -> Any:
    """A case, with why a person looks and what there is to see; the look is on record."""
    return service.read_case(current_call(), case_id)


@staff_certification.route("/cases/<uuid:case_id>/files/<int(max=999):number>", methods=["GET"])
@staff_certification.doc(operationId="readCertificationCaseFile")
@staff_certification.refuses(NotFound, ConflictOfInterest, OpeningNotApproved)
@staff_certification.refuses(files.FileDestroyed, Unavailable)
@staff_certification.response(200, BINARY, content_type="image/jpeg")
def read_case_file(case_id: uuid.UUID, number: int) -> Response:
    """One picture of a case, reduced and marked with who looks; the look is on record."""
    found = service.read_file(current_call(), case_id, number)
    return shown_once(found.content, found.media_type)


@staff_certification.route("/cases/<uuid:case_id>/decision", methods=["POST"])
@staff_certification.doc(operationId="decideCertificationCase")
@staff_certification.refuses(
    NotFound,
    errors.CaseDecided,
    VersionChanged,
    ConflictOfInterest,
    OpeningNotApproved,
    SecondPersonNeeded,
    ReasonDoesNotFit,
    CaseFilesGone,
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
