"""What a transfer takes and gives."""

from __future__ import annotations

import marshmallow as ma

from ecard.api import CursorSchema, MadeMoveSchema, Schema
from ecard.transfers.policy import ALL_REFUSAL_REASONS, STATES

CODE = ma.validate.Regexp(r"^[a-z0-9-]{1,64}\Z", error="invalid")


class TransferRequestSchema(Schema):
    """Where the social security is to go."""

    region = ma.fields.String(
        required=True, validate=CODE, metadata={"description": "Code of the new region"}
    )


class TransferSchema(ma.Schema):
    """A transfer, its progress and its result; both sides read the same."""

    id = ma.fields.UUID(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    from_region = ma.fields.String(required=True)
    to_region = ma.fields.String(required=True)
    from_name = ma.fields.String(required=True)
    to_name = ma.fields.String(required=True)
    opened_at = ma.fields.AwareDateTime(required=True, format="iso")
    stage_ends_on = ma.fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "Last day of the agency whose turn it is"},
    )
    late = ma.fields.Boolean(required=True)
    withdrawal = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "What a withdrawal leads to now: `ends_at_once` or `old_agency_stops`;"
            " null: it is not possible any more"
        },
    )
    reason = ma.fields.String(required=True, allow_none=True)
    ended_at = ma.fields.AwareDateTime(required=True, format="iso", allow_none=True)
    recorded = ma.fields.Boolean(
        required=True, metadata={"description": "Whether the core system took note of the end"}
    )
    progress = ma.fields.List(ma.fields.Nested(MadeMoveSchema), required=True)
    version = ma.fields.Integer(required=True)


class DeskTransferQuerySchema(CursorSchema):
    """Which of the transfers that wait."""

    late = ma.fields.Boolean(
        load_default=None,
        truthy={"true"},
        falsy={"false"},
        metadata={"description": "Only those whose time has passed, or only the others"},
    )


class DeskTransferItemSchema(ma.Schema):
    """A transfer that waits for an agency; it names nobody."""

    id = ma.fields.UUID(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    from_region = ma.fields.String(required=True)
    to_region = ma.fields.String(required=True)
    from_name = ma.fields.String(required=True)
    to_name = ma.fields.String(required=True)
    opened_at = ma.fields.AwareDateTime(required=True, format="iso")
    due_at = ma.fields.AwareDateTime(required=True, format="iso", allow_none=True)
    late = ma.fields.Boolean(required=True)
    escalated = ma.fields.Boolean(
        required=True, metadata={"description": "The second deadline passed: one level up knows"}
    )
    version = ma.fields.Integer(required=True)


class DeskTransferSchema(DeskTransferItemSchema):
    """A transfer that a clerk opened, with whose it is."""

    person = ma.fields.String(required=True)
    number_masked = ma.fields.String(required=True)
    by_relative = ma.fields.Boolean(required=True)
    reason = ma.fields.String(required=True, allow_none=True)


class TransferDecisionSchema(Schema):
    """Passed on, or refused with a reason."""

    accepted = ma.fields.Boolean(required=True, truthy={True}, falsy={False})
    reason = ma.fields.String(
        load_default=None,
        validate=ma.validate.OneOf(ALL_REFUSAL_REASONS),
        metadata={"description": "Needed where it is refused, and only there"},
    )
