"""What a person's own data takes and gives."""

from __future__ import annotations

import marshmallow as ma

from ecard import fields
from ecard.activation.policy import FACELESS_ROUTES, IDENTITY_DOCUMENTS
from ecard.api import QueryInt, Schema
from ecard.locale import LANGUAGES
from ecard.own_data.erasing import DESTROYED, HELD, UNDER_WAY
from ecard.own_data.policy import (
    CATEGORIES,
    CORRECTED,
    EXPLANATION_LEAST,
    EXPLANATION_MOST,
    FIELDS,
    REASONS,
    REFUSED,
    WANTED_LEAST,
    WANTED_MOST,
)
from ecard.own_data.taking import FORMATS


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


# --- what is kept -------------------------------------------------------------------------------


class MostSchema(Schema):
    """How many of each category are wanted, the newest; the file has all of them."""

    most = QueryInt(load_default=20, validate=ma.validate.Range(min=1, max=200))


class ParticularsSchema(ma.Schema):
    """Who it is, as the registry has it: a mistake is corrected there."""

    name = fields.text()
    number = fields.text(metadata={"description": "Masked; in full only in the file"})
    birth_date = ma.fields.Date(required=True)
    sex = fields.text()
    source = fields.one_of("registry")


class ContactSchema(ma.Schema):
    """How the person is reached."""

    phone = fields.text(allow_none=True)
    email = fields.text(allow_none=True)
    language = fields.one_of(*LANGUAGES)
    language_chosen = ma.fields.Boolean(
        required=True, metadata={"description": "By the person; else it is the registry's"}
    )
    version = fields.count()
    source = fields.one_of("registry")


class CardNowSchema(ma.Schema):
    """The e-card as the registry has it now."""

    number_masked = fields.text(allow_none=True)
    state = fields.text()
    expires_on = ma.fields.Date(required=True, allow_none=True)
    source = fields.one_of("registry")


class KeptSchema(ma.Schema):
    """One thing that is kept; docs/own_data.md names the facts of each category."""

    id = fields.text()
    at = fields.time()
    kept_until = fields.time(allow_none=True)
    facts = ma.fields.Dict(keys=ma.fields.String(), required=True)


class CategorySchema(ma.Schema):
    """All of a kind: how many there are, and the newest of them."""

    name = fields.one_of(*CATEGORIES)
    says = fields.text(metadata={"description": "What it is, in the caller's language"})
    total = fields.count()
    items = ma.fields.List(ma.fields.Nested(KeptSchema), required=True)


class OwnDataSchema(ma.Schema):
    """Everything that is kept about one person."""

    person_id = ma.fields.UUID(required=True)
    as_of = fields.time()
    particulars = ma.fields.Nested(ParticularsSchema, required=True)
    contact = ma.fields.Nested(ContactSchema, required=True)
    card = ma.fields.Nested(CardNowSchema, required=True)
    faces_stored = ma.fields.Integer(
        required=True, metadata={"description": "Pictures of the face that can still be read"}
    )
    categories = ma.fields.List(ma.fields.Nested(CategorySchema), required=True)


class TakeSchema(Schema):
    """A grant for `take_data`, and which file: data.json, that with the pictures in a ZIP, or a
    PDF to read, in the caller's language."""

    step_up_id = ma.fields.UUID(load_default=None)
    format = ma.fields.String(load_default="zip", validate=ma.validate.OneOf(sorted(FORMATS)))


# --- corrected ----------------------------------------------------------------------------------


class LanguageSchema(Schema):
    """The language to be written to in; null: as the registry says."""

    language = ma.fields.String(
        required=True, allow_none=True, validate=ma.validate.OneOf(LANGUAGES)
    )


class LanguageNowSchema(ma.Schema):
    """The language in which the person is written to."""

    language = fields.one_of(*LANGUAGES)
    chosen = ma.fields.Boolean(required=True)
    version = fields.count()


class AskCorrectionSchema(Schema):
    """What the registry has wrong, and what it should say."""

    field = fields.one_of(*FIELDS)
    wanted = ma.fields.String(
        required=True, validate=ma.validate.Length(WANTED_LEAST, WANTED_MOST, error="length")
    )


class CorrectionSchema(ma.Schema):
    """A correction that was asked for, and its answer."""

    id = ma.fields.UUID(required=True)
    person_id = ma.fields.UUID(required=True)
    field = fields.one_of(*FIELDS)
    wanted = fields.text()
    opened_at = fields.time()
    due_at = fields.time()
    state = fields.one_of("open", "decided")
    decided_at = fields.time(allow_none=True)
    outcome = fields.text(allow_none=True)
    reason = fields.text(allow_none=True)
    explanation = fields.text(allow_none=True)
    version = fields.count()


class DeskCorrectionSchema(ma.Schema):
    """A correction at the desk, beside what the registry says now."""

    id = ma.fields.UUID(required=True)
    person = fields.text()
    number_masked = fields.text()
    field = fields.one_of(*FIELDS)
    wanted = fields.text()
    registry_says = fields.text(allow_none=True)
    opened_at = fields.time()
    due_at = fields.time()
    overdue = ma.fields.Boolean(required=True)
    version = fields.count()


class AnswerCorrectionSchema(Schema):
    """The clerk's answer: a reason that it can have, and words that both read."""

    outcome = fields.one_of(CORRECTED, REFUSED)
    reason = fields.one_of(*sorted(set().union(*REASONS.values())))
    explanation = ma.fields.String(
        required=True,
        validate=ma.validate.Length(EXPLANATION_LEAST, EXPLANATION_MOST, error="length"),
    )


# --- at a counter -------------------------------------------------------------------------------


class AtCounterSchema(Schema):
    """Who stands at the counter, and what the clerk saw of them."""

    number = ma.fields.String(required=True, validate=ma.validate.Length(5, 30, error="length"))
    identity_document = fields.one_of(*IDENTITY_DOCUMENTS)


class WithdrawAtCounterSchema(AtCounterSchema):
    """Whose face it is; where their guardian stands at the counter, the guardian's number too."""

    guardian_number = ma.fields.String(
        load_default=None, validate=ma.validate.Length(5, 30, error="length")
    )


class CutAtCounterSchema(AtCounterSchema):
    """Which links; without any, all of them."""

    link_ids = ma.fields.List(
        ma.fields.UUID(), load_default=None, validate=ma.validate.Length(1, 100, error="length")
    )


class LinkOnPersonSchema(ma.Schema):
    """A link as the relative sees it: who holds it, and what it allows."""

    id = ma.fields.UUID(required=True)
    state = fields.text()
    relation = fields.text(allow_none=True)
    name = fields.text(metadata={"description": "Of the holder"})
    scopes = ma.fields.List(ma.fields.String(), required=True)
    opened_at = fields.time()
    activated_at = fields.time(allow_none=True)
    ends_on = ma.fields.Date(
        required=True, allow_none=True, metadata={"description": "The last day"}
    )
    ended_at = fields.time(allow_none=True)
    next = fields.text(
        allow_none=True,
        metadata={"description": "`confirm_link`: come of age, they say whether it goes on"},
    )
    version = ma.fields.Integer(
        required=True,
        metadata={"description": "For If-Match of `setEndDateAtCounter`, `recordEndDateOrder`"},
    )


class LinksOnPersonSchema(ma.Schema):
    """Links on one person, the newest first."""

    items = ma.fields.List(ma.fields.Nested(LinkOnPersonSchema), required=True)
