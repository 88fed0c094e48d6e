"""The notice about a face, and the decision upon it, over HTTP; wherever a face is shown."""

from __future__ import annotations

import marshmallow as ma

from ecard import fields
from ecard.api import Schema


class FaceNoticeSchema(ma.Schema):
    """The text about face processing, and what to send back as proof of having shown it."""

    id = ma.fields.UUID(required=True)
    kind = fields.text()
    version = fields.text()
    language = fields.text()
    title = fields.text()
    text = fields.text()
    text_sha256 = fields.text(metadata={"description": "SHA-256 of `text` as UTF-8, hex"})
    effective_from = fields.time()


class FaceDecisionSchema(Schema):
    """The decision about face processing, and the digest of exactly the text that was shown."""

    decision = fields.one_of("given", "declined")
    notice_id = ma.fields.UUID(required=True)
    text_sha256 = ma.fields.String(
        required=True, validate=ma.validate.Regexp(r"^[0-9a-f]{64}\Z", error="not_a_digest")
    )
