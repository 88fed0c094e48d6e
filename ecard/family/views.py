"""The family account over HTTP: open, acknowledge, name the relative, list, end."""

from __future__ import annotations

import uuid
from typing import Any

from ecard.api import CursorSchema, Room, page_of
from ecard.cards.errors import (
    CardNotUsable,
    ResetClosed,
    ResetFaceNeeded,
    ResetNeedsCounter,
    StepUpNeeded,
)
from ecard.errors import InvalidInput, NotAllowed, NotFound, Unavailable
from ecard.family import errors, service
from ecard.family.schemas import (
    AcknowledgementSchema,
    AnswerOrderSchema,
    ChangeSchema,
    ConfirmationSchema,
    CounterConfirmationSchema,
    CounterEndDateSchema,
    EndDateOrderSchema,
    EndDateSchema,
    FaceProofSchema,
    FamilyAccountSchema,
    GuardedLinkSchema,
    LastDaySchema,
    LinkNameSchema,
    LinkNoticeSchema,
    LinkSchema,
    NotMeSchema,
    OpenApplicationSchema,
    RecordOrderSchema,
    ScopesOnMeSchema,
    ScopesSchema,
    StaffActionSchema,
)
from ecard.notices.errors import NoticeOutdated, NoticeTextDiffers
from ecard.openings import SecondPersonNeeded
from ecard.request import current_call

links = Room("links", __name__, url_prefix="/links", description="The holder's links")
links_on_me = Room(
    "links_on_me", __name__, url_prefix="/links-on-me", description="Links on the signed-in person"
)
guarded_links = Room(
    "guarded_links", __name__, url_prefix="/guarded-links", description="A child's other guardians"
)
not_me = Room("not_me", __name__, url_prefix="/not-me", description="This was not me")
staff_links = Room("staff_links", __name__, url_prefix="/staff/links", description="Safeguarding")
staff_orders = Room(
    "staff_end_date_orders",
    __name__,
    url_prefix="/staff/end-date-orders",
    description="Court orders about a link's last day",
)

GROWING = (
    errors.NotOfAgeYet,
    errors.ConfirmedAlready,
    errors.NothingToConfirm,
    errors.LinkNotActive,
)
"""What the young person's own decision about a link is refused for."""
LAST_DAY = (errors.IllegalMove, errors.EndDatePassed, errors.EndDateTooFar)
"""Why a link is not given a last day."""
BY_ORDER = (*LAST_DAY, errors.EndDateNeedsRelative, errors.DisputeNotSettled)
"""The same, where a court order is to give it."""


@links.route("", methods=["POST"])
@links.doc(operationId="openApplication")
@links.idempotent
@links.refuses(
    StepUpNeeded, CardNotUsable, errors.HolderTooYoung, errors.TooManyApplications, Unavailable
)
@links.arguments(OpenApplicationSchema)
@links.response(201, LinkSchema)
@links.tagged
def open_application(body: dict[str, Any]) -> Any:
    """Open an application with a step-up grant; it can be left and resumed for 7 days."""
    return service.open_application(current_call(), body["step_up_id"])


@links.route("", methods=["GET"])
@links.doc(operationId="listLinks")
@links.refuses(InvalidInput)
@links.arguments(CursorSchema, location="query")
@links.response(200, page_of(LinkSchema))
def list_links(page: dict[str, Any]) -> Any:
    """The holder's links and applications, newest first."""
    return service.list_links(current_call(), **page)


@links.route("/<uuid:link_id>", methods=["GET"])
@links.doc(operationId="readLink")
@links.refuses(NotFound)
@links.response(200, LinkSchema)
@links.tagged
def read_link(link_id: uuid.UUID) -> Any:
    """One link of the holder."""
    return service.read_link(current_call(), link_id)


@links.route("/<uuid:link_id>/notices/<string:kind>", methods=["GET"])
@links.doc(operationId="readLinkNotice")
@links.refuses(NotFound)
@links.response(200, LinkNoticeSchema)
def read_notice(link_id: uuid.UUID, kind: str) -> Any:
    """The notice to show for this application: `family_services` or `face_processing`."""
    return service.read_notice(current_call(), link_id, kind)


@links.route("/<uuid:link_id>/acknowledgement", methods=["POST"])
@links.doc(operationId="acknowledgeNotice")
@links.idempotent
@links.refuses(
    NotFound, NoticeOutdated, NoticeTextDiffers, errors.IllegalMove, errors.ApplicationExpired
)
@links.arguments(AcknowledgementSchema)
@links.response(201, LinkSchema)
@links.tagged
def acknowledge(body: dict[str, Any], link_id: uuid.UUID) -> Any:
    """Prove that exactly this notice was read."""
    return service.acknowledge(current_call(), link_id, **body)


@links.route("/<uuid:link_id>/family-account", methods=["PUT"])
@links.doc(operationId="giveFamilyAccount")
@links.refuses(
    NotFound,
    errors.IllegalMove,
    errors.ApplicationExpired,
    errors.NumberNotValid,
    errors.BornInFuture,
    errors.NumberIsYourOwn,
    errors.AlreadyLinked,
    errors.CapReached,
    errors.AgeDoesNotFit,
    errors.RelationNeedsGuardian,
    errors.RelativeNotConfirmed,
    errors.NumberTriedTooOften,
    errors.TooManyNumbers,
    CardNotUsable,
    Unavailable,
)
@links.arguments(FamilyAccountSchema)
@links.response(200, LinkSchema)
@links.versioned
def give_family_account(body: dict[str, Any], link_id: uuid.UUID, version: int) -> Any:
    """Name the relative; everything that can be refused is refused here, before documents."""
    return service.give_family_account(current_call(), link_id, version=version, **body)


@links.route("/<uuid:link_id>/scopes", methods=["PUT"])
@links.doc(operationId="setScopes")
@links.refuses(NotFound, errors.IllegalMove, errors.ScopeNeedsRelative, StepUpNeeded)
@links.refuses(CardNotUsable, Unavailable)
@links.arguments(ScopesSchema)
@links.response(200, LinkSchema)
@links.versioned
def set_scopes(body: dict[str, Any], link_id: uuid.UUID, version: int) -> Any:
    """Take scopes back at once; give new ones for a minor or ward, with a step-up."""
    return service.change_scopes_as_holder(current_call(), link_id, version=version, **body)


@links.route("/<uuid:link_id>/name", methods=["PUT"])
@links.doc(operationId="renameLink")
@links.refuses(NotFound, errors.IllegalMove)
@links.arguments(LinkNameSchema)
@links.response(200, LinkSchema)
@links.versioned
def rename_link(body: dict[str, str], link_id: uuid.UUID, version: int) -> Any:
    """Correct the name by which the holder knows their relative; the registry's stays."""
    return service.rename(current_call(), link_id, body["name"], version)


@links.route("/<uuid:link_id>/withdrawal", methods=["POST"])
@links.doc(operationId="withdrawApplication")
@links.idempotent
@links.refuses(NotFound, errors.IllegalMove, errors.ApplicationExpired)
@links.response(200, LinkSchema)
@links.tagged
def withdraw(link_id: uuid.UUID) -> Any:
    """Give up an application."""
    return service.withdraw(current_call(), link_id)


@links.route("/<uuid:link_id>/end", methods=["POST"])
@links.doc(operationId="endLink")
@links.idempotent
@links.refuses(NotFound, errors.IllegalMove, errors.ApplicationExpired)
@links.response(200, LinkSchema)
@links.tagged
def end_link(link_id: uuid.UUID) -> Any:
    """End a link; effective on the very next request."""
    return service.end_as_holder(current_call(), link_id)


@links.route("/<uuid:link_id>/changes", methods=["GET"])
@links.doc(operationId="listLinkChanges")
@links.refuses(NotFound, InvalidInput)
@links.arguments(CursorSchema, location="query")
@links.response(200, page_of(ChangeSchema))
def list_changes(page: dict[str, Any], link_id: uuid.UUID) -> Any:
    """A link's history: who moved it, where and why."""
    return service.list_changes(current_call(), link_id, **page)


@links_on_me.route("", methods=["GET"])
@links_on_me.doc(operationId="listLinksOnMe")
@links_on_me.refuses(InvalidInput)
@links_on_me.arguments(CursorSchema, location="query")
@links_on_me.response(200, page_of(LinkSchema))
def list_links_on_me(page: dict[str, Any]) -> Any:
    """Every link that others hold on the signed-in person."""
    return service.list_links_on_me(current_call(), **page)


@links_on_me.route("/<uuid:link_id>/scopes", methods=["PUT"])
@links_on_me.doc(operationId="setScopesOnMe")
@links_on_me.refuses(NotFound, errors.IllegalMove, errors.ScopeNeedsGuardian)
@links_on_me.refuses(CardNotUsable, Unavailable)
@links_on_me.arguments(ScopesOnMeSchema)
@links_on_me.response(200, LinkSchema)
@links_on_me.versioned
def set_scopes_on_me(body: dict[str, Any], link_id: uuid.UUID, version: int) -> Any:
    """Say what somebody's link on the signed-in person allows; effective on the next request."""
    return service.change_scopes_as_relative(current_call(), link_id, version=version, **body)


@links_on_me.route("/<uuid:link_id>/end-date", methods=["PUT"])
@links_on_me.doc(operationId="setEndDateOnMe")
@links_on_me.refuses(NotFound, errors.EndDateNeedsOrder, CardNotUsable, Unavailable, *LAST_DAY)
@links_on_me.arguments(EndDateSchema)
@links_on_me.response(200, LinkSchema)
@links_on_me.versioned
def set_end_date_on_me(body: dict[str, Any], link_id: uuid.UUID, version: int) -> Any:
    """Say until when somebody's link on the signed-in person holds; a later day extends it."""
    return service.change_last_day_as_relative(current_call(), link_id, version=version, **body)


@links_on_me.route("/<uuid:link_id>/face-notice", methods=["GET"])
@links_on_me.doc(operationId="readFaceNoticeOnMe")
@links_on_me.refuses(NotFound)
@links_on_me.response(200, LinkNoticeSchema)
def read_face_notice(link_id: uuid.UUID) -> Any:
    """The notice on comparing faces, to read before the own face is shown."""
    return service.read_face_notice(current_call(), link_id)


@links_on_me.route("/<uuid:link_id>/face-proof", methods=["POST"])
@links_on_me.doc(operationId="openFaceProof")
@links_on_me.idempotent
@links_on_me.refuses(NotFound, NoticeOutdated, NoticeTextDiffers, ResetNeedsCounter, Unavailable)
@links_on_me.refuses(*GROWING)
@links_on_me.arguments(AcknowledgementSchema)
@links_on_me.response(201, FaceProofSchema)
def open_face_proof(body: dict[str, Any], link_id: uuid.UUID) -> Any:
    """Come of age: consent and begin to show the own face, as for a new card password.

    Challenge and capture: `drawChallengeForCardPasswordReset`, `showFaceForCardPasswordReset`.
    """
    return service.open_face_proof(current_call(), link_id, **body)


@links_on_me.route("/<uuid:link_id>/confirmation", methods=["POST"])
@links_on_me.doc(operationId="confirmLink")
@links_on_me.idempotent
@links_on_me.refuses(NotFound, StepUpNeeded, CardNotUsable, ResetFaceNeeded, ResetClosed)
@links_on_me.refuses(Unavailable, *GROWING)
@links_on_me.arguments(ConfirmationSchema)
@links_on_me.response(200, LinkSchema)
@links_on_me.tagged
def confirm_link(body: dict[str, Any], link_id: uuid.UUID) -> Any:
    """Come of age: the link goes on, with the scopes now chosen."""
    return service.confirm(current_call(), link_id, **body)


@links_on_me.route("/<uuid:link_id>/takeover", methods=["POST"])
@links_on_me.doc(operationId="takeOverLink")
@links_on_me.idempotent
@links_on_me.refuses(NotFound, CardNotUsable, Unavailable, *GROWING)
@links_on_me.response(200, LinkSchema)
def take_over(link_id: uuid.UUID) -> Any:
    """Come of age: the link ends, and all that it was for is done with the own e-card."""
    return service.take_over(current_call(), link_id)


@links_on_me.route("/<uuid:link_id>/end", methods=["POST"])
@links_on_me.doc(operationId="endLinkOnMe")
@links_on_me.idempotent
@links_on_me.refuses(NotFound, errors.IllegalMove, errors.ApplicationExpired)
@links_on_me.response(200, LinkSchema)
def end_link_on_me(link_id: uuid.UUID) -> Any:
    """End a link that somebody holds on the signed-in person, without asking the holder."""
    return service.end_as_relative(current_call(), link_id)


@guarded_links.route("", methods=["GET"])
@guarded_links.doc(operationId="listGuardedLinks")
@guarded_links.refuses(InvalidInput)
@guarded_links.arguments(CursorSchema, location="query")
@guarded_links.response(200, page_of(GuardedLinkSchema))
def list_guarded(page: dict[str, Any]) -> Any:
    """Other guardians' links on the signed-in guardian's children."""
    return service.list_guarded(current_call(), **page)


@not_me.route("", methods=["POST"])
@not_me.doc(operationId="reportNotMe")
@not_me.refuses(errors.NotMeLinkUsed)
@not_me.arguments(NotMeSchema)
@not_me.response(204)
def report_not_me(body: dict[str, Any]) -> None:
    """Answer a notice with "this was not me"; good for 240 hours."""
    service.report_not_me(current_call(), body["token"])


@staff_links.route("/<uuid:link_id>/action", methods=["POST"])
@staff_links.doc(operationId="actOnLink")
@staff_links.idempotent
@staff_links.refuses(NotFound, errors.IllegalMove, errors.DisputeNotSettled)
@staff_links.arguments(StaffActionSchema)
@staff_links.response(204)
def act_on_link(body: dict[str, Any], link_id: uuid.UUID) -> None:
    """Suspend, resume or end a link for somebody's safety; the reason is hidden from the holder."""
    service.set_state_as_staff(current_call(), link_id, body["action"])


@staff_links.route("/<uuid:link_id>/confirmation", methods=["POST"])
@staff_links.doc(operationId="confirmLinkAtCounter")
@staff_links.idempotent
@staff_links.refuses(NotFound, NotAllowed, Unavailable, *GROWING)
@staff_links.arguments(CounterConfirmationSchema)
@staff_links.response(204)
def confirm_at_counter(body: dict[str, Any], link_id: uuid.UUID) -> None:
    """A clerk saw the young person, come of age, and their document: the link goes on."""
    service.confirm_at_counter(current_call(), link_id, **body)


@staff_links.route("/<uuid:link_id>/end-date", methods=["PUT"])
@staff_links.doc(operationId="setEndDateAtCounter")
@staff_links.refuses(NotFound, NotAllowed, Unavailable, *LAST_DAY, errors.EndDateNeedsOrder)
@staff_links.arguments(CounterEndDateSchema)
@staff_links.response(200, LastDaySchema)
@staff_links.versioned
def set_end_date_at_counter(body: dict[str, Any], link_id: uuid.UUID, version: int) -> Any:
    """Write down until when a link holds, as the relative at the counter says it."""
    return service.change_last_day_at_counter(current_call(), link_id, version=version, **body)


@staff_links.route("/<uuid:link_id>/end-date-orders", methods=["POST"])
@staff_links.doc(operationId="recordEndDateOrder")
@staff_links.idempotent
@staff_links.refuses(NotFound, NotAllowed, Unavailable, *BY_ORDER, errors.EndDateOrderWaits)
@staff_links.arguments(RecordOrderSchema)
@staff_links.response(201, EndDateOrderSchema)
@staff_links.versioned
def record_order(body: dict[str, Any], link_id: uuid.UUID, version: int) -> Any:
    """Record what a court order says of a link's last day; it waits for another clerk."""
    return service.record_order(current_call(), link_id, version=version, **body)


@staff_orders.route("", methods=["GET"])
@staff_orders.doc(operationId="listEndDateOrders")
@staff_orders.refuses(NotAllowed, InvalidInput)
@staff_orders.arguments(CursorSchema, location="query")
@staff_orders.response(200, page_of(EndDateOrderSchema))
def list_orders(page: dict[str, Any]) -> Any:
    """Court orders of the clerk's region that wait to be confirmed, newest first."""
    return service.list_orders(current_call(), **page)


@staff_orders.route("/<uuid:order_id>/answer", methods=["POST"])
@staff_orders.doc(operationId="answerEndDateOrder")
@staff_orders.idempotent
@staff_orders.refuses(NotFound, NotAllowed, Unavailable, InvalidInput, SecondPersonNeeded)
@staff_orders.refuses(*BY_ORDER, errors.EndDateOrderNotWaiting)
@staff_orders.arguments(AnswerOrderSchema)
@staff_orders.response(201, EndDateOrderSchema)
@staff_orders.versioned
def answer_order(body: dict[str, Any], order_id: uuid.UUID, version: int) -> Any:
    """Confirm, as another clerk, what was recorded, so that it holds; or reject it."""
    return service.answer_order(current_call(), order_id, version=version, **body)
