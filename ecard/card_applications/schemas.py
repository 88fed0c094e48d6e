"""What an application for a card takes and gives."""

from __future__ import annotations

import marshmallow as ma

from ecard.api import CursorSchema, MadeMoveSchema, Schema
from ecard.card_applications.policy import (
    ALL_FAILURE_REASONS,
    AT_BANK,
    FAILED,
    IN_PRODUCTION,
    OPEN,
    READY,
    STATES,
)

IDENTITY_DOCUMENTS = ("id_card", "passport", "residence_permit")
MOVES = (IN_PRODUCTION, AT_BANK, READY, FAILED)


class CardApplicationRequestSchema(Schema):
    """With which photo."""

    photo_id = ma.fields.UUID(
        required=True,
        metadata={"description": "An uploaded document of the kind `face_photo`, not yet claimed"},
    )


class CardApplicationSchema(ma.Schema):
    """How far a card is, and why it ended; both sides read the same."""

    id = ma.fields.UUID(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    region = ma.fields.String(required=True)
    opened_at = ma.fields.AwareDateTime(required=True, format="iso")
    collect_by = ma.fields.Date(
        required=True, allow_none=True, metadata={"description": "Last day to collect it"}
    )
    reason = ma.fields.String(required=True, allow_none=True)
    ended_at = ma.fields.AwareDateTime(required=True, format="iso", allow_none=True)
    progress = ma.fields.List(ma.fields.Nested(MadeMoveSchema), required=True)
    version = ma.fields.Integer(required=True)


class DeskApplicationQuerySchema(CursorSchema):
    """Which of the open ones."""

    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf(OPEN))


class DeskApplicationItemSchema(ma.Schema):
    """An application at the desk; it names nobody."""

    id = ma.fields.UUID(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    region = ma.fields.String(required=True)
    region_name = ma.fields.String(required=True)
    opened_at = ma.fields.AwareDateTime(required=True, format="iso")
    state_since = ma.fields.AwareDateTime(required=True, format="iso")
    collect_by = ma.fields.Date(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)


class DeskApplicationSchema(DeskApplicationItemSchema):
    """An application that a clerk opened, with whose it is."""

    person = ma.fields.String(required=True)
    number_masked = ma.fields.String(required=True)
    by_relative = ma.fields.Boolean(required=True)
    reason = ma.fields.String(required=True, allow_none=True)


class CardApplicationMoveSchema(Schema):
    """Where it goes; with a reason where it fails."""

    to = ma.fields.String(required=True, validate=ma.validate.OneOf(MOVES))
    reason = ma.fields.String(
        load_default=None,
        validate=ma.validate.OneOf(ALL_FAILURE_REASONS),
        metadata={"description": "Needed where it fails, and only there"},
    )


class CollectionSchema(Schema):
    """What the clerk saw."""

    identity_document = ma.fields.String(
        required=True, validate=ma.validate.OneOf(IDENTITY_DOCUMENTS)
    )


class CollectedCardSchema(ma.Schema):
    """A card that was handed over; its number is told this once."""

    id = ma.fields.UUID(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    card_number = ma.fields.String(required=True)
    expires_on = ma.fields.Date(required=True)
    version = ma.fields.Integer(required=True)
