"""What the last step takes and gives over HTTP. Never a score."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask_smorest.fields import Upload

from biometrics.challenge import Profile
from ecard import fields
from ecard.activation.policy import (
    CODE_CHARACTERS,
    FACELESS_ROUTES,
    IDENTITY_DOCUMENTS,
    WAYS,
)
from ecard.api import Schema
from ecard.face_consents import FaceDecisionSchema
from ecard.family.policy import SCOPES

OUTCOMES = ("match", "no_match", "unusable", "presentation_attack")
CONSENTS = ("given", "declined", "withdrawn", "missing")
DECIDERS = ("guardian", "person")
SUBJECTS = ("relative", "guardian")
NEXT = {"description": "The step now allowed"}


def _yes_or_no(**kwargs: Any) -> ma.fields.Boolean:
    return ma.fields.Boolean(truthy={True}, falsy={False}, **kwargs)


def _chosen_scopes(**kwargs: Any) -> ma.fields.List[Any]:
    return ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, 32)),
        load_default=list,
        validate=ma.validate.Length(max=16),
        **kwargs,
    )


def _last_day() -> ma.fields.Date:
    """How an adult says until when they agree."""
    return ma.fields.Date(
        load_default=None,
        allow_none=True,
        metadata={"description": "The last day; they can put it off later"},
    )


class OpenCaptureSessionSchema(Schema):
    """How the session is held: lent to an adult (to accept, or for a video), or beside a child."""

    via = fields.one_of(
        *WAYS,
        description="`own`: a child, the holder beside them; `handed_over`: an adult takes the"
        " holder's phone; `video`: an adult, for the digits video",
    )


class OpenedSessionSchema(ma.Schema):
    """A fresh capture session; the token is shown this once."""

    id = ma.fields.UUID(required=True)
    token = fields.text(metadata={"description": "Bearer token of the capture session"})
    via = fields.text()
    expires_at = fields.time()
    next = fields.text(metadata=NEXT)


class InvitationSchema(ma.Schema):
    """That an invitation is on its way to the contact on file."""

    sent_at = fields.time()
    expires_at = fields.time()


class OpenInvitationSchema(Schema):
    """The token of an invitation's address."""

    token = ma.fields.String(required=True, validate=ma.validate.Length(20, 100, error="length"))


class FaceConsentSchema(FaceDecisionSchema):
    """The decision about face processing, and about keeping the photo."""

    keep_portrait = _yes_or_no(
        load_default=False,
        metadata={
            "description": "A consent of its own: the reference photo is kept for later face checks"
        },
    )


class AcceptanceSchema(Schema):
    """Whether the adult relative accepts, and which of the scopes asked for."""

    accepted = _yes_or_no(required=True)
    scopes = _chosen_scopes()
    ends_on = _last_day()


class StepSchema(ma.Schema):
    """The step now allowed."""

    next = fields.text(metadata=NEXT)


class ScopeSentenceSchema(ma.Schema):
    """One thing the holder asks to do, as a sentence."""

    scope = fields.text()
    sentence = fields.text()


class CaptureSessionSchema(ma.Schema):
    """Everything the relative's screen shows."""

    id = ma.fields.UUID(required=True)
    via = fields.text()
    expires_at = fields.time()
    language = fields.text(metadata={"description": "Language on file of the person at the camera"})
    holder_name = fields.text(metadata={"description": "Shortened"})
    must_accept = ma.fields.Boolean(required=True)
    accepted = ma.fields.Boolean(required=True)
    scopes = ma.fields.List(ma.fields.Nested(ScopeSentenceSchema), required=True)
    how_to_end = fields.text()
    read_aloud = fields.text(metadata={"description": "The screen as one text to be read aloud"})
    face_subject = fields.one_of(*SUBJECTS)
    consent_by = fields.one_of(*DECIDERS)
    consent = fields.one_of(*CONSENTS)
    profiles = ma.fields.List(
        fields.one_of(*Profile),
        required=True,
        metadata={"description": "What a challenge may ask for (`drawChallenge`)"},
    )
    frames_min = fields.count()
    frames_max = fields.count()
    tries_left = fields.count()
    wait_seconds = fields.count()
    unusable_left = fields.count()
    routes = ma.fields.List(fields.one_of(*FACELESS_ROUTES), required=True)
    next = fields.text(metadata=NEXT)


class CaptureAnswerSchema(ma.Schema):
    """What came of a capture, and the way on."""

    outcome = fields.one_of(*OUTCOMES)
    reason = fields.text(
        allow_none=True, metadata={"description": "What to change, where a capture was unusable"}
    )
    tries_left = fields.count()
    wait_seconds = fields.count()
    unusable_left = fields.count()
    next = fields.text(metadata=NEXT)
    routes = ma.fields.List(fields.one_of(*FACELESS_ROUTES), required=True)


class DigitsSchema(ma.Schema):
    """What to say, sign or write, and who will watch it."""

    digits = fields.text()
    expires_at = fields.time()
    seconds_max = fields.count()
    sentence = fields.text()


class DrawConfirmationSchema(Schema):
    """What the holder may go on doing, and the proof of the e-card password."""

    scopes = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(SCOPES)),
        required=True,
        validate=ma.validate.Length(1, len(SCOPES)),
    )
    step_up_id = ma.fields.UUID(required=True, metadata={"description": "A grant for confirm_link"})


class VideoSchema(Schema):
    """The digits video: WebM, MP4 or QuickTime. Use with ``location="files"``."""

    video = Upload(required=True, metadata={"description": "At most 15 seconds and 20 MiB"})


class CounterPlaceSchema(ma.Schema):
    """A place where people are served in person."""

    id = ma.fields.UUID(required=True)
    code = fields.text()
    region = fields.text()
    region_name = fields.text()
    agency = fields.text()
    name = fields.text()
    address = fields.text()


class CounterCodeSchema(ma.Schema):
    """A fresh code for the counter; it is shown this once."""

    code = fields.text()
    expires_at = fields.time()
    counters = ma.fields.List(ma.fields.Nested(CounterPlaceSchema), required=True)


class RouteSchema(ma.Schema):
    """A route without a face; it gives the same rights."""

    route = fields.one_of(*FACELESS_ROUTES)
    sentence = fields.text()
    counters = ma.fields.List(ma.fields.Nested(CounterPlaceSchema), required=True)
    code_until = fields.time(allow_none=True)


class ActivationSchema(ma.Schema):
    """How the last step of an application stands."""

    link_id = ma.fields.UUID(required=True)
    state = fields.text()
    route = fields.text()
    face_subject = fields.one_of(*SUBJECTS)
    face_open = ma.fields.Boolean(required=True)
    tries_left = fields.count()
    wait_seconds = fields.count()
    consent_by = fields.one_of(*DECIDERS)
    consent = fields.one_of(*CONSENTS)
    routes = ma.fields.List(ma.fields.Nested(RouteSchema), required=True)
    next = fields.text(metadata=NEXT)


class RedeemSchema(Schema):
    """What a clerk confirms: who stood there, with which document, and that they accepted."""

    code = ma.fields.String(
        required=True, validate=ma.validate.Length(CODE_CHARACTERS, 20, error="length")
    )
    identity_document = fields.one_of(*IDENTITY_DOCUMENTS)
    relative_present = _yes_or_no(
        required=True, validate=ma.validate.Equal(True, error="must_be_present")
    )
    accepted = _yes_or_no(
        load_default=False, metadata={"description": "Needed where the relative is an adult"}
    )
    scopes = _chosen_scopes(
        metadata={
            "description": "What an adult agrees to, of what was asked for (a refusal names it);"
            " who accepted before keeps to what they chose"
        }
    )
    ends_on = _last_day()


class RedeemedSchema(ma.Schema):
    """What the clerk reads after the last step was taken."""

    link_id = ma.fields.UUID(required=True)
    state = fields.text()
    acts_from = fields.time(allow_none=True)
