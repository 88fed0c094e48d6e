"""How a challenge is asked for and told, over HTTP; wherever a face is shown."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from biometrics.challenge import COLOURS, Move, Profile
from ecard import fields
from ecard.api import Schema
from ecard.signatures import CURVE, KEY_TYPE, DeviceKey


class JwkSchema(Schema):
    """A public key on P-256 (RFC 7517)."""

    kty = ma.fields.String(required=True, validate=ma.validate.OneOf((KEY_TYPE,)))
    crv = ma.fields.String(required=True, validate=ma.validate.OneOf((CURVE,)))
    x = ma.fields.String(required=True, validate=ma.validate.Length(equal=43, error="length"))
    y = ma.fields.String(required=True, validate=ma.validate.Length(equal=43, error="length"))


class DeviceKeyField(ma.fields.Nested):
    """A JSON Web Key; loads as a DeviceKey, so that one off the curve is refused as a field."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(JwkSchema, **kwargs)

    def _deserialize(self, *args: Any, **kwargs: Any) -> DeviceKey:
        jwk = super()._deserialize(*args, **kwargs)
        try:
            return DeviceKey.from_jwk(jwk)
        except ValueError as error:
            raise ma.ValidationError("not_a_key") from error


class DrawChallengeSchema(Schema):
    """What the challenge may ask for, and the key that will sign the capture."""

    profile = ma.fields.String(
        load_default=Profile.STANDARD.value,
        validate=ma.validate.OneOf([str(one) for one in Profile]),
        metadata={
            "description": "`no_light` for photosensitive people, `no_movement` for who cannot turn"
            " or come closer: a person looks at those captures"
        },
    )
    device_key = DeviceKeyField(
        required=True, metadata={"description": "Public key on P-256 as a JSON Web Key"}
    )


class MoveSchema(ma.Schema):
    """A move, from rest and back to rest."""

    move = fields.one_of(*Move)
    sentence = fields.text(metadata={"description": "How to ask for it"})
    begins_ms = fields.count()
    ends_ms = fields.count()


class LightSchema(ma.Schema):
    """A colour that fills the screen."""

    light = fields.one_of(*COLOURS)
    begins_ms = fields.count()
    ends_ms = fields.count()


class ChallengeSchema(ma.Schema):
    """What to do and to show; milliseconds since the recording begins."""

    id = ma.fields.UUID(required=True)
    profile = fields.one_of(*Profile)
    nonce = fields.text()
    start_by = fields.time()
    start_seconds = ma.fields.Integer(
        required=True, metadata={"description": "So long the recording may wait to begin"}
    )
    sending_seconds = ma.fields.Integer(
        required=True, metadata={"description": "So long it may be on its way"}
    )
    length_ms = fields.count()
    moves = ma.fields.List(ma.fields.Nested(MoveSchema), required=True)
    lights = ma.fields.List(ma.fields.Nested(LightSchema), required=True)
    frame_times_ms = ma.fields.List(
        ma.fields.Integer(),
        required=True,
        metadata={"description": "When frames are best taken; up to 40 may be sent"},
    )
    sentence = fields.text(metadata={"description": "What to tell the person before it begins"})
