"""What staff send and read, and the public list of counters."""

from __future__ import annotations

import marshmallow as ma

from ecard.api import CursorSchema, Schema, page_of

CODE = ma.validate.Regexp(r"^[a-z0-9-]{1,64}\Z", error="invalid")


class StaffSignInSchema(Schema):
    """User name and password."""

    user_name = ma.fields.String(required=True, validate=ma.validate.Length(1, 64))
    password = ma.fields.String(required=True, validate=ma.validate.Length(1, 200))


class StaffTokenSchema(ma.Schema):
    """A fresh session of staff."""

    access_token = ma.fields.String(required=True)
    expires_in = ma.fields.Integer(required=True, metadata={"description": "Seconds, at most"})
    idle_seconds = ma.fields.Integer(
        required=True, metadata={"description": "Seconds without use after which it ends"}
    )


class StaffViewSchema(ma.Schema):
    """The member of staff who asks."""

    id = ma.fields.UUID(required=True)
    user_name = ma.fields.String(required=True)
    display_name = ma.fields.String(required=True)
    roles = ma.fields.List(ma.fields.String(), required=True)
    region = ma.fields.String(required=True, metadata={"description": "Code of their region"})
    region_name = ma.fields.String(required=True)
    counter = ma.fields.String(required=True, allow_none=True)
    counter_name = ma.fields.String(required=True, allow_none=True)
    expires_at = ma.fields.AwareDateTime(required=True, format="iso")


class DeskMessageSchema(ma.Schema):
    """Something the desk has to know; `subject_id` says what it is about."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True)
    subject_id = ma.fields.UUID(required=True)
    text = ma.fields.String(required=True)
    due_at = ma.fields.AwareDateTime(required=True, format="iso", allow_none=True)
    at = ma.fields.AwareDateTime(required=True, format="iso")


class CounterQuerySchema(CursorSchema):
    """Which counters."""

    region = ma.fields.String(
        load_default=None,
        validate=CODE,
        metadata={"description": "Code of a region: its counters and those below it"},
    )
    cursor = ma.fields.String(
        load_default=None, validate=CODE, metadata={"description": "From `next_cursor`"}
    )


class CounterSchema(ma.Schema):
    """A place where people are served in person."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    region_name = ma.fields.String(required=True)
    agency = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    address = ma.fields.String(required=True)


CounterPageSchema = page_of(CounterSchema)
