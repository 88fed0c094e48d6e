"""What the last step takes and gives over HTTP. Never a score."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask_smorest.fields import Upload

from ecard.activation.policy import (
    CODE_CHARACTERS,
    FACELESS_ROUTES,
    IDENTITY_DOCUMENTS,
    PROFILES,
    WAYS,
)
from ecard.api import Schema

OUTCOMES = ("match", "no_match", "unusable", "presentation_attack")
CONSENTS = ("given", "declined", "missing")
DECIDERS = ("guardian", "person")
SUBJECTS = ("relative", "guardian")
NEXT = {"description": "The step now allowed"}


def _text(**kwargs: Any) -> ma.fields.String:
    return ma.fields.String(required=True, **kwargs)


def _one_of(*values: str) -> ma.fields.String:
    return ma.fields.String(required=True, validate=ma.validate.OneOf(values))


def _time(*, allow_none: bool = False) -> ma.fields.AwareDateTime:
    return ma.fields.AwareDateTime(format="iso", required=True, allow_none=allow_none)


def _count() -> ma.fields.Integer:
    return ma.fields.Integer(required=True)


def _yes_or_no(**kwargs: Any) -> ma.fields.Boolean:
    return ma.fields.Boolean(truthy={True}, falsy={False}, **kwargs)


class OpenCaptureSessionSchema(Schema):
    """How the session is held: lent to an adult (to accept, or for a video), or beside a child."""

    via = _one_of(*WAYS)


class OpenedSessionSchema(ma.Schema):
    """A fresh capture session; the token is shown this once."""

    id = ma.fields.UUID(required=True)
    token = _text(metadata={"description": "Bearer token of the capture session"})
    via = _text()
    expires_at = _time()
    next = _text(metadata=NEXT)


class InvitationSchema(ma.Schema):
    """That an invitation is on its way to the contact on file."""

    sent_at = _time()
    expires_at = _time()


class OpenInvitationSchema(Schema):
    """The token of an invitation's address."""

    token = ma.fields.String(required=True, validate=ma.validate.Length(20, 100, error="length"))


class FaceConsentSchema(Schema):
    """The decision about face processing, and the digest of exactly the text that was shown."""

    decision = _one_of("given", "declined")
    keep_portrait = _yes_or_no(
        load_default=False,
        metadata={
            "description": "A consent of its own: the reference photo is kept for later face checks"
        },
    )
    notice_id = ma.fields.UUID(required=True)
    text_sha256 = ma.fields.String(
        required=True, validate=ma.validate.Regexp(r"^[0-9a-f]{64}\Z", error="not_a_digest")
    )


class AcceptanceSchema(Schema):
    """Whether the adult relative accepts, and which of the scopes asked for."""

    accepted = _yes_or_no(required=True)
    scopes = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, 32)),
        load_default=list,
        validate=ma.validate.Length(max=16),
    )


class StepSchema(ma.Schema):
    """The step now allowed."""

    next = _text(metadata=NEXT)


class ScopeSentenceSchema(ma.Schema):
    """One thing the holder asks to do, as a sentence."""

    scope = _text()
    sentence = _text()


class CaptureSessionSchema(ma.Schema):
    """Everything the relative's screen shows."""

    id = ma.fields.UUID(required=True)
    via = _text()
    expires_at = _time()
    language = _text(metadata={"description": "Language on file of the person at the camera"})
    holder_name = _text(metadata={"description": "Shortened"})
    must_accept = ma.fields.Boolean(required=True)
    accepted = ma.fields.Boolean(required=True)
    scopes = ma.fields.List(ma.fields.Nested(ScopeSentenceSchema), required=True)
    how_to_end = _text()
    read_aloud = _text(metadata={"description": "The screen as one text to be read aloud"})
    face_subject = _one_of(*SUBJECTS)
    consent_by = _one_of(*DECIDERS)
    consent = _one_of(*CONSENTS)
    profiles = ma.fields.List(
        _one_of(*PROFILES),
        required=True,
        metadata={"description": "What a challenge may ask for (`drawChallenge`)"},
    )
    frames_min = _count()
    frames_max = _count()
    tries_left = _count()
    wait_seconds = _count()
    unusable_left = _count()
    routes = ma.fields.List(_one_of(*FACELESS_ROUTES), required=True)
    next = _text(metadata=NEXT)


class FaceNoticeSchema(ma.Schema):
    """The text about face processing, and what to send back as proof of having shown it."""

    id = ma.fields.UUID(required=True)
    kind = _text()
    version = _text()
    language = _text()
    title = _text()
    text = _text()
    text_sha256 = _text(metadata={"description": "SHA-256 of `text` as UTF-8, hex"})
    effective_from = _time()


class CaptureAnswerSchema(ma.Schema):
    """What came of a capture, and the way on."""

    outcome = _one_of(*OUTCOMES)
    reason = _text(
        allow_none=True, metadata={"description": "What to change, where a capture was unusable"}
    )
    tries_left = _count()
    wait_seconds = _count()
    unusable_left = _count()
    next = _text(metadata=NEXT)
    routes = ma.fields.List(_one_of(*FACELESS_ROUTES), required=True)


class DigitsSchema(ma.Schema):
    """What to say, sign or write, and who will watch it."""

    digits = _text()
    expires_at = _time()
    seconds_max = _count()
    sentence = _text()


class VideoSchema(Schema):
    """The digits video: WebM, MP4 or QuickTime. Use with ``location="files"``."""

    video = Upload(required=True, metadata={"description": "At most 15 seconds and 20 MiB"})


class CounterPlaceSchema(ma.Schema):
    """A place where people are served in person."""

    id = ma.fields.UUID(required=True)
    code = _text()
    region = _text()
    region_name = _text()
    agency = _text()
    name = _text()
    address = _text()


class CounterCodeSchema(ma.Schema):
    """A fresh code for the counter; it is shown this once."""

    code = _text()
    expires_at = _time()
    counters = ma.fields.List(ma.fields.Nested(CounterPlaceSchema), required=True)


class RouteSchema(ma.Schema):
    """A route without a face; it gives the same rights."""

    route = _one_of(*FACELESS_ROUTES)
    sentence = _text()
    counters = ma.fields.List(ma.fields.Nested(CounterPlaceSchema), required=True)
    code_until = _time(allow_none=True)


class ActivationSchema(ma.Schema):
    """How the last step of an application stands."""

    link_id = ma.fields.UUID(required=True)
    state = _text()
    route = _text()
    face_subject = _one_of(*SUBJECTS)
    face_open = ma.fields.Boolean(required=True)
    tries_left = _count()
    wait_seconds = _count()
    consent_by = _one_of(*DECIDERS)
    consent = _one_of(*CONSENTS)
    routes = ma.fields.List(ma.fields.Nested(RouteSchema), required=True)
    next = _text(metadata=NEXT)


class RedeemSchema(Schema):
    """What a clerk confirms: who stood there, with which document, and that they accepted."""

    code = ma.fields.String(
        required=True, validate=ma.validate.Length(CODE_CHARACTERS, 20, error="length")
    )
    identity_document = _one_of(*IDENTITY_DOCUMENTS)
    relative_present = _yes_or_no(
        required=True, validate=ma.validate.Equal(True, error="must_be_present")
    )
    accepted = _yes_or_no(
        load_default=False, metadata={"description": "Needed where the relative is an adult"}
    )


class RedeemedSchema(ma.Schema):
    """What the clerk reads after the last step was taken."""

    link_id = ma.fields.UUID(required=True)
    state = _text()
    acts_from = _time(allow_none=True)
