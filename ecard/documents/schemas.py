"""Documents and evidence as JSON."""

from __future__ import annotations

import marshmallow as ma
from flask_smorest.fields import Upload

from ecard.api import JsonInt, QueryInt, Schema
from ecard.documents.policy import DocumentKind

STATUSES = ["waiting", "read", "for_a_person", "unread"]
STATUSES += ["with_a_person", "accepted", "refused", "given_up"]
KINDS = [kind.value for kind in DocumentKind]


class DocumentKindSchema(Schema):
    """What the uploaded document is."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))


class DocumentFileSchema(Schema):
    """The document: JPEG, PNG or HEIC; for everything but a face photo a PDF too, whose first 3
    pages are kept.
    """

    file = Upload(required=True, metadata={"description": "At most 10 MiB and 25 megapixels"})


class DocumentSchema(ma.Schema):
    """A document that no application claimed yet."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    pages = ma.fields.Integer(required=True, metadata={"description": "Pages that are kept"})
    pages_in_file = ma.fields.Integer(
        required=True, metadata={"description": "Pages of the PDF, of which the first are kept"}
    )
    uploaded_at = ma.fields.AwareDateTime(format="iso", required=True)
    lapses_at = ma.fields.AwareDateTime(
        format="iso", required=True, metadata={"description": "Destroyed then, unless claimed"}
    )


class AnnouncementSchema(Schema):
    """A file that will come in pieces."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    size = JsonInt(
        required=True,
        validate=ma.validate.Range(min=1, max=2**31 - 1),
        metadata={"description": "Bytes of the whole file"},
    )


class OffsetSchema(ma.Schema):
    """Where a piece begins."""

    offset = QueryInt(required=True, validate=ma.validate.Range(min=0))


class PartialUploadSchema(ma.Schema):
    """How far an upload in pieces is."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    size = ma.fields.Integer(required=True)
    received = ma.fields.Integer(
        required=True, metadata={"description": "Where the next piece begins"}
    )
    piece_bytes = ma.fields.Integer(
        required=True, metadata={"description": "The most that a piece may have"}
    )
    lapses_at = ma.fields.AwareDateTime(format="iso", required=True)


class PartialUploadsSchema(ma.Schema):
    """The holder's unfinished uploads."""

    items = ma.fields.List(ma.fields.Nested(PartialUploadSchema), required=True)


class OrderSubmissionSchema(Schema):
    """Uploaded documents."""

    document_ids = ma.fields.List(
        ma.fields.UUID(),
        required=True,
        validate=ma.validate.Length(min=1),
        metadata={"description": "As many as the installation allows at once (`too_many`)"},
    )


class OrderSchema(ma.Schema):
    """A court order that is on file for a dispute."""

    link_id = ma.fields.UUID(required=True)
    pages = ma.fields.Integer(required=True)
    due_at = ma.fields.AwareDateTime(
        required=True, format="iso", metadata={"description": "When the decision is due"}
    )


class SubmissionSchema(OrderSubmissionSchema):
    """The documents that support an application."""

    ask_person = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "A person looks where a machine would refuse"},
    )


class HintSchema(ma.Schema):
    """One thing that could be better in a picture."""

    code = ma.fields.String(required=True)
    text = ma.fields.String(required=True, metadata={"description": "In the app's language"})


class ReadingSchema(ma.Schema):
    """How far a document is; what it says is not sent back."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    status = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(STATUSES),
        metadata={
            "description": "Unclaimed: `waiting`, `read`, `for_a_person`, `unread`; claimed, as its"
            " application is: `with_a_person`, `accepted`, `refused`, `given_up`"
        },
    )
    format = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "What it was recognised as"}
    )
    read_fields = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "Names of what could be read"}
    )
    hints = ma.fields.List(ma.fields.Nested(HintSchema), required=True)


class NeedSchema(ma.Schema):
    """One thing that must be shown; any one of the sets of documents shows it."""

    name = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(["identity", "kinship", "order", "face", "guardian"]),
    )
    any_of = ma.fields.List(
        ma.fields.List(ma.fields.String()),  # of kinds; generated clients fail on an enum in here
        required=True,
        metadata={"description": "Sets of kinds of documents"},
    )


class EvidenceSchema(ma.Schema):
    """What an application calls for, and what it has."""

    link_id = ma.fields.UUID(required=True)
    state = ma.fields.String(required=True, metadata={"description": "The link's state"})
    needs = ma.fields.List(ma.fields.Nested(NeedSchema), required=True)
    missing = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.List(ma.fields.String()),
        required=True,
        metadata={
            "description": "Need: for each way to meet it the kinds, joined by `+`, that are not"
            " uploaded yet; a need that is met is not named"
        },
    )
    documents = ma.fields.List(ma.fields.String(), required=True)
    warnings = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={"description": "`portrait_small`: a sharper scan would be compared better"},
    )
    tries_left = ma.fields.Integer(required=True)
