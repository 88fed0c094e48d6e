"""What is sent and read about an e-card's QR codes."""

from __future__ import annotations

import marshmallow as ma

from ecard.api import Schema
from ecard.family.policy import RELATIONS
from ecard.qr.tokens import LONGEST, OPERATIONS


def operation() -> ma.fields.String:
    """What the code is shown for."""
    return ma.fields.String(
        required=True, validate=ma.validate.OneOf(OPERATIONS, error="unknown_value")
    )


class ShowQrSchema(Schema):
    """For what, for whom and where a code is wanted."""

    operation = operation()
    link_id = ma.fields.UUID(
        metadata={"description": "An active link with the scope `qr`; left out: one's own card"}
    )
    place = ma.fields.String(
        validate=ma.validate.Length(1, 64, error="length"),
        metadata={"description": "Code of the counter at which alone it is good (`listCounters`)"},
    )


class QrSchema(ma.Schema):
    """A code to show."""

    id = ma.fields.UUID(required=True)
    text = ma.fields.String(
        required=True,
        metadata={"description": "Goes into the QR code as it is, in alphanumeric mode, level L"},
    )
    operation = operation()
    shown_by = ma.fields.String(required=True, metadata={"description": "Masked name"})
    shown_for = ma.fields.String(required=True, metadata={"description": "Masked name"})
    place = ma.fields.String(required=True, allow_none=True)
    issued_at = ma.fields.AwareDateTime(required=True, format="iso")
    expires_at = ma.fields.AwareDateTime(required=True, format="iso")


class UseQrSchema(Schema):
    """What was scanned, and what for."""

    text = ma.fields.String(
        required=True, validate=ma.validate.Length(1, 2 * LONGEST, error="length")
    )
    operation = operation()


class AcceptedSchema(ma.Schema):
    """What the clerk reads of a code that was accepted."""

    id = ma.fields.UUID(required=True)
    operation = operation()
    shown_by = ma.fields.String(required=True, metadata={"description": "Masked name"})
    shown_for = ma.fields.String(required=True, metadata={"description": "Masked name"})
    relation = ma.fields.String(required=True, validate=ma.validate.OneOf(("self", *RELATIONS)))
    number_masked = ma.fields.String(required=True)
    used_at = ma.fields.AwareDateTime(required=True, format="iso")


class QrUseSchema(ma.Schema):
    """One use of a code, as both sides read it."""

    id = ma.fields.UUID(required=True)
    operation = operation()
    shown_by = ma.fields.String(required=True)
    shown_for = ma.fields.String(required=True)
    by_me = ma.fields.Boolean(required=True)
    place = ma.fields.String(required=True, allow_none=True)
    used_at = ma.fields.AwareDateTime(required=True, format="iso")


class QrKeySchema(ma.Schema):
    """A public key (RFC 8037)."""

    kty = ma.fields.String(required=True)
    crv = ma.fields.String(required=True)
    alg = ma.fields.String(required=True)
    use = ma.fields.String(required=True)
    kid = ma.fields.String(required=True)
    x = ma.fields.String(required=True)


class KeySetSchema(ma.Schema):
    """The published keys (RFC 7517), and as of when."""

    keys = ma.fields.List(ma.fields.Nested(QrKeySchema), required=True)
    issued_at = ma.fields.AwareDateTime(required=True, format="iso")
