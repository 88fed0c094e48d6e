"""Fields of JSON that many schemas have: each of them is required."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

IDENTITY_DOCUMENTS = ("id_card", "passport", "residence_permit")
"""What a clerk looked at; its number is not kept."""


def text(**kwargs: Any) -> ma.fields.String:
    """Words."""
    return ma.fields.String(required=True, **kwargs)


def one_of(*values: str, description: str | None = None) -> ma.fields.String:
    """One of some words."""
    return ma.fields.String(
        required=True,
        validate=ma.validate.OneOf([str(one) for one in values]),
        metadata={"description": description} if description else {},
    )


def time(*, allow_none: bool = False) -> ma.fields.AwareDateTime:
    """A time with its zone, as ISO 8601."""
    return ma.fields.AwareDateTime(format="iso", required=True, allow_none=allow_none)


def count() -> ma.fields.Integer:
    """A whole number."""
    return ma.fields.Integer(required=True)
