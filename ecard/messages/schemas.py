"""The embedded mailbox, as the demo shows it."""

from __future__ import annotations

import marshmallow as ma

from ecard.api import Schema


class MailboxQuerySchema(Schema):
    """Whose mailbox."""

    address = ma.fields.String(
        required=True,
        validate=ma.validate.Length(3, 254),
        metadata={"description": "Phone number or e-mail address"},
    )


class MailSchema(ma.Schema):
    """One message that would have gone out."""

    at = ma.fields.AwareDateTime(required=True, format="iso")
    medium = ma.fields.String(required=True, validate=ma.validate.OneOf(("sms", "email")))
    address = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    subject = ma.fields.String(required=True)
    text = ma.fields.String(required=True)


class MailboxSchema(ma.Schema):
    """The messages of an address, newest first, at most 50."""

    items = ma.fields.List(ma.fields.Nested(MailSchema), required=True)
