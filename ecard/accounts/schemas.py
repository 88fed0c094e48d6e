"""What holders send and read at their door."""

from __future__ import annotations

import marshmallow as ma

from ecard.api import Schema, page_of
from ecard.fields import IDENTITY_DOCUMENTS


def card_number() -> ma.fields.String:
    """A card number as printed: letters, digits, spaces and dashes."""
    return ma.fields.String(
        required=True,
        validate=ma.validate.Regexp(r"^[A-Za-z0-9][A-Za-z0-9 -]{3,39}\Z", error="invalid"),
        metadata={"description": "As printed on the card; spaces and dashes do not matter"},
    )


def code() -> ma.fields.String:
    """Six digits sent to the phone on file."""
    return ma.fields.String(
        required=True, validate=ma.validate.Regexp(r"^[0-9]{6}\Z", error="invalid")
    )


def device_name() -> ma.fields.String:
    """What a phone calls itself."""
    return ma.fields.String(
        required=True,
        validate=ma.validate.Regexp(r"^[^\x00-\x1f\x7f]{1,60}\Z", error="invalid"),
        metadata={"description": "What the phone calls itself, 1 to 60 characters"},
    )


def secret(description: str, *, required: bool = True) -> ma.fields.String:
    """An opaque token of ours."""
    return ma.fields.String(
        required=required,
        validate=ma.validate.Regexp(r"^[A-Za-z0-9_ -]{10,100}\Z", error="invalid"),
        metadata={"description": description},
    )


class CodeRequestSchema(Schema):
    """Ask for a sign-in code."""

    card_number = card_number()
    device_token = secret("Of a known device, where the phone has one", required=False)


class CodeOpenedSchema(ma.Schema):
    """The same for every card number, whether or not a code could be sent."""

    sign_in_id = ma.fields.UUID(required=True)
    expires_at = ma.fields.AwareDateTime(required=True, format="iso")


class SignInSchema(Schema):
    """Sign in with a code."""

    sign_in_id = ma.fields.UUID(required=True)
    code = code()
    device_name = device_name()
    device_token = secret("Of a known device, where the phone has one", required=False)


class TokensSchema(ma.Schema):
    """Tokens of a session, shown this once."""

    access_token = ma.fields.String(required=True)
    refresh_token = ma.fields.String(required=True)
    expires_in = ma.fields.Integer(
        required=True, metadata={"description": "Seconds the access token lives"}
    )
    device_token = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The device's own secret, with its first sign-in only: keep it"},
    )


class RefreshSchema(Schema):
    """Exchange a refresh token."""

    refresh_token = secret("From the last answer; a spent one ends the session")


class RecoverySchema(Schema):
    """Begin the recovery of an account on a new phone."""

    sign_in_id = ma.fields.UUID(required=True)
    code = code()
    device_name = device_name()


class RecoveryOpenedSchema(ma.Schema):
    """A recovery under way."""

    id = ma.fields.UUID(required=True)
    recovery_token = ma.fields.String(
        required=True, metadata={"description": "Shown this once; completes the recovery"}
    )
    ready_at = ma.fields.AwareDateTime(required=True, format="iso")
    expires_at = ma.fields.AwareDateTime(required=True, format="iso")


class RecoveryCompletionSchema(Schema):
    """Complete a recovery on the new phone."""

    recovery_token = secret("From the new phone's own request, or the code from a counter")
    device_name = device_name()


class RecoveryViewSchema(ma.Schema):
    """A recovery as an old device sees it."""

    id = ma.fields.UUID(required=True)
    channel = ma.fields.String(required=True, validate=ma.validate.OneOf(("app", "counter")))
    device_name = ma.fields.String(required=True, allow_none=True)
    opened_at = ma.fields.AwareDateTime(required=True, format="iso")
    ready_at = ma.fields.AwareDateTime(required=True, format="iso")
    expires_at = ma.fields.AwareDateTime(required=True, format="iso")
    approved = ma.fields.Boolean(required=True)


class DeviceSchema(ma.Schema):
    """A device of the holder."""

    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True, format="iso")
    last_sign_in_at = ma.fields.AwareDateTime(required=True, format="iso")
    current = ma.fields.Boolean(required=True)
    shows_card = ma.fields.Boolean(
        required=True, metadata={"description": "Whether the e-card is shown on it"}
    )
    version = ma.fields.Integer(required=True)


class DeviceNameSchema(Schema):
    """Another name for a device."""

    name = device_name()


class CounterRecoverySchema(Schema):
    """What the clerk saw on the counter."""

    card_number = card_number()
    identity_document = ma.fields.String(
        required=True, validate=ma.validate.OneOf(IDENTITY_DOCUMENTS, error="unknown_value")
    )


DevicePageSchema = page_of(DeviceSchema)
RecoveryPageSchema = page_of(RecoveryViewSchema)
