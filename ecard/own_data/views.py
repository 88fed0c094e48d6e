"""A person's own data over HTTP, for themselves and for who speaks for them."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response

from ecard.api import BINARY, CursorSchema, Room, page_of
from ecard.cards.errors import CardNotUsable, StepUpNeeded
from ecard.errors import InvalidInput, NotAllowed, NotFound, Unavailable
from ecard.family.errors import LinkNotActive, NotTheirGuardian, RelativeNotConfirmed
from ecard.own_data import errors, schemas, service
from ecard.request import current_call
from ecard.review.errors import ConflictOfInterest

my_data = Room("my_data", __name__, url_prefix="/my-data", description="What is held on me")
relative_data = Room(
    "relative_data", __name__, url_prefix="/links", description="Held on whom one speaks for"
)
links_on_me = Room(
    "all_links_on_me", __name__, url_prefix="/links-on-me", description="Every link on me at once"
)
staff_corrections = Room(
    "staff_corrections", __name__, url_prefix="/staff/corrections", description="At the desk"
)
staff_links_on = Room(
    "staff_links_on_person",
    __name__,
    url_prefix="/staff/links-on-person",
    description="For a person without a phone",
)
staff_withdrawals = Room(
    "staff_face_withdrawals",
    __name__,
    url_prefix="/staff/face-withdrawals",
    description="For a person without a phone",
)
SPEAKS_FOR = (NotFound, LinkNotActive, NotTheirGuardian)
READS_FOR = (*SPEAKS_FOR, CardNotUsable, RelativeNotConfirmed, Unavailable)


@my_data.route("/face-withdrawals", methods=["POST"])
@my_data.doc(operationId="withdrawFaceConsent")
@my_data.idempotent
@my_data.refuses(NotFound, errors.NoFaceConsent, errors.GuardianDecides)
@my_data.arguments(schemas.WithdrawSchema)
@my_data.response(201, schemas.WithdrawalSchema)
def withdraw_face_consent(body: dict[str, Any]) -> Any:
    """Take back consent to the face: no face is compared from the next request on, pictures go."""
    return service.withdraw_own(current_call(), body["link_id"])


@my_data.route("/face-withdrawals", methods=["GET"])
@my_data.doc(operationId="listFaceWithdrawals")
@my_data.refuses(InvalidInput)
@my_data.arguments(CursorSchema, location="query")
@my_data.response(200, page_of(schemas.WithdrawalSchema))
def list_face_withdrawals(page: dict[str, Any]) -> Any:
    """What the signed-in person took back, for themselves or as a guardian, newest first."""
    return service.list_withdrawals(current_call(), **page)


@my_data.route("/face-withdrawals/<uuid:withdrawal_id>", methods=["GET"])
@my_data.doc(operationId="readFaceWithdrawal")
@my_data.refuses(NotFound)
@my_data.response(200, schemas.WithdrawalSchema)
def read_face_withdrawal(withdrawal_id: uuid.UUID) -> Any:
    """How far the destruction is, and its signed receipts."""
    return service.read_withdrawal(current_call(), withdrawal_id)


@my_data.route("/receipt-checks", methods=["POST"])
@my_data.doc(operationId="checkReceipt")
@my_data.arguments(schemas.DeletionReceiptSchema)
@my_data.response(200, schemas.DeletionReceiptCheckSchema)
def check_receipt(body: dict[str, str]) -> Any:
    """Have a receipt of destruction checked."""
    return service.check_receipt(current_call(), body["receipt"])


@relative_data.route("/<uuid:link_id>/face-withdrawals", methods=["POST"])
@relative_data.doc(operationId="withdrawFaceConsentAsGuardian")
@relative_data.idempotent
@relative_data.refuses(*SPEAKS_FOR, errors.NoFaceConsent)
@relative_data.response(201, schemas.WithdrawalSchema)
def withdraw_as_guardian(link_id: uuid.UUID) -> Any:
    """A guardian takes back, on their link, consent to the face of whom they speak for."""
    return service.withdraw_as_guardian(current_call(), link_id)


@staff_withdrawals.route("", methods=["POST"])
@staff_withdrawals.doc(operationId="withdrawFaceConsentAtCounter")
@staff_withdrawals.idempotent
@staff_withdrawals.refuses(NotAllowed, NotFound, Unavailable, NotTheirGuardian)
@staff_withdrawals.refuses(errors.NoFaceConsent, errors.GuardianDecides)
@staff_withdrawals.arguments(schemas.WithdrawAtCounterSchema)
@staff_withdrawals.response(201, schemas.WithdrawalSchema)
def withdraw_at_counter(body: dict[str, Any]) -> Any:
    """Take back consent to the face for the person at the counter, or for their guardian there"""
    return service.withdraw_at_counter(current_call(), **body)


@staff_withdrawals.route("/<uuid:withdrawal_id>", methods=["GET"])
@staff_withdrawals.doc(operationId="readFaceWithdrawalAtCounter")
@staff_withdrawals.refuses(NotAllowed, NotFound)
@staff_withdrawals.response(200, schemas.WithdrawalSchema)
def read_withdrawal_at_counter(withdrawal_id: uuid.UUID) -> Any:
    """How far the destruction is, and the signed receipts to print for the person"""
    return service.read_at_counter(current_call(), withdrawal_id)


# --- seen and taken -----------------------------------------------------------------------------


@my_data.route("", methods=["GET"])
@my_data.doc(operationId="readOwnData")
@my_data.refuses(Unavailable)
@my_data.arguments(schemas.MostSchema, location="query")
@my_data.response(200, schemas.OwnDataSchema)
def read_own_data(query: dict[str, int]) -> Any:
    """What is kept about the signed-in person, by category"""
    return service.read_own(current_call(), query["most"])


@relative_data.route("/<uuid:link_id>/data", methods=["GET"])
@relative_data.doc(operationId="readDataAsGuardian")
@relative_data.refuses(*READS_FOR)
@relative_data.arguments(schemas.MostSchema, location="query")
@relative_data.response(200, schemas.OwnDataSchema)
def read_data_as_guardian(query: dict[str, int], link_id: uuid.UUID) -> Any:
    """What is kept about whom one speaks for, as far as it concerns this link"""
    return service.read_as_guardian(current_call(), link_id, query["most"])


@my_data.route("/file", methods=["POST"])
@my_data.doc(operationId="takeOwnData")
@my_data.refuses(StepUpNeeded, errors.GuardianDecides, Unavailable)
@my_data.arguments(schemas.TakeSchema)
@my_data.response(200, BINARY, content_type="*/*")
def take_own_data(body: dict[str, Any]) -> Response:
    """All of it as a file, with the own pictures; needs a step-up, 20 a day"""
    return _handed_out(service.take_own(current_call(), body["step_up_id"], body["format"]))


@relative_data.route("/<uuid:link_id>/data/file", methods=["POST"])
@relative_data.doc(operationId="takeDataAsGuardian")
@relative_data.refuses(*READS_FOR, StepUpNeeded)
@relative_data.arguments(schemas.TakeSchema)
@relative_data.response(200, BINARY, content_type="*/*")
def take_data_as_guardian(body: dict[str, Any], link_id: uuid.UUID) -> Response:
    """The same as a file; needs a step-up of the guardian"""
    given = (link_id, body["step_up_id"], body["format"])
    return _handed_out(service.take_as_guardian(current_call(), *given))


def _handed_out(file: service.DataFile) -> Response:
    response = Response(file.content, mimetype=file.media_type)
    ending = file.media_type.rsplit("/", 1)[1]
    response.headers["Content-Disposition"] = f'attachment; filename="my-data.{ending}"'
    return response


# --- corrected ----------------------------------------------------------------------------------


@my_data.route("/contact-language", methods=["PUT"])
@my_data.doc(operationId="chooseContactLanguage")
@my_data.arguments(schemas.LanguageSchema)
@my_data.response(200, schemas.LanguageNowSchema)
@my_data.versioned
def choose_language(body: dict[str, Any], version: int) -> Any:
    """In which language messages come; the version stands in `contact`"""
    return service.choose_language(current_call(), body["language"], version)


@my_data.route("/corrections", methods=["POST"])
@my_data.doc(operationId="askCorrection")
@my_data.idempotent
@my_data.refuses(errors.CorrectionOpen, errors.GuardianDecides)
@my_data.arguments(schemas.AskCorrectionSchema)
@my_data.response(201, schemas.CorrectionSchema)
def ask_correction(body: dict[str, str]) -> Any:
    """Ask the agency to correct what the registry has wrong"""
    return service.ask_own(current_call(), **body)


@my_data.route("/corrections", methods=["GET"])
@my_data.doc(operationId="listCorrections")
@my_data.refuses(InvalidInput)
@my_data.arguments(CursorSchema, location="query")
@my_data.response(200, page_of(schemas.CorrectionSchema))
def list_corrections(page: dict[str, Any]) -> Any:
    """Corrections that were asked for, with their answers, newest first"""
    return service.list_corrections(current_call(), **page)


@relative_data.route("/<uuid:link_id>/data/corrections", methods=["POST"])
@relative_data.doc(operationId="askCorrectionAsGuardian")
@relative_data.idempotent
@relative_data.refuses(*READS_FOR, errors.CorrectionOpen)
@relative_data.arguments(schemas.AskCorrectionSchema)
@relative_data.response(201, schemas.CorrectionSchema)
def ask_correction_as_guardian(body: dict[str, str], link_id: uuid.UUID) -> Any:
    """Ask for a correction for whom one speaks"""
    return service.ask_as_guardian(current_call(), link_id, **body)


@staff_corrections.route("", methods=["GET"])
@staff_corrections.doc(operationId="listCorrectionsAtDesk")
@staff_corrections.refuses(NotAllowed, InvalidInput)
@staff_corrections.arguments(CursorSchema, location="query")
@staff_corrections.response(200, page_of(schemas.DeskCorrectionSchema))
def list_at_desk(page: dict[str, Any]) -> Any:
    """Corrections that the clerk's region has still to answer, newest first"""
    return service.list_at_desk(current_call(), **page)


@staff_corrections.route("/<uuid:correction_id>/answer", methods=["POST"])
@staff_corrections.doc(operationId="answerCorrection")
@staff_corrections.idempotent
@staff_corrections.refuses(NotAllowed, NotFound, errors.CorrectionDecided, ConflictOfInterest)
@staff_corrections.refuses(errors.CorrectionReasonDoesNotFit, Unavailable)
@staff_corrections.arguments(schemas.AnswerCorrectionSchema)
@staff_corrections.response(201, schemas.CorrectionSchema)
@staff_corrections.versioned
def answer_correction(body: dict[str, str], correction_id: uuid.UUID, version: int) -> Any:
    """Answer with a reason and words that the person and their guardian read"""
    return service.answer(current_call(), correction_id, version=version, **body)


# --- every link on a person ---------------------------------------------------------------------


@links_on_me.route("/end", methods=["POST"])
@links_on_me.doc(operationId="endAllLinksOnMe")
@links_on_me.idempotent
@links_on_me.response(200, schemas.LinksOnPersonSchema)
def end_all_links_on_me() -> Any:
    """End every link on the signed-in person, effective on the very next request"""
    return {"items": service.cut_all(current_call())}


@staff_links_on.route("/list", methods=["POST"])
@staff_links_on.doc(operationId="listLinksOnPerson")
@staff_links_on.refuses(NotAllowed, NotFound, Unavailable)
@staff_links_on.arguments(schemas.AtCounterSchema)
@staff_links_on.response(200, schemas.LinksOnPersonSchema)
def list_links_on_person(body: dict[str, str]) -> Any:
    """Every link on the person at the counter, whom the clerk saw with a document"""
    return {"items": service.list_at_counter(current_call(), **body)}


@staff_links_on.route("/end", methods=["POST"])
@staff_links_on.doc(operationId="endLinksOnPerson")
@staff_links_on.idempotent
@staff_links_on.refuses(NotAllowed, NotFound, Unavailable)
@staff_links_on.arguments(schemas.CutAtCounterSchema)
@staff_links_on.response(200, schemas.LinksOnPersonSchema)
def end_links_on_person(body: dict[str, Any]) -> Any:
    """End links on the person at the counter: those named, or all of them"""
    return {"items": service.cut_at_counter(current_call(), **body)}
