"""What the history gives."""

from __future__ import annotations

import marshmallow as ma

from ecard.acts.export import FORMATS
from ecard.api import CursorSchema, QueryInt, Schema

ACTS_A_PAGE = 10


class ActsPageSchema(CursorSchema):
    """Where a page of the history starts; 10 to a page unless asked otherwise."""

    limit = QueryInt(load_default=ACTS_A_PAGE, validate=ma.validate.Range(min=1, max=50))


class ActsFileSchema(Schema):
    """As which file the whole history is wanted."""

    format = ma.fields.String(load_default="csv", validate=ma.validate.OneOf(sorted(FORMATS)))


class ActSchema(ma.Schema):
    """Who did what for whom, in which scope, where and when."""

    id = ma.fields.UUID(required=True)
    at = ma.fields.AwareDateTime(required=True, format="iso")
    actor_kind = ma.fields.String(required=True)
    actor = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Name; staff are not named"}
    )
    link_id = ma.fields.UUID(required=True, allow_none=True)
    scope = ma.fields.String(required=True)
    action = ma.fields.String(required=True)
    said = ma.fields.String(
        required=True, metadata={"description": "The action in words, in the caller's language"}
    )
    channel = ma.fields.String(required=True)
