"""A question to open a minor's case, over HTTP: the same at every desk."""

from __future__ import annotations

import marshmallow as ma

from ecard import fields


class OpeningSchema(ma.Schema):
    """A question to open a minor's case, and its approval."""

    id = ma.fields.UUID(required=True)
    case_id = ma.fields.UUID(required=True)
    asked_by = ma.fields.UUID(required=True)
    asked_at = fields.time()
    approved_by = ma.fields.UUID(required=True, allow_none=True)
    approved_at = fields.time(allow_none=True)
    expires_at = fields.time(allow_none=True)
