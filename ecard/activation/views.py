"""The last step over HTTP: sessions, acceptance, consent, captures, routes without a face."""

from __future__ import annotations

import uuid
from typing import Any

from ecard import capture_parts, challenges, files
from ecard import errors as general
from ecard.activation import errors, schemas, service
from ecard.api import Room
from ecard.attestation import DeviceNotAttested
from ecard.capture_parts import CaptureSchema, read_parts
from ecard.cards.errors import CardNotUsable, StepUpNeeded
from ecard.challenge_schemas import ChallengeSchema, DrawChallengeSchema
from ecard.documents.errors import ReferenceLapsed
from ecard.face_consents import FaceNoticeSchema
from ecard.family.errors import (
    AcceptanceNotNeeded,
    ApplicationExpired,
    CannotActivateNow,
    ConfirmedAlready,
    EndDateNeedsOrder,
    EndDatePassed,
    EndDateTooFar,
    HolderCardNotUsable,
    IllegalMove,
    LinkNotActive,
    NothingToConfirm,
    NotOfAgeYet,
    RelativeNotConfirmed,
)
from ecard.multipart import body_up_to
from ecard.notices.errors import FaceConsentWithdrawn, NoticeOutdated, NoticeTextDiffers
from ecard.request import current_call

holder = Room("activation", __name__, url_prefix="/links", description="The last step, by holders")
invitations = Room(
    "invitations", __name__, url_prefix="/invitations", description="One-use invitations"
)
confirmation_videos = Room(
    "confirmation_videos",
    __name__,
    url_prefix="/links-on-me",
    description="Come of age: confirmed without a face",
)
capture = Room(
    "capture_sessions", __name__, url_prefix="/capture-sessions", description="The person's session"
)
staff = Room(
    "counter_codes", __name__, url_prefix="/staff/counter-codes", description="At the counter"
)

CLOSED = (errors.CaptureSessionEnded, errors.CaptureSessionExpired, errors.TooManyUnusable)
CAMERA_SHUT = (
    errors.AcceptanceMissing,
    errors.ConsentMissing,
    errors.FaceDeclined,
    FaceConsentWithdrawn,
    errors.FaceRouteClosed,
    errors.TooManyMismatches,
    errors.CaptureInProgress,
)
"""Why the camera may not be opened now."""
NOT_NOW = (general.NotFound, IllegalMove, ApplicationExpired)
HOLDER_STANDS = (CardNotUsable, RelativeNotConfirmed, general.Unavailable)
"""What the holder is told when one of the two sides no longer stands in the registry."""
BOTH_STAND = (HolderCardNotUsable, RelativeNotConfirmed, general.Unavailable)
"""The same for anybody else."""
LAST_DAY = (EndDateNeedsOrder, EndDatePassed, EndDateTooFar)
"""Why an adult may not agree until the day that they say."""
VIDEO_NOT_NOW = (
    NotOfAgeYet,
    ConfirmedAlready,
    NothingToConfirm,
    LinkNotActive,
    CardNotUsable,
    errors.NothingToCompare,
    errors.ConfirmationVideoUsed,
)
"""Why a link that came of age is not confirmed by a video now."""


# --- the holder --------------------------------------------------------------------------------


@holder.route("/<uuid:link_id>/activation", methods=["GET"])
@holder.doc(operationId="readActivation")
@holder.refuses(general.NotFound, IllegalMove)
@holder.response(200, schemas.ActivationSchema)
def read_activation(link_id: uuid.UUID) -> Any:
    """Tries left, waiting time, and the routes without a face, which give the same rights."""
    return service.read_activation(current_call(), link_id)


@holder.route("/<uuid:link_id>/capture-sessions", methods=["POST"])
@holder.doc(operationId="openCaptureSession")
@holder.idempotent
@holder.refuses(
    *NOT_NOW,
    *HOLDER_STANDS,
    errors.CaptureWayNotAllowed,
    errors.NoContactOnFile,
    errors.TooManySessions,
)
@holder.arguments(schemas.OpenCaptureSessionSchema)
@holder.response(201, schemas.OpenedSessionSchema)
def open_session(body: dict[str, Any], link_id: uuid.UUID) -> Any:
    """Open the person's session on this phone; handed over, the holder's own session is locked."""
    return service.open_session(current_call(), link_id, body["via"])


@holder.route("/<uuid:link_id>/invitations", methods=["POST"])
@holder.doc(operationId="inviteRelative")
@holder.idempotent
@holder.refuses(
    *NOT_NOW,
    *HOLDER_STANDS,
    errors.CaptureWayNotAllowed,
    errors.NoContactOnFile,
    errors.TooManyInvitations,
)
@holder.response(201, schemas.InvitationSchema)
def invite(link_id: uuid.UUID) -> Any:
    """Send the adult relative a one-use address, to the contact on file only."""
    return service.invite(current_call(), link_id)


@holder.route("/<uuid:link_id>/face-consent", methods=["POST"])
@holder.doc(operationId="consentAsGuardian")
@holder.idempotent
@holder.refuses(*NOT_NOW, errors.ConsentByPerson, NoticeOutdated, NoticeTextDiffers)
@holder.arguments(schemas.FaceConsentSchema)
@holder.response(201, schemas.StepSchema)
def consent_as_guardian(body: dict[str, Any], link_id: uuid.UUID) -> Any:
    """A guardian decides about the face of a child, or about their own where it is asked for."""
    return service.consent_as_guardian(current_call(), link_id, **body)


@holder.route("/<uuid:link_id>/kept-portrait", methods=["DELETE"])
@holder.doc(operationId="withdrawPortrait")
@holder.refuses(general.NotFound)
@holder.response(204)
def withdraw_portrait(link_id: uuid.UUID) -> None:
    """Withdraw the consent to keep the reference photo; either side may, at any time."""
    service.withdraw_portrait(current_call(), link_id)


@holder.route("/<uuid:link_id>/counter-code", methods=["POST"])
@holder.doc(operationId="issueCounterCode")
@holder.idempotent
@holder.refuses(*NOT_NOW, *HOLDER_STANDS, errors.TooManyCodes)
@holder.response(201, schemas.CounterCodeSchema)
def issue_code(link_id: uuid.UUID) -> Any:
    """A code with which the last step is taken at a counter; the one before it ends."""
    return service.issue_code(current_call(), link_id)


# --- invitations -------------------------------------------------------------------------------


@invitations.route("/open", methods=["POST"])
@invitations.doc(operationId="openInvitation")
@invitations.idempotent
@invitations.refuses(
    errors.InvitationUnknown,
    errors.InvitationUsed,
    errors.InvitationExpired,
    errors.TooManySessions,
    IllegalMove,
    ApplicationExpired,
)
@invitations.arguments(schemas.OpenInvitationSchema)
@invitations.response(201, schemas.OpenedSessionSchema)
def open_invitation(body: dict[str, Any]) -> Any:
    """Open the relative's own session with the token they were sent."""
    return service.open_invitation(current_call(), body["token"])


# --- the person's session ----------------------------------------------------------------------


@capture.route("/<uuid:session_id>", methods=["GET"])
@capture.doc(operationId="readCaptureSession")
@capture.refuses(general.NotFound, ApplicationExpired, *CLOSED)
@capture.response(200, schemas.CaptureSessionSchema)
def read_session(session_id: uuid.UUID) -> Any:
    """Who asks for what, how to end it, and the step now allowed."""
    return service.read_session(current_call(), session_id)


@capture.route("/<uuid:session_id>", methods=["DELETE"])
@capture.doc(operationId="endCaptureSession")
@capture.refuses(general.NotFound, ApplicationExpired, *CLOSED)
@capture.response(204)
def end_session(session_id: uuid.UUID) -> None:
    """End the session."""
    service.end_session(current_call(), session_id)


@capture.route("/<uuid:session_id>/notice", methods=["GET"])
@capture.doc(operationId="readFaceNotice")
@capture.refuses(general.NotFound, ApplicationExpired, *CLOSED)
@capture.response(200, FaceNoticeSchema)
def read_notice(session_id: uuid.UUID) -> Any:
    """The notice about face processing, to be read before the decision."""
    return service.read_notice(current_call(), session_id)


@capture.route("/<uuid:session_id>/acceptance", methods=["POST"])
@capture.doc(operationId="acceptLink")
@capture.idempotent
@capture.refuses(
    *NOT_NOW,
    *CLOSED,
    AcceptanceNotNeeded,
    errors.CaptureWayNotAllowed,
    errors.NoContactOnFile,
    *LAST_DAY,
    general.Unavailable,
)
@capture.arguments(schemas.AcceptanceSchema)
@capture.response(201, schemas.StepSchema)
def accept(body: dict[str, Any], session_id: uuid.UUID) -> Any:
    """An adult relative accepts some of the scopes, in person, or declines the whole."""
    return service.accept(current_call(), session_id, **body)


@capture.route("/<uuid:session_id>/consent", methods=["POST"])
@capture.doc(operationId="consentAsPerson")
@capture.idempotent
@capture.refuses(
    *NOT_NOW,
    *CLOSED,
    errors.AcceptanceMissing,
    errors.ConsentByGuardian,
    NoticeOutdated,
    NoticeTextDiffers,
)
@capture.arguments(schemas.FaceConsentSchema)
@capture.response(201, schemas.StepSchema)
def consent_as_person(body: dict[str, Any], session_id: uuid.UUID) -> Any:
    """The person decides about their own face, before the camera opens."""
    return service.consent_as_person(current_call(), session_id, **body)


@capture.route("/<uuid:session_id>/challenges", methods=["POST"])
@capture.doc(operationId="drawChallenge")
@capture.idempotent
@capture.refuses(
    *NOT_NOW,
    *CLOSED,
    *CAMERA_SHUT,
    DeviceNotAttested,
    challenges.DeviceKeyDiffers,
    challenges.TooManyChallenges,
)
@capture.arguments(DrawChallengeSchema)
@capture.response(201, ChallengeSchema)
def draw_challenge(body: dict[str, Any], session_id: uuid.UUID) -> Any:
    """Draw what the person is to do before the camera; the challenge before it is spent."""
    return service.draw_challenge(current_call(), session_id, challenges.Ask(**body))


@capture.route("/<uuid:session_id>/captures", methods=["POST"])
@body_up_to("capture_bytes")
@capture.doc(operationId="sendCapture")
@capture.idempotent
@capture.refuses(
    *NOT_NOW,
    *CLOSED,
    *CAMERA_SHUT,
    errors.CaptureResent,
    *capture_parts.REFUSALS,
    ReferenceLapsed,
    CannotActivateNow,
    *BOTH_STAND,
)
@capture.arguments(CaptureSchema, location="files")
@capture.response(200, schemas.CaptureAnswerSchema)
def send_capture(parts: dict[str, Any], session_id: uuid.UUID) -> Any:
    """Judge the answer to a challenge; on a match the link opens, or a person looks first."""
    call = current_call()
    return service.take_capture(call, session_id, read_parts(parts, call.settings))


@capture.route("/<uuid:session_id>/digits", methods=["POST"])
@capture.doc(operationId="drawDigits")
@capture.idempotent
@capture.refuses(*NOT_NOW, *CLOSED, errors.AcceptanceMissing)
@capture.response(201, schemas.DigitsSchema)
def draw_digits(session_id: uuid.UUID) -> Any:
    """Four digits to say, sign or write in a short video that a person watches."""
    return service.draw_digits(current_call(), session_id)


@capture.route("/<uuid:session_id>/video", methods=["POST"])
@body_up_to("video_bytes")
@capture.doc(operationId="sendDigitsVideo")
@capture.idempotent
@capture.refuses(
    *NOT_NOW,
    *CLOSED,
    errors.AcceptanceMissing,
    errors.DigitsNotDrawn,
    *files.VIDEO_REFUSALS,
    *BOTH_STAND,
    general.BodyTooLarge,
    general.Busy,
)
@capture.arguments(schemas.VideoSchema, location="files")
@capture.response(201, schemas.StepSchema)
def send_video(parts: dict[str, Any], session_id: uuid.UUID) -> Any:
    """Hand in the digits video; a person decides."""
    return service.take_video(current_call(), session_id, parts["video"].read())


# --- come of age -------------------------------------------------------------------------------


@confirmation_videos.route("/<uuid:link_id>/confirmation-video", methods=["POST"])
@confirmation_videos.doc(operationId="drawConfirmationDigits")
@confirmation_videos.idempotent
@confirmation_videos.refuses(general.NotFound, *VIDEO_NOT_NOW, StepUpNeeded, general.Unavailable)
@confirmation_videos.arguments(schemas.DrawConfirmationSchema)
@confirmation_videos.response(201, schemas.DigitsSchema)
def draw_confirmation_digits(body: dict[str, Any], link_id: uuid.UUID) -> Any:
    """Come of age: four digits for a video that a person watches before the link goes on."""
    return service.draw_confirmation_digits(current_call(), link_id, **body)


@confirmation_videos.route("/<uuid:link_id>/confirmation-video/file", methods=["POST"])
@body_up_to("video_bytes")
@confirmation_videos.doc(operationId="sendConfirmationVideo")
@confirmation_videos.idempotent
@confirmation_videos.refuses(
    general.NotFound,
    *VIDEO_NOT_NOW,
    errors.DigitsNotDrawn,
    *files.VIDEO_REFUSALS,
    general.BodyTooLarge,
    general.Busy,
    general.Unavailable,
)
@confirmation_videos.arguments(schemas.VideoSchema, location="files")
@confirmation_videos.response(201, schemas.StepSchema)
def send_confirmation_video(parts: dict[str, Any], link_id: uuid.UUID) -> Any:
    """Come of age: hand in the video; a person decides, and the link is read meanwhile."""
    return service.take_confirmation_video(current_call(), link_id, parts["video"].read())


# --- the counter -------------------------------------------------------------------------------


@staff.route("/redeem", methods=["POST"])
@staff.doc(operationId="redeemCounterCode")
@staff.idempotent
@staff.refuses(
    IllegalMove,
    ApplicationExpired,
    errors.CounterCodeWrong,
    errors.CounterCodeUsed,
    errors.CounterCodeExpired,
    errors.TooManyWrongCodes,
    errors.OwnLink,
    errors.AcceptanceMissing,
    CannotActivateNow,
    *LAST_DAY,
    *BOTH_STAND,
)
@staff.arguments(schemas.RedeemSchema)
@staff.response(200, schemas.RedeemedSchema)
def redeem(body: dict[str, Any]) -> Any:
    """Take the last step at a counter: the relative is present, with their document."""
    body.pop("relative_present")
    return service.redeem_code(current_call(), **body)
