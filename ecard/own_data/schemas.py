"""What a person's own data takes and gives."""

from __future__ import annotations

import marshmallow as ma

from ecard import fields
from ecard.activation.policy import FACELESS_ROUTES
from ecard.api import Schema
from ecard.own_data.erasing import DESTROYED, HELD, UNDER_WAY


class WithdrawSchema(Schema):
    """On which link; without one, on all of them."""

    link_id = ma.fields.UUID(load_default=None)


class DestroyedFileSchema(ma.Schema):
    """A picture, and the signed receipt of its destruction."""

    file_id = ma.fields.UUID(required=True)
    what = fields.text(metadata={"description": "reference_photo, review_frame or document"})
    destroyed_at = fields.time(allow_none=True)
    receipt = fields.text(
        allow_none=True, metadata={"description": "Signed JSON, once the blob is gone too"}
    )
    held = ma.fields.Boolean(
        required=True, metadata={"description": "A legal hold keeps it until that is released"}
    )


class WithdrawalSchema(ma.Schema):
    """What was taken back, and how far the destruction is."""

    id = ma.fields.UUID(required=True)
    person_id = ma.fields.UUID(required=True)
    given_by = fields.one_of("person", "guardian")
    at = fields.time()
    link_ids = ma.fields.List(ma.fields.UUID(), required=True)
    routes = ma.fields.List(
        fields.one_of(*FACELESS_ROUTES),
        required=True,
        metadata={"description": "The ways without a face, with the same rights"},
    )
    state = fields.one_of(UNDER_WAY, HELD, DESTROYED)
    destroyed_at = fields.time(allow_none=True)
    receipt = fields.text(
        allow_none=True, metadata={"description": "Signed JSON, once everything is gone"}
    )
    files = ma.fields.List(ma.fields.Nested(DestroyedFileSchema), required=True)


class DeletionReceiptSchema(Schema):
    """A receipt of destruction as it was given."""

    receipt = ma.fields.String(required=True, validate=ma.validate.Length(2, 2000, error="length"))


class DeletionReceiptCheckSchema(ma.Schema):
    """Whether a receipt is genuine, and what it says then."""

    genuine = ma.fields.Boolean(required=True)
    what = fields.text(allow_none=True)
    reason = fields.text(allow_none=True)
    destroyed_at = fields.time(allow_none=True)
