"""The e-card (holder), what leads out of a handed-over phone (lent), the counter (staff)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ecard import captures, challenges
from ecard.accounts.service import CodeExpired, CodeWrong
from ecard.answers import SPENDS_THE_CHALLENGE, AnswerUnreadable
from ecard.api import Room
from ecard.attestation import DeviceNotAttested
from ecard.capture_parts import CaptureSchema, read_parts
from ecard.cards import errors, schemas, service
from ecard.challenge_schemas import ChallengeSchema, DrawChallengeSchema
from ecard.challenge_view import ChallengeView
from ecard.errors import (
    BodyTooLarge,
    Busy,
    Conflict,
    NotAllowed,
    NotFound,
    TooManyRequests,
    Unavailable,
)
from ecard.face_consents import FaceNoticeSchema
from ecard.notices.errors import FaceConsentWithdrawn, NoticeOutdated, NoticeTextDiffers
from ecard.request import current_call

card = Room("card", __name__, url_prefix="", description="The holder's e-card")
unlock = Room("unlock", __name__, url_prefix="/session", description="Taking a phone back")
resets = Room(
    "password-resets",
    __name__,
    url_prefix="/card/password/resets",
    description="A new e-card password, also on a handed-over phone",
)
staff_cards = Room("staff-cards", __name__, url_prefix="/staff/cards", description="At a counter")

PASSWORD_REFUSALS = (
    errors.CardPasswordWrong,
    errors.CardLocked,
    errors.CardPasswordNotSet,
    Conflict,
    Busy,
)


@card.route("/card", methods=["GET"])
@card.doc(operationId="getCard")
@card.refuses(Unavailable)
@card.response(200, schemas.CardSchema)
def get_card() -> service.CardView:
    """The holder's card, its state and how its password stands"""
    return service.my_card(current_call())


@card.route("/card/phone", methods=["POST"])
@card.doc(operationId="bindCard")
@card.idempotent
@card.refuses(errors.CardNotUsable, errors.StepUpNeeded, Unavailable)
@card.arguments(schemas.BindSchema)
@card.response(200, schemas.CardSchema)
def bind_card(body: dict[str, UUID]) -> service.CardView:
    """Show the e-card on this phone from now on, and on no other"""
    return service.bind_card(current_call(), **body)


@card.route("/card/password", methods=["PUT"])
@card.doc(operationId="setCardPassword")
@card.refuses(errors.CardPasswordIsSet, errors.CardPasswordWeak, errors.FreshSignInNeeded, Busy)
@card.arguments(schemas.PasswordSchema)
@card.response(204)
def set_password(body: dict[str, str]) -> None:
    """Set the first password, at most 15 minutes after signing in"""
    service.set_password(current_call(), body["password"])


@card.route("/card/password/change", methods=["POST"])
@card.doc(operationId="changeCardPassword")
@card.idempotent
@card.refuses(errors.CardPasswordWeak, *PASSWORD_REFUSALS)
@card.arguments(schemas.PasswordChangeSchema)
@card.response(204)
def change_password(body: dict[str, str]) -> None:
    """Put a new password in the place of the old one"""
    service.change_password(current_call(), **body)


@card.route("/step-ups", methods=["POST"])
@card.doc(operationId="openStepUp")
@card.idempotent
@card.refuses(errors.CardNotUsable, Unavailable, *PASSWORD_REFUSALS)
@card.arguments(schemas.StepUpSchema)
@card.response(201, schemas.GrantSchema)
def open_step_up(body: dict[str, str]) -> service.Grant:
    """Prove the e-card password for one purpose, for 20 minutes, once"""
    return service.open_step_up(current_call(), **body)


@card.route("/card/state", methods=["POST"])
@card.doc(operationId="changeCardState")
@card.refuses(errors.CardNotUsable, errors.CardStateRefused, errors.StepUpNeeded, Unavailable)
@card.refuses(Conflict)
@card.arguments(schemas.StateSchema)
@card.response(200, schemas.CardSchema)
def change_state(body: dict[str, Any]) -> service.CardView:
    """Suspend the card or report it lost, at any time; take it back into use with a step-up"""
    return service.change_state(current_call(), **body)


@card.route("/card/renewal", methods=["POST"])
@card.doc(operationId="renewCard")
@card.idempotent
@card.refuses(errors.CardNotUsable, errors.RenewalRefused, errors.StepUpNeeded, Unavailable)
@card.arguments(schemas.RenewalSchema)
@card.response(200, schemas.CardSchema)
def renew(body: dict[str, Any]) -> service.CardView:
    """Renew the own card in its last days; needs a step-up"""
    return service.renew(current_call(), **body)


@card.route("/recoveries/<uuid:recovery_id>/approve", methods=["POST"])
@card.doc(operationId="approveRecovery")
@card.refuses(NotFound, errors.StepUpNeeded)
@card.arguments(schemas.DecidingSchema)
@card.response(204)
def approve_recovery(body: dict[str, Any], recovery_id: UUID) -> None:
    """Let the new phone in at once and keep the old ones; needs a step-up"""
    service.approve_recovery(current_call(), recovery_id, **body)


@card.route("/recoveries/<uuid:recovery_id>", methods=["DELETE"])
@card.doc(operationId="cancelRecovery")
@card.refuses(NotFound, errors.StepUpNeeded)
@card.arguments(schemas.DecidingSchema, location="query")
@card.response(204)
def cancel_recovery(query: dict[str, Any], recovery_id: UUID) -> None:
    """Stop a recovery; one that a counter opened only with a step-up"""
    service.cancel_recovery(current_call(), recovery_id, **query)


@resets.route("/codes", methods=["POST"])
@resets.doc(operationId="requestCardPasswordResetCode")
@resets.idempotent
@resets.refuses(errors.ResetNeedsCounter, TooManyRequests, Unavailable)
@resets.response(202, schemas.CodeSentSchema)
def send_reset_code() -> service.CodeSent:
    """Send a code to the phone on file, to set a new password with it and the own face"""
    return service.send_code(current_call())


@resets.route("/notice", methods=["GET"])
@resets.doc(operationId="readCardPasswordResetNotice")
@resets.refuses(errors.ResetNeedsCounter)
@resets.response(200, FaceNoticeSchema)
def read_reset_notice() -> Any:
    """The notice on comparing faces, to read before the own face is shown"""
    return service.read_notice(current_call())


@resets.route("", methods=["POST"])
@resets.doc(operationId="openCardPasswordReset")
@resets.idempotent
@resets.refuses(CodeWrong, CodeExpired, errors.CounterCodeWrong, errors.ResetClosed)
@resets.refuses(TooManyRequests, NotFound, NoticeOutdated, NoticeTextDiffers)
@resets.arguments(schemas.ResetRequestSchema)
@resets.response(201, schemas.ResetSchema)
def open_reset(body: dict[str, Any]) -> service.ResetView:
    """Begin a reset with the code from the phone and consent to the own face, or go on with the
    code from a counter"""
    return service.open_reset(current_call(), **body)


@resets.route("/<uuid:reset_id>/challenges", methods=["POST"])
@resets.doc(operationId="drawChallengeForCardPasswordReset")
@resets.idempotent
@resets.refuses(errors.ResetNeedsCounter, errors.ResetClosed, NotFound, Unavailable)
@resets.refuses(FaceConsentWithdrawn)
@resets.refuses(DeviceNotAttested, challenges.DeviceKeyDiffers, challenges.TooManyChallenges)
@resets.arguments(DrawChallengeSchema)
@resets.response(201, ChallengeSchema)
def draw_challenge(body: dict[str, Any], reset_id: UUID) -> ChallengeView:
    """Draw what the holder is to do before the camera; the challenge before it is spent"""
    return service.draw_challenge(current_call(), reset_id, challenges.Ask(**body))


@resets.route("/<uuid:reset_id>/face", methods=["POST"])
@resets.doc(operationId="showFaceForCardPasswordReset")
@resets.idempotent
@resets.refuses(captures.TooFewFrames, captures.TooManyFrames, captures.FrameEmpty, BodyTooLarge)
@resets.refuses(captures.FrameUnreadable, captures.FrameTooLarge, Busy, Unavailable)
@resets.refuses(errors.ResetNeedsCounter, errors.ResetClosed, NotFound, DeviceNotAttested)
@resets.refuses(FaceConsentWithdrawn)
@resets.refuses(challenges.ChallengeUnknown, challenges.ChallengeSpent)
@resets.refuses(AnswerUnreadable, *SPENDS_THE_CHALLENGE)
@resets.arguments(CaptureSchema, location="files")
@resets.response(200, schemas.FaceAnswerSchema)
def show_face(files: dict[str, Any], reset_id: UUID) -> service.FaceAnswer:
    """Show the own face; it is compared with the portrait that the registry holds"""
    call = current_call()
    return service.show_face(call, reset_id, read_parts(files, call.settings))


@resets.route("/<uuid:reset_id>", methods=["POST"])
@resets.doc(operationId="finishCardPasswordReset")
@resets.refuses(errors.CardPasswordWeak, errors.ResetFaceNeeded, errors.ResetClosed, NotFound, Busy)
@resets.arguments(schemas.NewPasswordSchema)
@resets.response(204)
def finish_reset(body: dict[str, str], reset_id: UUID) -> None:
    """Set the new password; the lock is gone"""
    service.finish(current_call(), reset_id, body["new_password"])


@unlock.route("/unlock", methods=["POST"])
@unlock.doc(operationId="unlockSession")
@unlock.refuses(*PASSWORD_REFUSALS)
@unlock.arguments(schemas.PasswordSchema)
@unlock.response(204)
def unlock_session(body: dict[str, str]) -> None:
    """Take a handed-over phone back, with the e-card password"""
    service.unlock(current_call(), body["password"])


@staff_cards.route("/password-resets", methods=["POST"])
@staff_cards.doc(operationId="openCardPasswordResetAtCounter")
@staff_cards.idempotent
@staff_cards.refuses(NotAllowed, NotFound, Unavailable)
@staff_cards.arguments(schemas.CounterCardSchema)
@staff_cards.response(201, schemas.ResetCodeSchema)
def open_reset_at_counter(body: dict[str, str]) -> service.CounterCode:
    """A clerk who saw the person and their document opens a reset; its code goes on paper"""
    return service.open_at_counter(current_call(), **body)


@staff_cards.route("/state", methods=["POST"])
@staff_cards.doc(operationId="changeCardStateAtCounter")
@staff_cards.refuses(NotAllowed, NotFound, errors.CardNotUsable, Unavailable)
@staff_cards.refuses(errors.CardStateRefused, Conflict)
@staff_cards.arguments(schemas.CounterStateSchema)
@staff_cards.response(200, schemas.CounterCardViewSchema)
def change_state_at_counter(body: dict[str, str]) -> service.CounterCardView:
    """A clerk who saw the person and their document changes the card's state"""
    return service.change_state_at_counter(current_call(), **body)


@staff_cards.route("", methods=["POST"])
@staff_cards.doc(operationId="issueCardAtCounter")
@staff_cards.idempotent
@staff_cards.refuses(NotAllowed, NotFound, errors.CardHeldAlready, Unavailable)
@staff_cards.arguments(schemas.IssueSchema)
@staff_cards.response(201, schemas.IssuedCardSchema)
def issue_at_counter(body: dict[str, str]) -> service.IssuedCard:
    """A clerk who saw the person and their document issues an e-card, where they hold none"""
    return service.issue_at_counter(current_call(), body["number"], body["identity_document"])


@staff_cards.route("/renewal", methods=["POST"])
@staff_cards.doc(operationId="renewCardAtCounter")
@staff_cards.idempotent
@staff_cards.refuses(NotAllowed, NotFound, errors.CardNotUsable, Unavailable)
@staff_cards.refuses(errors.RenewalRefused)
@staff_cards.arguments(schemas.CounterCardSchema)
@staff_cards.response(200, schemas.RenewedCardSchema)
def renew_at_counter(body: dict[str, str]) -> service.RenewedCard:
    """A clerk who saw the person and their document renews a card, also an expired one"""
    return service.renew_at_counter(current_call(), **body)
