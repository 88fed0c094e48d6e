"""What proof of life takes and gives."""

from __future__ import annotations

import marshmallow as ma

from ecard.api import Schema
from ecard.certification.policy import IDENTITY_DOCUMENTS, REASONS, STATES
from ecard.registry.port import BENEFIT_KINDS

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
    receipts = ma.fields.List(ma.fields.Nested(ReceiptSchema), required=True)


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
    person = ma.fields.String(required=True)
    grounds = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)


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
