"""A notice as the app shows it."""

from __future__ import annotations

import marshmallow as ma


class NoticeSchema(ma.Schema):
    """The text to show, and what to send back as proof of having shown it."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True)
    version = ma.fields.String(required=True)
    language = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    text = ma.fields.String(required=True)
    text_sha256 = ma.fields.String(
        required=True, metadata={"description": "SHA-256 of `text` as UTF-8, hex"}
    )
    effective_from = ma.fields.AwareDateTime(required=True, format="iso")
