"""What proof of life takes and gives."""

from __future__ import annotations

import marshmallow as ma

from biometrics.challenge import Profile
from biometrics.types import Outcome
from ecard import fields
from ecard.api import Schema
from ecard.certification.policy import (
    CONSENTS,
    DECIDERS,
    IDENTITY_DOCUMENTS,
    REASONS,
    STATES,
    WAYS_WITHOUT_FACE,
)
from ecard.face_consents import FaceDecisionSchema
from ecard.registry.port import BENEFIT_KINDS

NEXT = {"description": "The step now allowed"}
OUTCOMES = tuple(outcome.value for outcome in Outcome)
GROUNDS = ma.validate.Length(10, 2000, error="length")


class BenefitStandingSchema(ma.Schema):
    """Until when a benefit is paid, and what would restore it."""

    kind = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    paid = ma.fields.Boolean(required=True)
    shown_on = ma.fields.Date(required=True)
    due_on = ma.fields.Date(required=True)
    pays_until = ma.fields.Date(required=True)
    stopped_since = ma.fields.Date(required=True, allow_none=True)
    restore_until = ma.fields.Date(required=True, allow_none=True)


class CertificationCaseSchema(ma.Schema):
    """A review or an appeal; while it is open the payment goes on."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True)
    opened_on = ma.fields.Date(required=True)
    due_at = ma.fields.AwareDateTime(required=True, format="iso")
    decided_on = ma.fields.Date(required=True, allow_none=True)
    accepted = ma.fields.Boolean(required=True, allow_none=True)
    reason = ma.fields.String(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)


class ReceiptSchema(ma.Schema):
    """A proof of life that counted."""

    id = ma.fields.UUID(required=True)
    day = ma.fields.Date(required=True)
    route = ma.fields.String(required=True)
    helped = ma.fields.Boolean(required=True)
    receipt = ma.fields.String(
        required=True, metadata={"description": "Signed JSON with the next due day"}
    )


class CertificationSchema(ma.Schema):
    """Everything about a person's proof of life."""

    benefits = ma.fields.List(ma.fields.Nested(BenefitStandingSchema), required=True)
    cases = ma.fields.List(ma.fields.Nested(CertificationCaseSchema), required=True)
    appeal_until = ma.fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "Last day of the appeal possible now; null: none is"},
    )
    receipts = ma.fields.List(ma.fields.Nested(ReceiptSchema), required=True)


class CertificationCaptureSchema(ma.Schema):
    """A capture session: what is left to try, and the step now allowed."""

    id = ma.fields.UUID(required=True)
    expires_at = fields.time()
    consent_by = fields.one_of(*DECIDERS)
    consent = fields.one_of(*CONSENTS)
    profiles = ma.fields.List(fields.one_of(*Profile), required=True)
    frames_min = fields.count()
    frames_max = fields.count()
    tries_left = fields.count()
    wait_seconds = fields.count()
    unusable_left = fields.count()
    routes = ma.fields.List(fields.one_of(*WAYS_WITHOUT_FACE), required=True)
    next = fields.text(metadata=NEXT)


class CertificationConsentSchema(FaceDecisionSchema):
    """The decision about the face for this one proof, and about keeping a picture."""

    keep_portrait = ma.fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={
            "description": "A consent of its own: a picture that matches is kept on the helper's"
            " link for later checks, in place of the one before"
        },
    )


class CertificationAnswerSchema(ma.Schema):
    """What came of a capture: the receipt of a proof, or the way on."""

    outcome = fields.one_of(*OUTCOMES)
    reason = fields.text(
        allow_none=True, metadata={"description": "What to change, where a capture was unusable"}
    )
    in_review = ma.fields.Boolean(
        required=True,
        metadata={"description": "A person looks; the payment goes on until it is decided"},
    )
    receipt = ma.fields.Nested(ReceiptSchema, required=True, allow_none=True)
    portrait_kept = ma.fields.Boolean(
        required=True, metadata={"description": "A new reference photo was taken, as agreed"}
    )
    tries_left = fields.count()
    wait_seconds = fields.count()
    unusable_left = fields.count()
    next = fields.text(metadata=NEXT)
    routes = ma.fields.List(fields.one_of(*WAYS_WITHOUT_FACE), required=True)


class CertificationCounterSchema(ma.Schema):
    """Where the code can be used."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    address = ma.fields.String(required=True)


class CertificationCodeSchema(ma.Schema):
    """A fresh code for the counter; shown this once."""

    code = ma.fields.String(required=True)
    expires_at = ma.fields.AwareDateTime(required=True, format="iso")
    counters = ma.fields.List(ma.fields.Nested(CertificationCounterSchema), required=True)


class CertificationGroundsSchema(Schema):
    """Why, in the words of whoever asks."""

    grounds = ma.fields.String(required=True, validate=GROUNDS)


class RedeemCertificationSchema(Schema):
    """The code that the person brought, and the document that the clerk saw."""

    code = ma.fields.String(required=True, validate=ma.validate.Length(1, 40, error="length"))
    identity_document = ma.fields.String(
        required=True, validate=ma.validate.OneOf(IDENTITY_DOCUMENTS)
    )


class DeskCaseSchema(ma.Schema):
    """A case at the desk."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True)
    opened_at = ma.fields.AwareDateTime(required=True, format="iso")
    due_at = ma.fields.AwareDateTime(required=True, format="iso")
    overdue = ma.fields.Boolean(required=True)
    minor = ma.fields.Boolean(required=True)
    opening_asked = ma.fields.Boolean(
        required=True, metadata={"description": "Somebody else waits for your approval to open it"}
    )
    person = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Of a minor: once it is opened"}
    )
    grounds = ma.fields.String(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)


class DeskFileSchema(ma.Schema):
    """A picture to look at; its number is its address below the case."""

    number = ma.fields.Integer(required=True)
    role = ma.fields.String(required=True)
    destroyed = ma.fields.Boolean(required=True)


class DeskCaseViewSchema(ma.Schema):
    """A case, with why a person looks, what the machine saw (no score), and its pictures."""

    case = ma.fields.Nested(DeskCaseSchema, required=True)
    reasons = ma.fields.List(ma.fields.String(), required=True)
    facts = ma.fields.Dict(required=True)
    files = ma.fields.List(ma.fields.Nested(DeskFileSchema), required=True)


class CertificationDecisionSchema(Schema):
    """What a reviewer decides, and why."""

    accepted = ma.fields.Boolean(required=True, truthy={True}, falsy={False})
    reason = ma.fields.String(
        required=True, validate=ma.validate.OneOf(REASONS[True] + REASONS[False])
    )


class ReinstatementSchema(Schema):
    """Whose closed benefit is paid again."""

    number = ma.fields.String(required=True, validate=ma.validate.Length(5, 30, error="length"))
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(BENEFIT_KINDS))
